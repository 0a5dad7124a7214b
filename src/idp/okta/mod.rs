//! Okta in the terminal: the authentication API of Classic Engine, the device grant of Identity Engine.

mod error;

use serde::{Deserialize, Serialize};

use super::saml::SamlLogin;
use super::{Ended, LoginOptions, Memory};
use crate::plan::OktaSettings;
use crate::secret::{Secret, sealed};
use crate::timestamp::Timestamp;
use crate::world::World;
pub use error::OktaError;

/// What an Okta org handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OktaLogin {
    /// The assertion of the AWS application.
    pub saml: SamlLogin,
    /// What gets the next one.
    pub kept: Kept,
}

/// What gets the next assertion without the person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// The org's own session, its cookie `sid` (Classic Engine).
    Session(#[serde(serialize_with = "sealed::text")] Secret<String>),
    /// The tokens of the device grant.
    Tokens {
        /// The actor of the web-SSO exchange.
        #[serde(serialize_with = "sealed::text")]
        access_token: Secret<String>,
        /// Its subject.
        #[serde(serialize_with = "sealed::text")]
        id_token: Secret<String>,
        /// Renews both, where the application was granted `offline_access`.
        #[serde(serialize_with = "sealed::optional_text")]
        refresh_token: Option<Secret<String>>,
        /// When they end.
        expires_at: Timestamp,
    },
}

impl OktaLogin {
    /// Whether the next assertion may come without the person.
    pub fn renews_itself(&self) -> bool {
        !matches!(self.kept, Kept::Nothing)
    }

    pub(super) fn end(&mut self) {
        self.saml.assertion = None;
        self.kept = Kept::Nothing;
    }
}

/// Signs the person in. `memory` holds what is known of them from the last time.
///
/// # Errors
/// [`OktaError`]; [`OktaError::is_refusal`] tells a no from a failure.
pub async fn login(
    _settings: &OktaSettings,
    _world: &World,
    _options: &LoginOptions,
    _memory: &dyn Memory,
) -> Result<OktaLogin, OktaError> {
    unimplemented!()
}

/// Gets the next assertion with what the last login left.
///
/// # Errors
/// [`OktaError`]; with [`OktaError::needs_new_login`] only a person can go on.
pub async fn renew(
    _settings: &OktaSettings,
    _world: &World,
    _login: &OktaLogin,
) -> Result<OktaLogin, OktaError> {
    unimplemented!()
}

/// Ends at the org what lasts of `login`: its session, or the tokens of the device grant.
///
/// # Errors
/// [`OktaError`] if the org could not be asked or said no.
pub async fn end(_settings: &OktaSettings, _world: &World, _login: &OktaLogin) -> Result<Ended, OktaError> {
    unimplemented!()
}
