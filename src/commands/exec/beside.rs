//! `jit exec --refresh`: this process becomes the command, and a companion process does the rest: it reads
//! the configuration, asks the person, and renews and serves the credentials until the command ends
//! ([`crate::sys::companion`]).

use std::ffi::OsString;
use std::process::ExitStatus;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::not_started;
use super::refresh::failed;
use super::variables::{SHADOWS, Set};
use crate::error::CommandResult;
use crate::sys::{companion, process};
use crate::ui::Ui;
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

/// The process that becomes the command, as its companion serves it.
pub(super) struct Served(Arc<companion::Principal>);

/// Whether this process is a companion.
pub(super) fn is_other_half() -> bool {
    companion::whose().is_some()
}

/// The name of the role that the principal has found, and tells its companion: the person may have picked it, and is not asked
/// again.
pub(super) fn role_of_other_half() -> Option<String> {
    companion::told()
}

/// Starts a companion and becomes the command, or is the companion: only there is an answer. `role` is the name of the role, if
/// it was found already.
///
/// # Errors
/// A process cannot be started. The companion reports its own failures.
pub(super) fn start(
    program: &OsString,
    arguments: &[OsString],
    role: Option<&str>,
) -> CommandResult<Option<Served>> {
    let Some(id) = companion::whose() else { return become_command(program, arguments, role) };
    Ok(companion::step_aside(id).map_err(failed)?.map(Served))
}

fn become_command(
    program: &OsString,
    arguments: &[OsString],
    role: Option<&str>,
) -> CommandResult<Option<Served>> {
    let said = companion::start(role).map_err(failed)?;
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

impl Served {
    /// Whether the command has ended, and something else could have its process id.
    pub(super) fn watch(&self) -> impl Fn() -> bool + 'static {
        let principal = Arc::clone(&self.0);
        move || principal.has_ended()
    }

    /// Hands `variables` to the command, which runs with them until this process ends with it.
    ///
    /// # Errors
    /// The command does not wait for them any more.
    pub(super) async fn run(&self, variables: Vec<Set>) -> CommandResult<ExitStatus> {
        // A supervisor signals all of its processes. The command may still need credentials to shut down in
        // order.
        let _ignored = process::Told::listen().map_err(failed)?;
        let variables = variables.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        self.0.report(&to_wiped_json(&Report::Serves(variables))).map_err(failed)?;
        std::future::pending().await
    }

    /// Tells the person why there is nothing to serve, and the command's process to end.
    ///
    /// # Errors
    /// None: this process ends, or the command has.
    pub(super) fn end(self, done: CommandResult<ExitStatus>, ui: &Ui) -> CommandResult {
        let Err(error) = done else { return Ok(()) };
        ui.fail(&error);
        let code = error.kind.exit_code();
        let _ = companion::say(&to_wiped_json(&Report::Ends(code)));
        process::end(code);
    }
}
