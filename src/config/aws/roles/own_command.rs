//! Whether the `credential_process` of a profile is `jit` itself, as in the profiles that `jit` writes.
//! Running that command would ask `jit` for the same role again.

use crate::config::aws::{System, split_command};

/// Whether a command asks this program for a role.
pub(super) fn asks_jit(command: &str, system: System, own: impl FnOnce() -> Option<String>) -> bool {
    role_asked_for(command, system, own).is_some()
}

/// The role that a command asks this program for: by the program, the first argument, and exactly one name. `own` is the path
/// that this program was started by, in case it was given another name.
pub(super) fn role_asked_for(
    command: &str,
    system: System,
    own: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let words = split_command(command, system).unwrap_or_default();
    let [program, verb, rest @ ..] = words.as_slice() else { return None };
    let mut names = rest.iter().filter(|word| !word.starts_with('-'));
    let (Some(role), None) = (names.next(), names.next()) else { return None };
    if verb != "credential-process" {
        return None;
    }
    let name = match system {
        System::Unix => program.rsplit('/').next().unwrap_or_default().to_owned(),
        System::Windows => program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase(),
    };
    let is_own = name == "jit" || name == "jit.exe" || own().is_some_and(|own| own == *program);
    is_own.then(|| role.clone())
}
