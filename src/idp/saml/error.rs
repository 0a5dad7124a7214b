//! Why nobody was signed in.

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SamlError {
    /// There is nothing to renew with.
    #[error("a SAML login cannot be renewed without the person")]
    NothingKept,
}

impl SamlError {
    /// Somebody said no, or what came may not be believed; else it failed.
    pub fn is_refusal(&self) -> bool {
        false
    }

    /// A renewal is over, and only a person can go on.
    pub fn needs_new_login(&self) -> bool {
        matches!(self, Self::NothingKept)
    }

    /// What to try next, in the order to try it.
    pub fn next(&self) -> Vec<String> {
        Vec::new()
    }
}
