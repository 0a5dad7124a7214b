use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Mutex;

use jit_access::fold::{Phase, State};
use jit_access::ledger::{
    AnomalyKind, Drop, Fact, FindingKind, Hash, Memory, Request, Revoke, Session, Vote, Vouch,
};
use jit_access::people::UserId;
use jit_access::testing::{at, directory, policy, userid};

use super::sweep::Swept;
use super::*;
use crate::iam::MemoryIam;

const ROLE: &str = "arn:aws:iam::111122223333:role/jit/engineer";
/// A Friday, within the working hours of the example company.
const NOON: &str = "2026-11-27T12:00:00Z";

/// A company, its roles, and its requests.
struct World {
    ledger: Memory,
    iam: MemoryIam,
    shelf: Mutex<BTreeMap<String, Vec<u8>>>,
    directory: Directory,
    made: Cell<u8>,
    hashes: RefCell<BTreeMap<Id, Hash>>,
    must_wait: Cell<bool>,
}

impl World {
    fn new() -> Self {
        let world = Self {
            ledger: Memory::new(at(NOON)),
            iam: MemoryIam::of([ROLE.to_owned()]),
            shelf: Mutex::default(),
            directory: directory(),
            made: Cell::new(0),
            hashes: RefCell::default(),
            must_wait: Cell::new(false),
        };
        let author = userid("platform", "pat");
        let session = Session::Person { userid: author.clone(), publishes: true };
        let key = Key::Policy { id: world.id(), author };
        assert_eq!(
            world.ledger.session(session).put_new(&key, policy().to_toml().as_bytes()),
            Ok(Put::Created)
        );
        world
    }

    fn random(&self) -> [u8; 10] {
        self.made.set(self.made.get() + 1);
        [self.made.get(); 10]
    }

    fn id(&self) -> Id {
        Id::new(self.ledger.time(), self.random())
    }

    fn pass_time(&self, seconds: i64) {
        self.ledger.set_time(Timestamp(self.ledger.time().0 + seconds));
    }

    fn say(&self, author: &UserId, fact: &Fact) -> Id {
        let (id, bytes) = (self.id(), fact.to_bytes());
        let session = Session::Person { userid: author.clone(), publishes: false };
        let key = Key::Fact { id, author: author.clone(), kind: fact.kind() };
        assert_eq!(self.ledger.session(session).put_new(&key, &bytes), Ok(Put::Created));
        self.hashes.borrow_mut().insert(id, Hash::of(&bytes));
        id
    }

    fn ask(&self, name: &str, extends: Option<Id>) -> Id {
        let request = Request {
            access: "deploy".into(),
            accounts: Vec::new(),
            duration: 3600,
            reason: "because it must be".into(),
            ticket: Some("INC-1".into()),
            start: None,
            extends,
        };
        self.say(&userid("hub", name), &Fact::Request(request))
    }

    fn vote(&self, request: Id) {
        let (sha256, vote, reason) = (self.hashes.borrow()[&request], Vouch::Approve, String::new());
        self.say(&userid("hub", "bob@corp.com"), &Fact::Vote(Vote { request, sha256, vote, reason }));
    }

    fn revoke(&self, request: Id) {
        let (sha256, reason) = (self.hashes.borrow()[&request], "no".to_owned());
        self.say(&userid("hub", "dan"), &Fact::Revoke(Revoke { request, sha256, reason }));
    }

    fn give_back(&self, request: Id) {
        let sha256 = self.hashes.borrow()[&request];
        self.say(&userid("hub", "alice@corp.com"), &Fact::Drop(Drop { request, sha256 }));
    }

    /// Runs the applier; `go_on` is called before each change.
    fn run<T>(
        &self,
        go_on: &dyn Fn(&Doing) -> ControlFlow<()>,
        run: impl FnOnce(&Applier<'_>, &mut Cache) -> T,
    ) -> T {
        let ledger = self.ledger.session(Session::Applier);
        let applier = Applier {
            ledger: &ledger,
            shelf: &self.shelf,
            iam: &self.iam,
            directory: &self.directory,
            on_call: &OnCall::Unknown,
            services: &|_| vec!["ec2:*".to_owned()],
            must_wait: &|_| self.must_wait.get(),
            clock: &|| self.ledger.time(),
            random: &|| self.random(),
            go_on,
        };
        let mut cache = Cache::load(&self.shelf, "x");
        let came = run(&applier, &mut cache);
        cache.save(&self.shelf).unwrap();
        came
    }

    fn sweep(&self) -> Swept {
        self.run(&|_| ControlFlow::Continue(()), |applier, cache| applier.sweep(cache, "1")).unwrap()
    }

    fn apply(&self, request: Id) -> Result<(), ApplyError> {
        self.run(&|_| ControlFlow::Continue(()), |applier, cache| applier.apply(cache, request))
    }

    fn records(&self) -> Records {
        let shelf = Mutex::<BTreeMap<String, Vec<u8>>>::default();
        let reading =
            Cache::new("y").read(&self.ledger, &shelf, crate::cache::EVERYTHING, self.ledger.time());
        reading.unwrap().records
    }

    fn state(&self, request: Id) -> State {
        let (records, policy) = (self.records(), policy());
        let index = jit_access::people::PolicyIndex::new(&policy);
        let people = index.with(&self.directory);
        records.case(request).unwrap().state(&people, self.ledger.time())
    }

    fn policies(&self) -> BTreeMap<String, String> {
        self.iam.role(&ROLE.to_owned()).unwrap().policies
    }

    fn has(&self, request: Id) -> bool {
        self.policies().contains_key(&policy_name(request))
    }

    /// An invariant: every policy of a grant is, byte for byte, the text of a decision.
    fn check(&self, at: &str) {
        let records = self.records();
        for (name, document) in self.policies().iter().filter(|(name, _)| name.starts_with("jit-")) {
            let id = jit_access::render::request_of(name).unwrap();
            let case = records.case(id).unwrap();
            let decision = case.decision.unwrap_or_else(|| panic!("{at}: a policy without a decision"));
            assert_eq!(decision.grants[0].document, *document, "{at}");
        }
    }
}

#[test]
fn a_request_is_granted_and_ends() {
    let world = World::new();
    let request = world.ask("alice@corp.com", None);
    assert_eq!(world.apply(request), Ok(()));
    assert!(!world.has(request), "it waits");
    world.vote(request);
    assert_eq!(world.apply(request), Ok(()));
    let text = world.policies()[&policy_name(request)].clone();
    assert!(text.contains("*:alice@corp.com") && text.contains("2026-11-27T13:00:00Z"), "{text}");
    assert!(matches!(world.state(request), State::Granted { phase: Phase::Live { applied: true }, .. }));
    // An extension is a policy of its own.
    world.pass_time(1800);
    let extension = world.ask("alice@corp.com", Some(request));
    world.vote(extension);
    assert_eq!(world.sweep(), Swept::default());
    assert!(world.has(request) && world.has(extension));
    world.pass_time(1800);
    assert_eq!(world.sweep(), Swept::default());
    assert!(!world.has(request) && world.has(extension));
    assert!(world.records().case(request).unwrap().ended.is_some());
    world.pass_time(1800);
    assert_eq!(world.sweep(), Swept::default());
    assert_eq!(world.policies().len(), 0);
    // Nothing is left to do, and nothing unexpected was written.
    let before = world.ledger.list("a/", "").unwrap();
    assert_eq!(world.sweep(), Swept::default());
    assert_eq!(world.ledger.list("a/", "").unwrap(), before);
    assert_eq!(world.records().anomalies(), []);
    assert!(world.records().last_sweep().is_some());
}

#[test]
fn what_nobody_decides_lapses_and_what_is_denied_stays_denied() {
    let world = World::new();
    let request = world.ask("alice@corp.com", None);
    world.pass_time(5 * 3600);
    assert_eq!(world.sweep(), Swept::default());
    assert_eq!(world.state(request), State::Lapsed);
    world.vote(request);
    assert_eq!(world.sweep(), Swept::default());
    assert!(world.state(request) == State::Lapsed && !world.has(request));
}

#[test]
fn what_others_do_to_a_role_is_undone_and_told() {
    let world = World::new();
    let request = world.ask("alice@corp.com", None);
    world.vote(request);
    world.sweep();
    let (name, text) = (policy_name(request), world.policies()[&policy_name(request)].clone());
    let unknown = policy_name(Id::new(world.ledger.time(), [250; 10]));
    type Change = fn(&mut BTreeMap<String, String>, &str, &str);
    let cases: [(&str, Change, FindingKind); 4] = [
        ("deleted", |policies, name, _| drop(policies.remove(name)), FindingKind::MissingGrant),
        (
            "widened",
            |policies, name, _| drop(policies.insert(name.into(), "*".into())),
            FindingKind::UnexplainedPolicy,
        ),
        (
            "another",
            |policies, _, unknown| drop(policies.insert(unknown.into(), "*".into())),
            FindingKind::UnexplainedPolicy,
        ),
        (
            "inline",
            |policies, _, _| drop(policies.insert("inline".into(), "*".into())),
            FindingKind::UnexplainedPolicy,
        ),
    ];
    for (what, change, kind) in cases {
        world.iam.change(ROLE, |role| change(&mut role.policies, &name, &unknown));
        let swept = world.sweep();
        let kinds: Vec<FindingKind> = swept.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!((kinds, swept.failures.len()), (vec![kind], 0), "{what}");
        world.sweep();
        assert_eq!(world.policies(), [(name.clone(), text.clone())].into(), "{what}");
    }
    assert_eq!(world.ledger.list("s/", "").unwrap().len(), 9 + 4, "nine sweeps, four findings");
    // A frozen role loses every grant and gets none, until it is no longer frozen.
    world.iam.change(ROLE, |role| role.is_frozen = true);
    assert_eq!(world.sweep().findings, []);
    assert_eq!(world.policies().len(), 0);
    world.iam.change(ROLE, |role| role.is_frozen = false);
    world.sweep();
    assert_eq!(world.policies(), [(name, text)].into());
}

#[test]
fn what_lasts_is_told_once_a_day() {
    let world = World::new();
    let attached = (FindingKind::Attached, "the policy x is attached".to_owned());
    world.iam.change(ROLE, |role| role.differences.push(attached));
    assert_eq!(world.sweep().findings.len(), 1);
    assert_eq!(world.sweep().findings, []);
    let boundary = (FindingKind::Boundary, "the role has no permissions boundary".to_owned());
    world.iam.change(ROLE, |role| role.differences.push(boundary));
    assert_eq!(world.sweep().findings.len(), 1, "another one is told at once");
    world.pass_time(86_400);
    assert_eq!(world.sweep().findings.len(), 2);
}

#[test]
fn what_people_do_is_carried_out_without_a_list_of_roles() {
    let world = World::new();
    let settle = || {
        let run = |applier: &Applier<'_>, cache: &mut Cache| applier.settle(cache);
        world.run(&|_| ControlFlow::Continue(()), run).unwrap()
    };
    let request = world.ask("alice@corp.com", None);
    assert_eq!(settle(), Swept::default());
    assert!(!world.has(request), "it waits");
    world.vote(request);
    world.must_wait.set(true);
    assert_eq!(settle(), Swept::default());
    assert_eq!(world.state(request), State::Pending, "nothing is decided while something cannot be read");
    world.must_wait.set(false);
    assert_eq!(settle(), Swept::default());
    assert!(world.has(request));
    // What others change there, a sweep finds.
    world.iam.change(ROLE, |role| role.policies.clear());
    assert_eq!(settle(), Swept::default());
    assert!(!world.has(request));
    assert_eq!(world.sweep().findings.len(), 1);
    assert!(world.has(request));
    world.give_back(request);
    assert_eq!(settle(), Swept::default());
    assert!(!world.has(request) && world.records().case(request).unwrap().ended.is_some());
    assert!(world.records().last_sweep().is_some(), "of the sweep");
}

#[test]
fn what_aws_refuses_is_said_once_and_tried_again() {
    let world = World::new();
    let (first, second) = (world.ask("alice@corp.com", None), world.ask("carol@corp.com", None));
    world.vote(first);
    world.vote(second);
    let refused = IamError::Refused { role: ROLE.into(), why: "LimitExceeded".into() };
    world.iam.refuse(Some(refused.clone()));
    for _ in 0..2 {
        let swept = world.sweep();
        assert_eq!(swept.failures.len(), 2, "one that fails does not keep the other from being tried");
        assert!(swept.failures.iter().all(|(_, error)| *error == ApplyError::Iam(refused.clone())));
        let State::Granted { phase: Phase::Failed { why }, .. } = world.state(first) else { panic!() };
        assert_eq!(why, format!("AWS refused to change {ROLE}: LimitExceeded"));
    }
    let lost = IamError::Unreachable { role: ROLE.into(), why: "timeout".into() };
    world.iam.refuse(Some(lost.clone()));
    assert_eq!(world.apply(first), Err(ApplyError::Iam(lost)));
    world.iam.refuse(None);
    assert_eq!(world.sweep().failures, []);
    assert!(world.has(first) && world.has(second));
    assert!(matches!(world.state(first), State::Granted { phase: Phase::Live { applied: true }, .. }));
    for error in [
        ApplyError::NoPolicy,
        ApplyError::NoRequest(first),
        ApplyError::Stopped,
        ApplyError::Document(GrantError::Nobody),
        ApplyError::Iam(refused),
    ] {
        assert!(!error.next().is_empty(), "{error}");
    }
}

#[test]
fn a_full_role_loses_what_is_over_and_nothing_else() {
    let world = World::new();
    let over = world.ask("carol@corp.com", None);
    world.vote(over);
    assert_eq!(world.apply(over), Ok(()));
    // It ends, and nobody has removed it yet. Something else fills the role but for one grant.
    world.pass_time(3700);
    let one = world.policies()[&policy_name(over)].len();
    let others = "x".repeat(10_240 - one - 20);
    let fill = |world: &World| {
        world.iam.change(ROLE, |role| drop(role.policies.insert("others".to_owned(), others.clone())));
    };
    fill(&world);
    let next = world.ask("alice@corp.com", None);
    world.vote(next);
    assert_eq!(world.apply(next), Ok(()));
    assert!(world.has(next) && !world.has(over));
    assert!(matches!(world.state(next), State::Granted { phase: Phase::Live { applied: true }, .. }));
    assert!(world.policies().contains_key("others"), "what no request explains is the reconciler's");
    // Where everything on it is live, the next one is refused, and says what is there.
    let third = world.ask("carol@corp.com", None);
    world.vote(third);
    let error = world.apply(third).unwrap_err();
    let ApplyError::Iam(IamError::Full(full)) = &error else { panic!("{error}") };
    let mut names: Vec<_> = full.policies.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    assert_eq!(names, [policy_name(next), "others".to_owned()]);
    let State::Granted { phase: Phase::Failed { why }, .. } = world.state(third) else { panic!() };
    assert_eq!(why, error.to_string());
    assert!(error.why().iter().any(|why| why.contains(&next.short([]))), "{:?}", error.why());
    // When the other one is given back, it fits.
    world.give_back(next);
    assert_eq!(world.apply(third), Ok(()));
    assert!(world.has(third) && !world.has(next));
}

/// What happens during a run.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    Revoked,
    GivenBack,
    Over,
    Deleted,
    /// Another applier does the whole run.
    AppliedByAnother,
}

const EVENTS: [Event; 6] =
    [Event::Nothing, Event::Revoked, Event::GivenBack, Event::Over, Event::Deleted, Event::AppliedByAnother];

/// At every step something happens, the run ends there or continues, and the next run ends at any step or
/// does not. Another grant on the same role stays unaffected.
#[test]
fn an_end_between_any_two_steps_leaves_no_access_or_access_that_ends() {
    let (mut runs, mut deepest) = (0, 0);
    for first in 0..9usize {
        for event in EVENTS {
            for is_killed in [false, true] {
                for (second, later) in
                    (0..6usize).flat_map(|at| [Event::Revoked, Event::Over].map(|event| (at, event)))
                {
                    let at =
                        format!("{event:?} at {first}, killed: {is_killed}; {later:?} at {second}, killed");
                    let world = World::new();
                    let other = world.ask("carol@corp.com", None);
                    world.vote(other);
                    world.apply(other).unwrap();
                    world.pass_time(600);
                    let request = world.ask("alice@corp.com", None);
                    world.vote(request);
                    let (count, ended, is_over) = (Cell::new(0usize), Cell::new(false), Cell::new(false));
                    let happen = |event: Event| match event {
                        Event::Nothing => {}
                        Event::Revoked => {
                            world.revoke(request);
                            ended.set(true);
                        }
                        Event::GivenBack => {
                            world.give_back(request);
                            ended.set(true);
                        }
                        Event::Over if !is_over.get() => {
                            world.pass_time(3600);
                            is_over.set(true);
                        }
                        Event::Over => {}
                        Event::Deleted => {
                            world.iam.change(ROLE, |role| drop(role.policies.remove(&policy_name(request))));
                        }
                        Event::AppliedByAnother => drop(world.apply(request)),
                    };
                    let watch = |place: usize, event: Event, is_killed: bool| {
                        count.set(0);
                        let go_on = |_: &Doing| {
                            world.check(&at);
                            count.set(count.get() + 1);
                            if count.get() == place + 1 {
                                happen(event);
                                if is_killed {
                                    return ControlFlow::Break(());
                                }
                            }
                            ControlFlow::Continue(())
                        };
                        let came = world.run(&go_on, |applier, cache| applier.apply(cache, request));
                        assert!(matches!(came, Ok(()) | Err(ApplyError::Stopped)), "{at}: {came:?}");
                        count.get() > place
                    };
                    let reached = watch(first, event, is_killed);
                    assert!(world.has(other) || is_over.get(), "{at}: the other grant is gone");
                    let reached_again = watch(second, later, true);
                    assert!(world.has(other) || is_over.get(), "{at}: the other grant is gone");
                    deepest = deepest.max(count.get());
                    // The last run reaches the only correct final state.
                    assert_eq!(world.sweep().failures, [], "{at}");
                    world.check(&at);
                    let records = world.records();
                    let case = records.case(request).unwrap();
                    let decision = case.decision.unwrap_or_else(|| panic!("{at}: nobody decided"));
                    let was_granted = decision.verdict == jit_access::ledger::Outcome::Grant;
                    let until = decision.now.0 + 3600;
                    assert!(was_granted || ended.get(), "{at}: it was denied by nobody");
                    let wanted = was_granted && !ended.get() && world.ledger.time().0 < until;
                    assert_eq!(world.has(request), wanted, "{at}");
                    assert_eq!(world.has(other), !is_over.get(), "{at}");
                    assert_eq!(
                        case.ended.is_some(),
                        was_granted && !wanted,
                        "{at}: that it ended is written"
                    );
                    assert!(!wanted || case.applied.is_some(), "{at}: that it is applied is written");
                    assert!(records.anomalies().iter().all(|one| one.kind == AnomalyKind::Doubt), "{at}");
                    runs += 1;
                    if !reached && !reached_again {
                        // Later places are not reached either.
                        break;
                    }
                }
            }
        }
    }
    assert!(runs > 500 && deepest >= 4, "{runs} runs, {deepest} steps at most");
}
