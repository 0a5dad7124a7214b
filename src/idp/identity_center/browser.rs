//! Signing in with the browser: the code with PKCE (`idp/code.rs`) on the service's own authorization page.

use super::service::{self, Grant, REDIRECT_PATH, SCOPE, Tokens};
use super::{CenterError, Registration};
use crate::idp::LoginOptions;
use crate::idp::code;
use crate::plan::CenterSettings;
use crate::world::World;
use jit_wire::http::HttpError;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

pub(super) async fn sign_in(
    settings: &CenterSettings,
    world: &World,
    options: &LoginOptions,
    registration: &Registration,
) -> Result<Tokens, CenterError> {
    let flow = async |attempt: &code::Attempt, visit| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &registration.client_id)
            .append_pair("redirect_uri", &attempt.redirect_uri)
            .append_pair("state", &attempt.state)
            .append_pair("code_challenge_method", "S256")
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("scopes", SCOPE)
            .finish();
        let url = format!("{}/authorize?{query}", settings.oidc());
        let url = TrustedUrl::parse(&url, Purpose::Page).map_err(|why| HttpError::bad_url(&url, why))?;
        let code = attempt.code(world, options, &url, visit).await?;
        let grant =
            Grant::Code { code: &code, redirect_uri: &attempt.redirect_uri, verifier: &attempt.verifier };
        service::tokens(settings, world, registration, &grant).await
    };
    let at = (settings.redirect_port.value, REDIRECT_PATH);
    code::sign_in(world, at, None, options.within, flow, |_| String::new()).await
}
