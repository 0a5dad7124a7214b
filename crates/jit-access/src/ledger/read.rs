//! The rules for reading a ledger: which objects count, and which are reported. The objects can be read in
//! any order with the same result.

mod anomaly;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jit_wire::timestamp::Timestamp;

use super::{
    Act, ActKind, Applied, Decision, Ended, Entry, Fact, FactKind, Failed, Finding, Hash, Key, LARGEST_FACT,
    Request, SKEW, SlackVote, Sweep, SweepKind, Told, Use,
};
use crate::id::Id;
use crate::people::{PolicyIndex, UserId};
use crate::policy::{LARGEST_POLICY, Policy, Right};

pub use anomaly::{Anomaly, AnomalyKind};

/// A body with its author and the time at which the server stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledgered<T> {
    /// Its id.
    pub id: Id,
    /// The author, as pinned by AWS.
    pub author: UserId,
    /// When the server stored it.
    pub at: Timestamp,
    /// The parsed body.
    pub body: T,
}

impl Ledgered<Fact> {
    /// Its key.
    pub fn key(&self) -> Key {
        Key::Fact { id: self.id, author: self.author.clone(), kind: self.body.kind() }
    }
}

/// The object that facts and acts are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A request.
    Request(Box<Request>),
    /// A use of break-glass.
    Use(Box<Use>),
}

/// A policy as it was stored.
#[derive(Clone, Debug)]
pub struct StoredPolicy {
    /// Its key.
    pub key: Key,
    /// Who published it.
    pub author: UserId,
    /// When it was stored.
    pub at: Timestamp,
    /// The parsed policy.
    pub policy: Policy,
    /// Its text.
    pub text: String,
}

/// Every object about one request, or one use of break-glass, unfiltered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thread {
    pub(crate) subject: Option<(Ledgered<Subject>, Hash)>,
    pub(crate) facts: Vec<Ledgered<Fact>>,
    pub(crate) decision: Option<(Timestamp, Box<Decision>)>,
    pub(crate) applied: Option<(Timestamp, Applied)>,
    pub(crate) ended: Option<(Timestamp, Ended)>,
    pub(crate) failed: Option<(Timestamp, Failed)>,
    pub(crate) told: Option<(Timestamp, Told)>,
    pub(crate) slack: Vec<(String, Timestamp, SlackVote)>,
}

/// Everything that was read from a ledger and counts.
#[derive(Clone, Debug, Default)]
pub struct Records {
    policies: Vec<StoredPolicy>,
    /// Which of `policies` were in force, in order.
    chain: Vec<usize>,
    pub(crate) threads: BTreeMap<Id, Box<Thread>>,
    /// The ids of each session name's requests, in order.
    pub(crate) by_name: HashMap<String, BTreeSet<Id>>,
    /// The ids of all uses of break-glass.
    pub(crate) uses: BTreeSet<Id>,
    last_sweep: Option<(Timestamp, Sweep)>,
    /// When each finding was written last.
    findings: BTreeMap<Finding, Timestamp>,
    anomalies: Vec<Anomaly>,
}

impl Records {
    /// Reads one object. Reading it again changes nothing.
    pub fn take(&mut self, entry: &Entry, bytes: &[u8]) {
        if let Some(why) = &entry.doubt {
            return self.anomaly(entry, AnomalyKind::Doubt, why);
        }
        let key = match entry.key.parse::<Key>() {
            Ok(key) => key,
            Err(error) => return self.anomaly(entry, AnomalyKind::Key, error),
        };
        if entry.has_more_versions {
            self.anomaly(entry, AnomalyKind::SecondVersion, "it has another version; the first one counts");
        }
        // An act has the id of its request, which is older; everything else was made just before it was
        // stored.
        let is_act = matches!(key, Key::Act { .. });
        if !is_act && key.id().at().0.abs_diff(entry.written.0) > SKEW.unsigned_abs() {
            let what = format!(
                "its id is of {} and it was stored at {}",
                key.id().at().to_rfc3339(),
                entry.written.to_rfc3339()
            );
            return self.anomaly(entry, AnomalyKind::Time, what);
        }
        match key {
            Key::Policy { .. } => self.take_policy(entry, key, bytes),
            Key::Fact { id, author, kind } => self.take_fact(entry, id, author, kind, bytes),
            Key::Act { request, kind } => self.take_act(entry, request, &kind, bytes),
            Key::Sweep { kind: SweepKind::Finding, .. } => match Finding::read(bytes) {
                Ok(finding) => {
                    let last = self.findings.entry(finding).or_insert(entry.written);
                    *last = entry.written.max(*last);
                }
                Err(error) => self.anomaly(entry, AnomalyKind::Body, error),
            },
            Key::Sweep { kind: SweepKind::Sweep, .. } => match Sweep::read(bytes) {
                Ok(sweep) => {
                    if self.last_sweep.as_ref().is_none_or(|(at, _)| *at < entry.written) {
                        self.last_sweep = Some((entry.written, sweep));
                    }
                }
                Err(error) => self.anomaly(entry, AnomalyKind::Body, error),
            },
        }
    }

    /// Records that the ledger lists an object but does not return it.
    pub fn unreadable(&mut self, entry: &Entry, why: impl fmt::Display) {
        self.anomaly(entry, AnomalyKind::Unreadable, why);
    }

    fn anomaly(&mut self, entry: &Entry, kind: AnomalyKind, what: impl fmt::Display) {
        let anomaly = Anomaly { key: entry.key.clone(), kind, what: what.to_string() };
        if !self.anomalies.contains(&anomaly) {
            self.anomalies.push(anomaly);
        }
    }

    fn take_policy(&mut self, entry: &Entry, key: Key, bytes: &[u8]) {
        let Key::Policy { author, .. } = &key else { return };
        if bytes.len() > LARGEST_POLICY {
            return self.anomaly(entry, AnomalyKind::Large, "a policy has at most 1 MiB");
        }
        let read = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()).and_then(|text| {
            let policy =
                Policy::read_published("policy.toml", text).map_err(|mistake| mistake.to_string())?;
            Ok((policy, text.to_owned()))
        });
        let (policy, text) = match read {
            Ok(read) => read,
            Err(why) => return self.anomaly(entry, AnomalyKind::Body, why),
        };
        let place =
            self.policies.binary_search_by(|other| (other.at, &other.key).cmp(&(entry.written, &key)));
        if let Err(place) = place {
            let stored = StoredPolicy { author: author.clone(), key, at: entry.written, policy, text };
            self.policies.insert(place, stored);
            self.link_policies();
        }
    }

    /// Goes through the policies in the order of the server's time: each counts if the policy in force before
    /// it lets its door publish. The first one needs no earlier policy; AWS let nobody else write it.
    fn link_policies(&mut self) {
        self.chain.clear();
        for (place, stored) in self.policies.iter().enumerate() {
            let judge = self.chain.last().map_or(stored, |last| &self.policies[*last]);
            let publishes =
                judge.policy.doors.values().any(|door| {
                    door.ids.contains(stored.author.role_id()) && door.may.contains(&Right::Publish)
                });
            if publishes {
                self.chain.push(place);
            }
        }
    }

    fn take_fact(&mut self, entry: &Entry, id: Id, author: UserId, kind: FactKind, bytes: &[u8]) {
        if bytes.len() > LARGEST_FACT {
            return self.anomaly(entry, AnomalyKind::Large, "a fact has at most 16 KiB");
        }
        let fact = match Fact::read(kind, bytes) {
            Ok(fact) => fact,
            Err(error) => return self.anomaly(entry, AnomalyKind::Body, error),
        };
        let at = entry.written;
        match fact {
            Fact::Request(request) => {
                let body = Subject::Request(Box::new(request));
                self.take_subject(Ledgered { id, author, at, body }, bytes);
            }
            Fact::Use(used) => {
                let body = Subject::Use(Box::new(used));
                self.take_subject(Ledgered { id, author, at, body }, bytes);
            }
            body => {
                let Some((about, _)) = body.about() else { return };
                let fact = Ledgered { id, author, at, body };
                let facts = &mut self.threads.entry(about).or_default().facts;
                // Sorted, so that the result does not depend on the order of arrival.
                let rank = |fact: &Ledgered<Fact>| (fact.at, fact.id, fact.author.clone(), fact.body.kind());
                if let Err(place) = facts.binary_search_by(|other| rank(other).cmp(&rank(&fact))) {
                    // Most requests have few facts.
                    facts.reserve_exact(1);
                    facts.insert(place, fact);
                }
            }
        }
    }

    /// If two requests have the same id, the one that was stored first counts: the other one copied it.
    fn take_subject(&mut self, new: Ledgered<Subject>, bytes: &[u8]) {
        let rank = |of: &Ledgered<Subject>| (of.at, of.author.clone(), matches!(of.body, Subject::Use(_)));
        match self.by_name.get_mut(new.author.session_name()) {
            Some(ids) => drop(ids.insert(new.id)),
            None => drop(self.by_name.insert(new.author.session_name().to_owned(), BTreeSet::from([new.id]))),
        }
        if matches!(new.body, Subject::Use(_)) {
            self.uses.insert(new.id);
        }
        let thread = self.threads.entry(new.id).or_default();
        let taken = |loser: &Ledgered<Subject>| Anomaly {
            key: subject_key(loser).to_string(),
            kind: AnomalyKind::TakenId,
            what: "another request or use had this id before".to_owned(),
        };
        let anomaly = match &thread.subject {
            Some((old, _)) if rank(old) == rank(&new) => return,
            Some((old, _)) if rank(old) < rank(&new) => taken(&new),
            Some((old, _)) => {
                let anomaly = taken(old);
                thread.subject = Some((new, Hash::of(bytes)));
                anomaly
            }
            None => {
                thread.subject = Some((new, Hash::of(bytes)));
                return;
            }
        };
        if !self.anomalies.contains(&anomaly) {
            self.anomalies.push(anomaly);
        }
    }

    fn take_act(&mut self, entry: &Entry, request: Id, kind: &ActKind, bytes: &[u8]) {
        let act = match Act::read(kind, bytes) {
            Ok(act) => act,
            Err(error) => return self.anomaly(entry, AnomalyKind::Body, error),
        };
        let at = entry.written;
        let thread = self.threads.entry(request).or_default();
        match act {
            Act::Decision(decision) => thread.decision = Some((at, decision)),
            Act::Applied(applied) => thread.applied = Some((at, applied)),
            Act::Ended(ended) => thread.ended = Some((at, ended)),
            Act::Failed(failed) => thread.failed = Some((at, failed)),
            Act::Told(told) => thread.told = Some((at, told)),
            Act::Slack(member, vote) => {
                if let Err(place) = thread.slack.binary_search_by(|(other, ..)| other.cmp(&member)) {
                    thread.slack.insert(place, (member, at, vote));
                }
            }
        }
    }

    /// The policy in force at `now`: the newest by the server's time.
    pub fn policy_in_force(&self, now: Timestamp) -> Option<&StoredPolicy> {
        self.policy_history().filter(|stored| stored.at <= now).last()
    }

    /// Every policy that was in force, the oldest first.
    pub fn policy_history(&self) -> impl Iterator<Item = &StoredPolicy> {
        self.chain.iter().map(|place| &self.policies[*place])
    }

    /// The last sweep, which shows that the applier is running.
    pub fn last_sweep(&self) -> Option<(Timestamp, &Sweep)> {
        self.last_sweep.as_ref().map(|(at, sweep)| (*at, sweep))
    }

    /// Every finding that was written, with the time it was last written.
    pub fn findings(&self) -> impl Iterator<Item = (&Finding, Timestamp)> {
        self.findings.iter().map(|(finding, at)| (finding, *at))
    }

    /// When this finding was written last.
    pub fn last_told(&self, finding: &Finding) -> Option<Timestamp> {
        self.findings.get(finding).copied()
    }

    /// Every object that does not count, in order.
    pub fn anomalies(&self) -> Vec<Anomaly> {
        let mut found = self.anomalies.clone();
        for thread in self.threads.values() {
            for fact in &thread.facts {
                let about = fact.body.about().map(|(_, hash)| hash);
                let (kind, what) = match &thread.subject {
                    None => (AnomalyKind::Orphan, "it is about a request that does not exist"),
                    Some((_, hash)) if about != Some(*hash) => {
                        (AnomalyKind::Hash, "it is about different bytes than the stored ones")
                    }
                    Some((subject, _)) if !fits(&fact.body, &subject.body) => {
                        (AnomalyKind::Body, "a review is about a use, and everything else about a request")
                    }
                    Some(_) => continue,
                };
                found.push(Anomaly { key: fact.key().to_string(), kind, what: what.to_owned() });
            }
            let hash = thread.subject.as_ref().map(|(subject, hash)| (subject.id, *hash));
            let slack =
                thread.slack.iter().map(|(member, _, vote)| (ActKind::Slack(member.clone()), vote.sha256));
            let decision = thread.decision.iter().map(|(_, decision)| (ActKind::Decision, decision.sha256));
            for (kind, about) in decision.chain(slack) {
                if let Some((request, _)) = hash.filter(|(_, hash)| *hash != about) {
                    let key = Key::Act { request, kind }.to_string();
                    let what = "it is about different bytes than the stored ones".to_owned();
                    found.push(Anomaly { key, kind: AnomalyKind::Hash, what });
                }
            }
        }
        for (place, stored) in self.policies.iter().enumerate() {
            if !self.chain.contains(&place) {
                let what = "it was published through a door that may not publish".to_owned();
                found.push(Anomaly { key: stored.key.to_string(), kind: AnomalyKind::Publisher, what });
            }
        }
        found.sort();
        found
    }

    /// The ids that objects refer to, or that a request extends, and that were not read.
    pub fn missing(&self) -> BTreeSet<Id> {
        let is_here = |id: &Id| self.threads.get(id).is_some_and(|thread| thread.subject.is_some());
        let extended = self.threads.values().filter_map(|thread| match &thread.subject {
            Some((Ledgered { body: Subject::Request(request), .. }, _)) => request.extends,
            _ => None,
        });
        self.threads.keys().copied().chain(extended).filter(|id| !is_here(id)).collect()
    }

    /// The ids of all requests and uses.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.threads.iter().filter(|(_, thread)| thread.subject.is_some()).map(|(id, _)| *id)
    }
}

/// Reviews belong to uses of break-glass; all other facts to requests.
pub(crate) fn fits(fact: &Fact, subject: &Subject) -> bool {
    matches!(fact, Fact::Review(_)) == matches!(subject, Subject::Use(_))
}

fn subject_key(subject: &Ledgered<Subject>) -> Key {
    let kind = match subject.body {
        Subject::Request(_) => FactKind::Request,
        Subject::Use(_) => FactKind::Use,
    };
    Key::Fact { id: subject.id, author: subject.author.clone(), kind }
}

impl StoredPolicy {
    /// The policy, indexed for queries.
    pub fn index(&self) -> PolicyIndex<'_> {
        PolicyIndex::new(&self.policy)
    }
}

#[cfg(test)]
mod tests;
