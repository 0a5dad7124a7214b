//! The inputs of a deployment.

use jit_access::people::PolicyIndex;
use jit_access::policy::Policy;

use crate::deployment::layout::Layout;

/// A deployment, as documents for AWS.
///
/// ```no_run
/// use jit_access::policy::Policy;
/// use jit_emulator::{Deployment, Layout, Servers, Settings};
///
/// let policy = Policy::read_published("policy.toml", "…")?;
/// let deployment = Deployment::of(&policy, &Layout::default());
/// let servers = Servers::start(deployment.settings(Settings::default()))?;
/// deployment.install(&servers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Deployment<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) index: PolicyIndex<'a>,
    pub(crate) layout: &'a Layout,
}
