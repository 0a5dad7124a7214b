use std::sync::Mutex;

use jit_access::ledger::{
    Act, ActKind, Applied, Cause, Decision, Drop, Ended, Fact, Hash, Memory, Outcome, Put, Request, Review,
    Session, Sweep, SweepKind, Use, Vote, Vouch,
};
use jit_access::people::UserId;
use jit_access::testing::{policy, userid};
use proptest::prelude::*;

use super::*;

type Files = Mutex<BTreeMap<String, Vec<u8>>>;

const DAY: i64 = 86_400;

/// A ledger that is written to as time passes.
struct World {
    ledger: Memory,
    made: u32,
    requests: Vec<(Id, Hash)>,
    uses: Vec<(Id, Hash)>,
}

impl World {
    fn new() -> Self {
        Self::begun(1_700_000_000)
    }

    fn begun(at: i64) -> Self {
        let ledger = Memory::new(Timestamp(at));
        let mut world = Self { ledger, made: 0, requests: Vec::new(), uses: Vec::new() };
        world.publish();
        world
    }

    fn now(&self) -> Timestamp {
        self.ledger.time()
    }

    fn pass_time(&self, seconds: i64) {
        self.ledger.set_time(Timestamp(self.now().0 + seconds));
    }

    /// An id whose time is `off` by some seconds.
    fn id(&mut self, off: i64) -> Id {
        self.made += 1;
        let mut random = [0; 10];
        random[..4].copy_from_slice(&self.made.to_be_bytes());
        Id::new(Timestamp(self.now().0 + off), random)
    }

    fn put(&self, session: Session, key: &Key, bytes: &[u8]) {
        assert_eq!(self.ledger.session(session).put_new(key, bytes), Ok(Put::Created), "{key}");
    }

    fn publish(&mut self) {
        let (id, author) = (self.id(0), userid("platform", "pat"));
        let session = Session::Person { userid: author.clone(), publishes: true };
        self.put(session, &Key::Policy { id, author }, policy().to_toml().as_bytes());
    }

    fn fact(&mut self, author: &UserId, off: i64, fact: &Fact) -> (Id, Hash) {
        let (id, bytes) = (self.id(off), fact.to_bytes());
        let session = Session::Person { userid: author.clone(), publishes: false };
        self.put(session, &Key::Fact { id, author: author.clone(), kind: fact.kind() }, &bytes);
        (id, Hash::of(&bytes))
    }

    fn ask(&mut self, name: &str, off: i64, extends: Option<Id>) {
        let request = Request {
            access: "deploy".into(),
            accounts: Vec::new(),
            duration: 3600,
            reason: format!("number {}", self.made),
            ticket: None,
            start: None,
            extends,
        };
        let made = self.fact(&userid("hub", name), off, &Fact::Request(request));
        self.requests.push(made);
    }

    fn use_glass(&mut self, off: i64) {
        let used =
            Use { access: "glass".into(), account: "111122223333".into(), reason: "fire".into(), at: None };
        let made = self.fact(&userid("glass", "alice@corp.com"), off, &Fact::Use(used));
        self.uses.push(made);
    }

    fn act(&self, request: Id, kind: ActKind, act: &Act) {
        // If it exists already, it stays.
        let _ = self.ledger.session(Session::Applier).put_new(&Key::Act { request, kind }, &act.to_bytes());
    }

    fn decide(&self, (request, sha256): (Id, Hash)) {
        let decision = Decision {
            sha256,
            now: self.now(),
            policy: String::new(),
            facts: Vec::new(),
            history: Vec::new(),
            members: Vec::new(),
            units: Vec::new(),
            on_call: None,
            verdict: Outcome::Grant,
            code: None,
            why: None,
            from: Some(self.now()),
            until: Some(Timestamp(self.now().0 + 3600)),
            grants: Vec::new(),
        };
        self.act(request, ActKind::Decision, &Act::Decision(Box::new(decision)));
    }

    /// A reading of everything without a cache.
    fn afresh(&self) -> Reading {
        Cache::new("x").read(&self.ledger, &Files::default(), EVERYTHING, self.now()).unwrap()
    }
}

/// Asserts that `seen` has the same records of everything since `since` as a reading without a cache.
fn assert_same(world: &World, seen: &Records, since: Timestamp) {
    let whole = world.afresh().records;
    assert_eq!(whole.anomalies(), [], "the ledger is in order");
    assert_eq!(seen.anomalies(), []);
    let keys =
        |records: &Records| records.policy_history().map(|stored| stored.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(seen), keys(&whole));
    let uses = |records: &Records| records.use_cases().map(|used| format!("{used:?}")).collect::<Vec<_>>();
    assert_eq!(uses(seen), uses(&whole));
    let cases = |records: &Records| {
        let asked = records.cases().filter(|case| case.id.at() >= since);
        asked.map(|case| format!("{case:?}")).collect::<Vec<_>>()
    };
    assert_eq!(cases(seen), cases(&whole));
    for case in whole.cases().filter(|case| case.id.at() >= since) {
        // What an extension inherits may be arbitrarily old.
        let mut before = case.request.extends;
        while let Some(id) = before {
            let parent = |records: &Records| records.case(id).map(|parent| parent.request.clone());
            assert_eq!(parent(seen), parent(&whole));
            before = parent(&whole).and_then(|parent| parent.extends);
        }
    }
    if whole.last_sweep().is_some_and(|(at, _)| at >= since) {
        assert_eq!(seen.last_sweep(), whole.last_sweep());
    }
}

/// An event; the numbers select what it is about.
#[derive(Clone, Debug)]
enum Event {
    Time(i64),
    Ask {
        who: usize,
        off: i64,
        extends: Option<usize>,
    },
    Say {
        what: usize,
        which: usize,
        off: i64,
    },
    Act {
        what: usize,
        which: usize,
    },
    Glass {
        off: i64,
    },
    Publish,
    Sweep,
    /// A reading by the reader of that number, of so many days; afterwards the cache is stored and loaded
    /// again, or the process is killed before it is stored.
    Read {
        reader: usize,
        days: i64,
        is_kept: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let off = || -300i64..=300;
    prop_oneof![
        2 => prop_oneof![Just(1), 1i64..1000, Just(DAY), Just(40 * DAY)].prop_map(Event::Time),
        3 => (0usize..3, off(), prop::option::of(0usize..50)).prop_map(|(who, off, extends)| Event::Ask { who, off, extends }),
        4 => (0usize..4, 0usize..50, off()).prop_map(|(what, which, off)| Event::Say { what, which, off }),
        3 => (0usize..3, 0usize..50).prop_map(|(what, which)| Event::Act { what, which }),
        1 => off().prop_map(|off| Event::Glass { off }),
        1 => Just(Event::Publish),
        1 => Just(Event::Sweep),
        4 => (0usize..2, prop_oneof![Just(1i64), Just(15), Just(10_000)], any::<bool>())
            .prop_map(|(reader, days, is_kept)| Event::Read { reader, days, is_kept }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_reading_with_a_cache_says_what_one_without_says(events in prop::collection::vec(event(), 1..60)) {
        let mut world = World::new();
        let readers: [Files; 2] = Default::default();
        for event in events {
            let recent = |all: &[(Id, Hash)], which: usize, now: Timestamp| {
                // Acts and votes arrive while there is something to decide or to end.
                let fits: Vec<_> = all.iter().filter(|(id, _)| now.0 - id.at().0 < 14 * DAY).copied().collect();
                (!fits.is_empty()).then(|| fits[which % fits.len()])
            };
            match event {
                Event::Time(seconds) => world.pass_time(seconds),
                Event::Ask { who, off, extends } => {
                    // Of any age: the reader does not limit the age of the parent.
                    let parent = extends.filter(|_| !world.requests.is_empty());
                    let parent = parent.map(|which| world.requests[which % world.requests.len()].0);
                    world.ask(["alice@corp.com", "carol@corp.com", "bob@corp.com"][who], off, parent);
                }
                Event::Say { what, which, off } => {
                    let all = if what == 3 { &world.uses } else { &world.requests };
                    let about = match what { 3 => all.get(which % all.len().max(1)).copied(), _ => recent(all, which, world.now()) };
                    let Some((request, sha256)) = about else { continue };
                    let (reason, vote) = (String::new(), Vouch::Approve);
                    let fact = match what {
                        0 => Fact::Vote(Vote { request, sha256, vote, reason }),
                        1 => Fact::Drop(Drop { request, sha256 }),
                        2 => Fact::Revoke(jit_access::ledger::Revoke { request, sha256, reason }),
                        _ => Fact::Review(Review { request, sha256, vote, reason }),
                    };
                    world.fact(&userid("hub", "dan"), off, &fact);
                }
                Event::Act { what, which } => {
                    let Some(about) = recent(&world.requests, which, world.now()) else { continue };
                    match what {
                        0 => world.decide(about),
                        1 => world.act(about.0, ActKind::Applied, &Act::Applied(Applied { roles: Vec::new() })),
                        _ => world.act(about.0, ActKind::Ended, &Act::Ended(Ended { cause: Cause::Time, fact: None })),
                    }
                }
                Event::Glass { off } => world.use_glass(off),
                Event::Publish => world.publish(),
                Event::Sweep => {
                    let (id, sweep) = (world.id(0), Sweep { version: "1".into(), policy: "p".into() });
                    world.put(Session::Applier, &Key::Sweep { id, kind: SweepKind::Sweep }, &sweep.to_bytes());
                }
                Event::Read { reader, days, is_kept } => {
                    let shelf = &readers[reader];
                    let mut cache = Cache::load(shelf, "x");
                    let since = Timestamp((world.now().0 - days * DAY).max(0));
                    let read = cache.read(&world.ledger, shelf, since, world.now()).unwrap();
                    assert_same(&world, &read.records, since);
                    // Again immediately: nothing is read, and nothing changes.
                    let again = cache.read(&world.ledger, shelf, since, world.now()).unwrap();
                    prop_assert_eq!(again.got, 0);
                    assert_same(&world, &again.records, since);
                    if is_kept {
                        cache.save(shelf).unwrap();
                        let mut loaded = Cache::load(shelf, "x");
                        let third = loaded.read(&world.ledger, shelf, since, world.now()).unwrap();
                        prop_assert_eq!(third.got, 0);
                        assert_same(&world, &third.records, since);
                    }
                }
            }
        }
    }
}

#[test]
fn only_what_is_new_is_listed_and_got() {
    let mut world = World::new();
    let shelf = Files::default();
    for _ in 0..500 {
        world.ask("alice@corp.com", 0, None);
        world.pass_time(3600);
    }
    let since = Timestamp(world.now().0 - 15 * DAY);
    let mut cache = Cache::load(&shelf, "x");
    let first = cache.read(&world.ledger, &shelf, since, world.now()).unwrap();
    // All are listed once, because a use of break-glass may be among them; those of the window are read.
    assert_eq!((first.listed, first.got), (501, 1 + 360));
    cache.save(&shelf).unwrap();
    world.pass_time(3600);
    world.ask("alice@corp.com", 0, None);
    let mut cache = Cache::load(&shelf, "x");
    let second = cache.read(&world.ledger, &shelf, since, world.now()).unwrap();
    assert_eq!((second.listed, second.got), (3, 1), "the policy, the last one known, the new one");
    // Without new objects nothing is written, and otherwise only the days that changed.
    cache.save(&shelf).unwrap();
    let before = shelf.lock().unwrap().clone();
    cache.save(&shelf).unwrap();
    assert_eq!(*shelf.lock().unwrap(), before);
    // An earlier start reads what is missing, and nothing else.
    let third = Cache::load(&shelf, "x").read(&world.ledger, &shelf, EVERYTHING, world.now()).unwrap();
    assert_eq!(third.got, 500 - 360);
}

#[test]
fn whoever_waits_for_one_request_lists_little_and_misses_nothing() {
    let mut world = World::new();
    world.ask("alice@corp.com", 0, None);
    world.ask("carol@corp.com", 0, None);
    let ((mine, sha256), (other, other_sha256)) = (world.requests[0], world.requests[1]);
    let (ledger, shelf) = (world.ledger.session(Session::Reader), Files::default());
    let mut cache = Cache::new("test");
    assert_eq!(cache.has_news(&ledger, mine), Ok(true), "nothing was read");
    cache.read(&ledger, &shelf, EVERYTHING, world.now()).unwrap();
    assert_eq!(cache.has_news(&ledger, mine), Ok(false));

    let bob = userid("hub", "bob@corp.com");
    let vote =
        |request, sha256| Fact::Vote(Vote { request, sha256, vote: Vouch::Approve, reason: String::new() });
    world.pass_time(60);
    world.fact(&bob, 0, &vote(other, other_sha256));
    assert_eq!(cache.has_news(&ledger, mine), Ok(false), "about another request");
    world.fact(&bob, 0, &vote(mine, sha256));
    assert_eq!(cache.has_news(&ledger, mine), Ok(true), "a vote");
    assert_eq!(cache.has_news(&ledger, mine), Ok(false), "it is known now");
    world.decide((other, other_sha256));
    assert_eq!(cache.has_news(&ledger, mine), Ok(false), "about another request");
    world.decide((mine, sha256));
    assert_eq!(cache.has_news(&ledger, mine), Ok(true), "the decision");

    let seen = cache.read(&ledger, &shelf, EVERYTHING, world.now()).unwrap();
    assert_eq!(seen.records.case(mine).unwrap().facts.len(), 1);
    assert!(seen.records.case(mine).unwrap().decision.is_some());
    assert_same(&world, &seen.records, EVERYTHING);
}

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
