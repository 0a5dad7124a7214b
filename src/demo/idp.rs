//! The provider: its routes, discovery, keys, revocation and logout.
//!
//! OpenID Connect Core and Discovery 1.0, RFC 6749, 7009, 7636, 8252, 8628 and 9207. The authorization endpoint is
//! in [`authorize`](super::authorize), the token endpoint in [`token`](super::token), the device flow in
//! [`device`](super::device).

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::authorize::{Asked, is_own_listener};
use super::device::Device;
use super::faults::{Refusal, Stop};
use super::params::Params;
use super::saml::SamlAsked;
use super::step_up::SignedIn;
use super::token::{Code, DEVICE_CODE, RefreshToken};
use super::{Call, Flaw, Shared, dated, lock, page};
use crate::sys::loopback::{self, Reply, Request};

/// The scopes that mean something here.
pub(super) const SCOPES: [&str; 4] = ["openid", "email", "profile", "offline_access"];

/// The provider and what it remembers.
pub(super) struct Provider {
    pub(super) shared: Arc<Shared>,
    /// In every form that changes something and is not tied to a request otherwise, so that no other site can
    /// post it.
    pub(super) form_token: String,
    pub(super) state: RefCell<State>,
}

/// What the provider remembers. A login is what an authorization started; all its tokens live and die with it.
#[derive(Default)]
pub(super) struct State {
    /// Authorization requests whose page is open, by an unguessable name.
    pub(super) asked: HashMap<String, Asked>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    pub(super) devices: HashMap<String, Device>,
    pub(super) logins: Vec<Login>,
    /// SAML requests whose page is open, by an unguessable name.
    pub(super) saml_asked: HashMap<String, SamlAsked>,
}

/// An authorization that was given.
pub(super) struct Login {
    pub(super) alive: bool,
    pub(super) scopes: Vec<String>,
    /// How the person signed in for it, if that is told.
    pub(super) sign_in: Option<SignedIn>,
}

/// Answers the provider's requests.
pub(super) fn handler(shared: Arc<Shared>) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Reply>>> {
    // An empty one fits no form.
    let form_token = shared.issue("form token").unwrap_or_default();
    let provider = Rc::new(Provider { shared, form_token, state: RefCell::default() });
    move |request| {
        let provider = Rc::clone(&provider);
        Box::pin(async move { provider.answer(&request).await })
    }
}

impl Provider {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = match self.route(request).await {
            Ok(reply) => reply,
            Err(Stop::Broken(reply)) => *reply,
            Err(Stop::Refused(refusal)) => {
                let body = json!({ "error": refusal.code, "error_description": refusal.message });
                json_reply(StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST), &body)
            }
        };
        dated(reply, self.shared.provider_now())
    }

    async fn route(&self, request: &Request) -> Result<Reply, Stop> {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/.well-known/openid-configuration") => self.discovery().await,
            ("GET", "/jwks") => self.jwks().await,
            ("GET", "/authorize") => self.authorize(request).await,
            ("POST", "/authorize") => self.decision(request),
            ("POST", "/token") => self.token(request).await,
            ("POST", "/device_authorization") => self.device_authorization(request).await,
            ("GET", "/device") => Ok(self.device_page(request)),
            ("POST", "/device") => self.device_decision(request),
            ("POST", "/revoke") => self.revoke(request).await,
            ("GET", "/logout") => self.logout(request).await,
            ("GET", "/saml/sso") => self.saml_sso(request, false).await,
            ("POST", "/saml/sso") => self.saml_sso(request, true).await,
            ("GET", "/saml/start") => self.saml_start(request).await,
            ("POST", "/saml/decision") => self.saml_decision(request),
            ("GET", "/style.css") => Ok(loopback::reply(StatusCode::OK, "text/css", page::STYLE)),
            _ => Ok(page::message(StatusCode::NOT_FOUND, "Nothing here", "This provider has no such page.")),
        }
    }

    async fn discovery(&self) -> Result<Reply, Stop> {
        self.shared.arrive(Call::Discovery).await?;
        let at = |path: &str| format!("{}{path}", self.shared.issuer);
        let issuer = if self.shared.flawed(Flaw::DiscoveryIssuer) { at("/other") } else { at("") };
        let client_authentication =
            if self.shared.settings.client_secret.is_some() { "client_secret_post" } else { "none" };
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "device_authorization_endpoint": at("/device_authorization"),
            "revocation_endpoint": at("/revoke"),
            "end_session_endpoint": at("/logout"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_CODE],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": SCOPES,
            "token_endpoint_auth_methods_supported": [client_authentication],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        Ok(json_reply(StatusCode::OK, &document))
    }

    async fn jwks(&self) -> Result<Reply, Stop> {
        self.shared.arrive(Call::Jwks).await?;
        let late = lock(&self.shared.faults).flaws.remove(&Flaw::LateKey);
        let shown = if late { &self.shared.keys[1..] } else { &self.shared.keys[..] };
        let keys: Vec<Value> = shown.iter().map(super::jwt::Key::jwk).collect();
        Ok(json_reply(StatusCode::OK, &json!({ "keys": keys })))
    }

    /// RFC 7009. A token that is not known is as good as revoked.
    async fn revoke(&self, request: &Request) -> Result<Reply, Stop> {
        self.shared.arrive(Call::Revoke).await?;
        let params = Params::new(request.form())?;
        self.check_client(&params)?;
        let state = &mut *self.state.borrow_mut();
        if let Some(token) = state.refresh_tokens.get(params.need("token")?) {
            state.logins[token.login].alive = false;
        }
        Ok(loopback::reply(StatusCode::OK, "text/plain", ""))
    }

    /// OpenID Connect RP-Initiated Logout 1.0. An ID token says whose login ends; an expired one will do.
    async fn logout(&self, request: &Request) -> Result<Reply, Stop> {
        self.shared.arrive(Call::EndSession).await?;
        let params = Params::new(request.query.clone())?;
        let hint = params.get("id_token_hint").and_then(|token| self.shared.keys[0].verify(token));
        if hint.is_none() {
            let text = "The application did not say whose login is to end.";
            return Ok(page::message(StatusCode::BAD_REQUEST, "You are still signed in", text));
        }
        for login in &mut self.state.borrow_mut().logins {
            login.alive = false;
        }
        match params.get("post_logout_redirect_uri").filter(|uri| is_own_listener(uri)) {
            Some(uri) => Ok(loopback::redirect(uri)),
            None => Ok(page::message(StatusCode::OK, "You are signed out", "You can close this page.")),
        }
    }

    /// Checks the client of a request that no browser carries.
    pub(super) fn check_client(&self, params: &Params) -> Result<(), Refusal> {
        let settings = &self.shared.settings;
        let known = params.get("client_id") == Some(&settings.client_id)
            && settings
                .client_secret
                .as_deref()
                .is_none_or(|secret| params.get("client_secret") == Some(secret));
        if known { Ok(()) } else { Err(Refusal::new(401, "invalid_client", "this client is not known")) }
    }
}

pub(super) fn json_reply(status: StatusCode, body: &Value) -> Reply {
    loopback::reply(status, "application/json", body.to_string())
}
