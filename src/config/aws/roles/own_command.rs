//! Whether the `credential_process` of a profile is `jit` itself, as in the profiles that `jit` writes.
//! Running that command would ask `jit` for the same role again.

use crate::config::aws::{System, split_command};

/// Whether a command asks this program for a role, judged by the program, the first argument, and exactly one
/// name. `own` returns the path that this program was started by, in case it has another name.
pub(super) fn asks_jit(command: &str, system: System, own: impl FnOnce() -> Option<String>) -> bool {
    let words = split_command(command, system).unwrap_or_default();
    let [program, verb, rest @ ..] = words.as_slice() else { return false };
    let names_one_role = rest.iter().filter(|word| !word.starts_with('-')).count() == 1;
    if verb != "credential-process" || !names_one_role {
        return false;
    }
    let name = match system {
        System::Unix => program.rsplit('/').next().unwrap_or_default().to_owned(),
        System::Windows => program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase(),
    };
    name == "jit" || name == "jit.exe" || own().is_some_and(|own| own == *program)
}
