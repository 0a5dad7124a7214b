//! Two years of the company: every object of the ledger with the bytes that the program writes, and what each role holds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use jit_access::decide::{Grant, GrantRole, OnCall, RecordInput, Verdict, decide, record};
use jit_access::fold::{Phase, State};
use jit_access::id::Id;
use jit_access::ledger::{
    Act, ActKind, Applied, AppliedRole, Cause, Drop, Ended, Entry, Fact, Key, Records, Request, Sweep,
    SweepKind, Told, Vote, Vouch,
};
use jit_access::people::{PolicyIndex, UserId};
use jit_access::render::{Ceiling, GrantDocument, GrantError, Level, policy_name};
use jit_wire::arn::Partition;
use jit_wire::timestamp::Timestamp;

use crate::company::{self, DAYS, Dice};

/// The records that a decision can depend on, and a little more.
const KEPT: i64 = 30 * 86_400;
/// How long a request waits for votes.
const TIME_TO_LIVE: i64 = 4 * 3600;

/// Everything that came of it.
pub(crate) struct Simulated {
    pub(crate) end: Timestamp,
    pub(crate) policy_bytes: usize,
    /// Objects and their bytes, by kind.
    pub(crate) kinds: BTreeMap<String, (u64, u64)>,
    /// Every object; the bytes only of those that can still be read one by one.
    pub(crate) objects: BTreeMap<String, (Timestamp, Vec<u8>)>,
    /// Of each role: the most characters of its inline policies at one moment, with how many there were.
    pub(crate) fullest: BTreeMap<String, (usize, usize)>,
    /// The largest object, by kind.
    pub(crate) largest: BTreeMap<String, usize>,
    pub(crate) outcomes: BTreeMap<&'static str, u64>,
    pub(crate) busiest_day: u64,
}

enum Event {
    Ask(company::Wish),
    Extend(Id),
    Vote(Id, UserId, Vouch),
    Decide(Id),
    Return(Id),
    End(Id),
    Sweep,
}

struct Simulation {
    dice: Dice,
    records: Records,
    /// What the records were made of lately.
    recent: Vec<(Entry, Vec<u8>)>,
    events: BinaryHeap<Reverse<(i64, u64)>>,
    planned: BTreeMap<u64, Event>,
    next: u64,
    /// On each role now: the length of each policy.
    roles: BTreeMap<String, BTreeMap<String, usize>>,
    result: Simulated,
}

/// Plays `DAYS` days from `start`.
pub(crate) fn simulate(start: Timestamp) -> Simulated {
    let policy = company::policy();
    let directory = company::directory();
    let result = Simulated {
        end: Timestamp(start.0 + DAYS * 86_400),
        policy_bytes: policy.to_toml().len(),
        kinds: BTreeMap::new(),
        objects: BTreeMap::new(),
        fullest: BTreeMap::new(),
        largest: BTreeMap::new(),
        outcomes: BTreeMap::new(),
        busiest_day: 0,
    };
    let mut world = Simulation {
        dice: Dice::new(),
        records: Records::default(),
        recent: Vec::new(),
        events: BinaryHeap::new(),
        planned: BTreeMap::new(),
        next: 0,
        roles: BTreeMap::new(),
        result,
    };
    let published =
        Key::Policy { id: Id::new(start, [0; 10]), author: userid("AROAPLA4567890EXAMPLE", "pat") };
    let published_bytes = policy.to_toml().into_bytes();
    world.put(&published, start, published_bytes.clone());
    let index = PolicyIndex::new(&policy);
    let people = index.with(&directory);
    for day in 0..DAYS {
        let today = world.result.kinds.values().map(|(objects, _)| objects).sum::<u64>();
        for wish in company::day(start, day, &mut world.dice) {
            world.plan(wish.at.0, Event::Ask(wish));
        }
        let midnight = start.0 + day * 86_400;
        for quarter in 0..96 {
            world.plan(midnight + quarter * 900, Event::Sweep);
        }
        while let Some((at, event)) = world.due(midnight + 86_400) {
            world.happens(&people, &published, at, event);
        }
        if day % 30 == 29 {
            world.forget(midnight - KEPT / 2, &published, &published_bytes, start);
        }
        let all = world.result.kinds.values().map(|(objects, _)| objects).sum::<u64>();
        world.result.busiest_day = world.result.busiest_day.max(all - today);
    }
    world.result
}

impl Simulation {
    fn plan(&mut self, at: i64, event: Event) {
        self.next += 1;
        self.events.push(Reverse((at, self.next)));
        self.planned.insert(self.next, event);
    }

    fn due(&mut self, until: i64) -> Option<(Timestamp, Event)> {
        let Reverse((at, _)) = *self.events.peek()?;
        if at >= until {
            return None;
        }
        let Reverse((at, number)) = self.events.pop()?;
        Some((Timestamp(at), self.planned.remove(&number)?))
    }

    fn put(&mut self, key: &Key, at: Timestamp, bytes: Vec<u8>) {
        let kind = match key {
            Key::Policy { .. } => "policy".to_owned(),
            Key::Fact { kind, .. } => kind.name().to_owned(),
            Key::Act { kind, .. } => kind.to_string(),
            Key::Sweep { .. } => "sweep".to_owned(),
        };
        let (objects, total) = self.result.kinds.entry(kind.clone()).or_default();
        *objects += 1;
        *total += bytes.len() as u64;
        let largest = self.result.largest.entry(kind).or_default();
        *largest = (*largest).max(bytes.len());
        let entry = Entry::new(key.to_string(), at);
        self.records.take(&entry, &bytes);
        let is_late = at.0 > self.result.end.0 - KEPT || matches!(key, Key::Policy { .. });
        let kept = if is_late { bytes.clone() } else { Vec::new() };
        self.result.objects.insert(entry.key.clone(), (at, kept));
        self.recent.push((entry, bytes));
    }

    /// Drops what no decision depends on any more.
    fn forget(&mut self, before: i64, policy: &Key, bytes: &[u8], start: Timestamp) {
        self.recent.retain(|(entry, _)| entry.written.0 >= before);
        self.records = Records::default();
        self.records.take(&Entry::new(policy.to_string(), start), bytes);
        for (entry, bytes) in &self.recent {
            self.records.take(entry, bytes);
        }
    }

    fn fact(&mut self, author: &UserId, at: Timestamp, fact: &Fact) -> Id {
        let id = Id::new(at, self.dice.random());
        self.put(&Key::Fact { id, author: author.clone(), kind: fact.kind() }, at, fact.to_bytes());
        id
    }

    fn act(&mut self, request: Id, kind: ActKind, at: Timestamp, act: &Act) {
        self.put(&Key::Act { request, kind }, at, act.to_bytes());
    }

    fn count(&mut self, outcome: &'static str) {
        *self.result.outcomes.entry(outcome).or_default() += 1;
    }

    fn happens(
        &mut self,
        people: &jit_access::people::People<'_>,
        policy: &Key,
        at: Timestamp,
        event: Event,
    ) {
        match event {
            Event::Ask(wish) => self.ask(at, wish),
            Event::Extend(id) => self.extend(people, at, id),
            Event::Vote(request, voter, vote) => {
                let Some(case) = self.records.case(request) else { return };
                let vote = Vote { request, sha256: case.hash, vote, reason: String::new() };
                self.fact(&voter, at, &Fact::Vote(vote));
                self.plan(at.0 + 2, Event::Decide(request));
            }
            Event::Decide(id) => self.decide(people, at, id),
            Event::Return(request) => {
                let Some(case) = self.records.case(request) else { return };
                let (author, sha256) = (case.author.clone(), case.hash);
                self.fact(&author, at, &Fact::Drop(Drop { request, sha256 }));
                self.end(at, request, Cause::Return);
            }
            Event::End(id) => self.end(at, id, Cause::Time),
            Event::Sweep => {
                let sweep =
                    Sweep { version: env!("CARGO_PKG_VERSION").to_owned(), policy: policy.to_string() };
                let id = Id::new(at, self.dice.random());
                self.put(&Key::Sweep { id, kind: SweepKind::Sweep }, at, sweep.to_bytes());
            }
        }
    }

    fn ask(&mut self, at: Timestamp, wish: company::Wish) {
        let request = Request {
            access: wish.access,
            accounts: wish.accounts,
            duration: wish.duration,
            reason: "The alarm of the order queue is on, and its workers have to be looked at".to_owned(),
            ticket: wish.ticket.then(|| "INC-20261".to_owned()),
            start: None,
            extends: None,
        };
        let author = userid("AROAHUB4567890EXAMPLE", &company::name(wish.person));
        let id = self.fact(&author, at, &Fact::Request(request));
        self.count("requests");
        self.plan(at.0 + 2, Event::Decide(id));
        self.plan_votes(at, id, wish.person);
    }

    /// Most are approved within an hour, few are denied, some are forgotten.
    fn plan_votes(&mut self, at: Timestamp, id: Id, person: usize) {
        let Some(access) = self.records.case(id).map(|case| case.request.access.clone()) else { return };
        let groups = usize::from(!access.ends_with("read") && access != "logs")
            + usize::from(access.ends_with("admin"));
        if groups == 0 {
            return;
        }
        self.plan(at.0 + TIME_TO_LIVE, Event::Decide(id));
        let fate = self.dice.share();
        if fate < 0.03 {
            return;
        }
        let team = company::team_of(person);
        let number = self.dice.below(3);
        let owner = match company::owner(team, number) {
            own if own == person => company::owner(team, number + 1),
            other => other,
        };
        let vote = if fate < 0.06 { Vouch::Deny } else { Vouch::Approve };
        let first = at.0 + self.dice.between(60, 3600);
        self.plan(first, Event::Vote(id, userid("AROAHUB4567890EXAMPLE", &company::name(owner)), vote));
        if groups == 2 && vote == Vouch::Approve {
            let second = at.0 + self.dice.between(60, 3600);
            let voter = company::security(self.dice.below(5));
            self.plan(second, Event::Vote(id, userid("AROAHUB4567890EXAMPLE", &voter), Vouch::Approve));
        }
    }

    fn extend(&mut self, people: &jit_access::people::People<'_>, at: Timestamp, id: Id) {
        let Some(case) = self.records.case(id) else { return };
        if !matches!(case.state(people, at), State::Granted { phase: Phase::Live { .. }, .. }) {
            return;
        }
        let (author, person) = (case.author.clone(), case.author.session_name().to_owned());
        let request =
            Request { reason: String::new(), ticket: None, extends: Some(id), ..case.request.clone() };
        let id = self.fact(&author, at, &Fact::Request(request));
        self.count("extensions");
        self.plan(at.0 + 2, Event::Decide(id));
        let number = person.trim_start_matches("person").split('@').next().and_then(|text| text.parse().ok());
        self.plan_votes(at, id, number.unwrap_or(0));
    }

    fn decide(&mut self, people: &jit_access::people::People<'_>, at: Timestamp, id: Id) {
        let Some(case) = self.records.case(id) else { return };
        if case.decision.is_some() {
            return;
        }
        let Some(policy) = self.records.policy_in_force(at) else { return };
        let history = self.records.history(people, &case, at);
        let on_call = OnCall::Unknown;
        let verdict = decide(people, &case, &on_call, &history, at);
        let input = RecordInput {
            policy,
            people: *people,
            case: &case,
            on_call: &on_call,
            history: &history,
            now: at,
        };
        let access = &policy.policy.access[&case.request.access];
        let document = |grant: &Grant, _: &GrantRole| {
            let level = access.ceiling.as_deref().and_then(Level::named).ok_or(GrantError::Nothing)?;
            Ok::<_, GrantError>(
                GrantDocument::of(access, grant, services(level)).render()?.as_str().to_owned(),
            )
        };
        let Some(decision) = record(input, &verdict, document).expect("a document") else { return };
        let grants = decision.grants.clone();
        self.act(id, ActKind::Decision, at, &Act::Decision(Box::new(decision)));
        let told = Told { sent: vec!["slack C0123456789/1690000000.000100".to_owned()], failed: Vec::new() };
        self.act(id, ActKind::Told, at, &Act::Told(told));
        match verdict {
            Verdict::Wait { .. } => {}
            Verdict::Deny { code, .. } => {
                self.count(if code.name() == "denied" { "denied" } else { "lapsed" })
            }
            Verdict::Grant(grant) => {
                self.count("granted");
                for granted in &grants {
                    let policies = self.roles.entry(granted.role.clone()).or_default();
                    policies.insert(policy_name(id), granted.document.len());
                    let (most, count) = self.result.fullest.entry(granted.role.clone()).or_default();
                    let now = policies.values().sum();
                    if now > *most {
                        (*most, *count) = (now, policies.len());
                    }
                }
                let role = |grant: &jit_access::ledger::Granted| AppliedRole {
                    account: grant.account.clone(),
                    role: grant.role.clone(),
                };
                let applied = Applied { roles: grants.iter().map(role).collect() };
                self.act(id, ActKind::Applied, Timestamp(at.0 + 2), &Act::Applied(applied));
                let lasts = grant.until.0 - at.0;
                let fate = self.dice.share();
                if fate < 0.15 {
                    self.plan(at.0 + lasts / 2, Event::Return(id));
                } else if fate < 0.25 {
                    self.plan(grant.until.0 - 600, Event::Extend(id));
                }
                // The sweep that follows the end.
                self.plan(grant.until.0 + 300 - grant.until.0.rem_euclid(300), Event::End(id));
            }
        }
    }

    fn end(&mut self, at: Timestamp, id: Id, cause: Cause) {
        let Some(case) = self.records.case(id).filter(|case| case.ended.is_none()) else { return };
        let roles: Vec<String> = case
            .decision
            .iter()
            .flat_map(|decision| &decision.grants)
            .map(|grant| grant.role.clone())
            .collect();
        for role in roles {
            self.roles.entry(role).or_default().remove(&policy_name(id));
        }
        self.act(id, ActKind::Ended, at, &Act::Ended(Ended { cause, fact: None }));
    }
}

/// What a grant of a ceiling allows.
pub(crate) fn services(level: Level) -> Vec<String> {
    let ceiling = Ceiling {
        partition: Partition::Aws,
        level,
        more: Vec::new(),
        passable: Vec::new(),
        ledger: Some("acme-jit-ledger".to_owned()),
    };
    ceiling.services()
}

fn userid(role: &str, name: &str) -> UserId {
    format!("{role}:{name}").parse().unwrap_or_else(|_| panic!("{name}"))
}
