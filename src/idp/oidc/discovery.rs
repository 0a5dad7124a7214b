//! The IdP's discovery document (OpenID Connect Discovery 1.0) and its keys.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::OidcError;
use super::jwks::{self, Jwk};
use crate::idp::code::bounded;
use crate::plan::{ClientAuth, OidcSettings};
use crate::world::World;
use jit_wire::http::HttpAnswer;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

/// How long the document is trusted without fetching it again.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known about an IdP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    #[serde(deserialize_with = "stored")]
    pub(super) document: Document,
    pub(super) keys: Vec<Jwk>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// How the IdP accepted the client's secret the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client_auth: Option<ClientAuth>,
}

/// The document after its URLs were checked against the issuer's.
pub(super) type Document = Description<TrustedUrl>;
/// The document as it was received.
pub(super) type Announced = Description<String>;

/// The members of the document that are used here, by their names in the specifications. An empty value
/// counts as missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description<U> {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Option<U>,
    pub(super) token_endpoint: Option<U>,
    pub(super) jwks_uri: Option<U>,
    pub(super) device_authorization_endpoint: Option<U>,
    pub(super) revocation_endpoint: Option<U>,
    pub(super) end_session_endpoint: Option<U>,
    pub(super) pushed_authorization_request_endpoint: Option<U>,
    pub(super) require_pushed_authorization_requests: Option<bool>,
    pub(super) revocation_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) id_token_signing_alg_values_supported: Option<Vec<String>>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) authorization_response_iss_parameter_supported: Option<bool>,
}

/// The IdP of `settings`: `known` if it is that IdP and younger than a day, else fetched again.
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
        let same = provider.document.issuer == settings.issuer.value && provider.document.is_whole();
        same && provider.fetched_at <= now && age < KEPT
    };
    match known.filter(usable) {
        Some(provider) => Ok(provider.clone()),
        None => fetch(settings, world).await,
    }
}

/// Fetches the discovery document and the keys of the IdP of `settings`.
///
/// # Errors
/// Network errors; [`OidcError::NoDiscovery`], [`OidcError::NotUnderstood`], [`OidcError::WrongIssuer`] for
/// what was received instead; [`OidcError::Insecure`] for an issuer or an endpoint that is not https.
pub(super) async fn fetch(settings: &OidcSettings, world: &World) -> Result<Provider, OidcError> {
    let (issuer, at) = (&settings.issuer.value, self::issuer(settings)?);
    let url =
        at.below(".well-known/openid-configuration").map_err(|why| insecure("the issuer", issuer, why))?;
    let answer = world.http.get(&url).await?;
    if answer.status != 200 {
        let url = url.to_string();
        return Err(OidcError::NoDiscovery { issuer: issuer.clone(), url, status: answer.status });
    }
    let announced: Announced = read_public("the IdP's discovery document", &answer)?;
    let document = announced.check(issuer, &at)?;
    document.token_endpoint()?;
    let keys = document.jwks_uri.as_ref().ok_or(OidcError::Lacks { what: "key list (jwks_uri)" })?;
    let answer = world.http.get(keys).await?;
    let keys = jwks::usable(read_public("the IdP's key list", &answer)?);
    Ok(Provider { document, keys, fetched_at: world.clock.now(), client_auth: None })
}

impl Announced {
    /// The document, if it is from the IdP with the issuer `issuer`, at the URL `at`, and all its URLs may be
    /// called or opened for their purposes.
    pub(super) fn check(self, issuer: &str, at: &TrustedUrl) -> Result<Document, OidcError> {
        if self.issuer != *issuer {
            let announced = bounded(&self.issuer);
            return Err(OidcError::WrongIssuer { configured: issuer.to_owned(), announced });
        }
        self.with(|what, url, purpose| {
            TrustedUrl::parse(&url, purpose(at)).map(Some).map_err(|why| insecure(what, &url, why))
        })
    }

    fn with<E>(
        self,
        read: impl Fn(&'static str, String, PurposeOf) -> Result<Option<TrustedUrl>, E>,
    ) -> Result<Document, E> {
        let one = |what, url: Option<String>, purpose: PurposeOf| match url.filter(|url| !url.is_empty()) {
            Some(url) => read(what, url, purpose),
            None => Ok(None),
        };
        let endpoint: PurposeOf = |at| Purpose::EndpointOf(at);
        let page: PurposeOf = |at| Purpose::PageOf(at);
        Ok(Document {
            issuer: self.issuer,
            authorization_endpoint: one("authorization_endpoint", self.authorization_endpoint, page)?,
            token_endpoint: one("token_endpoint", self.token_endpoint, endpoint)?,
            jwks_uri: one("jwks_uri", self.jwks_uri, endpoint)?,
            device_authorization_endpoint: one(
                "device_authorization_endpoint",
                self.device_authorization_endpoint,
                endpoint,
            )?,
            revocation_endpoint: one("revocation_endpoint", self.revocation_endpoint, endpoint)?,
            end_session_endpoint: one("end_session_endpoint", self.end_session_endpoint, page)?,
            pushed_authorization_request_endpoint: one(
                "pushed_authorization_request_endpoint",
                self.pushed_authorization_request_endpoint,
                endpoint,
            )?,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            revocation_endpoint_auth_methods_supported: self.revocation_endpoint_auth_methods_supported,
            scopes_supported: self.scopes_supported,
            id_token_signing_alg_values_supported: self.id_token_signing_alg_values_supported,
            token_endpoint_auth_methods_supported: self.token_endpoint_auth_methods_supported,
            authorization_response_iss_parameter_supported: self
                .authorization_response_iss_parameter_supported,
        })
    }
}

/// What a URL in a discovery document is for.
type PurposeOf = fn(&TrustedUrl) -> Purpose<'_>;

/// A document from the store. One stored by an older version may contain URLs that are no longer accepted;
/// they are left out, and the document is fetched again.
fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
    let announced = Announced::deserialize(deserializer)?;
    let at = TrustedUrl::parse(&announced.issuer, Purpose::Issuer).ok();
    let known = |_, url: String, purpose: PurposeOf| {
        Ok(at.as_ref().and_then(|at| TrustedUrl::parse(&url, purpose(at)).ok()))
    };
    let document: Result<Document, std::convert::Infallible> = announced.with(known);
    match document {
        Ok(document) => Ok(document),
        Err(never) => match never {},
    }
}

impl Document {
    pub(super) fn token_endpoint(&self) -> Result<&TrustedUrl, OidcError> {
        self.token_endpoint.as_ref().ok_or(OidcError::Lacks { what: "token_endpoint" })
    }

    /// How a client may authenticate: at the token endpoint, at the device endpoint (RFC 8628, section 3.1),
    /// and where a request is pushed to (RFC 9126, section 2).
    pub(super) fn token_methods(&self) -> Option<&[String]> {
        self.token_endpoint_auth_methods_supported.as_deref()
    }

    /// The same at the revocation endpoint; most IdPs announce it only for the token endpoint.
    pub(super) fn revocation_methods(&self) -> Option<&[String]> {
        self.revocation_endpoint_auth_methods_supported.as_deref().or(self.token_methods())
    }

    fn is_whole(&self) -> bool {
        self.token_endpoint.is_some() && self.jwks_uri.is_some()
    }
}

/// The issuer of `settings` as a URL.
pub(super) fn issuer(settings: &OidcSettings) -> Result<TrustedUrl, OidcError> {
    let issuer = &settings.issuer.value;
    TrustedUrl::parse(issuer, Purpose::Issuer).map_err(|why| insecure("the issuer", issuer, why))
}

pub(super) fn insecure(what: &'static str, url: &str, why: UrlError) -> OidcError {
    OidcError::Insecure { what, url: bounded(url), why }
}

/// Reads an answer that holds no secret, so that an error may quote it.
pub(super) fn read_public<T: DeserializeOwned>(
    what: &'static str,
    answer: &HttpAnswer,
) -> Result<T, OidcError> {
    if answer.status != 200 {
        return Err(not_understood(what, answer, "an unusable response".to_owned()));
    }
    serde_json::from_slice(answer.body.expose()).map_err(|error| {
        let why =
            if error.is_data() { format!("unexpected JSON: {error}") } else { no_json(answer).to_owned() };
        not_understood(what, answer, why)
    })
}

/// How to describe an answer that is not JSON.
pub(super) fn no_json(answer: &HttpAnswer) -> &'static str {
    let html =
        answer.content_type.contains("html") || answer.body.expose().trim_ascii_start().starts_with(b"<");
    if html { "a web page instead of JSON" } else { "something that is not JSON" }
}

pub(super) fn not_understood(what: &'static str, answer: &HttpAnswer, why: String) -> OidcError {
    OidcError::NotUnderstood { what, status: answer.status, why: bounded(&why) }
}

#[cfg(test)]
mod tests;
