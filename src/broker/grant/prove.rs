//! Proves a deployment for `jit doctor`: tries what has to be refused, each beside something that has to be allowed, and reads
//! what AWS evaluates where somebody may.
//!
//! Nothing that is tried changes anything, even where a deployment is so broken that it is allowed:
//!
//! - A write to the ledger states the checksum of other bytes, or names an upload or a version that does not exist. S3 checks
//!   whether the caller may write before it looks at the content, and stores nothing whose checksum is wrong. The first write is
//!   one that has to be allowed, under the person's own name: if the server stores that, nothing else is written.
//! - A role is assumed for its answer. The session is kept nowhere, and ends after 15 minutes.
//! - Other calls only read, or change a role that does not exist.

mod ledger;
mod probes;
mod read;
mod records;
mod roles;
mod verdict;

use std::time::{Duration, Instant};

use jit_access::people::{People, UserId};
use jit_access::policy::{Access, Apply, Door, Policy, Right};
use jit_apply::probe::{ProbeCalls, ProbeEndpoints};
use jit_wire::credentials::{Credentials, Session};
use jit_wire::signed::{CallError, Endpoint, Service};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::{AccessError, AccessLedger, LedgerView, Opened, open, variant};
use crate::plan::{LedgerPlace, Plan};

pub use probes::{PROBES, Probe};
pub use verdict::{ClaimProof, ProofVerdict};

/// When it stops trying.
const WITHIN: Duration = Duration::from_secs(90);
/// How many roles on request are tried.
const MOST_ROLES: usize = 8;

/// A session that may read what AWS evaluates.
#[derive(Clone, Debug)]
pub struct DeploymentReader {
    /// The role, as it is called in the configuration.
    pub name: String,
    /// Its session.
    pub credentials: Credentials,
}

/// A role on request that is tried.
pub(super) struct Target<'p> {
    pub(super) account: &'p str,
    pub(super) arn: String,
    pub(super) access: &'p Access,
}

/// Everything that the probes need.
pub(super) struct Prover<'p> {
    pub(super) calls: ProbeCalls<'p>,
    pub(super) bucket: &'p str,
    pub(super) policy: &'p Policy,
    pub(super) people: People<'p>,
    pub(super) view: &'p LedgerView,
    /// Who the person is at the door.
    pub(super) own: &'p UserId,
    /// The door that they came through, as the policy has it.
    pub(super) door: Option<&'p Door>,
    pub(super) session: Session,
    /// An id that no object has.
    pub(super) new_id: String,
    pub(super) until: Instant,
}

impl AccessLedger<'_> {
    /// Tries every claim, and says what it found. `tell` is told what is being done.
    ///
    /// # Errors
    /// Nothing can be tried: the ledger is a folder, or there is no session or no policy.
    pub fn prove(
        &self,
        view: &LedgerView,
        readers: &[DeploymentReader],
        tell: &dyn Fn(&'static str),
    ) -> Result<Vec<ClaimProof>, AccessError> {
        self.with_prover(view, |prover| {
            tell("Trying what the ledger has to refuse");
            let mut proofs = prover.ledger();
            tell("Trying what the roles have to refuse");
            proofs.extend(prover.doors());
            proofs.extend(prover.roles());
            proofs.extend(prover.records());
            if !readers.is_empty() {
                tell("Reading what AWS evaluates");
            }
            proofs.extend(prover.read(readers));
            let place = |proof: &ClaimProof| PROBES.iter().position(|probe| probe == proof.probe);
            proofs.sort_by_key(place);
            proofs
        })
    }

    /// Tries only what depends on the door that the ledger was opened with: for doors besides the usual one.
    ///
    /// # Errors
    /// As for [`Self::prove`].
    pub fn prove_door(&self, view: &LedgerView) -> Result<Vec<ClaimProof>, AccessError> {
        self.with_prover(view, |prover| {
            let mut proofs = prover.ledger();
            proofs.extend(prover.doors());
            proofs
        })
    }

    fn with_prover(
        &self,
        view: &LedgerView,
        probing: impl FnOnce(&Prover<'_>) -> Vec<ClaimProof>,
    ) -> Result<Vec<ClaimProof>, AccessError> {
        let (Opened::Bucket(_), LedgerPlace::Bucket(bucket)) = (&self.opened, self.place()) else {
            return Ok(Vec::new());
        };
        let door = self.door().ok_or(AccessError::NoEntry)?;
        let stored = view.policy()?;
        let own = self.user_id(&stored.policy, Right::Request)?;
        let index = stored.index();
        let prover = Prover {
            calls: ProbeCalls::new(open::calls(self.world)?, self.endpoints(door)?),
            bucket,
            policy: &stored.policy,
            people: index.with(&self.directory),
            view,
            own: &own,
            door: stored.policy.doors.values().find(|door| door.ids.contains(own.role_id())),
            session: (self.sessions)(door)?,
            new_id: self.new_id()?.to_string(),
            until: Instant::now() + WITHIN,
        };
        Ok(probing(&prover))
    }

    fn endpoints(&self, door: &Plan) -> Result<ProbeEndpoints, AccessError> {
        let sts = &door.target().sts;
        let region = self.settings.region.as_deref().unwrap_or(&sts.region.value);
        let of = |service| Endpoint::resolve(service, region, variant(door), &self.world.env);
        let own = match &sts.url {
            Some(url) => {
                let why = "its URL may not be called";
                let url = TrustedUrl::parse(&url.value, Purpose::AwsEndpoint)
                    .map_err(|_| CallError::Request { action: "sts:AssumeRole".to_owned(), why })?;
                Endpoint::at(Service::Sts, &sts.region.value, url)?
            }
            None => Endpoint::resolve(Service::Sts, &sts.region.value, variant(door), &self.world.env)?,
        };
        Ok(ProbeEndpoints {
            sts: own,
            iam: of(Service::Iam)?,
            s3: of(Service::S3)?,
            ec2: of(Service::Ec2)?,
            cloudtrail: of(Service::CloudTrail)?,
        })
    }
}

impl<'p> Prover<'p> {
    fn may(&self, right: Right) -> bool {
        self.door.is_some_and(|door| door.may.contains(&right))
    }

    fn approvers_apply(&self) -> bool {
        self.policy.deployment.apply == Apply::Approver
    }

    /// One role of each access that the door leads to, as far as its account is known here.
    fn targets(&self) -> Vec<Target<'p>> {
        let (policy, people) = (self.policy, self.people);
        let all = policy.access.iter().filter(|(_, access)| !access.standing);
        let known = all.filter_map(|(_, access)| {
            let account = people.accounts_of(access).into_iter().next()?;
            Some(Target { account, arn: access.role.arn_in(account)?, access })
        });
        known.take(MOST_ROLES).collect()
    }
}
