mod bounds;
mod votes;

use std::collections::BTreeMap;

use super::*;
use crate::cases::{parse, run};
use crate::fold::{Phase, State};
use crate::id::Id;
use crate::ledger::{ActKind, Drop, Entry, Hash, Key, Records, Review, Revoke, SlackVote, Use, Vote};
use crate::people::{Directory, PolicyIndex, UserId};
use crate::policy::Policy;
use crate::testing::{self, at, userid};

/// Friday noon in Berlin's winter.
const NOON: &str = "2026-11-27T12:00:00Z";

/// What the example's policy decides, as cases.
#[test]
fn the_example_answers() {
    let text = r#"
alice@corp.com asks read 8h in 111122223333 -> granted 8h
alice@corp.com asks read 8h in 444455556666 -> granted 8h        # by its unit
alice@corp.com asks read 8h in 888899990000 -> denied: account
alice@corp.com asks read 8h -> denied: account                     # which one?
alice@corp.com asks read 8h1s in 111122223333 -> denied: max
alice@corp.com asks read 0s in 111122223333 -> denied: max
alice@corp.com asks nothing 1h -> denied: access
alice@corp.com asks glass 1h in 111122223333 -> denied: standing
carol asks read 1h in 111122223333 -> granted 1h                   # in the group by her other name
bob asks read 1h in 111122223333 -> denied: not-eligible
stranger asks read 1h in 111122223333 -> denied: not-eligible      # somebody at the contractors' door
mallory@corp.com asks read 1h in 111122223333 -> denied: person
Bob@corp.com asks read 1h in 111122223333 -> denied: person
alice@corp.com asks deploy 1h -> waits: payments-owners
alice@corp.com asks deploy 1h in 111122223333 -> waits: payments-owners
alice@corp.com asks deploy 1h in 444455556666 -> denied: account
alice@corp.com asks deploy 1h approved by bob -> granted 1h
alice@corp.com asks deploy 1h approved by dan -> waits: payments-owners
alice@corp.com asks deploy 1h approved by ci -> waits: payments-owners
alice@corp.com asks deploy 1h approved by alice@corp.com -> waits: payments-owners
carol asks deploy 1h approved by carol -> waits: payments-owners   # the only vote is her own
carol asks deploy 1h approved by bob -> granted 1h
alice@corp.com asks pay-admin 2h -> waits: payments-owners,security
alice@corp.com asks pay-admin 2h approved by bob -> waits: security
alice@corp.com asks pay-admin 2h approved by bob,carol -> waits: security
alice@corp.com asks pay-admin 2h approved by bob,dan -> granted 2h
alice@corp.com asks pay-admin 2h approved by frank,grace -> waits: payments-owners,security  # not escalated yet
alice@corp.com asks prod-db 1h at 2026-11-27T09:00:00Z approved by bob -> granted 1h
alice@corp.com asks prod-db 1h at 2026-11-27T16:30:00Z approved by bob -> granted 30m        # cut at 18:00 in Berlin
alice@corp.com asks prod-db 1h at 2026-11-27T17:00:00Z approved by bob -> denied: hours
alice@corp.com asks prod-db 1h at 2026-11-28T09:00:00Z approved by bob -> denied: hours      # a Saturday
alice@corp.com asks prod-db 1h at 2026-07-03T06:30:00Z approved by bob -> granted 1h         # summer
"#;
    let cases = parse(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let failures = run(&testing::policy(), &testing::directory(), &cases, at(NOON));
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A ledger of the example's company, written to in order; seconds are counted from noon.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) directory: Directory,
    pub(crate) records: Records,
    /// Every object that was taken in, in order.
    pub(crate) log: Vec<(Entry, Vec<u8>)>,
    hashes: BTreeMap<Id, Hash>,
    made: u8,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(testing::policy())
    }

    pub(crate) fn of(policy: Policy) -> Self {
        let (directory, records) = (testing::directory(), Records::default());
        Self { policy, directory, records, log: Vec::new(), hashes: BTreeMap::new(), made: 0 }
    }

    pub(crate) fn take(&mut self, entry: Entry, bytes: Vec<u8>) {
        self.records.take(&entry, &bytes);
        self.log.push((entry, bytes));
    }

    pub(crate) fn moment(seconds: i64) -> Timestamp {
        Timestamp(at(NOON).0 + seconds)
    }

    fn fact(&mut self, author: &UserId, seconds: i64, fact: &Fact) -> Id {
        self.made += 1;
        let id = Id::new(Self::moment(seconds), [self.made; 10]);
        let key = Key::Fact { id, author: author.clone(), kind: fact.kind() };
        let bytes = fact.to_bytes();
        self.hashes.insert(id, Hash::of(&bytes));
        self.take(Entry::new(key.to_string(), Self::moment(seconds)), bytes);
        id
    }

    pub(crate) fn ask(&mut self, name: &str, seconds: i64, change: impl FnOnce(&mut Request)) -> Id {
        let mut request = Request {
            access: "deploy".into(),
            accounts: Vec::new(),
            duration: 3600,
            reason: "because it must be".into(),
            ticket: Some("INC-1".into()),
            start: None,
            extends: None,
        };
        change(&mut request);
        self.fact(&userid("hub", name), seconds, &Fact::Request(request))
    }

    pub(crate) fn vote(&mut self, author: &UserId, seconds: i64, request: Id, vote: Vouch) -> Id {
        let sha256 = self.hashes[&request];
        self.fact(author, seconds, &Fact::Vote(Vote { request, sha256, vote, reason: String::new() }))
    }

    pub(crate) fn yes(&mut self, name: &str, seconds: i64, request: Id) {
        self.vote(&userid("hub", name), seconds, request, Vouch::Approve);
    }

    pub(crate) fn drop_it(&mut self, name: &str, seconds: i64, request: Id) {
        let sha256 = self.hashes[&request];
        self.fact(&userid("hub", name), seconds, &Fact::Drop(Drop { request, sha256 }));
    }

    pub(crate) fn revoke(&mut self, name: &str, seconds: i64, request: Id) {
        let sha256 = self.hashes[&request];
        self.fact(
            &userid("hub", name),
            seconds,
            &Fact::Revoke(Revoke { request, sha256, reason: "no".into() }),
        );
    }

    pub(crate) fn act(&mut self, seconds: i64, request: Id, kind: ActKind, bytes: &[u8]) {
        let key = Key::Act { request, kind }.to_string();
        self.take(Entry::new(key, Self::moment(seconds)), bytes.to_vec());
    }

    pub(crate) fn decide_with(&self, request: Id, on_call: &OnCall, seconds: i64) -> Verdict {
        let index = PolicyIndex::new(&self.policy);
        let people = index.with(&self.directory);
        let case = self.records.case(request).expect("a request");
        let now = Self::moment(seconds);
        decide(&people, &case, on_call, &self.records.history(&people, &case, now), now)
    }

    pub(crate) fn decide(&self, request: Id, seconds: i64) -> Verdict {
        self.decide_with(request, &OnCall::Unknown, seconds)
    }

    /// Decides, writes the decision, and returns its short form.
    pub(crate) fn settle(&mut self, request: Id, seconds: i64) -> String {
        let verdict = self.decide(request, seconds);
        self.write(request, seconds, &verdict, &OnCall::Unknown);
        said(&verdict)
    }

    fn write(&mut self, request: Id, seconds: i64, verdict: &Verdict, on_call: &OnCall) {
        let index = PolicyIndex::new(&self.policy);
        let people = index.with(&self.directory);
        let case = self.records.case(request).expect("a request");
        let now = Self::moment(seconds);
        let history = self.records.history(&people, &case, now);
        let key = Key::Policy { id: Id::new(now, [0; 10]), author: userid("platform", "pat") };
        let author = userid("platform", "pat");
        let policy = crate::ledger::StoredPolicy {
            key,
            author,
            at: now,
            policy: self.policy.clone(),
            text: String::new(),
        };
        let input = RecordInput { policy: &policy, people, case: &case, on_call, history: &history, now };
        let document = |grant: &Grant, _: &GrantRole| Ok::<_, ()>(format!("until {}", grant.until.0));
        let decision = record(input, verdict, document).expect("a document");
        if let Some(decision) = decision {
            let bytes = crate::ledger::Act::Decision(Box::new(decision)).to_bytes();
            self.act(seconds, request, ActKind::Decision, &bytes);
        }
    }

    fn state(&self, request: Id, seconds: i64) -> State {
        let index = PolicyIndex::new(&self.policy);
        let people = index.with(&self.directory);
        self.records.case(request).expect("a request").state(&people, Self::moment(seconds))
    }
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Grant(grant) => format!("until {}", grant.until.0 - at(NOON).0),
        Verdict::Deny { code, .. } => code.name().to_owned(),
        Verdict::Wait { missing } => {
            missing.iter().map(|one| format!("{} x{}", one.group, one.count)).collect::<Vec<_>>().join(" ")
        }
    }
}

const ALICE: &str = "alice@corp.com";

#[test]
fn reasons_tickets_and_starts() {
    let mut world = World::new();
    type Change = fn(&mut Request);
    let cases: [(Change, &str); 9] = [
        (|_| (), "payments-owners x1 security x1"),
        (|request| request.reason = "too short".into(), "reason"),
        (|request| request.reason = format!("short{}", " ".repeat(40)), "reason"),
        (|request| request.ticket = None, "ticket"),
        (|request| request.ticket = Some("INC-1 and more".into()), "ticket"),
        (|request| request.start = Some(World::moment(7 * 86_400)), "payments-owners x1 security x1"),
        (|request| request.start = Some(World::moment(7 * 86_400 + 1)), "start"),
        (|request| request.extends = Some(Id::new(at(NOON), [99; 10])), "extends"),
        (|request| request.accounts = vec!["111122223333".into(); 2], "payments-owners x1 security x1"),
    ];
    for (number, (change, wanted)) in cases.into_iter().enumerate() {
        let id = world.ask(ALICE, 0, |request| {
            request.access = "pay-admin".into();
            change(request);
        });
        // Not too many at once: each is withdrawn before the next.
        assert_eq!(said(&world.decide(id, 0)), wanted, "{number}");
        world.drop_it(ALICE, 0, id);
    }
}

#[test]
fn an_extension_inherits_reason_and_ticket() {
    let mut world = World::new();
    let first = world.ask(ALICE, 0, |request| request.access = "pay-admin".into());
    world.yes("bob@corp.com", 1, first);
    world.yes("dan", 1, first);
    assert_eq!(world.settle(first, 2), "until 3602");
    let extend = |world: &mut World, seconds, name: &str, access: &str| {
        let id = world.ask(name, seconds, |request| {
            *request = Request {
                access: access.into(),
                reason: String::new(),
                ticket: None,
                extends: Some(first),
                ..request.clone()
            };
        });
        said(&world.decide(id, seconds))
    };
    assert_eq!(extend(&mut world, 1800, ALICE, "pay-admin"), "payments-owners x1 security x1");
    assert_eq!(extend(&mut world, 1800, "00u1x9", "pay-admin"), "extends", "another person's");
    assert_eq!(extend(&mut world, 1800, ALICE, "deploy"), "extends", "another access");
    assert_eq!(extend(&mut world, 3602, ALICE, "pay-admin"), "extends", "over");
}

#[test]
fn requests_have_the_right_state() {
    let mut world = World::new();
    let pending = world.ask(ALICE, 0, |_| ());
    assert_eq!((world.state(pending, 0).name(), world.state(pending, 14_400).name()), ("pending", "lapsed"));
    world.yes("bob@corp.com", 14_399, pending);
    assert_eq!(said(&world.decide(pending, 14_400)), "lapsed", "nobody decided in time");
    let dropped = world.ask(ALICE, 0, |_| ());
    world.drop_it("bob@corp.com", 5, dropped);
    assert_eq!(world.state(dropped, 9).name(), "pending", "only the requester can drop");
    world.drop_it(ALICE, 10, dropped);
    assert_eq!((world.state(dropped, 9).name(), world.state(dropped, 10).name()), ("pending", "dropped"));
    assert_eq!(said(&world.decide(dropped, 10)), "dropped");

    let granted = world.ask(ALICE, 0, |request| request.start = Some(World::moment(1000)));
    world.yes("bob@corp.com", 1, granted);
    assert_eq!(world.settle(granted, 2), "until 4600");
    let name = |world: &World, seconds| world.state(granted, seconds).name();
    assert_eq!([name(&world, 2), name(&world, 1000), name(&world, 4600)], ["scheduled", "live", "ended"]);
    world.revoke("frank", 1100, granted);
    assert_eq!(name(&world, 1200), "live", "somebody without a say");
    world.revoke("dan", 1200, granted);
    let State::Granted { phase: Phase::Ended { at, cause }, .. } = world.state(granted, 1300) else {
        panic!()
    };
    assert_eq!((at, cause), (World::moment(1200), crate::ledger::Cause::Revocation));
    assert_eq!(name(&world, 1199), "live", "what was later changes nothing before");
}

#[test]
fn a_decision_replays_from_its_own_record() {
    let mut world = World::new();
    let id = world.ask(ALICE, 0, |request| {
        (request.access, request.accounts) = ("read".into(), vec!["444455556666".into()])
    });
    assert_eq!(world.settle(id, 1), "until 3601");
    // The directory has changed since; the decision has what it was.
    world.directory = Directory::default();
    assert_eq!(said(&world.decide(id, 1)), "person");
    let decision = world.records.case(id).unwrap().decision.unwrap().clone();
    world.directory = directory_of(&decision);
    assert_eq!(said(&world.decide_with(id, &on_call_of(&decision), 1)), "until 3601");
}
