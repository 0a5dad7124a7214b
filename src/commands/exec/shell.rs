//! The person's own shell with a role, where `jit exec` is given no command.

use std::ffi::OsString;
use std::path::Path;

use jit_wire::credentials::with_restrictions;
use jit_wire::env::{Env, JIT_RESTRICTED_BY, JIT_ROLE, SHELL};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use super::JIT_ACCOUNT_ID;
use crate::commands::load::Configuration;
use crate::commands::unknown::UnknownRole;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::plan::Plan;
use crate::sys::{process, terminal};
use crate::ui::Ui;
use crate::ui::text::shown;
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

/// That `role`, the only word that was typed, is not a command without the dashes before it.
///
/// # Errors
/// It is one, and means no role.
pub(super) fn is_role(role: &str, world: &World) -> CommandResult {
    if process::find_program(Path::new(role)).is_none() {
        return Ok(());
    }
    let files = Configuration::read(world)?.with_roles()?;
    match files.plan_if_known(role, Flags::default())? {
        Ok(_) => Ok(()),
        Err(unknown) => Err(IsCommand { command: role.to_owned(), unknown }.into()),
    }
}

/// The shell to start.
///
/// # Errors
/// There is no terminal: in a script, a command that was left out is a mistake.
pub(super) fn of_person(role: Option<&str>, env: &Env) -> Result<OsString, NoCommand> {
    if !terminal::types_into_stdin() {
        return Err(NoCommand { role: role.map(str::to_owned) });
    }
    let named = env.get(SHELL).or_else(|| env.get(COMSPEC).filter(|_| cfg!(windows)));
    Ok(named.unwrap_or(ANY_SHELL).into())
}

/// Tells the person where they are, and how they leave it.
pub(super) fn announce(shell: &OsString, plan: &Plan, env: &Env, ui: &Ui) {
    let program = Path::new(shell).file_name().unwrap_or(shell).to_string_lossy();
    ui.say(shown!(
        "Starting {} with this role. `exit` ends it; JIT_ROLE has the role for your prompt",
        program
    ));
    if let Some(outer) = outer(env) {
        let inner = plan.shown_name();
        ui.say(shown!("It replaces {} by {} until you exit", outer, inner));
    }
}

/// The role of the shell or command that this one was started in.
fn outer(env: &Env) -> Option<String> {
    let (role, _) = env.get(JIT_ROLE).zip(env.get(JIT_ACCOUNT_ID))?;
    let restricted_by: Vec<String> = env.get(JIT_RESTRICTED_BY).map(str::to_owned).into_iter().collect();
    Some(with_restrictions(role, &restricted_by))
}
