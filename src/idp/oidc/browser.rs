//! Signing in with the browser: authorization code with PKCE and a loopback redirect (`idp/code.rs`), and what OpenID
//! Connect adds to it.

use std::time::Duration;

use super::discovery::Provider;
use super::error::OidcError;
use super::request::{self, AuthorizationRequest, StepUp};
use super::token_endpoint;
use super::{Safe, TokenChecks, accept};
use crate::idp::code::{self, CodeError, Sender};
use crate::idp::oidc::OidcLogin;
use crate::idp::{LoginOptions, visit};
use crate::plan::OidcSettings;
use crate::world::World;

const PATH: &str = "/callback";

/// Signs in with the browser, or with a URL that the person opens and pastes back.
pub(super) async fn sign_in(
    settings: &OidcSettings,
    world: &World,
    provider: Provider,
    options: &LoginOptions,
    safe: Safe<'_>,
) -> Result<OidcLogin, OidcError> {
    let mut step_up = StepUp::of(settings, options, safe.last);
    loop {
        match once(settings, world, &provider, options, &step_up, safe).await {
            Err(error) if step_up.max_age.is_some() && may_mean_max_age(&error) => {
                log::info!("the IdP does not accept max_age, so jit uses prompt=login instead: {error}");
                step_up.max_age = None;
                step_up.anew = true;
            }
            // Only once: an IdP that keeps demanding something else is not followed forever.
            Err(OidcError::ClaimsWanted { claims, .. }) if step_up.claims.is_none() => {
                step_up.claims = Some(claims);
            }
            outcome => return outcome,
        }
    }
}

/// Whether a refusal may be about `max_age`, which some IdPs do not support. `prompt=login` asks for the
/// same.
fn may_mean_max_age(error: &OidcError) -> bool {
    match error {
        OidcError::Refused { during, error, description } if *during == SIGN_IN => {
            let named = description.as_ref().is_some_and(|words| words.contains("max_age"));
            named || (error == "invalid_request" && description.is_none())
        }
        _ => false,
    }
}

/// The name of the browser's part, in a refusal.
pub(super) const SIGN_IN: &str = "the sign-in";

async fn once(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    options: &LoginOptions,
    step_up: &StepUp,
    safe: Safe<'_>,
) -> Result<OidcLogin, OidcError> {
    let began = world.clock.now();
    let nonce = visit::random().ok_or(CodeError::NoRandom)?;
    let sender = Sender {
        issuer: settings.issuer.value.clone(),
        announced: provider.document.authorization_response_iss_parameter_supported == Some(true),
    };
    let flow = async |attempt: &code::Attempt, visit| {
        let sent = AuthorizationRequest {
            redirect_uri: &attempt.redirect_uri,
            state: &attempt.state,
            nonce: &nonce,
            challenge: &attempt.challenge(),
            step_up,
        };
        let url = request::authorization_url(settings, world, provider, sent).await?;
        let code = attempt.code(world, options, &url, visit).await.map_err(|error| match error {
            CodeError::Refused { error, description } => {
                OidcError::refused(SIGN_IN, &error, description.as_deref())
            }
            error => error.into(),
        })?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &attempt.redirect_uri),
            ("code_verifier", attempt.verifier.expose()),
        ];
        let tokens = token_endpoint::ask(settings, world, provider, &form).await?;
        let tokens = tokens.map_err(|refusal| refusal.into_error("exchanging the code for tokens"))?;
        let own = settings.max_age.as_ref().map(|age| Duration::from_secs(age.value.into()));
        let signed_in_within = options.force.then(|| world.clock.now().since(began)).or(own);
        let checks = TokenChecks { nonce: Some(&nonce), signed_in_within, by_refresh: false };
        accept(settings, world, provider.clone(), tokens, checks, safe).await
    };
    let at = (settings.redirect_port.value, PATH);
    code::sign_in(world, at, Some(sender), options.within, flow, |login| login.identity.name.clone()).await
}

#[cfg(test)]
mod tests;
