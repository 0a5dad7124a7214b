//! A model of one request, in which all interleavings are checked: two appliers that can be stopped anywhere,
//! the requester who returns it, a person who revokes it, a person who deletes policies, and time. All
//! reachable states are visited.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::*;
use crate::decide::tests::World;
use crate::decide::{History, OnCall, decide};
use crate::id::Id;
use crate::ledger::{ActKind, Drop, Fact, Ledgered, Revoke, Vouch};
use crate::people::PolicyIndex;
use crate::testing::userid;

const ROLE: &str = "arn:aws:iam::111122223333:role/jit/engineer";

/// The state of one request in the ledger and in AWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Reality {
    revoked: bool,
    dropped: bool,
    over: bool,
    /// The policy is on the role.
    policy: bool,
    decided: bool,
    applied: bool,
    ended: bool,
}

/// An applier: what it has read, and whether it read that after the last put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Hand {
    read: Option<Reality>,
    looked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Model {
    reality: Reality,
    hands: [Hand; 2],
}

/// A granted request with every fact that there can be; a view has those that the applier has read.
struct Scene {
    world: World,
    id: Id,
    steps: RefCell<BTreeMap<Hand, Option<Step>>>,
}

impl Reality {
    /// Does a step. Writing is create-only, so doing it twice changes nothing.
    fn apply(&mut self, step: &Step) {
        match step {
            Step::Decide => self.decided = true,
            Step::Put { .. } => self.policy = true,
            Step::Delete { .. } => self.policy = false,
            Step::WriteApplied(_) => self.applied = true,
            Step::WriteEnded(_) => self.ended = true,
            Step::LookAgain | Step::Rest => {}
        }
    }
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new();
        let id = world.ask("alice@corp.com", 0, |_| ());
        world.vote(&userid("hub", "bob@corp.com"), 1, id, Vouch::Approve);
        world.settle(id, 2);
        world.act(3, id, ActKind::Applied, br#"{"roles":[]}"#);
        world.act(3, id, ActKind::Ended, br#"{"cause":"revocation"}"#);
        Self { world, id, steps: RefCell::default() }
    }

    /// The next step according to what `hand` has read.
    fn step(&self, hand: &Hand) -> Option<Step> {
        if let Some(known) = self.steps.borrow().get(hand) {
            return known.clone();
        }
        let step = hand.read.as_ref().map(|seen| self.step_for(seen, hand.looked));
        self.steps.borrow_mut().insert(hand.clone(), step.clone());
        step
    }

    fn step_for(&self, seen: &Reality, looked: bool) -> Step {
        let index = PolicyIndex::new(&self.world.policy);
        let people = index.with(&self.world.directory);
        let mut case = self.world.records.case(self.id).expect("a request");
        let document = case.decision.expect("decided").grants[0].document.clone();
        let body = Fact::Revoke(Revoke { request: case.id, sha256: case.hash, reason: String::new() });
        let (id, at) = (Id::new(World::moment(5), [55; 10]), World::moment(5));
        let revoke = Ledgered { id, author: userid("hub", "dan"), at, body };
        let body = Fact::Drop(Drop { request: case.id, sha256: case.hash });
        let (id, at) = (Id::new(World::moment(6), [66; 10]), World::moment(6));
        let dropped = Ledgered { id, author: userid("hub", "alice@corp.com"), at, body };
        if seen.revoked {
            case.facts.push(&revoke);
        }
        if seen.dropped {
            case.facts.push(&dropped);
        }
        case.decision = case.decision.filter(|_| seen.decided);
        case.applied = case.applied.filter(|_| seen.applied);
        case.ended = case.ended.filter(|_| seen.ended);
        let now = World::moment(if seen.over { 4000 } else { 10 });
        // Decided for a time before its end.
        let verdict = decide(&people, &case, &OnCall::Unknown, &History::default(), World::moment(10));
        let observed: Observed = seen.policy.then(|| (ROLE.to_owned(), document)).into_iter().collect();
        next_step(&people, &case, Some(&verdict), &observed, looked, &|_| false, now)
    }

    fn successors(&self, model: &Model) -> Vec<Model> {
        let mut found = Vec::new();
        let mut with = |change: &dyn Fn(&mut Model)| {
            let mut next = model.clone();
            change(&mut next);
            found.push(next);
        };
        with(&|next| next.reality.revoked = true);
        with(&|next| next.reality.dropped = true);
        with(&|next| next.reality.policy = false);
        with(&|next| next.reality.over = true);
        for number in 0..2 {
            // It is stopped anywhere, and started again at any time.
            with(&|next| next.hands[number] = Hand::default());
            with(&|next| next.hands[number] = Hand { read: Some(next.reality.clone()), looked: false });
            let Some(step) = self.step(&model.hands[number]) else { continue };
            with(&|next| {
                next.reality.apply(&step);
                let looked = matches!(step, Step::LookAgain);
                next.hands[number] = Hand { read: Some(next.reality.clone()), looked };
            });
        }
        found
    }

    /// The final state if one applier continues alone until there is nothing to do.
    fn settled(&self, from: &Reality) -> Reality {
        let mut reality = from.clone();
        let mut looked = false;
        for _ in 0..12 {
            let step = self.step(&Hand { read: Some(reality.clone()), looked }).expect("a step");
            if step == Step::Rest {
                return reality;
            }
            reality.apply(&step);
            looked = step == Step::LookAgain;
        }
        panic!("it never comes to rest: {from:?}");
    }
}

#[test]
fn every_interleaving_ends_without_access_or_with_access_that_ends() {
    let scene = Scene::new();
    let mut seen = BTreeSet::from([Model::default()]);
    let mut left = VecDeque::from([Model::default()]);
    let (mut with_policy, mut resurrected) = (0usize, 0usize);
    while let Some(model) = left.pop_front() {
        let reality = &model.reality;
        assert!(!reality.policy || reality.decided, "no policy without a decision: {model:?}");
        with_policy += usize::from(reality.policy);
        resurrected += usize::from(reality.policy && reality.ended);
        // Wherever all appliers are stopped, the next one reaches the only correct final state.
        let end = scene.settled(reality);
        let may_have = end.decided && !end.revoked && !end.dropped && !end.over && !end.ended;
        assert_eq!(end.policy, may_have, "{model:?} -> {end:?}");
        assert!(!may_have || end.applied, "that it is applied is written: {end:?}");
        assert!(!end.decided || may_have || end.ended, "that it ended is written: {end:?}");
        for next in scene.successors(&model) {
            if seen.insert(next.clone()) {
                left.push_back(next);
            }
        }
    }
    // The search covered the dangerous case: a put by an applier that had not seen the revocation, after
    // everything was cleaned up.
    assert!(seen.len() > 1000 && with_policy > 0 && resurrected > 0, "{} states", seen.len());
}
