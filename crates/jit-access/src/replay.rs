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
