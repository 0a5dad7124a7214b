//! Applying and reconciling: carries out the steps that `jit-access` computes, one after the other, on a
//! ledger and on IAM.
//!
//! A run may be stopped between any two steps. Each step follows from the current state of the ledger and the
//! roles, so the next run continues; a test stops between all of them. Only the cache is kept from one run to
//! the next.

mod sweep;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use jit_access::decide::{History, OnCall, RecordInput, Verdict, decide, record};
use jit_access::fold::Case;
use jit_access::id::Id;
use jit_access::ledger::{
    Act, ActKind, Failed, Key, Ledger, LedgerError, Put, Records, StoredPolicy, WriteError, write,
};
use jit_access::lifecycle::{Observed, RoleArn, Step, next_step};
use jit_access::people::{Directory, People};
use jit_access::policy::Access;
use jit_access::render::{GrantDocument, GrantError, policy_name, request_of};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

use crate::cache::{Cache, Shelf};
use crate::iam::{Iam, IamError};
pub use sweep::Swept;

/// How far back a request can be that needs a step, in seconds: it may wait, begin and last for a week each.
pub const WINDOW: i64 = 28 * 86_400;
/// The limit for the steps of a request, far above what any takes.
const MOST_STEPS: usize = 10_000;

/// Everything that an applier uses.
pub struct Applier<'w> {
    /// The ledger, under the session that may write acts.
    pub ledger: &'w dyn Ledger,
    /// Where the cache is stored.
    pub shelf: &'w dyn Shelf,
    /// IAM, with permission to change the policies of roles on request.
    pub iam: &'w dyn Iam,
    /// The members of groups and the accounts of units, as they are now.
    pub directory: &'w Directory,
    /// Who is on call now.
    pub on_call: &'w OnCall,
    /// The services that the ceiling of an access allows.
    pub services: &'w dyn Fn(&Access) -> Vec<String>,
    /// Whether nothing may be decided about an access in this run, because something that it depends on cannot be read
    /// now. A decision is final, so it waits for a run that can.
    pub must_wait: &'w dyn Fn(&Access) -> bool,
    /// The server's clock.
    pub clock: &'w dyn Fn() -> Timestamp,
    /// Random bytes, for ids.
    pub random: &'w dyn Fn() -> [u8; 10],
    /// Called before each change. The caller can stop the run here.
    pub go_on: &'w dyn Fn(&Doing) -> ControlFlow<()>,
}

/// A change that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A step of a request.
    Step(Id, Step),
    /// A policy that no decision explains is deleted.
    Delete(String, String),
    /// A policy that somebody else deleted is put back.
    Restore(String, String),
    /// A finding or a sweep is written.
    Write(Key),
}

/// Why a run did not finish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An act was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A call to IAM failed.
    #[error(transparent)]
    Iam(#[from] IamError),
    /// The document of a grant cannot be written.
    #[error("cannot write the policy of a grant: {0}")]
    Document(#[from] GrantError),
    /// Nobody has published a policy.
    #[error("the ledger has no policy")]
    NoPolicy,
    /// There is no such request.
    #[error("the ledger has no request {0}")]
    NoRequest(Id),
    /// [`Applier::go_on`] stopped the run.
    #[error("stopped before it was finished")]
    Stopped,
}

impl Explain for ApplyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Ledger(error) => error.kind(),
            Self::Write(error) => error.kind(),
            Self::Iam(error) => error.kind(),
            Self::Document(error) => error.kind(),
            Self::NoPolicy | Self::NoRequest(_) => Kind::Usage,
            Self::Stopped => Kind::Interrupted,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Iam(error) => error.why(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Ledger(error) => error.next(),
            Self::Write(error) => error.next(),
            Self::Iam(error) => error.next(),
            Self::Document(error) => error.next(),
            Self::NoPolicy => vec![Next::words("publish a policy through a door that may")],
            Self::NoRequest(_) => vec![Next::words("check the id, and `ledger` in the section [access]")],
            Self::Stopped => {
                vec![Next::words("nothing is half done: whoever applies next goes on where this ended")]
            }
        }
    }
}

impl Applier<'_> {
    /// Carries out every step that one request needs now.
    ///
    /// # Errors
    /// [`ApplyError`]. Steps that were done stay, and the next run continues.
    pub fn apply(&self, cache: &mut Cache, request: Id) -> Result<(), ApplyError> {
        let mut looked = false;
        for _ in 0..MOST_STEPS {
            // Read again before each step: people may have acted, and another applier may be running.
            let records = self.read(cache, request.at())?;
            let step = self.next(&records, request, looked)?;
            if step == Step::Rest {
                return Ok(());
            }
            self.ask(&Doing::Step(request, step.clone()))?;
            looked = step == Step::LookAgain;
            self.take_step(cache, &records, request, step)?;
        }
        Err(ApplyError::Stopped)
    }

    /// The current records of requests since `oldest`, and of those that may need a step.
    fn read(&self, cache: &mut Cache, oldest: Timestamp) -> Result<Records, ApplyError> {
        let now = (self.clock)();
        let since = Timestamp(now.0.saturating_sub(WINDOW)).min(oldest);
        Ok(cache.read(self.ledger, self.shelf, since, now)?.records)
    }

    fn next(&self, records: &Records, request: Id, looked: bool) -> Result<Step, ApplyError> {
        let now = (self.clock)();
        let policy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        let case = records.case(request).ok_or(ApplyError::NoRequest(request))?;
        let (mut observed, mut frozen) = (Observed::new(), Vec::new());
        for grant in case.decision.iter().flat_map(|decision| &decision.grants) {
            let mut role = self.iam.role(&grant.role)?;
            observed
                .extend(role.policies.remove(&policy_name(request)).map(|text| (grant.role.clone(), text)));
            if role.is_frozen {
                frozen.push(grant.role.as_str());
            }
        }
        Ok(self.step(records, &people, &case, &observed, looked, &|role| frozen.contains(&role), now))
    }

    #[allow(clippy::too_many_arguments, reason = "what `next_step` takes")]
    fn step(
        &self,
        records: &Records,
        people: &People<'_>,
        case: &Case<'_>,
        observed: &Observed,
        looked: bool,
        frozen: &dyn Fn(&str) -> bool,
        now: Timestamp,
    ) -> Step {
        let verdict = case
            .decision
            .is_none()
            .then(|| self.verdict(people, case, &records.history(people, case, now), now));
        next_step(people, case, verdict.as_ref(), observed, looked, frozen, now)
    }

    fn verdict(&self, people: &People<'_>, case: &Case<'_>, history: &History, now: Timestamp) -> Verdict {
        let access = people.policy().access.get(&case.request.access);
        if access.is_some_and(|access| (self.must_wait)(access)) {
            return Verdict::Wait { missing: Vec::new() };
        }
        decide(people, case, self.on_call, history, now)
    }

    fn take_step(
        &self,
        cache: &mut Cache,
        records: &Records,
        request: Id,
        step: Step,
    ) -> Result<(), ApplyError> {
        let name = policy_name(request);
        match step {
            Step::Decide => self.write_decision(records, request),
            Step::Put { role, document } => {
                let put = || self.iam.put(&role, &name, &document);
                let done = match put() {
                    Err(IamError::Full(_)) if self.make_room(cache, &role)? => put(),
                    done => done,
                };
                if let Err(error) = &done
                    && error.is_refusal()
                {
                    // Recorded once; writing is tried again until the grant ends.
                    let failed = Failed { role: error.role().clone(), why: error.to_string() };
                    self.write_once(request, ActKind::Failed, &Act::Failed(failed))?;
                }
                Ok(done?)
            }
            Step::Delete { role } => Ok(self.iam.delete(&role, &name)?),
            Step::WriteApplied(applied) => self.write_once(request, ActKind::Applied, &Act::Applied(applied)),
            Step::WriteEnded(ended) => self.write_once(request, ActKind::Ended, &Act::Ended(ended)),
            Step::LookAgain | Step::Rest => Ok(()),
        }
    }

    /// Removes from a full role what is left on it of grants that are over. Where approvers apply, nobody else does before the
    /// next step of each of them. Whether anything was removed.
    fn make_room(&self, cache: &mut Cache, role: &RoleArn) -> Result<bool, ApplyError> {
        let policies = self.iam.role(role)?.policies;
        let requests: Vec<Id> = policies.keys().filter_map(|name| request_of(name)).collect();
        let mut has_room = false;
        for request in requests {
            let records = self.read(cache, request.at())?;
            // A policy that no request explains is the reconciler's.
            if let Ok(Step::Delete { .. }) = self.next(&records, request, false) {
                self.apply(cache, request)?;
                has_room = true;
            }
        }
        Ok(has_room)
    }

    fn write_decision(&self, records: &Records, request: Id) -> Result<(), ApplyError> {
        let now = (self.clock)();
        let policy: &StoredPolicy = records.policy_in_force(now).ok_or(ApplyError::NoPolicy)?;
        let index = policy.index();
        let people = index.with(self.directory);
        let case = records.case(request).ok_or(ApplyError::NoRequest(request))?;
        let history = records.history(&people, &case, now);
        let verdict = self.verdict(&people, &case, &history, now);
        let input =
            RecordInput { policy, people, case: &case, on_call: self.on_call, history: &history, now };
        let decision = record(input, &verdict, |grant, _| {
            let access = policy.policy.access.get(&case.request.access).ok_or(GrantError::Nothing)?;
            let document = GrantDocument::of(access, grant, (self.services)(access)).render()?;
            Ok::<_, GrantError>(document.as_str().to_owned())
        })?;
        match decision {
            Some(decision) => self.write_once(request, ActKind::Decision, &Act::Decision(Box::new(decision))),
            // It must wait after all.
            None => Ok(()),
        }
    }

    /// Writes an act. If another applier wrote it first, that one counts.
    fn write_once(&self, request: Id, kind: ActKind, act: &Act) -> Result<(), ApplyError> {
        let key = Key::Act { request, kind };
        match self.ledger.put_new(&key, &act.to_bytes())? {
            Put::Created | Put::Exists => Ok(()),
        }
    }

    fn ask(&self, doing: &Doing) -> Result<(), ApplyError> {
        if (self.go_on)(doing).is_continue() { Ok(()) } else { Err(ApplyError::Stopped) }
    }

    fn write_new(&self, key: &Key, bytes: &[u8]) -> Result<(), ApplyError> {
        self.ask(&Doing::Write(key.clone()))?;
        Ok(write(self.ledger, key, bytes)?)
    }
}
