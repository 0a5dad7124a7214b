//! Going on without the person, and ending it: refresh tokens (RFC 6749, section 6), revocation (RFC 7009), logout
//! at the provider (OpenID Connect RP-Initiated Logout 1.0).

use super::discovery;
use super::error::OidcError;
use super::token_endpoint;
use super::{TokenChecks, accept};
use crate::idp::oidc::OidcLogin;
use crate::plan::OidcSettings;
use crate::trusted_url::TrustedUrl;
use crate::world::World;

/// Gets a new ID token. The new login holds the refresh token to use from now on; a provider that rotates them has
/// burnt the old one, so the caller keeps the answer before anything else and never asks twice with the same.
///
/// # Errors
/// [`OidcError::NoRefreshToken`] if there is nothing to ask with; [`OidcError::needs_new_login`] tells a dead refresh
/// token from a provider that could not be asked.
pub async fn refresh(
    settings: &OidcSettings,
    world: &World,
    login: &OidcLogin,
) -> Result<OidcLogin, OidcError> {
    let refresh_token = login.refresh_token.as_ref().ok_or(OidcError::NoRefreshToken)?;
    let provider = discovery::current(settings, world, Some(&login.provider)).await?;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    let tokens = token_endpoint::ask(settings, world, &provider, &form).await?;
    let tokens = tokens.map_err(|refusal| refusal.into_error("the refresh"))?;
    let checks = TokenChecks { nonce: None, signed_in_within: None, previous: Some(login) };
    accept(settings, world, provider, tokens, checks).await
}

/// Whether a refresh token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The provider has forgotten it.
    Done,
    /// There is none, or the provider does not revoke.
    NotOffered,
}

/// Revokes the refresh token of `login`. ID tokens cannot be revoked: they end when they expire.
///
/// # Errors
/// [`OidcError`] if the provider could not be asked or said no.
pub async fn revoke(settings: &OidcSettings, world: &World, login: &OidcLogin) -> Result<Revoked, OidcError> {
    let endpoint = login.provider.document.revocation_endpoint.as_ref();
    let (Some(endpoint), Some(token)) = (endpoint, &login.refresh_token) else {
        return Ok(Revoked::NotOffered);
    };
    let form = [("token", token.expose().as_str()), ("token_type_hint", "refresh_token")];
    let answer = token_endpoint::post(settings, world, &login.provider, endpoint, &form).await?;
    if answer.status == 200 {
        // The body means nothing here (RFC 7009, section 2.2).
        return Ok(Revoked::Done);
    }
    match token_endpoint::read::<serde::de::IgnoredAny>(
        "the revocation endpoint",
        &answer,
        &token_endpoint::secrets(settings, &form),
    )? {
        Err(refusal) if refusal.error != "unsupported_token_type" => {
            Err(refusal.into_error("the revocation"))
        }
        _ => Ok(Revoked::NotOffered),
    }
}

/// The address where the browser ends the session at the provider. It names the client and holds no token.
pub fn end_session_url(settings: &OidcSettings, login: &OidcLogin) -> Option<TrustedUrl> {
    let endpoint = login.provider.document.end_session_endpoint.as_ref()?;
    Some(endpoint.with_query(&[("client_id", &settings.client_id.value)]))
}

#[cfg(test)]
mod tests;
