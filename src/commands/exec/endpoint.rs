//! The endpoint that gives a running command its credentials: who gets them, and how they are renewed.

use std::cell::RefCell;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::grant::Watch;
use crate::broker::{Broker, Interaction, Need};
use crate::commands::access::Grant;
use crate::commands::audit_log::Taker;
use crate::commands::subject::Subject;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::credentials::{Freshness, Session};
use jit_wire::loopback::{Reply, Request, reply};
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;
use jit_wire::timestamp::Timestamp;

pub(super) const PATH: &str = "/credentials";
/// The shortest and the longest time between two checks whether to renew. In between, jit checks ten times
/// in the remaining lifetime.
const LOOKED_EVERY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(20)];
/// How long to wait for another process that renews the same session. The endpoint answers nobody during
/// that time.
const WAIT: Duration = Duration::from_secs(2);

/// The state of the endpoint.
pub(super) struct Endpoint {
    token: Secret<String>,
    session: RefCell<Session>,
    role: String,
    /// The role's requirements for the sign-in, checked for every request.
    demand: Requirement,
    /// How long a role on request is granted.
    watch: Option<Watch>,
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Reply {
    reply(status, "application/json", json!({ "code": code, "message": message }).to_string())
}

pub(super) fn nothing_here() -> Reply {
    refuse(StatusCode::NOT_FOUND, "NotFound", "nothing here")
}

impl Endpoint {
    pub(super) fn new(token: String, session: Session, role: &str, demand: Requirement) -> Self {
        let session = RefCell::new(session);
        Self { token: Secret::new(token), session, role: role.to_owned(), demand, watch: None }
    }

    /// The same for a role on request.
    pub(super) fn watching(self, grant: Option<Grant>) -> Self {
        Self { watch: grant.map(Watch::new), ..self }
    }

    /// Watches how long the role is granted, if it is on request.
    pub(super) async fn watch(&self, world: &World, ui: &Ui) {
        match &self.watch {
            Some(watch) => watch.attend(world, ui).await,
            None => std::future::pending().await,
        }
    }

    /// Whether the grant has ended. Until it is extended, AWS allows nothing, and nothing is renewed.
    fn grant_is_over(&self, now: Timestamp) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.until() <= now)
    }

    pub(super) fn answer(&self, request: &Request, clock: &dyn crate::world::Clock) -> Reply {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        // Browsers send these headers, SDKs do not.
        let by_page =
            request.headers.keys().any(|name| name == "origin" || name.as_str().starts_with("sec-fetch"));
        if request.method != Method::GET || request.path != PATH || by_page {
            return nothing_here();
        }
        let given = header("authorization").unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(self.token.expose().as_bytes())) {
            return refuse(StatusCode::UNAUTHORIZED, "Unauthorized", "wrong authorization token");
        }
        let now = clock.now();
        if let Some(watch) = self.watch.as_ref().filter(|_| self.grant_is_over(now)) {
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "NotGranted", &watch.over());
        }
        let session = self.session.borrow();
        if session.freshness(now, Duration::ZERO) == Freshness::Expired {
            let message = format!(
                "the session of {} has expired: run jit login {}",
                self.role,
                name::in_command(&self.role)
            );
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "LoginNeeded", &message);
        }
        if self.demand.allows(&session.sign_in, now).is_err() {
            let message = format!(
                "{} now needs a newer sign-in: run jit login {}",
                self.role,
                name::in_command(&self.role)
            );
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "LoginNeeded", &message);
        }
        let answer = match &self.watch {
            Some(watch) => session.clone().ending_at(watch.until()).to_container_json(),
            None => session.to_container_json(),
        };
        reply(StatusCode::OK, "application/json", answer.expose().clone())
    }

    /// Renews the session before it expires, without the person. If somebody signs in in another terminal,
    /// it finds that session in the store.
    pub(super) async fn renew(&self, subject: &Subject<'_>, taker: Taker<'_>, world: &World, ui: &Ui) {
        let need =
            Need { min_ttl: Duration::ZERO, force: false, interaction: Interaction::Never, wait: WAIT };
        let mut told = false;
        loop {
            let left = self.session.borrow().time_left(world.clock.now());
            tokio::time::sleep((left / 10).clamp(LOOKED_EVERY[0], LOOKED_EVERY[1])).await;
            let now = world.clock.now();
            let serves = |session: &Session| {
                session.freshness(now, Duration::ZERO) == Freshness::Fresh
                    && self.demand.allows(&session.sign_in, now).is_ok()
            };
            if serves(&self.session.borrow()) || self.grant_is_over(now) {
                continue;
            }
            match Broker::new(world, &subject.store).fetch(&subject.plan, &need).await {
                Ok(session) => {
                    told &= !serves(&session);
                    subject.note(taker, &session);
                    self.session.replace(session);
                }
                Err(error) if !told => {
                    told = true;
                    ui.warn(shown!(
                        "could not renew the session of {}: {}. Run jit login {} in another terminal",
                        self.role,
                        error,
                        name::in_command(&self.role)
                    ));
                }
                Err(_) => {}
            }
        }
    }
}
