//! Why a sign-in, a renewal or a sign-out failed, and whether only a new sign-in can help.

use super::identity_center::CenterError;
use super::oidc::OidcError;
use super::okta::OktaError;
use super::saml::SamlError;
use jit_wire::explain::{Explain, Kind, Next};

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the types say it")]
pub enum IdpError {
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error(transparent)]
    Saml(#[from] SamlError),
    #[error(transparent)]
    Okta(#[from] OktaError),
    #[error(transparent)]
    IdentityCenter(#[from] CenterError),
}

impl IdpError {
    /// Whether only a new sign-in can help: nothing can renew this login any more.
    pub fn needs_new_login(&self) -> bool {
        match self {
            Self::Oidc(error) => error.needs_new_login(),
            Self::Saml(error) => error.needs_new_login(),
            Self::Okta(error) => error.needs_new_login(),
            Self::IdentityCenter(error) => error.needs_new_login(),
        }
    }

    /// The claims that the IdP requires in the request for the next sign-in, as JSON.
    pub(super) fn claims(&self) -> Option<&str> {
        match self {
            Self::Oidc(error) => error.claims(),
            _ => None,
        }
    }

    /// The renewal succeeded, but brought no new proof.
    pub fn brought_no_proof(&self) -> bool {
        matches!(self, Self::Oidc(OidcError::NoNewIdToken))
    }

    /// The renewal failed because the IdP no longer knows the client that was registered for it.
    pub fn client_is_forgotten(&self) -> bool {
        matches!(self, Self::IdentityCenter(error) if error.client_is_forgotten())
    }

    fn explained(&self) -> &dyn Explain {
        match self {
            Self::Oidc(error) => error,
            Self::Saml(error) => error,
            Self::Okta(error) => error,
            Self::IdentityCenter(error) => error,
        }
    }
}

impl Explain for IdpError {
    fn kind(&self) -> Kind {
        self.explained().kind()
    }

    fn next(&self) -> Vec<Next> {
        self.explained().next()
    }
}
