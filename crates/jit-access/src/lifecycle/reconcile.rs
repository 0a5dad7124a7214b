//! The reconciler: every inline policy on every role under `/jit/` must be, byte for byte, the text in a
//! decision that is in force. Otherwise it is removed.

use std::collections::BTreeMap;

use jit_wire::timestamp::Timestamp;

use super::RoleArn;
use crate::fold::{Case, Phase, State};
use crate::id::Id;
use crate::ledger::{Finding, FindingKind, Outcome, Records};
use crate::people::People;
use crate::render::{policy_name, request_of};

/// A role as IAM returned it. It must be listed **before** the decisions are read: otherwise a grant that is
/// written in between would look unexplained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedRole {
    /// Its ARN.
    pub arn: RoleArn,
    /// Its inline policies: name and text.
    pub policies: BTreeMap<String, String>,
    /// Whether it has the tag `jit-freeze`.
    pub is_frozen: bool,
    /// What is wrong with its trust policy, boundary or attached policies.
    pub differences: Vec<(FindingKind, String)>,
}

/// A policy that no known decision explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    /// The role.
    pub role: RoleArn,
    /// The policy's name.
    pub name: String,
    /// Its text.
    pub document: String,
    /// The request whose decision must be read again before the policy is deleted; `None` if the name is not
    /// that of a grant.
    pub request: Option<Id>,
    /// Why it is removed.
    pub why: String,
    /// Whether security is notified: not if a grant has merely ended.
    pub is_finding: bool,
}

/// An action of the reconciler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the decision again, and delete if [`confirm`] still agrees.
    Delete(Unexplained),
    /// Put back a policy that somebody else deleted.
    Restore {
        /// The role.
        role: RoleArn,
        /// The policy's name.
        name: String,
        /// Its text.
        document: String,
        /// The finding to record and report.
        finding: Finding,
    },
    /// Record it and notify security.
    Tell(Finding),
}

/// The actions that the roles need. `roles` were listed before `records` were read.
pub fn reconcile(
    people: &People<'_>,
    records: &Records,
    roles: &[ObservedRole],
    now: Timestamp,
) -> Vec<Action> {
    let mut actions = Vec::new();
    for role in roles {
        for (name, document) in &role.policies {
            let request = request_of(name);
            let case = request.and_then(|id| records.case(id));
            if let Some((why, is_finding)) = objection(people, case.as_ref(), role, document, now) {
                let role = role.arn.clone();
                let name = name.clone();
                let document = document.clone();
                actions.push(Action::Delete(Unexplained { role, name, document, request, why, is_finding }));
            }
        }
        for (kind, what) in &role.differences {
            actions.push(Action::Tell(Finding {
                kind: *kind,
                subject: role.arn.clone(),
                what: what.clone(),
            }));
        }
    }
    // Only an applied grant can have been removed; the others are still being applied.
    for case in records.cases().filter(|case| case.applied.is_some() && is_in_force(people, case, now)) {
        for grant in case.decision.iter().flat_map(|decision| &decision.grants) {
            let name = policy_name(case.id);
            let is_gone = |role: &&ObservedRole| {
                role.arn == grant.role && !role.is_frozen && !role.policies.contains_key(&name)
            };
            if let Some(role) = roles.iter().find(is_gone) {
                let finding = Finding {
                    kind: FindingKind::MissingGrant,
                    subject: role.arn.clone(),
                    what: format!("somebody deleted the policy {name}"),
                };
                let role = role.arn.clone();
                let document = grant.document.clone();
                actions.push(Action::Restore { role, name, document, finding });
            }
        }
    }
    actions
}

/// Whether `found` must still be removed, after everything about its request was read again.
pub fn confirm(
    people: &People<'_>,
    found: &Unexplained,
    is_frozen: bool,
    case: Option<&Case<'_>>,
    now: Timestamp,
) -> bool {
    let role = ObservedRole { arn: found.role.clone(), is_frozen, ..ObservedRole::default() };
    let case = case.filter(|case| Some(case.id) == found.request);
    objection(people, case, &role, &found.document, now).is_some()
}

/// Why a policy must not exist, and whether that is a finding.
fn objection(
    people: &People<'_>,
    case: Option<&Case<'_>>,
    role: &ObservedRole,
    document: &str,
    now: Timestamp,
) -> Option<(String, bool)> {
    let Some((case, decision)) = case.and_then(|case| Some((case, case.decision?))) else {
        return Some(("no decision explains it".to_owned(), true));
    };
    if decision.verdict == Outcome::Deny {
        return Some(("its request was denied".to_owned(), true));
    }
    let Some(grant) = decision.grants.iter().find(|grant| grant.role == role.arn) else {
        return Some(("its decision is about other roles".to_owned(), true));
    };
    if grant.document != document {
        return Some(("its text is not that of the decision".to_owned(), true));
    }
    if role.is_frozen {
        return Some(("the role is frozen (tag jit-freeze)".to_owned(), false));
    }
    (!is_in_force(people, case, now)).then(|| ("it has ended".to_owned(), false))
}

fn is_in_force(people: &People<'_>, case: &Case<'_>, now: Timestamp) -> bool {
    let now = case.not_before_decision(now);
    // A grant that failed in one account may exist in another; that is explained.
    let phase = match case.state(people, now) {
        State::Granted { phase, .. } => phase,
        _ => return false,
    };
    let until = case.decision.and_then(|decision| decision.until);
    matches!(phase, Phase::Scheduled | Phase::Live { .. })
        || (matches!(phase, Phase::Failed { .. }) && until.is_some_and(|until| now < until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::World;
    use crate::ledger::Vouch;
    use crate::people::PolicyIndex;
    use crate::testing::userid;

    const ROLE: &str = "arn:aws:iam::111122223333:role/jit/engineer";

    #[test]
    fn policies_without_a_decision_are_removed_and_others_stay() {
        let mut world = World::new();
        let id = world.ask("alice@corp.com", 0, |_| ());
        world.vote(&userid("hub", "bob@corp.com"), 1, id, Vouch::Approve);
        world.settle(id, 2);
        world.act(3, id, crate::ledger::ActKind::Applied, br#"{"roles":[]}"#);
        let index = PolicyIndex::new(&world.policy);
        let people = index.with(&world.directory);
        let case = world.records.case(id).unwrap();
        let text = case.decision.unwrap().grants[0].document.clone();
        let own = policy_name(id);
        let other = policy_name(Id::new(World::moment(0), [77; 10]));
        let upper = own.to_uppercase();
        // Name, text, frozen, seconds: the action.
        let cases: [(&str, &str, bool, i64, &str); 10] = [
            // The decision is of the second second: the clock of another applier was ahead.
            (&own, &text, false, 1, "stays"),
            (&own, &text, false, 10, "stays"),
            (&own, "changed", false, 10, "its text is not that of the decision"),
            (&own, &text, true, 10, "the role is frozen (tag jit-freeze)"),
            (&own, &text, false, 3601, "stays"),
            (&own, &text, false, 3602, "it has ended"),
            (&other, &text, false, 10, "no decision explains it"),
            ("inline", &text, false, 10, "no decision explains it"),
            (&upper, &text, false, 10, "no decision explains it"),
            ("jit-", &text, false, 10, "no decision explains it"),
        ];
        for (name, document, is_frozen, seconds, wanted) in cases {
            let policies = [(name.to_owned(), document.to_owned())].into();
            let role = ObservedRole { arn: ROLE.into(), policies, is_frozen, differences: Vec::new() };
            let now = World::moment(seconds);
            let actions = reconcile(&people, &world.records, std::slice::from_ref(&role), now);
            let deleted = actions.iter().find_map(|action| match action {
                Action::Delete(found) => Some(found),
                _ => None,
            });
            assert_eq!(deleted.map_or("stays", |found| found.why.as_str()), wanted, "{name} {seconds}");
            if let Some(found) = deleted {
                let again = found.request.and_then(|id| world.records.case(id));
                assert!(confirm(&people, found, is_frozen, again.as_ref(), now), "{name}");
            }
            let restores = actions.iter().any(|action| matches!(action, Action::Restore { .. }));
            assert_eq!(
                restores,
                name != own && seconds < 3602,
                "{name}: the own one is put back where it is missing"
            );
        }
        // A decision that did not exist when the list was read, but does now: nothing is deleted.
        let found = Unexplained {
            role: ROLE.into(),
            name: own,
            document: text,
            request: Some(id),
            why: String::new(),
            is_finding: true,
        };
        assert!(!confirm(&people, &found, false, Some(&case), World::moment(10)));
        assert!(confirm(&people, &found, false, None, World::moment(10)));
    }
}
