//! `jit completions`, and the role names that shells complete.

use clap_complete::CompletionCandidate;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::cli::{CompletionShell, Completions};
use crate::config::file::File;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::env::Env;
use crate::sys::{folders, fs};
use crate::ui::Ui;

/// The variable by which a shell asks the program itself for candidates.
pub const VARIABLE: &str = "COMPLETE";

/// The script that makes `shell` complete.
///
/// # Errors
/// None that occurs: the script is written to memory.
pub fn script(shell: CompletionShell) -> std::io::Result<Vec<u8>> {
    let completer: &dyn EnvCompleter = match shell {
        CompletionShell::Bash => &Bash,
        CompletionShell::Elvish => &Elvish,
        CompletionShell::Fish => &Fish,
        CompletionShell::Powershell => &Powershell,
        CompletionShell::Zsh => &Zsh,
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "jit", "jit", "jit", &mut script)?;
    Ok(script)
}

pub(super) fn run(args: &Completions, ui: &Ui) -> CommandResult {
    let script = script(args.shell)
        .map_err(|error| CommandError::new(Kind::Failed, "the script could not be written").because(error))?;
    ui.data(&script)
}

/// The roles of the configuration, for the shell. Says nothing if there is none: a shell has no place for errors.
pub fn role_names() -> Vec<CompletionCandidate> {
    let folders = folders::of_user(&Env::of_process());
    let content = fs::read_limited(&folders.config_file, super::CONFIG_LIMIT).unwrap_or_default();
    let text = String::from_utf8(content).unwrap_or_default();
    let file = File::parse("", &text).unwrap_or_default();
    let candidate = |(name, role): (&String, &crate::config::file::RoleSection)| {
        let help = role.description.clone().unwrap_or_else(|| role.target.to_string());
        CompletionCandidate::new(name).help(Some(crate::ui::text::escape(&help).into()))
    };
    file.roles.iter().map(candidate).collect()
}
