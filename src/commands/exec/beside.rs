//! `jit exec --refresh`: this process becomes the command, and a companion process does the rest: it reads
//! the configuration, asks the person, and renews and serves the credentials until the command ends
//! ([`crate::sys::companion`]).

use std::ffi::OsString;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ExecArgs;
use super::refresh::{failed, serve};
use super::{SHADOWS, Set, not_started, session, taker};
use crate::error::{CommandError, CommandResult};
use crate::sys::{companion, process};
use crate::ui::Ui;
use crate::world::World;
use jit_wire::name::Variable;
use jit_wire::secret::to_wiped_json;

/// The report of the companion.
#[derive(Serialize, Deserialize)]
enum Report {
    /// It serves credentials. The command needs these variables.
    Serves(Vec<(Variable, String)>),
    /// It failed, has told the person why, and asks for this exit code.
    Ends(u8),
}

/// Starts a companion and becomes the command; or is the companion.
///
/// # Errors
/// A process cannot be started. The companion reports its own failures.
pub(super) fn run(
    program: &OsString,
    arguments: &[OsString],
    args: &ExecArgs,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let Some(id) = companion::whose() else { return become_command(program, arguments) };
    if let Some(principal) = companion::step_aside(id).map_err(failed)? {
        let Err(error) = stay_beside(&principal, args, world, ui) else { return Ok(()) };
        ui.fail(&error);
        let code = error.kind.exit_code();
        let _ = companion::say(&to_wiped_json(&Report::Ends(code)));
        process::end(code);
    }
    Ok(())
}

fn become_command(program: &OsString, arguments: &[OsString]) -> CommandResult {
    let said = companion::start().map_err(failed)?;
    let variables = match serde_json::from_slice(&said.line) {
        Ok(Report::Serves(variables)) => variables,
        Ok(Report::Ends(code)) => process::end(code),
        Err(_) => match said.first_half.and_then(|status| status.code()) {
            // The companion has printed the reason.
            Some(code @ 1..) => process::end(u8::try_from(code).unwrap_or(1)),
            _ => return Err(failed("the process that serves the credentials exited unexpectedly")),
        },
    };
    let variables: Vec<Set> =
        variables.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
    Err(not_started(program, process::become_program(program, arguments, &SHADOWS, variables)))
}

/// Serves credentials until the command ends, then exits.
fn stay_beside(
    principal: &Arc<companion::Principal>,
    args: &ExecArgs,
    world: &World,
    ui: &Ui,
) -> Result<(), CommandError> {
    let (subject, session) = session(args, world, ui)?;
    let has_ended = {
        let principal = Arc::clone(principal);
        move || principal.has_ended()
    };
    serve(&subject, session, taker(args), world, ui, has_ended, async |variables| {
        // A supervisor signals all of its processes. The command may still need credentials to shut down in
        // order.
        let _ignored = process::Told::listen().map_err(failed)?;
        let variables = variables.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        principal.report(&to_wiped_json(&Report::Serves(variables))).map_err(failed)?;
        std::future::pending().await
    })
}
