//! The ledger's bucket, and the guard rail.

use jit_access::policy::Right;
use jit_access::render::{EntryRole, Guardrail, LedgerBucket};
use jit_wire::arn::{Partition, RoleArn};

use crate::cloud::{Cloud, CloudBucket};
use crate::deployment::error::DeploymentError;
use crate::deployment::plan::Deployment;

impl Deployment<'_> {
    /// The roles that deploy all this.
    fn platform(&self) -> Result<Vec<RoleArn>, DeploymentError> {
        let parsed = |arn: &String| arn.parse().map_err(|_| DeploymentError::Role(arn.clone()));
        self.layout.platform.iter().map(parsed).collect()
    }

    pub(crate) fn write_ledger(&self, cloud: &mut Cloud) -> Result<(), DeploymentError> {
        let platform: Vec<EntryRole> = self.platform()?.iter().map(EntryRole::new).collect();
        let publishers = self.doors_that(&[Right::Publish]);
        let policy = LedgerBucket {
            partition: Partition::Aws,
            bucket: self.layout.ledger.clone(),
            doors: self.doors_that(&[Right::Request, Right::Vote, Right::Glass]),
            // Somebody must be able to publish: without a publishing door, the platform's roles can.
            publishers: if publishers.is_empty() { platform.clone() } else { publishers },
            appliers: self.appliers()?,
            platform,
        };
        let layout = self.layout;
        let mut bucket = CloudBucket::new(&layout.ledger, &layout.ledger_account, &layout.region);
        bucket.locked = true;
        bucket.policy = Some(policy.render().as_str().to_owned());
        Ok(cloud.put_bucket(bucket)?)
    }

    /// The guard rail, in every account with roles on request.
    pub(crate) fn write_guardrail(&self, cloud: &mut Cloud) -> Result<(), DeploymentError> {
        let guardrail = Guardrail { partition: Partition::Aws, platform: self.platform()? }.render();
        for account in self.accounts() {
            cloud.set_service_control(&account, &[guardrail.as_str()])?;
        }
        Ok(())
    }
}
