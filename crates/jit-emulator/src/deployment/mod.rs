//! Access on request, deployed in the emulated AWS from a policy file: everything that a company deploys
//! before the first request. Each document is one that `jit policy render` prints.

mod documents;
mod error;
mod layout;
mod roles;

use jit_access::policy::Policy;

use crate::cloud::{Cloud, CloudBucket};
use crate::server::Servers;
use crate::settings::Settings;
use documents::Documents;
pub use error::DeploymentError;
pub use layout::{DoorArrival, Layout};

/// A deployment of access on request.
///
/// ```no_run
/// use jit_access::policy::Policy;
/// use jit_emulator::{Deployment, Layout, Servers, Settings};
///
/// let policy = Policy::read_published("policy.toml", "…")?;
/// let layout = Layout::default();
/// let deployment = Deployment::of(&policy, &layout);
/// let servers = Servers::start(deployment.settings(Settings::default()))?;
/// deployment.install(&servers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Deployment<'a> {
    policy: &'a Policy,
    layout: &'a Layout,
}

impl<'a> Deployment<'a> {
    /// The deployment of `policy` with this layout.
    pub fn of(policy: &'a Policy, layout: &'a Layout) -> Self {
        Self { policy, layout }
    }

    /// `base` with an IdP that offers the doors of the policy, and sends the claims about each person that
    /// the doors' trust policies require.
    pub fn settings(&self, base: Settings) -> Settings {
        let doors = self.policy.doors.values().map(|door| door.role.as_str().to_owned());
        Settings { offered: doors.collect(), source_identity: true, ..base }
    }

    /// Installs everything in the AWS of `servers`. Existing roles are replaced, and lose their grants.
    ///
    /// # Errors
    /// Neither the policy nor the layout specifies something that is needed, or AWS would not accept a document.
    pub fn install(&self, servers: &Servers) -> Result<(), DeploymentError> {
        let issuer = servers.issuer().trim_start_matches("http://");
        let documents = Documents::render(self.policy, self.layout, servers.settings(), issuer)?;
        servers.cloud(|cloud| self.write(cloud, &documents))
    }

    fn write(&self, cloud: &mut Cloud, documents: &Documents) -> Result<(), DeploymentError> {
        let Self { policy, layout } = self;
        cloud.organization = Some(layout.organization.clone());
        roles::doors(cloud, policy, documents)?;
        roles::on_request(cloud, policy, layout, documents)?;
        roles::appliers(cloud, policy, layout, documents)?;
        if let Some(guardrail) = documents.get("guardrail") {
            for account in roles::accounts(policy, layout) {
                cloud.set_service_control(&account, &[guardrail])?;
            }
        }
        let mut bucket = CloudBucket::new(&layout.ledger, &layout.ledger_account, &layout.region);
        bucket.locked = true;
        bucket.policy = documents.get("ledger").map(str::to_owned);
        Ok(cloud.put_bucket(bucket)?)
    }
}
