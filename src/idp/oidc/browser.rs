//! Signing in with the browser: authorization code with PKCE and a loopback redirect (`idp/code.rs`), and what OpenID
//! Connect adds to it.

use super::discovery::Provider;
use super::error::OidcError;
use super::request::{self, AuthorizationRequest};
use super::token_endpoint;
use super::{TokenChecks, accept};
use crate::idp::code::{self, CodeError, Sender};
use crate::idp::oidc::OidcLogin;
use crate::idp::{LoginOptions, visit};
use crate::plan::OidcSettings;
use crate::world::World;

const PATH: &str = "/callback";

/// Signs in with the browser, or with the address that the person opens and pastes back.
pub(super) async fn sign_in(
    settings: &OidcSettings,
    world: &World,
    provider: Provider,
    options: &LoginOptions,
) -> Result<OidcLogin, OidcError> {
    let (began, nonce) = (world.clock.now(), visit::random().ok_or(CodeError::NoRandom)?);
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
        };
        let url = request::authorization_url(settings, &provider, options, sent)?;
        let code = attempt.code(world, options, &url, visit).await.map_err(|error| match error {
            CodeError::Refused { error, description } => {
                OidcError::refused("the sign-in", &error, description.as_deref())
            }
            error => error.into(),
        })?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &attempt.redirect_uri),
            ("code_verifier", attempt.verifier.expose()),
        ];
        let tokens = token_endpoint::ask(settings, world, &provider, &form).await?;
        let tokens = tokens.map_err(|refusal| refusal.into_error("exchanging the code for tokens"))?;
        let signed_in_within = options.force.then(|| world.clock.now().since(began));
        let checks = TokenChecks { nonce: Some(&nonce), signed_in_within, previous: None };
        accept(settings, world, provider.clone(), tokens, checks).await
    };
    let at = (settings.redirect_port.value, PATH);
    code::sign_in(world, at, Some(sender), options.within, flow, |login| login.identity.name.clone()).await
}

#[cfg(test)]
mod tests;
