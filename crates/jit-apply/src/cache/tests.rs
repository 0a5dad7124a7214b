mod random;
mod trouble;

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
