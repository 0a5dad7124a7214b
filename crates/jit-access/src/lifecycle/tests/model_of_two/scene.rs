//! Every object that the model can have, and what each party does next.

use super::*;

/// Every possible object, and which of them exist in a reality.
struct Scene {
    world: World,
    ids: [Id; 2],
    documents: [String; 2],
    records: RefCell<HashMap<Reality, Rc<Records>>>,
    steps: RefCell<HashMap<(Reality, usize, bool), About>>,
    sweeps: RefCell<HashMap<Looked, Vec<Sweep>>>,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new();
        let first = world.ask("alice@corp.com", 0, |_| ());
        world.vote(&userid("hub", "bob@corp.com"), 1, first, Vouch::Approve);
        world.settle(first, 2);
        let second = world.ask("alice@corp.com", 100, |request| request.extends = Some(first));
        world.vote(&userid("hub", "bob@corp.com"), 101, second, Vouch::Approve);
        assert_eq!(world.settle(second, 102), "until 3702");
        let ids = [first, second];
        let document = |id: Id| {
            world.records.case(id).and_then(|case| Some(case.decision?.grants.first()?.document.clone()))
        };
        let documents = ids.map(|id| document(id).expect("granted"));
        for (number, id) in ids.into_iter().enumerate() {
            let at = 150 + i64::try_from(number).expect("small");
            world.drop_it("alice@corp.com", at, id);
            world.revoke("dan", at + 10, id);
            world.act(160, id, ActKind::Applied, br#"{"roles":[]}"#);
            world.act(161, id, ActKind::Ended, br#"{"cause":"revocation"}"#);
        }
        Self {
            world,
            ids,
            documents,
            records: RefCell::default(),
            steps: RefCell::default(),
            sweeps: RefCell::default(),
        }
    }

    /// The ledger of `reality`, read by the normal rules.
    fn records(&self, reality: Reality) -> Rc<Records> {
        if let Some(known) = self.records.borrow().get(&reality) {
            return Rc::clone(known);
        }
        let mut records = Records::default();
        for (entry, bytes) in &self.world.log {
            let text = std::str::from_utf8(bytes).expect("JSON");
            let is_about = |which: &usize| {
                entry.key.contains(&self.ids[*which].to_string())
                    || text.contains(&format!("\"request\":\"{}\"", self.ids[*which]))
            };
            let Some(which) = (0..2).find(is_about) else { continue };
            let one = reality.both[which];
            let kind = entry.key.rsplit('/').next().unwrap_or_default();
            let is_there = match kind {
                "drop.json" => one.said == Said::Dropped,
                "revoke.json" => one.said == Said::Revoked,
                "decision.json" => one.decided != Decided::Not,
                "applied.json" => one.applied,
                "ended.json" => one.ended,
                _ => true,
            };
            if is_there && kind == "decision.json" && one.decided == Decided::Denied {
                let granted = text.split("\"grants\"").next().unwrap_or_default();
                let denied =
                    granted.replace("\"verdict\":\"grant\"", "\"verdict\":\"deny\",\"code\":\"dropped\"");
                records.take(entry, format!("{}}}", denied.trim_end_matches(',')).as_bytes());
            } else if is_there {
                records.take(entry, bytes);
            }
        }
        assert_eq!(records.anomalies(), []);
        let records = Rc::new(records);
        self.records.borrow_mut().insert(reality, Rc::clone(&records));
        records
    }

    /// The next step for one of the two.
    fn next(&self, reality: Reality, which: usize, looked: bool) -> About {
        if let Some(known) = self.steps.borrow().get(&(reality, which, looked)) {
            return *known;
        }
        let about = self.find_next(reality, which, looked);
        self.steps.borrow_mut().insert((reality, which, looked), about);
        about
    }

    fn find_next(&self, reality: Reality, which: usize, looked: bool) -> About {
        let (records, now) = (self.records(reality), reality.now());
        let index = PolicyIndex::new(&self.world.policy);
        let people = index.with(&self.world.directory);
        let case = records.case(self.ids[which]).expect("a request");
        let history = records.history(&people, &case, now);
        let verdict = decide(&people, &case, &OnCall::Unknown, &history, now);
        let observed: Observed = match reality.both[which].policy {
            true => [(ROLE.to_owned(), self.documents[which].clone())].into(),
            false => Observed::new(),
        };
        match next_step(&people, &case, Some(&verdict), &observed, looked, &|_| false, now) {
            Step::Decide => About::Decide(match verdict {
                Verdict::Grant(_) => Decided::Granted,
                _ => Decided::Denied,
            }),
            Step::Put { role, document } => {
                assert!(role == ROLE && document == self.documents[which]);
                About::Put
            }
            Step::LookAgain => About::LookAgain,
            Step::WriteApplied(_) => About::WriteApplied,
            Step::Delete { .. } => About::Delete,
            Step::WriteEnded(_) => About::WriteEnded,
            Step::Rest => About::Rest,
        }
    }

    fn role(&self, policies: [bool; 2]) -> ObservedRole {
        let on_it = (0..2).filter(|which| policies[*which]);
        let policies =
            on_it.map(|which| (policy_name(self.ids[which]), self.documents[which].clone())).collect();
        ObservedRole { arn: ROLE.to_owned(), policies, ..ObservedRole::default() }
    }

    /// What the reconciler does after listing `policies` and then reading `reality`.
    fn actions(&self, policies: [bool; 2], reality: Reality) -> Vec<Sweep> {
        if let Some(known) = self.sweeps.borrow().get(&(policies, reality)) {
            return known.clone();
        }
        let (index, records) = (PolicyIndex::new(&self.world.policy), self.records(reality));
        let people = index.with(&self.world.directory);
        let which =
            |name: &str| (0..2).find(|which| policy_name(self.ids[*which]) == name).expect("one of them");
        let actions = reconcile(&people, &records, &[self.role(policies)], reality.now());
        let sweep = |action: &Action| match action {
            Action::Delete(found) => Sweep::Confirm(which(&found.name)),
            Action::Restore { name, .. } => Sweep::Restore(which(name)),
            Action::Tell(finding) => panic!("{finding:?}"),
        };
        let sweeps: Vec<Sweep> = actions.iter().map(sweep).collect();
        self.sweeps.borrow_mut().insert((policies, reality), sweeps.clone());
        sweeps
    }

    fn is_confirmed(&self, which: usize, reality: Reality) -> bool {
        let (index, records) = (PolicyIndex::new(&self.world.policy), self.records(reality));
        let people = index.with(&self.world.directory);
        let found = Unexplained {
            role: ROLE.to_owned(),
            name: policy_name(self.ids[which]),
            document: self.documents[which].clone(),
            request: Some(self.ids[which]),
            why: String::new(),
            is_finding: false,
        };
        confirm(&people, &found, false, records.case(self.ids[which]).as_ref(), reality.now())
    }

    fn successors(&self, model: Model) -> Vec<Model> {
        let mut found = Vec::new();
        let reality = model.reality;
        let in_reality = |change: &dyn Fn(&mut Reality)| {
            let mut next = model;
            change(&mut next.reality);
            next
        };
        for which in 0..2 {
            if reality.both[which].said == Said::Nothing {
                for said in [Said::Dropped, Said::Revoked] {
                    found.push(in_reality(&|next| next.both[which].said = said));
                }
            }
            found.push(in_reality(&|next| next.both[which].policy = false));
            // Started at any time, which also stops the previous run.
            found.push(Model { hand: Some((which, self.next(reality, which, false))), ..model });
        }
        found.push(in_reality(&|next| {
            next.time = if next.time == Time::Both { Time::Second } else { Time::Neither };
        }));
        if let Some((which, about)) = model.hand {
            let mut next = model;
            next.reality.apply(which, about);
            self.never_takes_another_s(reality, next.reality);
            let about = self.next(next.reality, which, about == About::LookAgain);
            found.push(Model { hand: Some((which, about)), ..next });
        }
        found.push(Model { sweep: Sweep::Idle, ..model });
        let policies = reality.both.map(|one| one.policy);
        match model.sweep {
            Sweep::Idle => found.push(Model { sweep: Sweep::Listed(policies), ..model }),
            Sweep::Listed(policies) => {
                let actions = self.actions(policies, reality);
                found.extend(actions.into_iter().map(|sweep| Model { sweep, ..model }));
            }
            Sweep::Confirm(which) => {
                let sweep =
                    if self.is_confirmed(which, reality) { Sweep::Delete(which) } else { Sweep::Idle };
                found.push(Model { sweep, ..model });
            }
            Sweep::Delete(which) => {
                let mut next = Model { sweep: Sweep::Idle, ..model };
                next.reality.both[which].policy = false;
                self.never_takes_another_s(reality, next.reality);
                found.push(next);
            }
            Sweep::Restore(which) => {
                let mut next = Model { sweep: Sweep::Idle, ..model };
                next.reality.both[which].policy = true;
                found.push(next);
            }
        }
        found
    }

    /// What the program removes had ended, by its own time or by its own drop or revocation.
    fn never_takes_another_s(&self, before: Reality, after: Reality) {
        for which in 0..2 {
            let is_taken = before.both[which].policy && !after.both[which].policy;
            let may_be = before.is_at_its_end(which) || before.both[which].decided == Decided::Denied;
            assert!(!is_taken || may_be, "{which} was taken away: {before:?}");
        }
    }

    /// The final state if the applier or the reconciler continues until there is nothing to do.
    fn settled(&self, from: Reality, by_reconciler: bool) -> Reality {
        let mut reality = from;
        for _ in 0..3 {
            if by_reconciler {
                let policies = reality.both.map(|one| one.policy);
                for action in self.actions(policies, reality) {
                    match action {
                        Sweep::Confirm(which) => {
                            assert!(self.is_confirmed(which, reality));
                            reality.both[which].policy = false;
                        }
                        Sweep::Restore(which) => reality.both[which].policy = true,
                        _ => {}
                    }
                }
                continue;
            }
            for which in 0..2 {
                let mut looked = false;
                for _ in 0..12 {
                    let about = self.next(reality, which, looked);
                    reality.apply(which, about);
                    looked = about == About::LookAgain;
                }
                assert_eq!(
                    self.next(reality, which, looked),
                    About::Rest,
                    "it never comes to rest: {from:?}"
                );
            }
        }
        reality
    }
}

#[test]
fn what_ends_one_grant_never_takes_away_its_extension() {
    let scene = Scene::new();
    let reality = Reality { time: Time::Both, both: [One { decided: Decided::Granted, ..NEW }, NEW] };
    let start = Model { reality, hand: None, sweep: Sweep::Idle };
    let (mut seen, mut left) = (HashSet::from([start]), VecDeque::from([start]));
    let (mut realities, mut outlived) = (HashSet::new(), 0usize);
    while let Some(model) = left.pop_front() {
        let reality = model.reality;
        if realities.insert(reality) {
            for (which, one) in reality.both.iter().enumerate() {
                assert!(
                    !one.policy || one.decided == Decided::Granted,
                    "no policy without a grant: {reality:?}"
                );
                // Wherever everything is stopped, the next applier reaches the only correct final state.
                let end = scene.settled(reality, false);
                assert_eq!(end.both[which].policy, end.may_have(which), "{which}: {reality:?} -> {end:?}");
                // The reconciler alone removes what has ended, and nothing else.
                let swept = scene.settled(reality, true).both[which].policy;
                assert!(swept || !one.policy || reality.is_at_its_end(which), "{which}: {reality:?}");
                assert!(!swept || reality.may_have(which), "{which}: {reality:?}");
            }
            outlived +=
                usize::from(reality.is_at_its_end(0) && reality.both[1].policy && reality.may_have(1));
        }
        for next in scene.successors(model) {
            if seen.insert(next) {
                left.push_back(next);
            }
        }
    }
    // The search covered the dangerous case: the extension continues after the first grant has ended.
    assert!(seen.len() > 10_000 && outlived > 50, "{} states, {outlived}", seen.len());
}
