//! IAM Identity Center: registration, browser and device code, tokens that are renewed (the service
//! `sso-oidc`), and the portal with its accounts and roles (the service `sso`). Five plain JSON calls and a
//! few pages, with throttling; the AWS CLI can sign in here as well.

mod pages;
mod portal;
mod state;
mod token;

use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::faults::Refusal;
use crate::journal::Call;
use crate::page;
use crate::service::{Service, json_reply};
use crate::sessions::Sessions;
use crate::shared::Shared;
use jit_wire::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;
pub(crate) use portal::assigned_role;
use state::Instance;

/// The routes of both services.
pub(crate) struct IdentityCenter {
    instance: Instance,
}

impl IdentityCenter {
    pub(crate) fn new(shared: &Arc<Shared>, url: String, sessions: Sessions) -> Self {
        Self { instance: Instance::new(Arc::clone(shared), url, sessions) }
    }
}

impl Service for IdentityCenter {
    fn call(&self, request: &Request) -> Option<Call> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/client/register") => Some(Call::RegisterClient),
            ("GET", "/authorize") => Some(Call::CenterAuthorize),
            ("POST", "/device_authorization") => Some(Call::CenterDevice),
            ("POST", "/token") => Some(Call::CenterToken),
            _ => portal::call(request),
        }
    }

    fn now(&self) -> Timestamp {
        self.instance.shared.provider_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let instance = &self.instance;
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/client/register") => instance.register(),
            // The portal's own pages.
            ("GET", "/start") => {
                let page =
                    "<!doctype html><html><head><meta name=\"region\" content=\"eu-west-1\"/></head></html>";
                Ok(loopback::reply(StatusCode::OK, "text/html", page.to_owned()))
            }
            ("GET", "/authorize") => instance.authorize(request),
            ("POST", "/authorize") => instance.decision(request),
            ("POST", "/device_authorization") => {
                instance.check_client(&body)?;
                instance.device_authorization(body["startUrl"].as_str().unwrap_or_default())
            }
            ("GET", "/device") => Ok(instance.device_page(request)),
            ("POST", "/device") => instance.device_decision(request),
            ("POST", "/token") => {
                instance.check_client(&body)?;
                instance.token(&body)
            }
            ("GET", "/style.css") => Ok(loopback::reply(StatusCode::OK, "text/css", page::STYLE)),
            _ => instance.portal(request),
        }
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        refused(refusal)
    }
}

/// The services name an error in a header, and `sso-oidc` in the body as well, as OAuth does.
fn refused(refusal: &Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = match refusal.code.as_str() {
        "AuthorizationPendingException" => "authorization_pending",
        "SlowDownException" => "slow_down",
        "InvalidGrantException" => "invalid_grant",
        "InvalidClientException" => "invalid_client",
        "AccessDeniedException" => "access_denied",
        "ExpiredTokenException" => "expired_token",
        "InvalidRequestException" => "invalid_request",
        _ => "",
    };
    let mut body = json!({ "message": refusal.message });
    if !error.is_empty() {
        body["error"] = json!(error);
        body["error_description"] = json!(refusal.message);
    }
    let mut reply = json_reply(status, &body);
    if let Ok(code) = HeaderValue::from_str(&refusal.code) {
        reply.headers_mut().insert("x-amzn-errortype", code);
    }
    reply
}
