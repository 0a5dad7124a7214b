//! How the person proves their identity, by the type of IdP. The settings of each type have a file of their
//! own.

use jit_wire::sign_in::Requirement;

use super::{Capture, CenterSettings, OidcSettings, OktaSettings, SamlSettings, SourceSettings};

/// How the person proves their identity, by the type of IdP.
#[derive(Clone, Debug)]
pub enum ProofPlan {
    /// OpenID Connect: an ID token for AssumeRoleWithWebIdentity.
    Oidc(OidcSettings),
    /// SAML in a browser: an assertion for AssumeRoleWithSAML.
    Saml(SamlSettings),
    /// Okta without a browser: an assertion for AssumeRoleWithSAML.
    Okta(OktaSettings),
    /// IAM Identity Center: a token of its portal, for GetRoleCredentials.
    IdentityCenter(CenterSettings),
    /// No IdP: the source credentials of a profile of `~/.aws/config`.
    Source(SourceSettings),
}

impl ProofPlan {
    /// Whether a sign-in may succeed without a person and without a desktop, because the browser that `jit`
    /// drives is still signed in.
    pub fn may_be_silent(&self) -> bool {
        matches!(self, Self::Saml(settings) if settings.capture.value == Capture::Browser)
    }

    /// The same, with a role's requirements for the sign-in. This does not change the key of the login.
    #[must_use]
    pub fn asked_for(&self, requirement: &Requirement) -> Self {
        let mut asked = self.clone();
        match &mut asked {
            Self::Oidc(settings) => settings.demanded = requirement.clone(),
            Self::Saml(settings) => settings.demanded = requirement.clone(),
            Self::Okta(settings) => settings.demanded = requirement.clone(),
            Self::IdentityCenter(_) | Self::Source(_) => {}
        }
        asked
    }

    /// The NAME of its `[idp.NAME]`, or the profile.
    pub fn name(&self) -> &str {
        match self {
            Self::Oidc(settings) => &settings.name,
            Self::Saml(settings) => &settings.name,
            Self::Okta(settings) => &settings.name,
            Self::IdentityCenter(settings) => &settings.name,
            Self::Source(settings) => &settings.name,
        }
    }
}
