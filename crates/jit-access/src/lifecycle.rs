//! Applying and reconciling as steps: what to do next, given the ledger and the roles. Other code carries out
//! the steps, and may be stopped between any two of them.
//!
//! The order of applying is: write the decision, put the policies, look for a revocation or a drop, and only
//! then record that it is applied. Each step follows from the current state, so the next run continues where
//! this one was stopped.

mod reconcile;

use std::collections::BTreeMap;

use jit_wire::timestamp::Timestamp;

use crate::decide::Verdict;
use crate::fold::{Case, Phase, State};
use crate::ledger::{Applied, AppliedRole, Cause, Ended, Outcome};
use crate::people::People;

pub use reconcile::{Action, ObservedRole, Unexplained, confirm, reconcile};

/// A role in an account, by its ARN.
pub type RoleArn = String;

/// What was observed on the roles of one request: the text of its policy by the role's ARN. Roles without the policy,
/// and roles that were not checked, are absent.
pub type Observed = BTreeMap<RoleArn, String>;

/// The next step of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the decision. If it exists already, another applier decided: read it and continue.
    Decide,
    /// Put this policy on this role.
    Put {
        /// The role.
        role: RoleArn,
        /// The text.
        document: String,
    },
    /// Read the facts about this request again: a revocation or a drop may have arrived while the policies
    /// were put.
    LookAgain,
    /// Write that it is applied.
    WriteApplied(Applied),
    /// Delete the policy from this role.
    Delete {
        /// The role.
        role: RoleArn,
    },
    /// Write that it ended.
    WriteEnded(Ended),
    /// Nothing, until people act or time passes.
    Rest,
}

/// What to do next about `case`.
///
/// `verdict` is the result of [`crate::decide::decide`] while there is no decision. `looked` means that the
/// facts in `case` were read after the last policy was put. `frozen` means that a role has the tag
/// `jit-freeze`.
pub fn next_step(
    people: &People<'_>,
    case: &Case<'_>,
    verdict: Option<&Verdict>,
    observed: &Observed,
    looked: bool,
    frozen: &dyn Fn(&str) -> bool,
    now: Timestamp,
) -> Step {
    let now = case.not_before_decision(now);
    let Some(decision) = case.decision else {
        // Without a decision no policy can belong to this request; the reconciler removes strays.
        return match verdict {
            Some(Verdict::Grant(_) | Verdict::Deny { .. }) => Step::Decide,
            Some(Verdict::Wait { .. }) | None => Step::Rest,
        };
    };
    if decision.verdict == Outcome::Deny {
        return observed.keys().next().map_or(Step::Rest, |role| Step::Delete { role: role.clone() });
    }
    // A grant that has ended: remove it, then record that.
    let ending = match case.state(people, now) {
        State::Granted { phase: Phase::Ended { cause, .. }, .. } => Some(Ended {
            cause,
            fact: case.ending(people, now).map(|(fact, _)| fact.id).filter(|_| cause != Cause::Time),
        }),
        _ => None,
    };
    if let Some(ended) = ending {
        return match observed.keys().next() {
            Some(role) => Step::Delete { role: role.clone() },
            None if case.ended.is_none() => Step::WriteEnded(ended),
            None => Step::Rest,
        };
    }
    if let Some(role) = observed.keys().find(|role| frozen(role)) {
        return Step::Delete { role: role.clone() };
    }
    for grant in decision.grants.iter().filter(|grant| !frozen(&grant.role)) {
        if observed.get(&grant.role) != Some(&grant.document) {
            return Step::Put { role: grant.role.clone(), document: grant.document.clone() };
        }
    }
    if case.applied.is_some() {
        return Step::Rest;
    }
    if decision.grants.iter().any(|grant| frozen(&grant.role)) {
        return Step::Rest;
    }
    if !looked {
        return Step::LookAgain;
    }
    let role = |grant: &crate::ledger::Granted| AppliedRole {
        account: grant.account.clone(),
        role: grant.role.clone(),
    };
    Step::WriteApplied(Applied { roles: decision.grants.iter().map(role).collect() })
}

#[cfg(test)]
mod tests {
    mod model;
    mod model_of_two;
}
