//! Runs cases against a policy.

use std::collections::BTreeSet;

use jit_wire::timestamp::Timestamp;

use super::{ExpectedResult, PolicyCase};
use crate::decide::{Code, History, OnCall, Verdict, decide};
use crate::fold::Case;
use crate::id::Id;
use crate::ledger::{Fact, Hash, Ledgered, Request, Vote, Vouch};
use crate::people::{Directory, People, PolicyIndex, UserId};
use crate::policy::{Policy, Right};

/// A case with another result than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line, counted from 1.
    pub line: usize,
    /// The expected result.
    pub wanted: String,
    /// The actual result.
    pub got: String,
    /// The reason, if it was denied.
    pub why: Option<String>,
}

/// Runs `cases` against `policy`. Those without a time are evaluated at `now`.
pub fn run(policy: &Policy, directory: &Directory, cases: &[PolicyCase], now: Timestamp) -> Vec<Failure> {
    let mut policy = policy.clone();
    for access in policy.access.values_mut() {
        // Cases have neither.
        access.reason = 0;
        access.ticket = None;
    }
    let index = PolicyIndex::new(&policy);
    let people = index.with(directory);
    cases.iter().filter_map(|case| failure(&people, case, case.at.unwrap_or(now))).collect()
}

fn failure(people: &People<'_>, case: &PolicyCase, at: Timestamp) -> Option<Failure> {
    let failed = |got: String, why: Option<String>| {
        Some(Failure { line: case.line, wanted: case.wanted.to_string(), got, why })
    };
    let mut votes = Vec::new();
    for name in &case.approved_by {
        match sessions(people, name, Right::Vote).into_iter().next() {
            Some(author) => votes.push(author),
            None => return failed("nothing".into(), Some(format!("no door lets {name} vote"))),
        }
    }
    let asking = sessions(people, &case.person, Right::Request);
    if asking.is_empty() {
        return failed("nothing".into(), Some("no door of the policy with `ids` may request".into()));
    }
    // A person may come through any door; one that the access is available through counts.
    let mut answer = None;
    for author in &asking {
        let verdict = ask(people, case, author, &votes, at);
        let is_other_door =
            matches!(verdict, Verdict::Deny { code: Code::Person | Code::NotEligible | Code::Excluded, .. });
        if answer.is_none() || !is_other_door {
            answer = Some(verdict);
        }
        if !is_other_door {
            break;
        }
    }
    let (got, why) = match answer? {
        Verdict::Grant(grant) => {
            let seconds = grant.until.0 - grant.start.unwrap_or(at).0;
            (ExpectedResult::Granted(u32::try_from(seconds).unwrap_or(0)), None)
        }
        Verdict::Deny { code, why } => (ExpectedResult::Denied(code), Some(why)),
        Verdict::Wait { missing } => {
            (ExpectedResult::Waits(missing.into_iter().map(|one| one.group).collect()), None)
        }
    };
    if got == case.wanted { None } else { failed(got.to_string(), why) }
}

/// The sessions in which `name` (a person or a session name) can come through a door with `right`.
fn sessions(people: &People<'_>, name: &str, right: Right) -> Vec<UserId> {
    let policy = people.policy();
    let doors = policy.doors.values().filter(|door| door.may.contains(&right));
    let ids: Vec<&String> = doors.filter_map(|door| door.ids.first()).collect();
    let names: BTreeSet<String> = match policy.people.get(name) {
        Some(entry) => entry.names.clone(),
        None => BTreeSet::from([name.to_owned()]),
    };
    let each = ids.iter().flat_map(|id| names.iter().map(move |name| format!("{id}:{name}").parse().ok()));
    each.flatten().collect()
}

fn ask(people: &People<'_>, case: &PolicyCase, author: &UserId, votes: &[UserId], at: Timestamp) -> Verdict {
    let id = Id::new(at, [0; 10]);
    let own = people.policy().access.get(&case.access).map(|access| people.accounts_of(access));
    let only = own
        .filter(|accounts| accounts.len() == 1)
        .and_then(|accounts| accounts.first().map(|one| (*one).to_owned()));
    let request = Request {
        access: case.access.clone(),
        accounts: case.account.clone().or(only).into_iter().collect(),
        duration: case.duration,
        reason: String::new(),
        ticket: None,
        start: None,
        extends: None,
    };
    let hash = Hash::of(b"");
    let vote = |author: &UserId| {
        let body =
            Fact::Vote(Vote { request: id, sha256: hash, vote: Vouch::Approve, reason: String::new() });
        Ledgered { id, author: author.clone(), at, body }
    };
    let facts: Vec<Ledgered<Fact>> = votes.iter().map(vote).collect();
    let question = Case {
        id,
        author,
        at,
        hash,
        request: &request,
        facts: facts.iter().collect(),
        slack: Vec::new(),
        decision: None,
        applied: None,
        ended: None,
        failed: None,
        told: None,
    };
    decide(people, &question, &OnCall::Unknown, &History::default(), at)
}
