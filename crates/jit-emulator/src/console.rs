//! The sign-in page of the console.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::page;
use crate::sessions::Sessions;
use crate::shared::Shared;
use jit_wire::loopback::{self, Reply, Request};

/// The path of the page.
pub(crate) const PATH: &str = "/federation";

/// The page, and the tokens that it issued.
pub(crate) struct Console {
    shared: Arc<Shared>,
    sessions: Sessions,
    /// The access key id that each token belongs to.
    sign_in_tokens: RefCell<HashMap<String, String>>,
}

impl Console {
    pub(crate) fn new(shared: Arc<Shared>, sessions: Sessions) -> Self {
        Self { shared, sessions, sign_in_tokens: RefCell::default() }
    }

    /// The console's sign-in page: a token for a session, and the page that accepts it. Like AWS's, it
    /// refuses without a reason.
    pub(crate) fn federation(&self, request: &Request) -> Reply {
        let post = request.method == Method::POST;
        let pairs = if post { request.form() } else { request.query.clone() };
        let get = |name: &str| pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let no =
            || page::message(StatusCode::BAD_REQUEST, "Bad request", "The console does not accept this.");
        match get("Action") {
            Some("getSigninToken") if post => {
                let asked: Value =
                    serde_json::from_str(get("Session").unwrap_or_default()).unwrap_or_default();
                let key = asked["sessionId"].as_str().unwrap_or_default();
                let session = self.sessions.get(key);
                let fits = session.filter(|session| {
                    asked["sessionKey"] == session.secret_key.as_str()
                        && asked["sessionToken"] == session.token.as_str()
                        && self.shared.sts_now() < session.expires
                        // AWS never accepts a user's session (GetSessionToken).
                        && session.arn.contains(":assumed-role/")
                        && !(session.chained && get("SessionDuration").is_some())
                });
                match (fits, self.shared.issue("sign-in token")) {
                    (Some(session), Ok(token)) => {
                        self.sign_in_tokens.borrow_mut().insert(token.clone(), session.arn.clone());
                        loopback::reply(
                            StatusCode::OK,
                            "application/json",
                            format!(r#"{{"SigninToken":"{token}"}}"#),
                        )
                    }
                    _ => no(),
                }
            }
            Some("login") if !post => {
                let arn = get("SigninToken").and_then(|token| self.sign_in_tokens.borrow_mut().remove(token));
                match (arn, get("Destination")) {
                    (Some(arn), Some(place)) => {
                        page::message(StatusCode::OK, "The console", &format!("{arn} is at {place}"))
                    }
                    _ => no(),
                }
            }
            _ => no(),
        }
    }
}
