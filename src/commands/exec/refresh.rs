//! Credentials for a command that runs longer than a session: a container-credentials endpoint on loopback,
//! which current AWS SDKs read (`docs/clients.md`), for this command only (AWS SDKs and Tools Reference
//! Guide, "Container credential provider").

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Set, about};
use crate::broker::{Broker, Interaction, Need};
use crate::commands::audit_log::Taker;
use crate::commands::subject::Subject;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp;
use crate::sys::clock::SystemClock;
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::credentials::{Freshness, Session};
use jit_wire::explain::{Explain, Next};
use jit_wire::loopback::{Loopback, Reply, Request, reply};
use jit_wire::name::{self, Variable};
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;

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
}

/// Serves credentials while `command` runs; it gets the variables with the URL and the token. After the
/// command `has_ended`, every request is refused.
///
/// # Errors
/// The endpoint cannot be opened, or `command` fails.
pub(super) fn serve<T>(
    subject: &Subject<'_>,
    session: Session,
    taker: Taker<'_>,
    world: &World,
    ui: &Ui,
    has_ended: impl Fn() -> bool + 'static,
    command: impl AsyncFnOnce(Vec<Set>) -> CommandResult<T>,
) -> CommandResult<T> {
    let token = idp::random().ok_or_else(|| failed("the system gives no random numbers"))?;
    let mut variables = about(&session, &subject.plan, &world.env);
    variables.push((
        const { Variable::known("AWS_CONTAINER_AUTHORIZATION_TOKEN") },
        Zeroizing::new(token.clone()),
    ));
    let endpoint = Rc::new(Endpoint::new(token, session, &subject.plan.role, subject.plan.sign_in.clone()));
    process::block_on(async {
        let loopback = Loopback::bind(0).await.map_err(failed)?;
        let url = format!("http://127.0.0.1:{}{PATH}", loopback.port());
        variables
            .push((const { Variable::known("AWS_CONTAINER_CREDENTIALS_FULL_URI") }, Zeroizing::new(url)));
        let serve = loopback.serve({
            let endpoint = Rc::clone(&endpoint);
            move |request| {
                let reply =
                    if has_ended() { nothing_here() } else { endpoint.answer(&request, &SystemClock) };
                async move { reply }
            }
        });
        tokio::select! {
            done = command(variables) => done,
            () = serve => Err(failed("the endpoint stopped")),
            () = endpoint.renew(subject, taker, world, ui) => Err(failed("the credentials are no longer renewed")),
        }
    })
}

/// Windows: runs the command as a child process next to the endpoint, and exits with its code.
///
/// # Errors
/// The command cannot be started, or the endpoint cannot be opened.
#[cfg(windows)]
pub(super) fn attend(
    program: &std::ffi::OsString,
    arguments: &[std::ffi::OsString],
    subject: &Subject<'_>,
    session: Session,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let taker = Taker { command: "exec", program: Some(program) };
    let status = serve(
        subject,
        session,
        taker,
        world,
        ui,
        || false,
        async |variables| {
            let status = process::attend(program, arguments, &super::SHADOWS, variables).await;
            status.map_err(|error| super::not_started(program, error))
        },
    )?;
    process::end_as(status)
}

/// The credentials cannot be served. The command would run without --refresh.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotServed(String);

impl Explain for NotServed {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        Next::list(["leave out --refresh"])
    }
}

pub(super) fn failed(what: impl ToString) -> CommandError {
    NotServed(what.to_string()).into()
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Reply {
    reply(status, "application/json", json!({ "code": code, "message": message }).to_string())
}

fn nothing_here() -> Reply {
    refuse(StatusCode::NOT_FOUND, "NotFound", "nothing here")
}

impl Endpoint {
    pub(super) fn new(token: String, session: Session, role: &str, demand: Requirement) -> Self {
        Self { token: Secret::new(token), session: RefCell::new(session), role: role.to_owned(), demand }
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
        let session = self.session.borrow();
        if session.freshness(clock.now(), Duration::ZERO) == Freshness::Expired {
            let message = format!(
                "the session of {} has expired: run jit login {}",
                self.role,
                name::in_command(&self.role)
            );
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "LoginNeeded", &message);
        }
        if self.demand.allows(&session.sign_in, clock.now()).is_err() {
            let message = format!(
                "{} now needs a newer sign-in: run jit login {}",
                self.role,
                name::in_command(&self.role)
            );
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "LoginNeeded", &message);
        }
        reply(StatusCode::OK, "application/json", session.to_container_json().expose().clone())
    }

    /// Renews the session before it expires, without the person. If somebody signs in in another terminal,
    /// it finds that session in the store.
    async fn renew(&self, subject: &Subject<'_>, taker: Taker<'_>, world: &World, ui: &Ui) {
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
            if serves(&self.session.borrow()) {
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
