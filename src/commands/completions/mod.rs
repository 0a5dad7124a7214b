//! `jit completions`, and the role names that shells complete.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::CompletionCandidate;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use zeroize::Zeroizing;

use crate::cli::{CompletionShell, Completions};
use crate::config::aws::{self, Document, Profiles};
use crate::config::file::File;
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
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

/// The roles that can be named, for the shell: of the configuration, the profiles of `~/.aws/config`, and what IdPs were
/// seen to offer, as far as they begin with `typed`. Says nothing if there is none: a shell has no place for errors.
pub fn role_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let folders = folders::of_user(&Env::of_process());
    let content = fs::read_limited(&folders.config_file, super::CONFIG_LIMIT).unwrap_or_default();
    let text = String::from_utf8(content).unwrap_or_default();
    let file = File::parse("", &text).unwrap_or_default();
    let document = |path: &Path| {
        let content = Zeroizing::new(fs::read_limited(path, aws::SIZE_LIMIT).unwrap_or_default());
        (Document::parse(&content).unwrap_or_default(), String::new())
    };
    let profiles = Profiles::new(document(&folders.aws_config), document(&folders.aws_credentials));
    let offered = index::completions(&folders.state, &typed);
    candidates(&typed, &file, &profiles, offered)
}

pub(super) fn candidates(
    typed: &str,
    file: &File,
    profiles: &Profiles,
    offered: Vec<index::Completion>,
) -> Vec<CompletionCandidate> {
    let candidate = |name: &str, help: &str| {
        CompletionCandidate::new(name).help(Some(crate::ui::text::escape(help).into_string().into()))
    };
    let fits = |name: &str| name.starts_with(typed);
    let own = file.roles.iter().filter(|(name, _)| fits(name)).map(|(name, role)| {
        let help = role.description.clone().unwrap_or_else(|| role.target.to_string());
        candidate(name, &help)
    });
    let profiles = aws::usable(profiles);
    let profiles = profiles.filter(|(name, _)| fits(name) && !file.roles.contains_key(*name));
    let profiles = profiles.map(|(name, _)| candidate(name, "~/.aws/config"));
    let offered = offered.into_iter().filter(|one| file.idps.contains_key(&one.idp));
    let offered =
        offered.map(|one| candidate(&one.name, if one.about.is_empty() { &one.idp } else { &one.about }));
    // A shell shows names as they are, and a file may hold any.
    let plain = |one: &CompletionCandidate| {
        let name = one.get_value().to_string_lossy();
        crate::ui::text::escape(&name).as_str() == name
    };
    own.chain(profiles).chain(offered).filter(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen while a fuzz target was written: a shell would have handed the name of a profile to the terminal as it is.
    #[test]
    fn names_that_a_terminal_would_act_on_are_not_offered() {
        let text = "[profile a\u{1b}[2J]\naws_access_key_id = A\naws_secret_access_key = B\n\
                    [profile ab]\naws_access_key_id = A\naws_secret_access_key = B\n";
        let config = (Document::parse(text.as_bytes()).unwrap(), String::new());
        let profiles = Profiles::new(config, (Document::default(), String::new()));
        let offered = index::Completion {
            idp: "acme".to_owned(),
            name: "a\u{202e}/b".to_owned(),
            about: String::new(),
        };
        let file =
            File::parse("", "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://a.b\"\nclient_id = \"x\"\n")
                .unwrap();
        let found = candidates("a", &file, &profiles, vec![offered]);
        let names: Vec<_> = found.iter().map(|one| one.get_value().to_string_lossy()).collect();
        assert_eq!(names, ["ab"]);
    }
}
