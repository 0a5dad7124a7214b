//! Identity Engine: the device grant at the org's authorization server, and the exchange of its tokens for a
//! web-SSO token of the AWS application ("AWS Account Federation"; Okta developer documentation, "Configure
//! Native SSO", RFC 8693).

use serde::Deserialize;

use super::api::{Api, bounded};
use super::page::{self, Page};
use super::{OktaError, session};
use crate::idp::LoginOptions;
use crate::idp::oidc::{self, KeepOidcLogin, OidcLogin};
use crate::plan::{Flow, OidcSettings, OktaSettings, Origin, Valued};
use crate::world::World;
use jit_wire::http::{Ask, Body};
use jit_wire::secret::Secret;

/// What the exchange needs. `okta.apps.sso` must be granted to the application.
const SCOPES: [&str; 2] = ["openid", "okta.apps.sso"];

/// The org's own authorization server, like any OpenID provider.
pub(super) fn server(settings: &OktaSettings) -> Result<OidcSettings, OktaError> {
    let client_id = settings.client_id.clone().ok_or(OktaError::NoClient)?;
    let rule = Origin::Rule("the device grant of Okta");
    Ok(OidcSettings {
        name: settings.name.clone(),
        issuer: settings.org.clone(),
        client_id,
        client_secret: None,
        scopes: Some(Valued::new(SCOPES.map(str::to_owned).to_vec(), rule.clone())),
        flow: Valued::new(Flow::Device, rule),
        redirect_port: Valued::new(0, Origin::Default),
        audience: None,
        client_auth: None,
        acr_values: settings.acr_values.clone(),
        max_age: settings.max_age.clone(),
        acr_request: None,
        authorize: None,
        demanded: settings.demanded.clone(),
    })
}

/// Has the person approve a code; returns the tokens.
pub(super) async fn tokens(
    settings: &OktaSettings,
    world: &World,
    options: &LoginOptions,
) -> Result<OidcLogin, OktaError> {
    let server = server(settings)?;
    // Tokens without an assertion cannot be stored, so if they cannot be checked immediately they are
    // revoked.
    Ok(oidc::login(&server, world, options, None, None).await?)
}

/// The next tokens, if the org issued a refresh token.
pub(super) async fn refreshed(
    settings: &OktaSettings,
    world: &World,
    login: &OidcLogin,
    keep: KeepOidcLogin<'_>,
) -> Result<OidcLogin, OktaError> {
    Ok(oidc::refresh(&server(settings)?, world, login, Some(keep)).await?)
}

#[derive(Deserialize)]
struct Exchanged {
    /// The web-SSO token, in spite of its name.
    access_token: Secret<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    error: String,
    error_description: String,
}

/// The result of the token endpoint for an exchange.
pub(super) fn exchanged(status: u16, body: &[u8]) -> Result<Secret<String>, OktaError> {
    if let Ok(Exchanged { access_token }) = serde_json::from_slice(body) {
        return Ok(access_token);
    }
    let refused: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    Err(match refused.error.is_empty() {
        true => OktaError::NotUnderstood(status),
        false => OktaError::Exchange {
            error: bounded(&refused.error),
            description: bounded(&refused.error_description),
        },
    })
}

/// Exchanges the tokens for an assertion of the application.
pub(super) async fn assertion(
    settings: &OktaSettings,
    world: &World,
    login: &OidcLogin,
    access_token: &Secret<String>,
) -> Result<Secret<String>, OktaError> {
    let api = Api::new(world, &settings.org.value)?;
    let client_id = settings.client_id.as_ref().ok_or(OktaError::NoClient)?;
    let audience = format!("urn:okta:apps:{}", settings.app_id());
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_id", client_id.value.as_str()),
        ("actor_token", access_token.expose()),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token", login.id_token.expose()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:okta:oauth:token-type:web_sso_token"),
        ("audience", &audience),
    ];
    let url = api.own(&format!("{}/oauth2/v1/token", api.org))?;
    let answer = world.http.ask(&Ask::post(&url, Body::Form(&form))).await?;
    let body = answer.body.expose();
    let token = exchanged(answer.status, body)?;
    // In a form: in the URL it would appear in logs.
    let url = format!("{}/login/token/sso", settings.org.value);
    let answer = api.post_page(&url, &[("token", token.expose())]).await?;
    match page::read(answer.body.expose()) {
        Page::Response(response) => Ok(response),
        _ if answer.status == 403 || answer.status == 404 => Err(OktaError::NotAssigned),
        page => Err(session::no_form(page)),
    }
}
