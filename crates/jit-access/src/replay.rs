//! Replays decisions: does each follow from the policy in force, the facts and the answers that it used?

use std::collections::BTreeMap;

use crate::decide::{Code, Verdict, decide, directory_of, on_call_of};
use crate::fold::Case;
use crate::id::Id;
use crate::ledger::{Decision, Outcome, Records};
use crate::people::PolicyIndex;

/// A decision that does not follow from its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The request.
    pub request: Id,
    /// What differs, as a sentence.
    pub what: String,
}

/// Replays every decision. The texts of grants are not compared here: the code that renders them does that.
pub fn replay(records: &Records) -> Vec<Difference> {
    let policies: BTreeMap<String, PolicyIndex<'_>> =
        records.policy_history().map(|stored| (stored.key.to_string(), stored.index())).collect();
    let mut found = Vec::new();
    for case in records.cases() {
        let Some(decision) = case.decision else { continue };
        if let Some(what) = difference(records, &policies, &case, decision) {
            found.push(Difference { request: case.id, what });
        }
    }
    found
}

fn difference(
    records: &Records,
    policies: &BTreeMap<String, PolicyIndex<'_>>,
    case: &Case<'_>,
    decision: &Decision,
) -> Option<String> {
    let in_force = records.policy_in_force(decision.now).map(|stored| stored.key.to_string());
    let Some(index) = policies.get(&decision.policy).filter(|_| in_force.as_ref() == Some(&decision.policy))
    else {
        return Some("the policy it names was not in force".to_owned());
    };
    let directory = directory_of(decision);
    let people = index.with(&directory);
    // Times have whole seconds. What arrived in the second of the decision may have arrived after it, so of that second only
    // what the decision names was used.
    let mut case = case.clone();
    case.facts.retain(|fact| fact.at < decision.now || decision.facts.contains(&fact.key().to_string()));
    let mut history = records.history(&people, &case, decision.now);
    history.grants.retain(|past| past.from < decision.now || decision.history.contains(&past.id));
    history.open.retain(|open| open.at < decision.now || decision.history.contains(&open.id));
    let verdict = decide(&people, &case, &on_call_of(decision), &history, decision.now);
    let said = match (&verdict, decision.verdict) {
        (Verdict::Grant(grant), Outcome::Grant) => {
            let is_same = decision.until == Some(grant.until)
                && decision.from == Some(grant.start.unwrap_or(decision.now))
                && decision.grants.len() == grant.roles.len()
                && decision.grants.iter().zip(&grant.roles).all(|(one, role)| one.role == role.role);
            return (!is_same).then(|| "it grants something else".to_owned());
        }
        (Verdict::Deny { code, .. }, Outcome::Deny) => {
            let is_same = decision.code.as_deref() == Some(code.name());
            return (!is_same).then(|| format!("its inputs lead to a denial: {}", code.name()));
        }
        (Verdict::Grant(_), Outcome::Deny) => "granted",
        (Verdict::Deny { code: Code::Denied, .. }, Outcome::Grant) => "denied by a person",
        (Verdict::Deny { code, .. }, Outcome::Grant) => code.name(),
        (Verdict::Wait { .. }, _) => "still waiting",
    };
    Some(format!("its inputs lead to: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::World;
    use crate::ledger::Entry;

    #[test]
    fn what_arrives_in_the_second_of_a_decision_is_used_only_if_the_decision_names_it() {
        let replayed = |revoked_at: i64| {
            let mut world = World::new();
            let id = world.ask("alice@corp.com", 0, |_| ());
            world.yes("bob@corp.com", 5, id);
            assert_eq!(world.settle(id, 5), "until 3605");
            let policy = world.records.case(id).unwrap().decision.unwrap().policy.clone();
            world.take(Entry::new(policy, World::moment(5)), world.policy.to_toml().into_bytes());
            world.revoke("bob@corp.com", revoked_at, id);
            replay(&world.records).into_iter().map(|found| found.what).collect::<Vec<_>>()
        };
        // Bob's vote was named, and his revocation in the same second came after.
        assert!(replayed(5).is_empty());
        assert!(replayed(6).is_empty());
        // One that was there before was left out.
        assert_eq!(replayed(4), ["its inputs lead to: revoked"]);
    }
}
