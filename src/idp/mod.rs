//! Where a person proves who they are.

mod callback;
pub mod oidc;
mod page;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::credentials::to_wiped_json;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
pub use oidc::Provider;

/// What a command decides about a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginOptions {
    /// Use the device code (RFC 8628), whatever the configuration says.
    pub device: bool,
    /// Open the browser; else the person is given the address.
    pub open_browser: bool,
    /// Have the provider ask again even if the browser still has a session there.
    pub force: bool,
    /// How long to wait for the person.
    pub within: Duration,
}

/// Who signed in, from a validated ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's own name, exactly as it writes it.
    pub issuer: String,
    /// The provider's identifier of the person (`sub`), stable and unique there.
    pub subject: String,
    /// What people call them: `email`, else `preferred_username`, `upn`, `sub`. Self-asserted at some providers,
    /// so it labels sessions and decides nothing.
    pub name: String,
    /// When the ID token stops being a proof.
    pub token_expires_at: Timestamp,
}

/// What the provider handed over, as the store keeps it.
#[derive(Clone, Debug)]
pub struct Login {
    /// The provider's description and keys, so that a refresh is one request.
    pub provider: Provider,
    /// Who signed in.
    pub identity: Identity,
    /// The proof for AWS.
    pub id_token: Secret<String>,
    /// Gets the next ID token without the person; not every provider gives one.
    pub refresh_token: Option<Secret<String>>,
    /// When all this was handed over.
    pub obtained_at: Timestamp,
}

/// The bytes are no login that this version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored login is of another shape than this version writes")]
pub struct NotALogin;

#[derive(Serialize)]
struct Stored<'a> {
    provider: &'a Provider,
    identity: &'a Identity,
    id_token: &'a str,
    refresh_token: Option<&'a str>,
    obtained_at: Timestamp,
}

#[derive(Deserialize)]
struct Read {
    provider: Provider,
    identity: Identity,
    id_token: Secret<String>,
    refresh_token: Option<Secret<String>>,
    obtained_at: Timestamp,
}

impl Login {
    /// The form that the store seals.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let stored = Stored {
            provider: &self.provider,
            identity: &self.identity,
            id_token: self.id_token.expose(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose().as_str()),
            obtained_at: self.obtained_at,
        };
        Secret::new(std::mem::take(&mut *to_wiped_json(&stored)))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`NotALogin`] if the bytes are of another shape.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotALogin> {
        let Read { provider, identity, id_token, refresh_token, obtained_at } =
            serde_json::from_slice(bytes).map_err(|_| NotALogin)?;
        Ok(Self { provider, identity, id_token, refresh_token, obtained_at })
    }
}
