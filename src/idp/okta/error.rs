//! Why nobody was signed in.

use crate::idp::saml::SamlError;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum OktaError {
    /// What Okta handed over, or the browser that had to help.
    #[error(transparent)]
    Saml(#[from] SamlError),
}

impl OktaError {
    /// Somebody said no, or what came may not be believed; else it failed.
    pub fn is_refusal(&self) -> bool {
        false
    }

    /// The person stopped it.
    pub fn is_interruption(&self) -> bool {
        false
    }

    /// A renewal is over, and only a person can go on.
    pub fn needs_new_login(&self) -> bool {
        false
    }

    /// What to try next, in the order to try it.
    pub fn next(&self) -> Vec<String> {
        Vec::new()
    }
}
