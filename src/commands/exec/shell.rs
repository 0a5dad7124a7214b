//! The person's own shell with a role, where `jit exec` is given no command.

use std::ffi::OsString;
use std::path::Path;

use jit_wire::env::{Env, SHELL};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use crate::commands::access::is_access;
use crate::commands::load::Configuration;
use crate::commands::unknown::UnknownRole;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::sys::{process, terminal};
use crate::world::World;

/// The shell of a system whose environment names none.
const ANY_SHELL: &str = if cfg!(windows) { "cmd.exe" } else { "/bin/sh" };
/// The variable that names the shell of Windows.
const COMSPEC: &str = "COMSPEC";

/// There is no command, and nobody for a shell.
#[derive(Debug, thiserror::Error)]
#[error("no command was given, and there is no terminal to open a shell on")]
pub(super) struct NoCommand {
    /// The role, if it was named.
    pub(super) role: Option<String>,
}

impl Explain for NoCommand {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let role = self.role.as_deref().map_or("ROLE".into(), name::in_command);
        vec![Next::run(format!("exec {role} -- CMD"))]
    }
}

/// The only word means no role, and is a command.
#[derive(Debug, thiserror::Error)]
#[error("{unknown}, and `--` is missing before the command `{command}`")]
struct IsCommand {
    command: String,
    unknown: UnknownRole,
}

impl Explain for IsCommand {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let run = |role: &str, does: &'static str| Next::Run {
            command: format!("exec {role}-- {}", name::in_command(&self.command)).into(),
            does: does.into(),
        };
        let own = [
            run("ROLE ", "runs it with a role"),
            run("", "runs it with the role of this terminal or your default_role"),
        ];
        own.into_iter().chain(self.unknown.next()).collect()
    }
}

/// The shell to start where no command was given. `role` is the only word that was typed, if any.
///
/// # Errors
/// The word is a command and means no role, or there is no terminal.
pub(super) fn instead_of_command(role: Option<&str>, world: &World) -> CommandResult<OsString> {
    if let Some(role) = role {
        refuse_command(role, world)?;
    }
    Ok(of_person(role, &world.env)?)
}

/// Refuses a `role` that is a command without the dashes before it.
fn refuse_command(role: &str, world: &World) -> CommandResult {
    if process::find_program(Path::new(role)).is_none() {
        return Ok(());
    }
    let files = Configuration::read(world)?.with_roles()?;
    match files.plan_if_known(role, Flags::default())? {
        Ok(_) => Ok(()),
        Err(_) if is_access(&files, role) == Some(true) => Ok(()),
        Err(unknown) => Err(IsCommand { command: role.to_owned(), unknown }.into()),
    }
}

/// The person's own shell.
///
/// # Errors
/// There is no terminal: in a script, a command that was left out is a mistake.
fn of_person(role: Option<&str>, env: &Env) -> Result<OsString, NoCommand> {
    if !terminal::types_into_stdin() {
        return Err(NoCommand { role: role.map(str::to_owned) });
    }
    let named = env.get(SHELL).or_else(|| env.get(COMSPEC).filter(|_| cfg!(windows)));
    Ok(named.unwrap_or(ANY_SHELL).into())
}
