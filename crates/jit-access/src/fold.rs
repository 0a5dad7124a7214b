//! Computes the state of each request from facts and acts. The order in which they were read does not matter.

use jit_wire::timestamp::Timestamp;

use crate::id::Id;
use crate::ledger::{
    Applied, Cause, Decision, Ended, Fact, Failed, Hash, Ledgered, Outcome, Records, Request, Review,
    SlackVote, Subject, Thread, Told, Use, Vouch, fits,
};
use crate::people::{People, UserId, is_same_person};
use crate::policy::{Access, Right};

/// One request and everything about it that counts.
#[derive(Clone, Debug)]
pub struct Case<'r> {
    /// Its id.
    pub id: Id,
    /// The requester.
    pub author: &'r UserId,
    /// When it was stored.
    pub at: Timestamp,
    /// The hash of its stored bytes.
    pub hash: Hash,
    /// What is requested.
    pub request: &'r Request,
    /// Votes, drops and revocations about exactly these bytes, in the order of the server's time.
    pub facts: Vec<&'r Ledgered<Fact>>,
    /// Votes with buttons in Slack about exactly these bytes.
    pub slack: Vec<(&'r str, Timestamp, &'r SlackVote)>,
    /// The decision.
    pub decision: Option<&'r Decision>,
    /// When the grants were put into AWS.
    pub applied: Option<(Timestamp, &'r Applied)>,
    /// When they were removed.
    pub ended: Option<(Timestamp, &'r Ended)>,
    /// Why they could not be written.
    pub failed: Option<(Timestamp, &'r Failed)>,
    /// Who was told.
    pub told: Option<(Timestamp, &'r Told)>,
}

/// One use of break-glass and its reviews.
#[derive(Clone, Debug)]
pub struct UseCase<'r> {
    /// Its id.
    pub id: Id,
    /// Who used it.
    pub author: &'r UserId,
    /// When it was recorded.
    pub at: Timestamp,
    /// What was used.
    pub used: &'r Use,
    /// The hash of its stored bytes.
    pub hash: Hash,
    /// Reviews of exactly these bytes.
    pub reviews: Vec<(&'r Ledgered<Fact>, &'r Review)>,
}

/// The state of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided yet.
    Pending,
    /// Denied.
    Denied {
        /// The code.
        code: String,
        /// The reason, as a sentence.
        why: String,
    },
    /// Nobody decided in time.
    Lapsed,
    /// The requester withdrew it.
    Dropped,
    /// Granted.
    Granted {
        /// When the grants start.
        from: Timestamp,
        /// When they end, at the latest.
        until: Timestamp,
        /// Their phase.
        phase: Phase,
    },
}

/// The phase of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not started yet.
    Scheduled,
    /// Allowed now; `applied` once AWS has returned the policies again.
    Live {
        /// Whether the policies are known to be in AWS.
        applied: bool,
    },
    /// Ended.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        cause: Cause,
    },
    /// AWS did not accept the policies.
    Failed {
        /// AWS's error message.
        why: String,
    },
}

impl State {
    /// A single word, for tables and `--json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Denied { .. } => "denied",
            Self::Lapsed => "lapsed",
            Self::Dropped => "dropped",
            Self::Granted { phase, .. } => match phase {
                Phase::Scheduled => "scheduled",
                Phase::Live { .. } => "live",
                Phase::Ended { .. } => "ended",
                Phase::Failed { .. } => "failed",
            },
        }
    }

    /// Whether the requester is still waiting for it, or has it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Granted { phase: Phase::Scheduled | Phase::Live { .. }, .. })
    }
}

/// Codes of decisions that are separate states.
pub(crate) const DROPPED: &str = "dropped";
pub(crate) const LAPSED: &str = "lapsed";

impl Records {
    /// The request `id`, with everything about its exact bytes.
    pub fn case(&self, id: Id) -> Option<Case<'_>> {
        case_of(id, self.threads.get(&id)?)
    }

    /// Every request, the oldest first.
    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.threads.iter().filter_map(|(id, thread)| case_of(*id, thread))
    }

    /// The use `id`, with the reviews of its exact bytes.
    pub fn use_case(&self, id: Id) -> Option<UseCase<'_>> {
        let thread = self.threads.get(&id)?;
        let (subject, hash) = thread.subject.as_ref()?;
        let Subject::Use(used) = &subject.body else { return None };
        let reviews = thread.facts.iter().filter_map(|fact| match &fact.body {
            Fact::Review(review) if review.sha256 == *hash => Some((fact, review)),
            _ => None,
        });
        let author = &subject.author;
        let at = subject.at;
        Some(UseCase { id, author, at, used, hash: *hash, reviews: reviews.collect() })
    }

    /// Every use of break-glass, the oldest first.
    pub fn use_cases(&self) -> impl Iterator<Item = UseCase<'_>> {
        self.uses.iter().filter_map(|id| self.use_case(*id))
    }
}

/// The request of `thread`, with the objects that are about its exact bytes.
fn case_of(id: Id, thread: &Thread) -> Option<Case<'_>> {
    let (subject, hash) = thread.subject.as_ref()?;
    let Subject::Request(request) = &subject.body else { return None };
    let counts =
        |fact: &&Ledgered<Fact>| fact.body.about() == Some((id, *hash)) && fits(&fact.body, &subject.body);
    Some(Case {
        id,
        author: &subject.author,
        at: subject.at,
        hash: *hash,
        request,
        facts: thread.facts.iter().filter(counts).collect(),
        slack: thread
            .slack
            .iter()
            .filter(|(_, _, vote)| vote.sha256 == *hash)
            .map(|(member, at, vote)| (member.as_str(), *at, vote))
            .collect(),
        decision: thread
            .decision
            .as_ref()
            .map(|(_, decision)| &**decision)
            .filter(|found| found.sha256 == *hash),
        applied: thread.applied.as_ref().map(|(at, act)| (*at, act)),
        ended: thread.ended.as_ref().map(|(at, act)| (*at, act)),
        failed: thread.failed.as_ref().map(|(at, act)| (*at, act)),
        told: thread.told.as_ref().map(|(at, act)| (*at, act)),
    })
}

impl<'r> Case<'r> {
    /// The first fact that ends it, among those stored until `now`: the requester's drop, or a revocation by
    /// somebody who may revoke.
    pub fn ending(&self, people: &People<'_>, now: Timestamp) -> Option<(&'r Ledgered<Fact>, Cause)> {
        self.facts.iter().filter(|fact| fact.at <= now).find_map(|fact| {
            let cause = match &fact.body {
                Fact::Drop(_) if self.is_requester(people, &fact.author) => Cause::Return,
                Fact::Revoke(_) if self.may_revoke(people, &fact.author) => Cause::Revocation,
                _ => return None,
            };
            Some((*fact, cause))
        })
    }

    /// Whether `userid` belongs to the requester. The name of the requesting session always does, whatever
    /// happened to the policy.
    pub fn is_requester(&self, people: &People<'_>, userid: &UserId) -> bool {
        if userid == self.author {
            return true;
        }
        let own = people.author(self.author);
        let other = people.author(userid);
        matches!((own, other), (Ok(own), Ok(other)) if is_same_person(own.person, other.person))
    }

    /// Whether `userid` may end it: approvers of the access, and security.
    pub fn may_revoke(&self, people: &People<'_>, userid: &UserId) -> bool {
        let Ok(author) = people.author(userid) else { return false };
        if !people.may(author.door, Right::Vote) && !people.may(author.door, Right::Request) {
            return false;
        }
        let is_in = |group: &str| people.is_member(group, author.person, Some(author.door));
        let access = people.policy().access.get(&self.request.access);
        people.policy().deployment.security.iter().any(|group| is_in(group))
            || access.is_some_and(|access| approver_groups(access).any(is_in))
    }

    /// `now`, or the time of its decision if that is later: the program that decided had a clock that is ahead, by a second or so. For
    /// those who act now. An audit asks what was known at an earlier time.
    pub fn not_before_decision(&self, now: Timestamp) -> Timestamp {
        self.decision.map_or(now, |decision| now.max(decision.now))
    }

    /// Its state at `now`, by the policy and the directory of `people`.
    pub fn state(&self, people: &People<'_>, now: Timestamp) -> State {
        let ending = self.ending(people, now);
        let Some(decision) = self.decision.filter(|decision| decision.now <= now) else {
            let lapses = self.at.0.saturating_add(i64::from(people.policy().limits.request_ttl));
            return match ending {
                Some((_, Cause::Return)) => State::Dropped,
                Some((fact, _)) => State::Denied { code: "revoked".to_owned(), why: reason_of(fact) },
                None if now.0 >= lapses => State::Lapsed,
                None => State::Pending,
            };
        };
        if decision.verdict == Outcome::Deny {
            return match decision.code.as_deref() {
                Some(DROPPED) => State::Dropped,
                Some(LAPSED) => State::Lapsed,
                code => State::Denied {
                    code: code.unwrap_or("denied").to_owned(),
                    why: decision.why.clone().unwrap_or_default(),
                },
            };
        }
        let from = decision.from.unwrap_or(decision.now);
        // A grant without an end ends where it starts.
        let until = decision.until.unwrap_or(from);
        let ended = self.ended.filter(|(at, act)| *at <= now && act.cause != Cause::Time);
        let phase = match (ending.map(|(fact, cause)| (fact.at, cause)), ended) {
            (Some((at, cause)), _) if at < until => Phase::Ended { at, cause },
            (_, Some((at, act))) if at < until => Phase::Ended { at, cause: act.cause },
            _ if self.failed.is_some_and(|(at, _)| at <= now) && self.applied.is_none() => {
                Phase::Failed { why: self.failed.map(|(_, failed)| failed.why.clone()).unwrap_or_default() }
            }
            _ if now >= until => Phase::Ended { at: until, cause: Cause::Time },
            _ if now < from => Phase::Scheduled,
            _ => Phase::Live { applied: self.applied.is_some_and(|(at, _)| at <= now) },
        };
        State::Granted { from, until, phase }
    }
}

impl UseCase<'_> {
    /// Whether a person who may do so has reviewed it until `now`: a person of the review group other than
    /// the user.
    pub fn is_reviewed(&self, people: &People<'_>, now: Timestamp) -> bool {
        self.verdict(people, now).is_some()
    }

    /// The result of the review. A denial outweighs an approval.
    pub fn verdict(&self, people: &People<'_>, now: Timestamp) -> Option<Vouch> {
        let review = people.policy().access.get(&self.used.access)?.review.as_ref()?;
        let user = people.author(self.author).ok();
        let counts = self.reviews.iter().filter(|(fact, _)| fact.at <= now).filter(|(fact, _)| {
            people.author(&fact.author).is_ok_and(|author| {
                let is_own = fact.author.session_name().eq_ignore_ascii_case(self.author.session_name())
                    || user.is_some_and(|user| is_same_person(user.person, author.person));
                !author.robot
                    && !is_own
                    && people.may(author.door, Right::Vote)
                    && people.is_member(&review.group, author.person, Some(author.door))
            })
        });
        counts.map(|(_, review)| review.vote).max()
    }

    /// When the review is due; `None` if the access is no longer break-glass.
    pub fn due(&self, people: &People<'_>) -> Option<Timestamp> {
        let review = people.policy().access.get(&self.used.access)?.review.as_ref()?;
        Some(Timestamp(self.at.0.saturating_add(i64::from(review.within))))
    }
}

/// Every group whose members may vote on `access`.
pub fn approver_groups(access: &Access) -> impl Iterator<Item = &str> {
    let on_call = access.oncall.iter().flat_map(|oncall| &oncall.approve);
    let seats = access.approve.iter().chain(on_call).map(|seat| seat.group.as_str());
    seats.chain(access.escalate.iter().map(|escalate| escalate.group.as_str()))
}

fn reason_of(fact: &Ledgered<Fact>) -> String {
    match &fact.body {
        Fact::Revoke(revoke) => revoke.reason.clone(),
        _ => String::new(),
    }
}
