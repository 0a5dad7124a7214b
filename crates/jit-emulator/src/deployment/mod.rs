//! Access on request, deployed in the emulated AWS from a policy file: everything that a company deploys
//! before the
//! first request. Every document comes from the renderer of `jit-access`.

mod error;
mod layout;
mod ledger;
mod plan;
mod roles;

use jit_access::people::PolicyIndex;
use jit_access::policy::Policy;

use crate::cloud::Cloud;
use crate::server::Servers;
use crate::settings::Settings;
pub use error::DeploymentError;
pub use layout::{Arrival, Layout};
pub use plan::Deployment;

impl<'a> Deployment<'a> {
    /// The deployment of `policy` with this layout.
    pub fn of(policy: &'a Policy, layout: &'a Layout) -> Self {
        Self { policy, index: PolicyIndex::new(policy), layout }
    }

    /// `base` with an IdP that offers the doors of the policy, and sends the claims about each person that
    /// the doors' trust policies require.
    pub fn settings(&self, base: Settings) -> Settings {
        let doors = self.policy.doors.values().map(|door| door.role.as_str().to_owned());
        Settings { offered: doors.collect(), source_identity: true, ..base }
    }

    /// Installs everything in the AWS of `servers`.
    ///
    /// # Errors
    /// The policy refers to something that is not in the layout.
    pub fn install(&self, servers: &Servers) -> Result<(), DeploymentError> {
        let issuer = servers.issuer().trim_start_matches("http://").to_owned();
        servers.cloud(|cloud| self.write(cloud, &issuer))
    }

    fn write(&self, cloud: &mut Cloud, issuer: &str) -> Result<(), DeploymentError> {
        cloud.organization = Some(self.layout.organization.clone());
        self.write_doors(cloud, issuer)?;
        self.write_roles(cloud)?;
        self.write_grantors(cloud)?;
        self.write_ledger(cloud)?;
        self.write_guardrail(cloud)
    }
}
