//! `jit exec --refresh` on Windows, where no process becomes another one: the command is a child of this process, which
//! serves its credentials and exits with its code.

use std::ffi::OsString;
use std::process::ExitStatus;

use super::not_started;
use super::variables::{SHADOWS, Set};
use crate::error::CommandResult;
use crate::sys::process;
use crate::ui::Ui;

/// The command, which is started when there is something to serve.
pub(super) struct Served {
    program: OsString,
    arguments: Vec<OsString>,
}

/// Whether this process is a companion. This system has no companions.
pub(super) fn is_other_half() -> bool {
    false
}

/// What a companion is told.
pub(super) fn role_of_other_half() -> Option<String> {
    None
}

/// The command to serve.
///
/// # Errors
/// None here; on other systems a process is started for it.
pub(super) fn start(
    program: &OsString,
    arguments: &[OsString],
    _: Option<&str>,
) -> CommandResult<Option<Served>> {
    Ok(Some(Served { program: program.clone(), arguments: arguments.to_vec() }))
}

impl Served {
    /// Whether the command has ended, and something else could use its port.
    pub(super) fn watch(&self) -> impl Fn() -> bool + 'static {
        || false
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) async fn run(&self, variables: Vec<Set>) -> CommandResult<ExitStatus> {
        let status = process::attend(&self.program, &self.arguments, &SHADOWS, variables).await;
        status.map_err(|error| not_started(&self.program, error))
    }

    /// Exits as the command did.
    ///
    /// # Errors
    /// It was not run.
    pub(super) fn end(self, done: CommandResult<ExitStatus>, _: &Ui) -> CommandResult {
        process::end_as(done?)
    }
}
