//! What an OIDC IdP issued, in the stored form.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Provider;
use crate::idp::Identity;
use crate::plan::{Flow, OidcSettings, Origin, Valued};
use jit_wire::secret::{Secret, sealed};
use jit_wire::timestamp::Timestamp;

/// What the IdP issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcLogin {
    /// The IdP's discovery document and keys, so that a refresh is one request.
    pub provider: Provider,
    /// Who signed in.
    pub identity: Identity,
    /// The proof for AWS.
    #[serde(serialize_with = "sealed::text")]
    pub id_token: Secret<String>,
    /// For calls to the IdP itself; not stored with the login.
    #[serde(skip)]
    pub access_token: Option<Secret<String>>,
    /// The refresh token; not every IdP issues one.
    #[serde(serialize_with = "sealed::optional_text")]
    pub refresh_token: Option<Secret<String>>,
    /// When all this was issued.
    pub obtained_at: Timestamp,
    /// Tokens that were received and could not be checked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Box<Unchecked>>,
    /// Why there is no refresh token any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<String>,
    /// The client that it was issued to, so that it can be revoked without the configuration; older entries
    /// do not have it.
    #[serde(default)]
    pub client: Option<Client>,
    /// What the IdP requires the next sign-in to request (a claims challenge), as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
}

/// Tokens as they were received. An IdP that rotates refresh tokens has invalidated the previous one, so
/// these are sealed before anything in them is checked, and checked later if possible.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unchecked {
    /// The ID token, if there was one.
    #[serde(serialize_with = "sealed::optional_text")]
    pub id_token: Option<Secret<String>>,
    /// The access token, whose hash the ID token may contain.
    #[serde(serialize_with = "sealed::optional_text")]
    pub access_token: Option<Secret<String>>,
    /// The refresh token, if there was one.
    #[serde(serialize_with = "sealed::optional_text")]
    pub refresh_token: Option<Secret<String>>,
    /// What the ID token has to repeat.
    #[serde(serialize_with = "sealed::optional_text")]
    pub nonce: Option<Secret<String>>,
    /// The maximum time between the sign-in and the ID token.
    pub signed_in_within: Option<Duration>,
    /// They came from a refresh, and so are for the person of the login that they are stored in.
    pub by_refresh: bool,
    /// When they were received.
    pub received_at: Timestamp,
}

impl OidcLogin {
    /// A login without a known person, for tokens that could not be checked.
    pub(super) fn of_nobody(provider: Provider, issuer: &str, now: Timestamp) -> Self {
        let identity = Identity {
            issuer: issuer.to_owned(),
            subject: String::new(),
            name: String::new(),
            proof_expires_at: Timestamp(0),
            sign_in: Default::default(),
        };
        Self {
            provider,
            identity,
            id_token: Secret::new(String::new()),
            access_token: None,
            refresh_token: None,
            obtained_at: now,
            unchecked: None,
            ended_because: None,
            client: None,
            claims: None,
        }
    }

    /// Whether the person is not known yet.
    pub fn is_of_nobody(&self) -> bool {
        self.id_token.expose().is_empty()
    }

    /// Whether the next ID token may be obtained without the person.
    pub fn renews_itself(&self) -> bool {
        self.refresh_token.is_some() || self.unchecked.is_some()
    }

    /// The refresh tokens in it, each once.
    pub(super) fn refresh_tokens(&self) -> Vec<&Secret<String>> {
        let waiting = self.unchecked.as_ref().and_then(|unchecked| unchecked.refresh_token.as_ref());
        let own = self.refresh_token.as_ref();
        own.into_iter().chain(waiting.filter(|waiting| own != Some(waiting))).collect()
    }
}

/// The client that an IdP issued its tokens to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret, for IdPs that insist on one.
    #[serde(serialize_with = "sealed::optional_text")]
    pub secret: Option<Secret<String>>,
}

impl Client {
    /// The client of the configuration.
    pub(super) fn of(settings: &OidcSettings) -> Self {
        let secret = settings.client_secret.as_ref().map(|secret| secret.value.clone());
        Self { id: settings.client_id.value.clone(), secret }
    }
}

impl OidcLogin {
    /// What is needed to end the login at its IdP, called `name`, taken from the login alone.
    pub(in crate::idp) fn settings(&self, name: &str) -> Option<OidcSettings> {
        let rule = Origin::Rule("the stored sign-in");
        let client = self.client.as_ref()?;
        let secret = client.secret.clone().map(|secret| Valued::new(secret, rule.clone()));
        Some(OidcSettings {
            acr_values: None,
            max_age: None,
            acr_request: None,
            authorize: None,
            demanded: Default::default(),
            name: name.to_owned(),
            issuer: Valued::new(self.identity.issuer.clone(), rule.clone()),
            client_id: Valued::new(client.id.clone(), rule.clone()),
            client_secret: secret,
            scopes: None,
            flow: Valued::new(Flow::Auto, rule.clone()),
            redirect_port: Valued::new(0, rule),
            audience: None,
            client_auth: None,
        })
    }
}
