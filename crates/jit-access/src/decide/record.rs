//! The decision as it is stored: with everything that replaying it needs.

use std::collections::BTreeSet;

use jit_wire::timestamp::Timestamp;

use super::{Grant, History, OnCall, Shift, Verdict};
use crate::fold::Case;
use crate::ledger::{Decision, Granted, GroupMembers, Outcome, ShiftAnswer, StoredPolicy, UnitAccounts};
use crate::people::{Directory, People};
use crate::policy::{AccountSet, Members};

/// The inputs of a decision.
#[derive(Clone, Copy, Debug)]
pub struct RecordInput<'r> {
    /// The policy in force.
    pub policy: &'r StoredPolicy,
    /// People and groups.
    pub people: People<'r>,
    /// The request.
    pub case: &'r Case<'r>,
    /// The on-call answer.
    pub on_call: &'r OnCall,
    /// The past.
    pub history: &'r History,
    /// The time that the decision is for.
    pub now: Timestamp,
}

/// The decision to write; `None` while it waits. `document` returns the exact text of the grant on one role.
///
/// # Errors
/// A document could not be written.
pub fn record<E>(
    input: RecordInput<'_>,
    verdict: &Verdict,
    document: impl Fn(&Grant, &super::GrantRole) -> Result<String, E>,
) -> Result<Option<Decision>, E> {
    let case = input.case;
    let seen = case.facts.iter().filter(|fact| fact.at <= input.now);
    let mut decision = Decision {
        sha256: case.hash,
        now: input.now,
        policy: input.policy.key.to_string(),
        facts: seen.map(|fact| fact.key().to_string()).collect(),
        history: input.history.ids(),
        members: members(&input),
        units: units(&input),
        on_call: match input.on_call {
            OnCall::Unknown => None,
            OnCall::Shifts(shifts) => Some(shifts.iter().map(answer).collect()),
        },
        verdict: Outcome::Deny,
        code: None,
        why: None,
        from: None,
        until: None,
        grants: Vec::new(),
    };
    match verdict {
        Verdict::Wait { .. } => return Ok(None),
        Verdict::Deny { code, why } => {
            (decision.code, decision.why) = (Some(code.name().to_owned()), Some(why.clone()));
        }
        Verdict::Grant(grant) => {
            decision.verdict = Outcome::Grant;
            decision.from = Some(grant.start.unwrap_or(input.now));
            decision.until = Some(grant.until);
            for role in &grant.roles {
                let document = document(grant, role)?;
                decision.grants.push(Granted {
                    account: role.account.clone(),
                    role: role.role.clone(),
                    document,
                });
            }
        }
    }
    Ok(Some(decision))
}

/// For each group of Identity Center, its members who ask or vote here. Nobody else matters; but all groups
/// do, because whether somebody is known at all may depend on any of them.
fn members(input: &RecordInput<'_>) -> Vec<GroupMembers> {
    let policy = input.people.policy();
    let mut names: BTreeSet<String> = BTreeSet::from([input.case.author.session_name().to_owned()]);
    names.extend(input.case.facts.iter().map(|fact| fact.author.session_name().to_owned()));
    let by_slack = input.case.slack.iter().flat_map(|(member, ..)| {
        policy.people.values().filter(move |entry| entry.slack.as_deref() == Some(*member))
    });
    names.extend(by_slack.flat_map(|entry| entry.names.clone()));
    // A person is in a group by any of their names.
    let all: Vec<String> = names
        .iter()
        .filter_map(|name| input.people.person(name).ok())
        .flat_map(|person| input.people.session_names(person))
        .collect();
    names.extend(all);
    let mut found = Vec::new();
    for group in policy.groups.values() {
        let Members::IdentityCenter(id) = &group.members else { continue };
        let Some(members) = input.people.directory().groups.get(id) else { continue };
        let present: Vec<String> = names.iter().filter(|name| members.contains(*name)).cloned().collect();
        if !present.is_empty() && !found.iter().any(|other: &GroupMembers| other.group == *id) {
            found.push(GroupMembers { group: id.clone(), names: present });
        }
    }
    found
}

/// For each organizational unit that the access or a separation names, its accounts that are requested or
/// held.
fn units(input: &RecordInput<'_>) -> Vec<UnitAccounts> {
    let policy = input.people.policy();
    let mut accounts: BTreeSet<&str> = input.case.request.accounts.iter().map(String::as_str).collect();
    accounts.extend(input.history.grants.iter().map(|past| past.account.as_str()));
    let access = policy.access.get(&input.case.request.access);
    accounts.extend(access.and_then(|access| access.role.account()));
    let own = access.into_iter().flat_map(|access| &access.accounts);
    let sides = policy.separation.values().flat_map(|separation| separation.sides.iter().flatten());
    let units: BTreeSet<&str> = own
        .chain(sides)
        .filter_map(|set| match set {
            AccountSet::Unit(unit) => Some(unit.as_str()),
            AccountSet::Account(_) => None,
        })
        .collect();
    let within = |unit: &str| -> Vec<String> {
        let known = input.people.directory().units.get(unit);
        let is_in = |account: &&&str| known.is_some_and(|known| known.contains(**account));
        accounts.iter().filter(is_in).map(|account| (*account).to_owned()).collect()
    };
    let each = units.into_iter().map(|unit| UnitAccounts { unit: unit.to_owned(), accounts: within(unit) });
    each.filter(|unit| !unit.accounts.is_empty()).collect()
}

fn answer(shift: &Shift) -> ShiftAnswer {
    ShiftAnswer { schedule: shift.schedule.clone(), user: shift.user.clone(), until: shift.until }
}

/// The directory that a decision used, as far as it mattered.
pub fn directory_of(decision: &Decision) -> Directory {
    Directory {
        groups: decision
            .members
            .iter()
            .map(|group| (group.group.clone(), group.names.iter().cloned().collect()))
            .collect(),
        units: decision
            .units
            .iter()
            .map(|unit| (unit.unit.clone(), unit.accounts.iter().cloned().collect()))
            .collect(),
    }
}

/// The on-call answer that a decision used.
pub fn on_call_of(decision: &Decision) -> OnCall {
    match &decision.on_call {
        None => OnCall::Unknown,
        Some(shifts) => {
            let shift = |shift: &ShiftAnswer| Shift {
                schedule: shift.schedule.clone(),
                user: shift.user.clone(),
                until: shift.until,
            };
            OnCall::Shifts(shifts.iter().map(shift).collect())
        }
    }
}
