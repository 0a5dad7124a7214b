//! A sweep: runs the reconciler, carries out the steps of every request, and records that the applier is
//! running.

use jit_access::fold::{Case, State};
use jit_access::id::Id;
use jit_access::ledger::{Finding, FindingKind, Key, Records, Sweep, SweepKind};
use jit_access::lifecycle::{Action, Unexplained, confirm, reconcile};
use jit_access::people::People;
use jit_access::render::request_of;
use jit_wire::timestamp::Timestamp;

use super::{Applier, ApplyError, Doing};
use crate::cache::Cache;

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
        let roles = self.iam.roles()?;
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
            swept.note(about, self.act(cache, action))?;
        }
        for id in open(&records, &people, now) {
            swept.note(id.to_string(), self.apply(cache, id).map(|()| None))?;
        }
        let sweep = Sweep { version: version.to_owned(), policy: policy.key.to_string() };
        self.write_new(&Key::Sweep { id: self.new_id(), kind: SweepKind::Sweep }, &sweep.to_bytes())?;
        Ok(swept)
    }

    fn act(&self, cache: &mut Cache, action: Action) -> Result<Option<Finding>, ApplyError> {
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
            Action::Tell(finding) => self.tell(finding).map(Some),
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
        let state = records.case(request).map(|case| case.state(&people, now));
        Ok(state.is_some_and(|state| matches!(state, State::Granted { .. }) && state.is_open()))
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

/// Every request that may need a step: all except those that have ended and are recorded as such.
fn open(records: &Records, people: &People<'_>, now: Timestamp) -> Vec<Id> {
    let is_done = |case: &Case<'_>| {
        let state = case.state(people, now);
        match state {
            State::Pending | State::Lapsed | State::Dropped | State::Denied { .. } => case.decision.is_some(),
            State::Granted { .. } => !state.is_open() && case.ended.is_some(),
        }
    };
    records.cases().filter(|case| !is_done(case)).map(|case| case.id).collect()
}
