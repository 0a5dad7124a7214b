//! OpenID Connect: Core and Discovery 1.0, RFC 6749, 7009, 7636, 8252, 8628 and 9207.

mod authorize;
mod device;
mod discovery;
mod session_end;
mod state;
mod token;

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::faults::Refusal;
use crate::journal::Call;
use crate::page;
use crate::params::Params;
use crate::service::{Service, json_reply};
use crate::shared::Shared;
use jit_wire::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;
use state::Provider;

/// The routes of the IdP.
pub(crate) struct Oidc {
    provider: Provider,
}

impl Oidc {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { provider: Provider::new(shared) }
    }
}

impl Service for Oidc {
    fn call(&self, request: &Request) -> Option<Call> {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/.well-known/openid-configuration") => Some(Call::Discovery),
            ("GET", "/jwks") => Some(Call::Jwks),
            // As long as the client and its redirect URI are not verified, there is only a page for the
            // person.
            ("GET", "/authorize") => self.provider.asked(request).ok().map(|_| Call::Authorize),
            ("POST", "/token") => token::grant(&Params::new(request.form()).ok()?).ok(),
            ("POST", "/device_authorization") => Some(Call::DeviceStart),
            ("POST", "/revoke") => Some(Call::Revoke),
            ("GET", "/logout") => Some(Call::EndSession),
            _ => None,
        }
    }

    fn now(&self) -> Timestamp {
        self.provider.shared.provider_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let provider = &self.provider;
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/.well-known/openid-configuration") => provider.discovery(),
            ("GET", "/jwks") => provider.jwks(),
            ("GET", "/authorize") => provider.authorize(request),
            ("POST", "/authorize") => provider.decision(request),
            ("POST", "/token") => provider.token(request),
            ("POST", "/device_authorization") => provider.device_authorization(request),
            ("GET", "/device") => Ok(provider.device_page(request)),
            ("POST", "/device") => provider.device_decision(request),
            ("POST", "/revoke") => provider.revoke(request),
            ("GET", "/logout") => provider.logout(request),
            ("GET", "/style.css") => Ok(loopback::reply(StatusCode::OK, "text/css", page::STYLE)),
            _ => Ok(page::message(StatusCode::NOT_FOUND, "Nothing here", "This IdP has no such page.")),
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply {
        if let ("GET", "/authorize", Ok((asked, _))) =
            (request.method.as_str(), request.path.as_str(), self.provider.asked(request))
        {
            return self.provider.back_refused(&asked, refusal);
        }
        let body = json!({ "error": refusal.code, "error_description": refusal.message });
        json_reply(StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST), &body)
    }
}
