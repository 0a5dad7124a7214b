//! The provider's description of itself (OpenID Connect Discovery 1.0) and its keys.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::OidcError;
use super::jwks::{self, Jwk};
use crate::idp::code::{bounded, is_secure};
use crate::plan::OidcSettings;
use crate::sys::http::Answer;
use crate::timestamp::Timestamp;
use crate::world::World;

/// How long a description is believed without asking again.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    pub(super) document: Document,
    pub(super) keys: Vec<Jwk>,
    /// When the provider was asked.
    pub fetched_at: Timestamp,
}

/// The members of the description that are used here, by their names in the specifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) device_authorization_endpoint: Option<String>,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) id_token_signing_alg_values_supported: Option<Vec<String>>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) authorization_response_iss_parameter_supported: Option<bool>,
}

/// The provider of `settings`: `known` if it is that provider and younger than a day, else freshly asked.
///
/// # Errors
/// As [`fetch`].
pub(super) async fn current(
    settings: &OidcSettings,
    world: &World,
    known: Option<&Provider>,
) -> Result<Provider, OidcError> {
    let now = world.clock.now();
    let usable = |provider: &&Provider| {
        let age = now.since(provider.fetched_at);
        provider.document.issuer == settings.issuer.value && provider.fetched_at <= now && age < KEPT
    };
    match known.filter(usable) {
        Some(provider) => Ok(provider.clone()),
        None => fetch(settings, world).await,
    }
}

/// Asks the provider of `settings` for its description and its keys.
///
/// # Errors
/// The network's; [`OidcError::NoDiscovery`], [`OidcError::NotUnderstood`], [`OidcError::WrongIssuer`] for what came
/// instead; [`OidcError::Insecure`] for an issuer or an endpoint that is not https.
pub(super) async fn fetch(settings: &OidcSettings, world: &World) -> Result<Provider, OidcError> {
    let issuer = &settings.issuer.value;
    require_secure("the issuer", issuer)?;
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let answer = world.http.get(&url).await?;
    if answer.status != 200 {
        return Err(OidcError::NoDiscovery { issuer: issuer.clone(), url, status: answer.status });
    }
    let document: Document = read_public("the provider's description", &answer)?;
    document.check(issuer)?;
    let answer = world.http.get(&document.jwks_uri).await?;
    let keys = jwks::usable(read_public("the provider's key list", &answer)?);
    Ok(Provider { document, keys, fetched_at: world.clock.now() })
}

impl Document {
    pub(super) fn check(&self, issuer: &str) -> Result<(), OidcError> {
        if self.issuer != *issuer {
            let announced = bounded(&self.issuer);
            return Err(OidcError::WrongIssuer { configured: issuer.to_owned(), announced });
        }
        let endpoints = [
            ("authorization_endpoint", self.authorization_endpoint.as_deref()),
            ("token_endpoint", Some(self.token_endpoint.as_str())),
            ("jwks_uri", Some(self.jwks_uri.as_str())),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_deref()),
            ("revocation_endpoint", self.revocation_endpoint.as_deref()),
            ("end_session_endpoint", self.end_session_endpoint.as_deref()),
        ];
        endpoints.into_iter().try_for_each(|(what, url)| url.map_or(Ok(()), |url| require_secure(what, url)))
    }
}

/// Checks that what is sent to `url` is not sent in clear: https, or http to this machine itself.
pub(super) fn require_secure(what: &'static str, url: &str) -> Result<(), OidcError> {
    if is_secure(url) { Ok(()) } else { Err(OidcError::Insecure { what, url: bounded(url) }) }
}

/// Reads an answer that holds no secret, so that what is wrong with it may be told.
pub(super) fn read_public<T: DeserializeOwned>(what: &'static str, answer: &Answer) -> Result<T, OidcError> {
    if answer.status != 200 {
        return Err(not_understood(what, answer, "nothing usable".to_owned()));
    }
    serde_json::from_slice(answer.body.expose()).map_err(|error| {
        let why = if error.is_data() { format!("unfit JSON: {error}") } else { no_json(answer).to_owned() };
        not_understood(what, answer, why)
    })
}

/// What to call an answer that is no JSON.
pub(super) fn no_json(answer: &Answer) -> &'static str {
    let html =
        answer.content_type.contains("html") || answer.body.expose().trim_ascii_start().starts_with(b"<");
    if html { "a web page instead of JSON" } else { "something that is not JSON" }
}

pub(super) fn not_understood(what: &'static str, answer: &Answer, why: String) -> OidcError {
    OidcError::NotUnderstood { what, status: answer.status, why: bounded(&why) }
}

#[cfg(test)]
mod tests;
