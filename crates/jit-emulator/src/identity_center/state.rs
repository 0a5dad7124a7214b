//! The state of Identity Center, separate from its routes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::faults::Refusal;
use crate::pending::PendingRequests;
use crate::service::json_reply;
use crate::sessions::Sessions;
use crate::shared::Shared;
use jit_wire::loopback::Reply;
use jit_wire::timestamp::Timestamp;

/// One instance, with its portal.
pub(crate) struct Instance {
    pub(crate) shared: Arc<Shared>,
    pub(crate) url: String,
    pub(crate) sessions: Sessions,
    pub(crate) form_token: String,
    pub(crate) pending: PendingRequests<Asked>,
    pub(crate) state: RefCell<State>,
}

impl Instance {
    pub(crate) fn new(shared: Arc<Shared>, url: String, sessions: Sessions) -> Self {
        let form_token = shared.issue("form token").unwrap_or_default();
        Self {
            shared,
            url,
            sessions,
            form_token,
            pending: PendingRequests::new("/authorize"),
            state: RefCell::default(),
        }
    }

    /// The URL of the portal.
    pub(crate) fn start_url(&self) -> String {
        format!("{}/start", self.url)
    }

    /// Registers a client.
    pub(crate) fn register(&self) -> Result<Reply, Refusal> {
        let id = URL_SAFE_NO_PAD.encode(self.shared.random::<16>()?);
        let secret = self.shared.issue("client secret")?;
        let now = self.shared.provider_now();
        let until = now + self.shared.settings.registration_lifetime;
        self.state.borrow_mut().clients.insert(id.clone(), (secret.clone(), until));
        Ok(json_reply(
            StatusCode::OK,
            &json!({
                "clientId": id, "clientSecret": secret, "clientIdIssuedAt": now.0,
                "clientSecretExpiresAt": until.0,
            }),
        ))
    }

    /// Checks that a client is registered.
    pub(crate) fn check_client(&self, body: &Value) -> Result<(), Refusal> {
        let state = self.state.borrow();
        let client = body["clientId"].as_str().and_then(|id| state.clients.get(id));
        let now = self.shared.provider_now();
        if client.is_some_and(|(secret, until)| body["clientSecret"] == secret.as_str() && now < *until) {
            Ok(())
        } else {
            Err(Refusal::new(401, "InvalidClientException", "this client is not known"))
        }
    }
}

#[derive(Default)]
pub(crate) struct State {
    /// The secret of each client, and when its registration expires.
    pub(crate) clients: HashMap<String, (String, Timestamp)>,
    /// The request of each code, and the number of the person who signed in.
    pub(crate) codes: HashMap<String, (Asked, usize)>,
    pub(crate) devices: HashMap<String, Device>,
    pub(crate) refresh_tokens: HashMap<String, Owner>,
    /// When each token expires, and its owner.
    pub(crate) access_tokens: HashMap<String, (Timestamp, Owner)>,
    pub(crate) portal_sessions: Vec<PortalSession>,
}

/// A session of the portal.
pub(crate) struct PortalSession {
    pub(crate) is_alive: bool,
    /// The number of the person.
    pub(crate) person: usize,
}

impl State {
    /// Starts a portal session of this person.
    pub(crate) fn start(&mut self, person: usize) -> Owner {
        self.portal_sessions.push(PortalSession { is_alive: true, person });
        self.portal_sessions.len() - 1
    }
}

/// The portal session that something belongs to.
pub(crate) type Owner = usize;

/// An authorization request.
pub(crate) struct Asked {
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) challenge: String,
}

/// A device code and its state.
pub(crate) struct Device {
    pub(crate) user_code: String,
    pub(crate) until: Timestamp,
    pub(crate) allowed: Option<bool>,
    /// The number of the person who answered.
    pub(crate) person: usize,
}
