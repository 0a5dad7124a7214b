//! SAML 2.0 in a browser: the Web Browser SSO profile, by a loopback ACS or by a browser of `jit`'s own.

mod error;

use serde::{Deserialize, Serialize};

use super::{Attributes, Identity, LoginOptions};
use crate::plan::SamlSettings;
use crate::secret::{Secret, sealed};
use crate::timestamp::Timestamp;
use crate::world::World;
pub use error::SamlError;

/// What a SAML provider handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlLogin {
    /// Who signed in.
    pub identity: Identity,
    /// The whole response in base64, as it was posted. AWS takes it for five minutes, after which it is wiped.
    #[serde(serialize_with = "sealed::optional_text")]
    pub assertion: Option<Secret<String>>,
    /// The ID of the assertion, so that none is taken twice; `None` if it is encrypted.
    pub assertion_id: Option<String>,
    /// What the assertion says about the person.
    pub attributes: Attributes,
    /// Nothing can be read of the assertion but that it is there: it is encrypted for AWS.
    pub encrypted: bool,
    /// When all this was handed over.
    pub obtained_at: Timestamp,
}

/// Signs the person in. `stored` is the last login there: with one, what is left of it in the browser is used.
///
/// # Errors
/// [`SamlError`]; [`SamlError::is_refusal`] tells a no from a failure.
pub async fn login(
    _settings: &SamlSettings,
    _world: &World,
    _options: &LoginOptions,
    _stored: Option<&SamlLogin>,
) -> Result<SamlLogin, SamlError> {
    unimplemented!()
}
