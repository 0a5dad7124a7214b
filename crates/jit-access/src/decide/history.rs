//! What a person has, had, and is waiting for: the part of the past that a decision depends on.

use jit_wire::timestamp::Timestamp;

use super::FARTHEST_START;
use crate::fold::{Case, Phase, State};
use crate::id::Id;
use crate::ledger::{Outcome, Records};
use crate::people::People;

/// How far back a grant can still matter: the latest start that is allowed, plus the longest grant, plus a day.
const REACH: i64 = FARTHEST_START + 7 * 86_400 + 86_400;

/// The past of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Grants, one for each account.
    pub grants: Vec<Past>,
    /// Requests that are waiting.
    pub open: Vec<Open>,
    /// Uses of break-glass.
    pub uses: Vec<PastUse>,
    /// What the request extends.
    pub extended: Option<Extended>,
}

/// Granted time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The request.
    pub id: Id,
    /// The access.
    pub access: String,
    /// The account.
    pub account: String,
    /// When it starts.
    pub from: Timestamp,
    /// When it ended or will end.
    pub until: Timestamp,
}

/// A request that is waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: Id,
    /// When it was made.
    pub at: Timestamp,
}

/// A use of break-glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastUse {
    /// Its id.
    pub id: Id,
    /// When its review is due.
    pub due: Timestamp,
    /// Whether it was reviewed.
    pub reviewed: bool,
}

/// The request whose grant is extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// Its id.
    pub id: Id,
    /// Who has it.
    pub person: String,
    /// The access.
    pub access: String,
    /// The accounts.
    pub accounts: Vec<String>,
    /// The reason, inherited if needed.
    pub reason: String,
    /// The ticket, inherited if needed.
    pub ticket: Option<String>,
}

impl Records {
    /// The past of the requester in `case`, as far as it matters at `now`.
    pub fn history(&self, people: &People<'_>, case: &Case<'_>, now: Timestamp) -> History {
        let mut history = History::default();
        let Ok(author) = people.author(case.author) else { return history };
        let names = people.session_names(author.person);
        let since = Id::new(Timestamp(now.0.saturating_sub(REACH)), [0; 10]);
        for name in &names {
            for id in self.by_name.get(name).into_iter().flat_map(|ids| ids.range(since..)) {
                if *id == case.id {
                    continue;
                }
                if let Some(other) = self.case(*id).filter(|other| other.at <= now) {
                    history.add(people, &other, now);
                }
            }
        }
        for used in self.use_cases().filter(|used| used.at <= now) {
            if people.author(used.author).is_ok_and(|user| user.person == author.person)
                && let Some(due) = used.due(people)
            {
                history.uses.push(PastUse { id: used.id, due, reviewed: used.is_reviewed(people, now) });
            }
        }
        history.extended = case.request.extends.and_then(|id| self.extended(people, id, case.at));
        history
    }

    /// The grant `id`, if it was live when somebody asked to extend it at `at`.
    fn extended(&self, people: &People<'_>, id: Id, at: Timestamp) -> Option<Extended> {
        let case = self.case(id)?;
        match case.state(people, at) {
            State::Granted { phase: Phase::Scheduled | Phase::Live { .. }, .. } => {}
            _ => return None,
        }
        let mut reason = case.request.reason.clone();
        let mut ticket = case.request.ticket.clone();
        let mut before = case.request.extends;
        // Extensions of extensions inherit from the first. At most 200 are followed.
        for _ in 0..200 {
            let Some(parent) = before.and_then(|id| self.case(id)) else { break };
            if reason.trim().is_empty() {
                reason.clone_from(&parent.request.reason);
            }
            ticket = ticket.or_else(|| parent.request.ticket.clone());
            before = parent.request.extends;
        }
        let accounts = case.decision.iter().flat_map(|decision| &decision.grants);
        Some(Extended {
            id,
            person: people.author(case.author).ok()?.person.to_owned(),
            access: case.request.access.clone(),
            accounts: accounts.map(|grant| grant.account.clone()).collect(),
            reason,
            ticket,
        })
    }
}

impl History {
    fn add(&mut self, people: &People<'_>, case: &Case<'_>, now: Timestamp) {
        match case.state(people, now) {
            State::Pending => self.open.push(Open { id: case.id, at: case.at }),
            State::Granted { from, until, phase } => {
                let until = match phase {
                    Phase::Ended { at, .. } => at,
                    Phase::Failed { .. } => return,
                    Phase::Scheduled | Phase::Live { .. } => until,
                };
                let decision = case.decision.filter(|decision| decision.verdict == Outcome::Grant);
                for grant in decision.iter().flat_map(|decision| &decision.grants).filter(|_| from < until) {
                    self.grants.push(Past {
                        id: case.id,
                        access: case.request.access.clone(),
                        account: grant.account.clone(),
                        from,
                        until,
                    });
                }
            }
            State::Denied { .. } | State::Lapsed | State::Dropped => {}
        }
    }

    /// The requests and uses that it is made of, in order.
    pub fn ids(&self) -> Vec<Id> {
        let grants = self.grants.iter().map(|past| past.id);
        let others = self.open.iter().map(|open| open.id).chain(self.uses.iter().map(|used| used.id));
        let mut ids: Vec<Id> =
            grants.chain(others).chain(self.extended.iter().map(|extended| extended.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
