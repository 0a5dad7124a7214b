//! Revocation and logout.

use http::StatusCode;

use crate::faults::Refusal;
use crate::idp::oidc::authorize::is_own_listener;
use crate::idp::oidc::state::Provider;
use crate::page;
use crate::params::Params;
use jit_wire::loopback::{self, Reply, Request};

impl Provider {
    /// RFC 7009. An unknown token counts as revoked.
    pub(crate) fn revoke(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.form())?;
        self.check_client(&params)?;
        let state = &mut *self.state.borrow_mut();
        if let Some(token) = state.refresh_tokens.get(params.need("token")?) {
            state.logins[token.login].alive = false;
        }
        Ok(loopback::reply(StatusCode::OK, "text/plain", ""))
    }

    /// OpenID Connect RP-Initiated Logout 1.0. An ID token says which login ends; an expired one is enough.
    pub(crate) fn logout(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.query.clone())?;
        let hint = params.get("id_token_hint").and_then(|token| self.shared.keys[0].verify(token));
        if hint.is_none() {
            let text = "The application did not say whose sign-in should end.";
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
}
