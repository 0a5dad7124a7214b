//! The state of the IdP for OpenID Connect, separate from its routes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::faults::Refusal;
use crate::idp::step_up::{SignedIn, Wanted};
use crate::params::Params;
use crate::pending::PendingRequests;
use crate::shared::Shared;
use jit_wire::timestamp::Timestamp;

/// The scopes that are supported here.
pub(crate) const SCOPES: [&str; 4] = ["openid", "email", "profile", "offline_access"];

/// The IdP and its state.
pub(crate) struct Provider {
    pub(crate) shared: Arc<Shared>,
    /// In every form that changes something and is not bound to a request in another way, so that no other
    /// site can post it.
    pub(crate) form_token: String,
    pub(crate) pending: PendingRequests<Asked>,
    pub(crate) state: RefCell<State>,
}

impl Provider {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        // An empty one matches no form.
        let form_token = shared.issue("form token").unwrap_or_default();
        Self { shared, form_token, pending: PendingRequests::new("/authorize"), state: RefCell::default() }
    }

    /// Checks the client of a request that does not come through a browser.
    pub(crate) fn check_client(&self, params: &Params) -> Result<(), Refusal> {
        let settings = &self.shared.settings;
        let known = params.get("client_id") == Some(&settings.client_id)
            && settings
                .client_secret
                .as_deref()
                .is_none_or(|secret| params.get("client_secret") == Some(secret));
        if known { Ok(()) } else { Err(Refusal::new(401, "invalid_client", "this client is not known")) }
    }
}

/// The state. A login starts with an authorization; all its tokens end with it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh_tokens: HashMap<String, RefreshToken>,
    pub(crate) devices: HashMap<String, Device>,
    pub(crate) logins: Vec<Login>,
}

/// An authorization that was granted.
pub(crate) struct Login {
    pub(crate) alive: bool,
    /// Whose it is, by number.
    pub(crate) person: usize,
    pub(crate) scopes: Vec<String>,
    /// How the person signed in for it, if that is reported.
    pub(crate) sign_in: Option<SignedIn>,
}

/// An authorization request.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) wanted: Wanted,
}

/// The grant type of RFC 8628.
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An authorization code, kept after its use so that a second use is noticed.
pub(crate) struct Code {
    pub(crate) asked: Asked,
    /// Who signed in, by number.
    pub(crate) person: usize,
    pub(crate) expires: Timestamp,
    /// The login that it became when it was used.
    pub(crate) login: Option<usize>,
}

/// A refresh token, kept after its use so that a second use is noticed.
pub(crate) struct RefreshToken {
    pub(crate) login: usize,
    pub(crate) used: bool,
}

/// A device code and its state.
pub(crate) struct Device {
    pub(crate) user_code: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Timestamp,
    pub(crate) interval: Duration,
    pub(crate) asked_last: Option<Instant>,
    /// The person's decision.
    pub(crate) allowed: Option<bool>,
    /// Who answered, by number.
    pub(crate) person: usize,
}
