//! A sweep: runs the reconciler, carries out the steps of every request, and records that the applier is
//! running. What people just did needs less: [`Applier::settle`].

use jit_access::fold::{Case, State};
use jit_access::id::Id;
use jit_access::ledger::{Finding, FindingKind, Key, Records, Sweep, SweepKind};
use jit_access::lifecycle::{Action, Observed, ObservedRole, Step, Unexplained, confirm, reconcile};
use jit_access::people::People;
use jit_access::render::{policy_name, request_of};
use jit_wire::timestamp::Timestamp;

use super::{Applier, ApplyError, Doing};
use crate::cache::Cache;

/// For so long a finding that lasts is not written again, in seconds.
const TOLD_FOR: i64 = 86_400;

/// The findings and failures of a sweep.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The findings that security is notified of.
    pub findings: Vec<Finding>,
    /// The failures, by request or role. The next sweep tries again.
    pub failures: Vec<(String, ApplyError)>,
}

impl Applier<'_> {
    /// Compares every role with the decisions, and carries out the steps of every request. A request or role
    /// that fails does not prevent the others.
    ///
    /// `version` is the program's, for the record of the sweep.
    ///
    /// # Errors
    /// [`ApplyError`] if nothing can be done: the ledger or the list of roles cannot be read, or the run was
    /// stopped.
    pub fn sweep(&self, cache: &mut Cache, version: &str) -> Result<Swept, ApplyError> {
        let mut swept = Swept::default();
        // Before the decisions are read: otherwise a grant that is written in between would look unexplained.
        let mut roles = self.iam.roles()?;
        roles.sort_by(|one, other| one.arn.cmp(&other.arn));
        // The decision of every policy on a role is read, however old it is.
        let named = roles.iter().flat_map(|role| role.policies.keys()).filter_map(|name| request_of(name));
        let oldest = named.map(Id::at).min().unwrap_or((self.clock)());
        let records = self.read(cache, oldest)?;
        let now = (self.clock)();
        let policy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        for action in reconcile(&people, &records, &roles, now) {
            let about = match &action {
                Action::Delete(found) => found.role.clone(),
                Action::Restore { role, .. } => role.clone(),
                Action::Tell(finding) => finding.subject.clone(),
            };
            swept.note(about, self.act(cache, &records, action))?;
        }
        let observed = Seen(&roles);
        let open: Vec<Id> = records
            .cases()
            .filter(|case| is_open(case, &people, now))
            .filter(|case| !self.rests(&records, &people, case, observed, now))
            .map(|case| case.id)
            .collect();
        for id in open {
            swept.note(id.to_string(), self.apply(cache, id).map(|()| None))?;
        }
        let sweep = Sweep { version: version.to_owned(), policy: policy.key.to_string() };
        self.write_new(&Key::Sweep { id: self.new_id(), kind: SweepKind::Sweep }, &sweep.to_bytes())?;
        Ok(swept)
    }

    /// Carries out the steps of every request about which people, or time, leave something to do. It lists no roles, so it
    /// is quick; what others changed in IAM, a sweep finds.
    ///
    /// # Errors
    /// [`ApplyError`] if nothing can be done: the ledger cannot be read, or the run was stopped.
    pub fn settle(&self, cache: &mut Cache) -> Result<Swept, ApplyError> {
        let mut swept = Swept::default();
        let records = self.read(cache, (self.clock)())?;
        let now = (self.clock)();
        let policy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        let waiting: Vec<Id> = records
            .cases()
            .filter(|case| is_open(case, &people, now))
            .filter(|case| match case.decision {
                None => !self.rests(&records, &people, case, Seen(&[]), now),
                // It is in IAM, or was: only a sweep can tell.
                Some(_) => {
                    case.applied.is_none() || !case.state(&people, case.not_before_decision(now)).is_open()
                }
            })
            .map(|case| case.id)
            .collect();
        for id in waiting {
            swept.note(id.to_string(), self.apply(cache, id).map(|()| None))?;
        }
        Ok(swept)
    }

    /// Whether nothing is to be done about a request, as far as the roles that were listed show it. Where one of its roles is
    /// not among them, that is unknown.
    fn rests(
        &self,
        records: &Records,
        people: &People<'_>,
        case: &Case<'_>,
        seen: Seen<'_>,
        now: Timestamp,
    ) -> bool {
        let (name, mut observed) = (policy_name(case.id), Observed::new());
        for grant in case.decision.iter().flat_map(|decision| &decision.grants) {
            let Some(role) = seen.role(&grant.role) else { return false };
            observed.extend(role.policies.get(&name).map(|text| (grant.role.clone(), text.clone())));
        }
        let frozen = |role: &str| seen.role(role).is_some_and(|role| role.is_frozen);
        self.step(records, people, case, &observed, false, &frozen, now) == Step::Rest
    }

    fn act(
        &self,
        cache: &mut Cache,
        records: &Records,
        action: Action,
    ) -> Result<Option<Finding>, ApplyError> {
        match action {
            Action::Delete(found) => self.delete(cache, found),
            Action::Restore { role, name, document, finding } => {
                // It may have ended in the meantime: then it is not restored.
                if !self.is_still_wanted(cache, request_of(&name))? {
                    return Ok(None);
                }
                self.ask(&Doing::Restore(role.clone(), name.clone()))?;
                self.iam.put(&role, &name, &document)?;
                self.tell(finding).map(Some)
            }
            Action::Tell(finding) => self.tell_once(records, finding),
        }
    }

    fn delete(&self, cache: &mut Cache, found: Unexplained) -> Result<Option<Finding>, ApplyError> {
        let role = self.iam.role(&found.role)?;
        let records = self.read(cache, found.request.map_or((self.clock)(), Id::at))?;
        let now = (self.clock)();
        let policy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        let case = found.request.and_then(|id| records.case(id));
        // The policy may have changed since it was listed; the next sweep handles the new text.
        let is_the_same = role.policies.get(&found.name) == Some(&found.document);
        if !is_the_same || !confirm(&people, &found, role.is_frozen, case.as_ref(), now) {
            return Ok(None);
        }
        self.ask(&Doing::Delete(found.role.clone(), found.name.clone()))?;
        self.iam.delete(&found.role, &found.name)?;
        let what = format!("deleted the policy {}: {}", found.name, found.why);
        let finding = Finding { kind: FindingKind::UnexplainedPolicy, subject: found.role, what };
        if found.is_finding { self.tell(finding).map(Some) } else { Ok(None) }
    }

    fn is_still_wanted(&self, cache: &mut Cache, request: Option<Id>) -> Result<bool, ApplyError> {
        let Some(request) = request else { return Ok(false) };
        let records = self.read(cache, request.at())?;
        let now = (self.clock)();
        let policy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        let case = records.case(request);
        let state = case.map(|case| case.state(&people, case.not_before_decision(now)));
        Ok(state.is_some_and(|state| matches!(state, State::Granted { .. }) && state.is_open()))
    }

    /// Writes a finding about something that lasts, unless that was done within a day. `records` were read in this run.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn tell_once(&self, records: &Records, finding: Finding) -> Result<Option<Finding>, ApplyError> {
        let is_recent = |at: Timestamp| (self.clock)().0.saturating_sub(at.0) < TOLD_FOR;
        if records.last_told(&finding).is_some_and(is_recent) {
            return Ok(None);
        }
        self.tell(finding).map(Some)
    }

    /// Writes a finding to the ledger, where the notifier reads it.
    fn tell(&self, finding: Finding) -> Result<Finding, ApplyError> {
        self.write_new(&Key::Sweep { id: self.new_id(), kind: SweepKind::Finding }, &finding.to_bytes())?;
        Ok(finding)
    }

    fn new_id(&self) -> Id {
        Id::new((self.clock)(), (self.random)())
    }
}

impl Swept {
    /// Records the result for one request or role. Errors that make the rest pointless are returned.
    fn note(&mut self, about: String, came: Result<Option<Finding>, ApplyError>) -> Result<(), ApplyError> {
        match came {
            Ok(finding) => self.findings.extend(finding),
            Err(ApplyError::Stopped) => return Err(ApplyError::Stopped),
            Err(error) => self.failures.push((about, error)),
        }
        Ok(())
    }
}

/// The roles that were listed, in the order of their ARNs.
#[derive(Clone, Copy)]
struct Seen<'r>(&'r [ObservedRole]);

impl<'r> Seen<'r> {
    fn role(self, arn: &str) -> Option<&'r ObservedRole> {
        let place = self.0.binary_search_by(|role| role.arn.as_str().cmp(arn)).ok()?;
        Some(&self.0[place])
    }
}

/// Whether a request may need a step: not if it has ended and that is recorded.
fn is_open(case: &Case<'_>, people: &People<'_>, now: Timestamp) -> bool {
    let state = case.state(people, case.not_before_decision(now));
    match state {
        State::Pending | State::Lapsed | State::Dropped | State::Denied { .. } => case.decision.is_none(),
        State::Granted { .. } => state.is_open() || case.ended.is_none(),
    }
}
