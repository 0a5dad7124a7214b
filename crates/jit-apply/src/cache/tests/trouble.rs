//! Objects and ledgers that cannot be read, and shelves that are not ones own.

use super::*;

#[test]
fn what_is_torn_or_of_another_ledger_is_read_again() {
    let mut world = World::new();
    for _ in 0..10 {
        world.ask("alice@corp.com", 0, None);
        world.pass_time(DAY / 2);
    }
    world.use_glass(0);
    let kept = Files::default();
    let mut cache = Cache::load(&kept, "x");
    cache.read(&world.ledger, &kept, EVERYTHING, world.now()).unwrap();
    cache.save(&kept).unwrap();
    let kept = kept.into_inner().unwrap();
    assert!(kept.len() >= 7, "an index, what is always needed, and five days");
    for name in kept.keys() {
        let damages: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() / 2),
            |bytes| bytes.clear(),
            |bytes| bytes[20] ^= 1,
            |bytes| bytes.push(0),
        ];
        for (number, damage) in damages.into_iter().enumerate() {
            let mut files = kept.clone();
            damage(files.get_mut(name).unwrap());
            let shelf = Files::new(files);
            let mut cache = Cache::load(&shelf, "x");
            let read = cache.read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
            assert_same(&world, &read.records, EVERYTHING);
            assert!(read.got > 0, "{name} {number}: it was noticed");
            cache.save(&shelf).unwrap();
            let again =
                Cache::load(&shelf, "x").read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
            assert_eq!(again.got, 0, "{name} {number}: it is whole again");
        }
        let mut files = kept.clone();
        files.remove(name);
        let shelf = Files::new(files);
        let read = Cache::load(&shelf, "x").read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
        assert_same(&world, &read.records, EVERYTHING);
    }
    // The index of one process and the days of another, which knew less: their hashes differ.
    let other = Files::new(kept.clone());
    world.ask("alice@corp.com", 0, None);
    let mut cache = Cache::load(&other, "x");
    cache.read(&world.ledger, &other, EVERYTHING, world.now()).unwrap();
    cache.save(&other).unwrap();
    let mut mixed = kept.clone();
    let index = other.into_inner().unwrap().into_iter().find(|(name, _)| name.ends_with("index")).unwrap();
    mixed.insert(index.0, index.1);
    let mixed = Files::new(mixed);
    let read = Cache::load(&mixed, "x").read(&world.ledger, &mixed, EVERYTHING, world.now()).unwrap();
    assert_same(&world, &read.records, EVERYTHING);

    // Another ledger, under its own name or in the place of the first.
    let shelf = Files::new(kept);
    let fresh = World::begun(1_700_000_001);
    for name in ["y", "x"] {
        let read = Cache::load(&shelf, name).read(&fresh.ledger, &shelf, EVERYTHING, fresh.now()).unwrap();
        assert_eq!(read.records.ids().count(), 0, "nothing of the old one is left");
    }
}

#[test]
fn the_first_version_counts_and_what_is_gone_still_counts() {
    let mut world = World::new();
    world.ask("alice@corp.com", 0, None);
    let (shelf, mut cache) = (Files::default(), Cache::new("x"));
    cache.read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
    let key = world.ledger.list("f/", "").unwrap()[0].key.clone();
    world.ledger.force(&key, b"another version");
    let read = cache.read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
    assert_eq!((read.got, read.records.ids().count()), (0, 1));
    let kinds: Vec<_> = read.records.anomalies().into_iter().map(|anomaly| anomaly.kind).collect();
    assert_eq!(kinds, [jit_access::ledger::AnomalyKind::SecondVersion]);
}

/// A ledger that answers some calls with an error.
struct Broken<'l> {
    ledger: &'l Memory,
    /// The errors for keys that contain the text.
    gets: Vec<(&'static str, LedgerError)>,
}

impl Ledger for Broken<'_> {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        self.ledger.put_new(key, bytes)
    }
    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        match self.gets.iter().find(|(part, _)| key.contains(part)) {
            Some((_, error)) => Err(error.clone()),
            None => self.ledger.get(key),
        }
    }
    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        self.ledger.list(prefix, after)
    }
}

#[test]
fn one_object_that_cannot_be_read_is_a_finding_and_a_ledger_that_cannot_is_an_error() {
    let mut world = World::new();
    world.ask("alice@corp.com", 0, None);
    world.use_glass(0);
    let text = || "x".to_owned();
    let (shelf, now) = (Files::default(), world.now());
    let read = |gets| Cache::new("x").read(&Broken { ledger: &world.ledger, gets }, &shelf, EVERYTHING, now);
    for error in [LedgerError::Absent(text()), LedgerError::Damaged(text()), LedgerError::Refused(text())] {
        let read = read(vec![("request.json", error.clone())]).unwrap();
        let kinds: Vec<_> = read.records.anomalies().into_iter().map(|anomaly| anomaly.kind).collect();
        assert_eq!(kinds, [jit_access::ledger::AnomalyKind::Unreadable], "{error}");
        assert_eq!(read.records.ids().count(), 1, "the other counts");
    }
    assert_eq!(read(vec![("", LedgerError::Refused(text()))]).unwrap_err(), LedgerError::Refused(text()));
    let lost = LedgerError::Unreachable(text());
    assert_eq!(read(vec![("request.json", lost.clone())]).unwrap_err(), lost);
    // It is tried again, and the cache still has the rest.
    let mut cache = Cache::new("x");
    let broken = Broken { ledger: &world.ledger, gets: vec![("request.json", lost)] };
    assert!(cache.read(&broken, &shelf, EVERYTHING, now).is_err());
    assert_same(&world, &cache.read(&world.ledger, &shelf, EVERYTHING, now).unwrap().records, EVERYTHING);
}

#[cfg(unix)]
#[test]
fn a_shelf_is_a_folder_of_ones_own() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let shelf = FolderShelf::open(path).unwrap();
    assert_eq!(shelf.load("x"), None);
    shelf.store("x", b"one").unwrap();
    shelf.store("x", b"two").unwrap();
    assert_eq!(shelf.load("x").as_deref(), Some(&b"two"[..]));
    assert_eq!(fs::read_dir(path).unwrap().count(), 1);
    // A link is not followed, and a folder that others can write to is not trusted.
    fs::rename(path.join("x"), path.join("y")).unwrap();
    std::os::unix::fs::symlink("y", path.join("x")).unwrap();
    assert_eq!(shelf.load("x"), None);
    shelf.store("x", b"three").unwrap();
    assert_eq!((shelf.load("x").unwrap(), shelf.load("y").unwrap()), (b"three".to_vec(), b"two".to_vec()));
    fs::set_permissions(path.join("y"), fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(shelf.load("y"), None);
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(FolderShelf::open(path).is_err());
}
