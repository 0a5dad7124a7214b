//! Credentials for a command that runs longer than a session: a container-credentials endpoint on loopback,
//! which current AWS SDKs read (`docs/clients.md`), for this command only (AWS SDKs and Tools Reference
//! Guide, "Container credential provider").

use std::process::ExitStatus;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::beside::Served;
use super::endpoint::{Endpoint, PATH, nothing_here};
use super::taken::Taken;
use super::variables::about;
use crate::commands::audit_log::Taker;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp;
use crate::sys::clock::SystemClock;
use crate::sys::process;
use crate::ui::Ui;
use crate::world::World;
use jit_wire::explain::{Explain, Next};
use jit_wire::loopback::Loopback;
use jit_wire::name::Variable;

/// Serves credentials while the command runs; it gets the variables with the URL and the token. After the
/// command has ended, every request is refused.
///
/// # Errors
/// The endpoint cannot be opened, or the command fails.
pub(super) fn serve(
    taken: Taken<'_>,
    taker: Taker<'_>,
    command: &Served,
    world: &World,
    ui: &Ui,
) -> CommandResult<ExitStatus> {
    let Taken { subject, session } = taken;
    let has_ended = command.watch();
    let token = idp::random().ok_or_else(|| failed("the system gives no random numbers"))?;
    let mut variables = about(&session, &subject.plan, &world.env);
    variables.push((
        const { Variable::known("AWS_CONTAINER_AUTHORIZATION_TOKEN") },
        Zeroizing::new(token.clone()),
    ));
    let endpoint = Endpoint::new(token, session, &subject.plan.role, subject.plan.sign_in.clone());
    let endpoint = Rc::new(endpoint.watching(subject.grant.clone()));
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
            done = command.run(variables) => done,
            () = serve => Err(failed("the endpoint stopped")),
            () = endpoint.renew(&subject, taker, world, ui) => Err(failed("the credentials are no longer renewed")),
            () = endpoint.watch(world, ui) => Err(failed("the grant is no longer watched")),
        }
    })
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
