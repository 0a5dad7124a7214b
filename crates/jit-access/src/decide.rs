//! Deciding: a pure function of policy, directory, facts and time.
//!
//! [`decide`] is the same function in the command line, which advises, in the applier, which acts, and in the
//! audit, which replays. It uses only facts that the server stored until `now`, so that replaying needs only
//! the ledger.

mod history;
mod record;
mod seats;
mod time;
mod verdict;

use std::collections::BTreeSet;

use jit_wire::timestamp::Timestamp;

use crate::fold::{Case, approver_groups};
use crate::ledger::{Cause, Fact, Request, Vouch};
use crate::people::{Author, People, is_same_person};
use crate::policy::{Access, Channel, Right, Seat};

pub use history::{Extended, History, Open, Past, PastUse};
pub use record::{RecordInput, directory_of, on_call_of, record};
pub use seats::Missing;
pub use verdict::{Code, Grant, GrantRole, OnCall, Shift, Verdict};

use seats::{Voter, missing};

/// How far ahead a grant can start, in seconds.
pub const FARTHEST_START: i64 = 7 * 86_400;

/// Decides `case` at `now`.
pub fn decide(
    people: &People<'_>,
    case: &Case<'_>,
    on_call: &OnCall,
    history: &History,
    now: Timestamp,
) -> Verdict {
    match question(people, case, history, now) {
        Ok(question) => question.answer(on_call, history),
        Err((code, why)) => Verdict::Deny { code, why },
    }
}

type Refusal = (Code, String);

fn refuse<T>(code: Code, why: impl Into<String>) -> Result<T, Refusal> {
    Err((code, why.into()))
}

/// A request that only missing votes or time can still stop.
struct ValidRequest<'q> {
    people: &'q People<'q>,
    case: &'q Case<'q>,
    now: Timestamp,
    author: Author<'q>,
    access: &'q Access,
    roles: Vec<GrantRole>,
    start: Option<Timestamp>,
}

/// Checks everything that denies a request regardless of votes, and denials by people.
fn question<'q>(
    people: &'q People<'q>,
    case: &'q Case<'q>,
    history: &History,
    now: Timestamp,
) -> Result<ValidRequest<'q>, Refusal> {
    let request = case.request;
    let author = people
        .author(case.author)
        .map_err(|nobody| (Code::Person, format!("the requester is unknown: {nobody}")))?;
    match case.ending(people, now) {
        Some((_, Cause::Return)) => return refuse(Code::Dropped, "the requester withdrew it"),
        Some(_) => return refuse(Code::Revoked, "it was revoked"),
        None => {}
    }
    if !people.may(author.door, Right::Request) {
        return refuse(Code::Door, format!("nobody may request through the door {}", author.door));
    }
    let Some(access) = people.policy().access.get(&request.access) else {
        return refuse(Code::Access, "the policy has no such access");
    };
    if access.standing {
        return refuse(Code::Standing, "break-glass is used through its own door, not requested");
    }
    if people.is_in_any(&access.not, author.person, Some(author.door)) {
        return refuse(Code::Excluded, "the requester is in a group that may not have this access");
    }
    if !people.is_in_any(&access.who, author.person, Some(author.door)) {
        return refuse(
            Code::NotEligible,
            "the requester is in none of the groups that may ask for this access",
        );
    }
    check_words(case, access, history, &author)?;
    let roles = roles(people, access, request)?;
    let start = start(case, access, now)?;
    if let Some(overdue) = history.uses.iter().find(|used| !used.reviewed && used.due <= now) {
        return refuse(
            Code::Review,
            format!("the review of the use {} of break-glass is overdue", overdue.id),
        );
    }
    let others = history.open.iter().filter(|open| (open.at, open.id) < (case.at, case.id));
    if others.count() >= people.policy().limits.open_requests as usize {
        return refuse(Code::OpenRequests, "the requester has too many open requests");
    }
    let question = ValidRequest { people, case, now, author, access, roles, start };
    question.denials()?;
    let lapses = case.at.0.saturating_add(i64::from(people.policy().limits.request_ttl));
    if now.0 >= lapses {
        return refuse(Code::Lapsed, "nobody decided in time");
    }
    Ok(question)
}

/// Duration, reason, ticket.
fn check_words(
    case: &Case<'_>,
    access: &Access,
    history: &History,
    author: &Author<'_>,
) -> Result<(), Refusal> {
    let request = case.request;
    if request.duration == 0 {
        return refuse(Code::Max, "its duration is zero");
    }
    if request.duration > access.max {
        return refuse(Code::Max, format!("it asks for more than {}", words(access.max)));
    }
    let mut reason = request.reason.as_str();
    let mut ticket = request.ticket.as_deref();
    if let Some(id) = request.extends {
        let same = history.extended.as_ref().filter(|extended| {
            extended.id == id
                && is_same_person(&extended.person, author.person)
                && extended.access == request.access
                && request.accounts.iter().all(|account| extended.accounts.contains(account))
        });
        let Some(extended) = same else {
            return refuse(
                Code::Extends,
                "it extends something that is not a live grant of the same person, access and accounts",
            );
        };
        if reason.trim().is_empty() {
            reason = &extended.reason;
        }
        ticket = ticket.or(extended.ticket.as_deref());
    }
    if reason.trim().chars().count() < access.reason as usize {
        return refuse(Code::Reason, format!("it needs a reason of at least {} characters", access.reason));
    }
    match &access.ticket {
        Some(pattern) if !ticket.is_some_and(|ticket| pattern.fits(ticket)) => {
            refuse(Code::Ticket, format!("it needs a ticket that matches {}", pattern.as_str()))
        }
        _ => Ok(()),
    }
}

/// The roles that are requested.
fn roles(people: &People<'_>, access: &Access, request: &Request) -> Result<Vec<GrantRole>, Refusal> {
    let own: Vec<String> = access.role.account().map(str::to_owned).into_iter().collect();
    let accounts = if request.accounts.is_empty() { &own } else { &request.accounts };
    if accounts.is_empty() {
        return refuse(Code::Account, "it does not name an account");
    }
    let mut roles = BTreeSet::new();
    for account in accounts {
        let is_within = match access.role.account() {
            Some(own) => own == account,
            None => people.has_account(&access.accounts, account),
        };
        let role = access.role.arn_in(account).filter(|_| is_within);
        let Some(role) = role else {
            return refuse(
                Code::Account,
                format!("the access is not available in {}", account.escape_default()),
            );
        };
        roles.insert(GrantRole { account: account.clone(), role });
    }
    Ok(roles.into_iter().collect())
}

/// When it starts, if that is in the future.
fn start(case: &Case<'_>, access: &Access, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let start = case.request.start.filter(|start| *start > now);
    if case.request.start.is_some_and(|start| start.0 > case.at.0.saturating_add(FARTHEST_START)) {
        return refuse(Code::Start, "it begins more than 7 days ahead");
    }
    if let Some(hours) = &access.hours
        && hours.until(start.unwrap_or(now)).is_none()
    {
        return refuse(Code::Hours, format!("it can be held only {hours}"));
    }
    Ok(start)
}

impl ValidRequest<'_> {
    /// A denial by anybody who may vote ends it.
    fn denials(&self) -> Result<(), Refusal> {
        let mut no = None;
        self.each_vote(|author, channel, _, vote| {
            let has_say = approver_groups(self.access)
                .chain(self.people.policy().deployment.security.iter().map(String::as_str))
                .any(|group| self.people.is_member(group, author.person, author.door));
            if vote == Vouch::Deny && has_say && self.access.approve_by.contains(&channel) {
                no.get_or_insert(author.person.to_owned());
            }
        });
        match no {
            Some(person) => refuse(Code::Denied, format!("{person} denied it")),
            None => Ok(()),
        }
    }

    /// Every vote by a known person other than the requester, stored until now.
    fn each_vote(&self, mut see: impl FnMut(Who<'_>, Channel, Timestamp, Vouch)) {
        for fact in &self.case.facts {
            let Fact::Vote(vote) = &fact.body else { continue };
            if fact.at > self.now
                || fact.author.session_name().eq_ignore_ascii_case(self.case.author.session_name())
            {
                continue;
            }
            let Ok(author) = self.people.author(&fact.author) else { continue };
            if self.people.may(author.door, Right::Vote) && self.is_other_human(author.person, author.robot) {
                see(Who { person: author.person, door: Some(author.door) }, Channel::Cli, fact.at, vote.vote);
            }
        }
        for (member, at, vote) in &self.case.slack {
            let mut matching = self
                .people
                .policy()
                .people
                .iter()
                .filter(|(_, entry)| entry.slack.as_deref() == Some(*member));
            // A member id that two people claim identifies nobody.
            let (Some((person, entry)), None) = (matching.next(), matching.next()) else { continue };
            if *at <= self.now && self.is_other_human(person, entry.robot) {
                see(Who { person, door: None }, Channel::Slack, *at, vote.vote);
            }
        }
    }

    fn is_other_human(&self, person: &str, robot: bool) -> bool {
        !robot && !is_same_person(person, self.author.person)
    }

    /// The people who approved, each once, with the groups that they can vote for.
    fn voters(&self) -> Vec<Voter> {
        let mut voters: Vec<Voter> = Vec::new();
        let escalated = self.access.escalate.as_ref().map(|escalate| {
            (self.case.at.0.saturating_add(i64::from(escalate.after)), escalate.group.as_str())
        });
        self.each_vote(|who, channel, at, vote| {
            if vote != Vouch::Approve || !self.access.approve_by.contains(&channel) {
                return;
            }
            let is_in = |group: &str| self.people.is_member(group, who.person, who.door);
            let place = voters.iter().position(|voter| is_same_person(&voter.person, who.person));
            let place = place.unwrap_or_else(|| {
                voters.push(Voter { person: who.person.to_owned(), groups: BTreeSet::new(), is_any: false });
                voters.len() - 1
            });
            let voter = &mut voters[place];
            voter.is_any |= escalated.is_some_and(|(from, group)| at.0 >= from && is_in(group));
            let groups = approver_groups(self.access).filter(|group| is_in(group)).map(str::to_owned);
            voter.groups.extend(groups);
        });
        voters.retain(|voter| voter.is_any || !voter.groups.is_empty());
        voters
    }

    fn answer(&self, on_call: &OnCall, history: &History) -> Verdict {
        let voters = self.voters();
        let shift = self.shift(on_call);
        let ways: [Option<(&[Seat], Option<Timestamp>)>; 2] = [
            Some((&self.access.approve, None)),
            self.access
                .oncall
                .as_ref()
                .zip(shift)
                .map(|(oncall, until)| (oncall.approve.as_slice(), Some(until))),
        ];
        let mut best: Option<Vec<Missing>> = None;
        for (seats, shift_end) in ways.into_iter().flatten() {
            let missing = missing(seats, &voters);
            if missing.is_empty() {
                return self.grant(&voters, shift_end, history);
            }
            let count = |missing: &[Missing]| missing.iter().map(|one| one.count).sum::<u32>();
            if best.as_ref().is_none_or(|best| count(&missing) < count(best)) {
                best = Some(missing);
            }
        }
        Verdict::Wait { missing: best.unwrap_or_default() }
    }

    /// When the requester's own shift ends, if they are on call now and still when the grant begins.
    fn shift(&self, on_call: &OnCall) -> Option<Timestamp> {
        let schedule = &self.access.oncall.as_ref()?.pagerduty;
        let user = self.people.policy().people.get(self.author.person)?.pagerduty.as_ref()?;
        let OnCall::Shifts(shifts) = on_call else { return None };
        let own = shifts.iter().filter(|shift| shift.schedule == *schedule && shift.user == *user);
        own.map(|shift| shift.until).max().filter(|until| *until > self.start.unwrap_or(self.now))
    }

    fn grant(&self, voters: &[Voter], shift_end: Option<Timestamp>, history: &History) -> Verdict {
        let from = self.start.unwrap_or(self.now);
        let mut until = Timestamp(from.0.saturating_add(i64::from(self.case.request.duration)));
        let hours_end = self.access.hours.as_ref().and_then(|hours| hours.until(from));
        for end in [hours_end, shift_end].into_iter().flatten() {
            until = until.min(end);
        }
        if let Err((code, why)) = self.check_time(from, until, history) {
            return Verdict::Deny { code, why };
        }
        Verdict::Grant(Grant {
            start: self.start,
            until,
            person: self.author.person.to_owned(),
            names: self.people.session_names(self.author.person),
            roles: self.roles.clone(),
            voters: voters.iter().map(|voter| voter.person.clone()).collect(),
            by_on_call: shift_end.is_some(),
        })
    }

    /// `total` and `[separation]`.
    fn check_time(&self, from: Timestamp, until: Timestamp, history: &History) -> Result<(), Refusal> {
        for role in &self.roles {
            let Some(total) = self.access.total else { break };
            let own = history
                .grants
                .iter()
                .filter(|past| past.access == self.case.request.access && past.account == role.account);
            let spans: Vec<(i64, i64)> = own.map(|past| (past.from.0, past.until.0)).collect();
            let most = time::most_in_a_day(&spans, (from.0, until.0));
            if most > i64::from(total) {
                let why =
                    format!("together with earlier grants, it is more than {} in 24 hours", words(total));
                return refuse(Code::Total, why);
            }
        }
        let held = history.grants.iter().filter(|past| past.from < until && past.until > from);
        let held: Vec<&str> = held.map(|past| past.account.as_str()).collect();
        for (name, separation) in &self.people.policy().separation {
            let side = |account: &str| {
                separation.sides.iter().position(|side| self.people.has_account(side, account))
            };
            let asked: BTreeSet<usize> = self.roles.iter().filter_map(|role| side(&role.account)).collect();
            let other = held.iter().filter_map(|account| side(account)).any(|side| !asked.contains(&side));
            if asked.len() > 1 || (!asked.is_empty() && other) {
                return refuse(Code::Separation, format!("nobody may hold both sides of {name} at once"));
            }
        }
        Ok(())
    }
}

/// Whether these people, each with their groups, can take all of `seats`.
pub(crate) fn is_quorum(seats: &[Seat], people: Vec<(String, BTreeSet<String>)>) -> bool {
    let voter = |(person, groups)| Voter { person, groups, is_any: false };
    let voters: Vec<Voter> = people.into_iter().map(voter).collect();
    missing(seats, &voters).is_empty()
}

/// Somebody who votes.
#[derive(Clone, Copy)]
struct Who<'w> {
    person: &'w str,
    door: Option<&'w str>,
}

fn words(seconds: u32) -> String {
    jit_wire::timestamp::duration(std::time::Duration::from_secs(u64::from(seconds)))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod tests;
