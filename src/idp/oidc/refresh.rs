//! Renewing without the person, and ending: refresh tokens (RFC 6749, section 6), revocation (RFC 7009),
//! logout at the IdP (OpenID Connect RP-Initiated Logout 1.0).

use super::discovery::{self, Provider};
use super::error::OidcError;
use super::receive::{self, KeepOidcLogin, Later, Safe};
use super::token_endpoint::{self, Endpoint, Posted};
use super::{TokenChecks, accept};
use crate::idp::oidc::OidcLogin;
use crate::plan::OidcSettings;
use crate::world::World;
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;

/// Gets a new ID token. The new login has the refresh token to use from now on; an IdP that rotates them has
/// invalidated the old one, so `keep` seals what is received before anything in it is checked. Tokens that
/// were received at an earlier call and could not be checked then are checked first.
///
/// # Errors
/// [`OidcError::NoRefreshToken`] if there is no refresh token; [`OidcError::needs_new_login`] distinguishes
/// an invalid refresh token from an IdP that could not be reached.
pub async fn refresh(
    settings: &OidcSettings,
    world: &World,
    login: &OidcLogin,
    keep: Option<KeepOidcLogin<'_>>,
) -> Result<OidcLogin, OidcError> {
    let login = match receive::later(settings, world, login, keep).await? {
        Later::Login(login) => return Ok(*login),
        Later::GoOn(login) => *login,
    };
    let nothing = || match &login.ended_because {
        Some(why) => OidcError::Ended(why.clone()),
        None if login.is_of_nobody() => OidcError::NobodyYet,
        None => OidcError::NoRefreshToken,
    };
    let refresh_token = login.refresh_token.as_ref().ok_or_else(nothing)?;
    let provider = discovery::current(settings, world, Some(&login.provider)).await?;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    let tokens = match token_endpoint::ask(settings, world, &provider, &form).await {
        Err(OidcError::NotUnderstood { status, .. }) if is_no(status) => {
            return Err(OidcError::Unreasoned { status });
        }
        answer => answer?.map_err(|refusal| refusal.into_error("the refresh"))?,
    };
    let checks = TokenChecks { nonce: None, signed_in_within: None, by_refresh: true };
    accept(settings, world, provider, tokens, checks, Safe { last: Some(&login), keep }).await
}

/// Whether a status is a permanent refusal.
fn is_no(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// Whether a refresh token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The IdP no longer accepts it.
    Done,
    /// There is none, or the IdP does not support revocation.
    NotOffered,
}

/// Revokes the refresh tokens of `login`. ID tokens cannot be revoked: they are valid until they expire.
///
/// # Errors
/// [`OidcError`] if the IdP could not be reached or refused.
pub async fn revoke(settings: &OidcSettings, world: &World, login: &OidcLogin) -> Result<Revoked, OidcError> {
    let mut all = Ok(Revoked::NotOffered);
    for token in login.refresh_tokens() {
        let one = revoke_one(settings, world, &login.provider, token).await;
        all = match (all, one) {
            (Err(error), _) | (_, Err(error)) => Err(error),
            (_, Ok(revoked)) => Ok(revoked),
        };
    }
    all
}

pub(super) async fn revoke_one(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    token: &Secret<String>,
) -> Result<Revoked, OidcError> {
    let Some(endpoint) = &provider.document.revocation_endpoint else { return Ok(Revoked::NotOffered) };
    let form = [("token", token.expose().as_str()), ("token_type_hint", "refresh_token")];
    let at = Endpoint { url: endpoint, methods: provider.document.revocation_methods() };
    let Posted { answer, .. } = token_endpoint::post(settings, world, provider, at, &form).await?;
    if answer.status == 200 {
        // The body has no meaning here (RFC 7009, section 2.2).
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

/// The URL where the browser ends the session at the IdP. It names the client and contains no token.
pub fn end_session_url(settings: &OidcSettings, login: &OidcLogin) -> Option<TrustedUrl> {
    let endpoint = login.provider.document.end_session_endpoint.as_ref()?;
    Some(endpoint.with_query(&[("client_id", &settings.client_id.value)]))
}

#[cfg(test)]
mod tests;
