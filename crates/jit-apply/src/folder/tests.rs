#![allow(clippy::disallowed_methods, reason = "makes what somebody could have made")]

mod planted;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use jit_access::id::Id;
use jit_access::ledger::{ActKind, AnomalyKind, FactKind, Memory, Records, SweepKind, WriteError, write};
use jit_access::people::UserId;
use jit_access::testing::userid;
use jit_wire::explain::Explain as _;
use proptest::prelude::*;

use super::*;

/// The accounts of a fictitious machine.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<u32, String>);

/// This user, under that name.
fn myself(name: &str) -> Arc<dyn Accounts> {
    Arc::new(Names([(platform::own_user(), name.to_owned())].into()))
}

impl Accounts for Names {
    fn name(&self, user: u32) -> Option<String> {
        self.0.get(&user).cloned()
    }
}

/// A folder for the test, and the ledger in it.
struct Place {
    folder: tempfile::TempDir,
    ledger: FolderLedger,
}

impl Place {
    /// For this user alone.
    fn private() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = FolderLedger::create(&folder.path().join("ledger"), myself("bob")).unwrap();
        Self { folder, ledger }
    }

    /// A ledger that everybody can write to; this user is `bob`.
    #[cfg(unix)]
    fn shared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        fs::create_dir(&path).unwrap();
        set_mode(&path, 0o1777);
        let ledger = FolderLedger::create(&path, myself("bob")).unwrap();
        Self { folder, ledger }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("ledger").join(below.split('/').map(layout::on_disk).collect::<PathBuf>())
    }

    /// Writes bytes to a path, as somebody could without jit.
    fn force(&self, below: &str, bytes: &[u8]) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn entry(&self, key: &str) -> Entry {
        let mut entries = self.ledger.list(key, "").unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.remove(0)
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn id(number: u8) -> Id {
    Id::new(Timestamp(1_700_000_000 + i64::from(number)), [number; 10])
}

fn bob() -> UserId {
    userid("hub", "bob")
}

fn fact(number: u8, author: &UserId, kind: FactKind) -> Key {
    Key::Fact { id: id(number), author: author.clone(), kind }
}

/// Keys of every kind, some in one folder, some whose order in the folder is not that of the keys.
fn keys() -> Vec<Key> {
    let authors = [bob(), userid("hub", "bob+x"), userid("platform", "bob.x")];
    let mut keys = Vec::new();
    for number in 0..3 {
        for author in &authors {
            keys.push(fact(number, author, FactKind::Request));
            keys.push(fact(number, author, FactKind::Vote));
            keys.push(Key::Policy { id: id(number), author: author.clone() });
        }
        keys.push(Key::Act { request: id(number), kind: ActKind::Decision });
        keys.push(Key::Act { request: id(number), kind: ActKind::Slack("U012".into()) });
        keys.push(Key::Sweep { id: id(number), kind: SweepKind::Sweep });
        keys.push(Key::Sweep { id: id(number), kind: SweepKind::Finding });
    }
    keys
}

#[test]
fn an_object_is_created_once_and_never_changed() {
    for publishing in [Publishing::ByRename, Publishing::ByLink] {
        let mut place = Place::private();
        place.ledger.publishing = publishing;
        for key in keys() {
            let text = key.to_string();
            assert!(matches!(place.ledger.get(&text), Err(LedgerError::Absent(_))), "{text}");
            assert_eq!(place.ledger.put_new(&key, b"one"), Ok(Put::Created), "{text}");
            assert_eq!(place.ledger.put_new(&key, b"two"), Ok(Put::Exists), "{text}");
            assert_eq!(place.ledger.get(&text), Ok(b"one".to_vec()));
            assert_eq!(write(&place.ledger, &key, b"one"), Ok(()), "a lost answer does no harm");
            assert_eq!(write(&place.ledger, &key, b"two"), Err(WriteError::Other(text)));
        }
        assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 0);
        // Opening it later by another path gives the same.
        let again = FolderLedger::open(&place.path(""), myself("bob")).unwrap();
        assert_eq!(again.list("", ""), place.ledger.list("", ""));
        let now = again.time().unwrap();
        let times = again.list("", "").unwrap().into_iter().map(|entry| entry.written.0);
        assert!(times.into_iter().all(|at| (now.0 - 600..=now.0).contains(&at)), "by one clock");
    }
}

#[test]
fn one_of_many_writers_creates() {
    for publishing in [Publishing::ByRename, Publishing::ByLink] {
        let mut place = Place::private();
        place.ledger.publishing = publishing;
        for number in 0..20 {
            let keys = [
                fact(number, &bob(), FactKind::Vote),
                Key::Act { request: id(number), kind: ActKind::Decision },
            ];
            for key in keys {
                let write = |writer: u8| place.ledger.put_new(&key, &[writer; 4096]).unwrap();
                let puts: Vec<(u8, Put)> = std::thread::scope(|scope| {
                    let writers: Vec<_> =
                        (0..6).map(|writer| scope.spawn(move || (writer, write(writer)))).collect();
                    writers.into_iter().map(|writer| writer.join().unwrap()).collect()
                });
                let created: Vec<u8> =
                    puts.iter().filter(|(_, put)| *put == Put::Created).map(|(writer, _)| *writer).collect();
                assert_eq!(created.len(), 1, "{puts:?}");
                assert_eq!(place.ledger.get(&key.to_string()), Ok(vec![created[0]; 4096]));
            }
        }
        assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// A folder behaves like the ledger in memory.
    #[test]
    fn a_folder_is_a_ledger(
        puts in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3), 0..30),
        asked in prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, any::<prop::sample::Index>(), 0usize..60), 1..10),
    ) {
        let (place, memory, keys) = (Place::private(), Memory::new(Timestamp(0)), keys());
        for (which, byte) in puts {
            let key = which.get(&keys);
            let is_new = memory.get(&key.to_string()).is_err();
            if is_new {
                memory.force(&key.to_string(), &[byte]);
            }
            prop_assert_eq!(place.ledger.put_new(key, &[byte]), Ok(if is_new { Put::Created } else { Put::Exists }));
        }
        for key in &keys {
            prop_assert_eq!(place.ledger.get(&key.to_string()), memory.get(&key.to_string()));
        }
        for (prefix, long, after, far) in asked {
            let cut = |key: &Key, length: usize| key.to_string().chars().take(length).collect::<String>();
            let (prefix, after) = (cut(prefix.get(&keys), long), cut(after.get(&keys), far));
            let listed = |entries: Vec<Entry>| entries.into_iter().map(|entry| (entry.key, entry.doubt)).collect::<Vec<_>>();
            prop_assert_eq!(
                listed(place.ledger.list(&prefix, &after).unwrap()),
                listed(memory.list(&prefix, &after).unwrap()),
                "{} after {}", prefix, after
            );
        }
    }
}

/// A reading that begins in the middle of a ledger leaves out what is old, and never a use, a review, or what it cannot tell.
#[test]
fn only_old_facts_of_other_kinds_are_left_out_of_the_list_of_facts() {
    let place = Place::private();
    for number in 0..12 {
        let kinds = [FactKind::Request, FactKind::Vote, FactKind::Use, FactKind::Review];
        let kind = kinds[usize::from(number) % kinds.len()];
        for (name, kind) in
            [("alice", kind), ("bob", FactKind::Drop), ("carol", kinds[usize::from(number / 4)])]
        {
            let key = Key::Fact { id: id(number), author: userid("hub", name), kind };
            place.force(&key.to_string(), b"{}");
        }
    }
    place.force("f/no-id/somebody/use.json", b"{}");
    place.force(&format!("f/{}/{}/more.json", id(11), userid("hub", "dan")), b"{}");
    #[cfg(unix)]
    {
        let target = place.path(&format!("f/{}/{}", id(2), userid("hub", "alice")));
        let link = place.path(&format!("f/{}/{}", id(3), userid("hub", "eve")));
        std::os::unix::fs::symlink(target, link).unwrap();
    }
    let all = place.ledger.list("f/", "").unwrap();
    assert_eq!(all.iter().any(|entry| entry.doubt.is_some()), cfg!(unix), "{all:?}");
    for from in [0, 6, 11, 12, 255] {
        let from = id(from).at();
        for always in [&[][..], &[FactKind::Use, FactKind::Review], &[FactKind::Vote]] {
            let is_wanted = |entry: &&Entry| match entry.key.parse::<Key>() {
                Ok(Key::Fact { id, kind, .. }) => id.at() >= from || always.contains(&kind),
                _ => !entry.key.contains("more.json") || id(11).at() >= from,
            };
            let listed = place.ledger.list_facts(from, always).unwrap();
            let missing: Vec<&Entry> =
                all.iter().filter(is_wanted).filter(|entry| !listed.contains(entry)).collect();
            let is_link = |entry: &&&Entry| entry.doubt.is_some() && !always.contains(&FactKind::Use);
            assert!(missing.iter().all(|entry| is_link(&entry)), "{from:?} {always:?}: {missing:?}");
            // A folder with what is wanted is listed whole.
            let left = all.len() - listed.len();
            assert!(from > id(0).at() || left == 0, "{from:?} {always:?}: {left}");
            assert!(from < id(6).at() || left > 5, "{from:?} {always:?}: {left}");
        }
    }
}

#[cfg(unix)]
#[test]
fn in_a_shared_folder_the_owner_of_the_file_is_the_author() {
    let place = Place::shared();
    assert_eq!(place.ledger.own_name(), Ok(Some("bob".to_owned())));
    let (own, others) =
        (fact(1, &bob(), FactKind::Request), fact(2, &userid("hub", "eve"), FactKind::Request));
    assert_eq!(place.ledger.put_new(&own, b"{}"), Ok(Put::Created));
    let refused = place.ledger.put_new(&others, b"{}").unwrap_err();
    assert!(matches!(&refused, LedgerError::Refused(why) if why.contains("you are bob")), "{refused}");
    let policy = Key::Policy { id: id(3), author: userid("platform", "eve") };
    assert!(matches!(place.ledger.put_new(&policy, b"{}"), Err(LedgerError::Refused(_))));

    // It can be written without jit, but does not count.
    place.force(&others.to_string(), b"{}");
    let entry = place.entry(&others.to_string());
    assert_eq!(entry.doubt.as_deref(), Some("its file belongs to the user `bob`"));
    assert!(matches!(place.ledger.get(&entry.key), Err(LedgerError::Damaged(_))));
    let mut records = Records::default();
    records.take(&entry, b"{}");
    assert_eq!(records.anomalies()[0].kind, AnomalyKind::Doubt);
    // The valid counterpart, and the same file on a machine where this user is another person, or unknown.
    assert_eq!(place.entry(&own.to_string()).doubt, None);
    for (accounts, doubt) in [
        (myself("eve"), "its file belongs to the user `eve`".to_owned()),
        (
            Arc::new(Names::default()) as Arc<dyn Accounts>,
            format!("its file belongs to user {}, who has no name here", platform::own_user()),
        ),
    ] {
        let seen = FolderLedger::open(&place.path(""), accounts).unwrap();
        assert_eq!(seen.list("f/", "").unwrap()[0].doubt, Some(doubt));
    }
    let nobody = FolderLedger::open(&place.path(""), myself("a b")).unwrap();
    assert!(matches!(nobody.own_name(), Err(FolderError::NoName { .. })));
    assert!(matches!(nobody.put_new(&fact(4, &bob(), FactKind::Vote), b"{}"), Err(LedgerError::Refused(_))));

    // A single user acts as everybody.
    let alone = Place::private();
    assert_eq!(alone.ledger.own_name(), Ok(None));
    assert_eq!(alone.ledger.put_new(&others, b"{}"), Ok(Put::Created));
    assert_eq!(alone.entry(&others.to_string()).doubt, None);
}

#[cfg(unix)]
#[test]
fn others_can_read_and_add_and_cannot_change() {
    let (shared, private) = (Place::shared(), Place::private());
    let act = Key::Act { request: id(1), kind: ActKind::Decision };
    let vote = fact(1, &bob(), FactKind::Vote);
    for place in [&shared, &private] {
        assert_eq!(place.ledger.put_new(&vote, b"{}"), Ok(Put::Created));
        assert_eq!(place.ledger.put_new(&act, b"{}"), Ok(Put::Created));
    }
    // For a fact, the folders of its author; for an act, a folder that others write to.
    let cases = [
        ("f".to_owned(), 0o1777, 0o700),
        (format!("f/{}", id(1)), 0o755, 0o700),
        (format!("f/{}/{}", id(1), bob()), 0o755, 0o700),
        (vote.to_string(), 0o644, 0o600),
        (format!("a/{}", id(1)), 0o1777, 0o700),
        (act.to_string(), 0o644, 0o600),
        ("tmp".to_owned(), 0o1777, 0o700),
    ];
    for (path, in_shared, in_private) in cases {
        assert_eq!(mode(&shared.path(&path)), in_shared, "{path}");
        assert_eq!(mode(&private.path(&path)), in_private, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn folders_that_are_no_ledger_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let open = |name: &str| FolderLedger::open(&at(name), myself("bob"));
    let create = |name: &str| FolderLedger::create(&at(name), myself("bob"));
    let make = |name: &str, mode: u32| {
        fs::create_dir(at(name)).unwrap();
        set_mode(&at(name), mode);
    };
    fs::write(at("file"), b"").unwrap();
    make("empty", 0o700);
    make("open", 0o777);
    assert!(matches!(open("nowhere"), Err(FolderError::Absent { .. })));
    assert!(matches!(create("nowhere/inner"), Err(FolderError::Absent { .. })));
    assert!(matches!(open("file"), Err(FolderError::NotAFolder { .. })));
    assert!(matches!(create("file"), Err(FolderError::NotAFolder { .. })));
    assert!(matches!(open("empty"), Err(FolderError::NotALedger { .. })));
    for found in [open("open").unwrap_err(), create("open").unwrap_err()] {
        assert!(matches!(found, FolderError::Unsafe { .. }), "{found}");
        let advice = format!("{:?}", found.next());
        assert!(advice.contains("chmod +t"), "{advice}");
    }
    // One of its folders: open to others, a link, or missing.
    assert!(create("ledger").is_ok() && create("ledger").is_ok(), "made again, nothing changes");
    assert_eq!(mode(&at("ledger")), 0o700);
    set_mode(&at("ledger/f"), 0o777);
    assert!(matches!(open("ledger"), Err(FolderError::Unsafe { .. })));
    set_mode(&at("ledger/f"), 0o700);
    let ledger = open("ledger").unwrap();
    set_mode(&at("ledger/f"), 0o777);
    assert!(matches!(ledger.list("", ""), Err(LedgerError::Damaged(_))), "looked at again with each use");
    set_mode(&at("ledger/f"), 0o700);
    fs::rename(at("ledger/s"), at("s")).unwrap();
    assert!(matches!(open("ledger"), Err(FolderError::NotALedger { .. })));
    std::os::unix::fs::symlink(at("s"), at("ledger/s")).unwrap();
    assert!(matches!(open("ledger"), Err(FolderError::NotAFolder { .. })));
    // The path that the user gives may contain a link.
    assert!(create("real").is_ok());
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    assert!(open("link").is_ok());
}

#[cfg(unix)]
#[test]
fn abandoned_temporary_files_are_removed_and_used_ones_stay() {
    let place = Place::private();
    let staging = place.ledger.root.folder(STAGING).unwrap();
    let own = platform::own_user();
    drop(staging.stage("left", b"x", 0o600, 0).unwrap());
    let held = staging.stage("held", b"x", 0o600, 0).unwrap();
    staging.stage_folder("folder", 0o700, 0).unwrap();
    drop(staging.stage("named", b"x", 0o600, 0).unwrap());
    fs::hard_link(place.path("tmp/named"), place.path("second name")).unwrap();
    let changed = ["left", "held", "folder", "named"].map(|name| staging.about(name).unwrap().changed);
    let is_abandoned = |number: usize, seconds: i64| {
        let name = ["left", "held", "folder", "named"][number];
        staging.is_abandoned(name, own, changed[number] + seconds, 60)
    };
    assert!(is_abandoned(0, 60) && is_abandoned(2, 60));
    assert!(!is_abandoned(0, 59) && !is_abandoned(2, 59), "young");
    assert!(!is_abandoned(1, 1000), "its writer lives");
    assert!(!is_abandoned(3, 1000), "a whole object, whose time would change");
    assert!(!staging.is_abandoned("left", own + 1, changed[0] + 60, 60), "another user's");
    drop(held);
    assert!(is_abandoned(1, 60));
    // None of it causes a problem.
    assert_eq!(place.ledger.put_new(&fact(1, &bob(), FactKind::Vote), b"{}"), Ok(Put::Created));
    assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 4);
    write::sweep_at(&staging, changed[3] + 120);
    let left: Vec<_> =
        fs::read_dir(place.path("tmp")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["named"]);
}

/// The advice of every error is a clause that says what to do.
#[test]
fn every_error_says_what_to_do_next() {
    let (path, why) = (PathBuf::from("/ledger"), "why".to_owned());
    let kinds = [
        io::ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::StorageFull,
        io::ErrorKind::NotADirectory,
        io::ErrorKind::Other,
    ];
    let mut all: Vec<FolderError> = kinds.map(|kind| FolderError::of(&path, kind.into())).into();
    all.extend([
        FolderError::NotALedger { path: path.clone() },
        FolderError::Unsafe { path: path.clone(), what: OTHER_OWNER },
        FolderError::Unsafe { path: path.clone(), what: "x" },
        FolderError::NoName { user: 7 },
        FolderError::Failed { path, why },
    ]);
    let mut said = std::collections::BTreeSet::new();
    for error in &all {
        assert!(!error.next().is_empty() && !error.to_string().ends_with('.'), "{error}");
        said.insert(format!("{:?}", std::mem::discriminant(error)));
    }
    assert_eq!(said.len(), 8, "each variant");
}
