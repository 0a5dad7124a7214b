//! `jit completions`: the completion scripts and what they call (`shells`), and the candidates for role
//! names.

pub mod shells;

use std::ffi::OsStr;

use clap::{Args, ValueEnum};
use clap_complete::CompletionCandidate;

use crate::commands::load;
use crate::config::aws::{self, AwsProfiles};
use crate::config::file::File;
use crate::error::CommandResult;
use crate::index;
use crate::sys::folders;
use crate::ui::Ui;
use jit_wire::env::Env;
use jit_wire::name;

/// Print the completion script of a shell
///
/// In bash: source <(jit completions bash). Completes role names from the
/// configuration.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: CompletionShell,
}

/// The shells that have a completion script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CompletionShell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

pub(super) fn run(args: &CompletionsArgs, ui: &Ui) -> CommandResult {
    ui.data(shells::script(args.shell).as_bytes())
}

/// Completions of `typed` to a role name: configured roles, profiles of `~/.aws/config`, and roles that
/// IdPs offered. Errors give no candidates, because a shell cannot show them.
pub fn role_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let folders = folders::of_user(&Env::of_process());
    let (file, profiles) = load::readable(&folders);
    let offered = index::completions(&folders.state, &typed);
    let mut found = candidates(&typed, &file, &profiles, offered);
    // What can be asked for is named like a role; a role of that name comes first.
    let on_request = crate::commands::access::request_names(typed.as_ref().as_ref());
    let is_new = |one: &CompletionCandidate| !found.iter().any(|other| other.get_value() == one.get_value());
    let more: Vec<CompletionCandidate> = on_request.into_iter().filter(is_new).collect();
    found.extend(more);
    found
}

pub(super) fn candidates(
    typed: &str,
    file: &File,
    profiles: &AwsProfiles,
    offered: Vec<index::Completion>,
) -> Vec<CompletionCandidate> {
    let candidate =
        |name: &str, help: &str| CompletionCandidate::new(name).help(Some(help.to_owned().into()));
    let fits = |name: &str| name.starts_with(typed);
    let own = file.roles.iter().filter(|(name, _)| fits(name)).map(|(name, role)| {
        let help = role.description.clone().unwrap_or_else(|| role.target.to_string());
        candidate(name, &help)
    });
    let portals = aws::portals(profiles);
    let profiles = aws::usable(profiles);
    let profiles = profiles.filter(|(name, _)| fits(name) && !file.roles.contains_key(*name));
    let profiles = profiles.map(|(name, _)| candidate(name, "~/.aws/config"));
    let offered = offered
        .into_iter()
        .filter(|one| file.idps.contains_key(&one.idp) || portals.idps.contains_key(&one.idp));
    let offered =
        offered.map(|one| candidate(&one.name, if one.about.is_empty() { &one.idp } else { &one.about }));
    // Names come from files and IdPs, so only plain words are offered: a shell must not interpret them.
    // Such an account still has its number.
    let plain = |one: &CompletionCandidate| name::is_plain_word(&one.get_value().to_string_lossy());
    own.chain(profiles).chain(offered).filter(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::aws::Document;

    fn offered(typed: &str, profile: &str, account: &str) -> Vec<String> {
        let text = format!("[profile {profile}]\naws_access_key_id = A\naws_secret_access_key = B\n");
        let config = (Document::parse(text.as_bytes()).unwrap_or_default(), String::new());
        let profiles = AwsProfiles::new(config, (Document::default(), String::new()));
        let completion = |name: String, about: &str| index::Completion {
            idp: "acme".to_owned(),
            name,
            about: about.to_owned(),
        };
        let offered = vec![
            completion(format!("{account}/Read"), "222222222222"),
            completion("222222222222/Read".to_owned(), account),
        ];
        let file =
            File::parse("", "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://a.b\"\nclient_id = \"x\"\n")
                .unwrap();
        let found = candidates(typed, &file, &profiles, offered);
        found.iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
    }

    /// bash would run the command in an account name such as `production$(touch${IFS}$HOME/pwned)`.
    #[test]
    fn names_that_a_shell_would_act_on_are_not_offered() {
        for name in crate::testing::hostile_names().iter().filter(|name| !name.is_empty()) {
            let found = offered("", name, name);
            assert!(found.contains(&"222222222222/Read".to_owned()), "{name:?}: {found:?}");
            assert!(!found.iter().any(|one| one.contains(name)), "{name:?}: {found:?}");
        }
    }

    #[test]
    fn ordinary_names_are_offered() {
        for name in ["prod", "acme.prod", "me@example.com", "a_b-c+d", "org:dev", "münchen"] {
            let own = format!("{name}/Read");
            assert_eq!(offered("", name, name), [name, &own, "222222222222/Read"], "{name}");
        }
    }
}
