//! The settings of a sign-in at IAM Identity Center: the portal, its region, and the endpoints of its two
//! services.

use super::endpoint::service_url;
use super::{Flow, Valued};

/// `[idp.NAME]` with `type = "identity-center"`.
#[derive(Clone, Debug)]
pub struct CenterSettings {
    /// The NAME.
    pub name: String,
    /// The URL of the access portal.
    pub start_url: Valued<String>,
    /// The region that Identity Center is in.
    pub region: Valued<String>,
    /// Browser or device code.
    pub flow: Valued<Flow>,
    /// The port of the loopback redirect; 0 means any free port.
    pub redirect_port: Valued<u16>,
    /// A URL that replaces that of the service `sso-oidc`.
    pub oidc_url: Option<Valued<String>>,
    /// A URL that replaces that of the portal (the service `sso`).
    pub portal_url: Option<Valued<String>>,
    /// Whether to use the FIPS endpoints.
    pub fips: Valued<bool>,
    /// Whether to use the dual-stack endpoints.
    pub dual_stack: Valued<bool>,
    /// How often to try a call before it fails; `None` means `jit`'s default.
    pub attempts: Option<u32>,
}

impl CenterSettings {
    /// The URL where clients are registered and tokens are issued (the service `sso-oidc`), without a
    /// trailing slash.
    pub fn oidc(&self) -> String {
        self.url(self.oidc_url.as_ref(), "oidc")
    }

    /// The URL where roles are listed and credentials are issued (the service `sso`), without a trailing
    /// slash.
    pub fn portal(&self) -> String {
        self.url(self.portal_url.as_ref(), "portal.sso")
    }

    fn url(&self, replaced_by: Option<&Valued<String>>, service: &str) -> String {
        match replaced_by {
            Some(url) => url.value.trim_end_matches('/').to_owned(),
            None => service_url(service, &self.region.value, self.fips.value, self.dual_stack.value),
        }
    }
}
