//! What an OIDC provider handed over, in the form that the store keeps.

use serde::{Deserialize, Serialize};

use super::Provider;
use crate::idp::Identity;
use crate::secret::{Secret, sealed};
use crate::timestamp::Timestamp;

/// What the provider handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcLogin {
    /// The provider's description and keys, so that a refresh is one request.
    pub provider: Provider,
    /// Who signed in.
    pub identity: Identity,
    /// The proof for AWS.
    #[serde(serialize_with = "sealed::text")]
    pub id_token: Secret<String>,
    /// For calls to the provider itself; not kept with the login.
    #[serde(skip)]
    pub access_token: Option<Secret<String>>,
    /// Gets the next ID token without the person; not every provider gives one.
    #[serde(serialize_with = "sealed::optional_text")]
    pub refresh_token: Option<Secret<String>>,
    /// When all this was handed over.
    pub obtained_at: Timestamp,
}
