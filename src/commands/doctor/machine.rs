//! What the machine's administrator sets, and what of the person's own settings has no effect because of that.

use crate::config::enforced::Enforced;
use crate::config::file::File;
use crate::world::World;
use jit_wire::env::JIT_STORE;

use super::finding::Finding;
use crate::commands::enforced;
use crate::commands::load::Configuration;

const ABOUT: &str = "enforced";

/// The files that the roles come from, for `jit doctor`.
pub(super) fn roles(files: &Configuration<'_>) -> String {
    let file = &files.file;
    let count = |count: usize| if count == 1 { "1 role".to_owned() } else { format!("{count} roles") };
    let of_machine = file.roles.values().filter(|role| !file.is_own(role.line)).count();
    match &file.seam {
        None => format!("{}: {}", file.path, count(file.roles.len())),
        Some((_, machine)) if files.has_own() => {
            let own = file.roles.len() - of_machine;
            format!("{}: {}; {machine}: {}", file.path, count(own), count(of_machine))
        }
        Some((_, machine)) => format!("{machine}: {}", count(of_machine)),
    }
}

/// What is enforced, and what has no effect because of it.
pub(super) fn enforced(files: &Configuration<'_>, world: &World, findings: &mut Vec<Finding>) {
    let Some(set) = files.enforced() else { return };
    let Some(sentence) = enforced::in_words(Some(set)) else { return };
    findings.push(Finding::good(ABOUT, sentence));
    findings.extend(store(set, world));
    findings.extend(key_cache(set, &files.file));
    findings.extend(auto_login(set, &files.file));
}

fn store(set: &Enforced, world: &World) -> Option<Finding> {
    let store = set.store.as_ref()?;
    let asked_for = world.env.get(JIT_STORE).filter(|kind| *kind != "auto" && *kind != store.value)?;
    let what = format!("JIT_STORE={asked_for} has no effect: {}:{} decides", set.path, store.line);
    Some(Finding::doubtful(ABOUT, what, "unset JIT_STORE"))
}

fn key_cache(set: &Enforced, file: &File) -> Option<Finding> {
    let limit = set.key_cache.as_ref()?;
    let own = file.key_cache.as_ref().filter(|own| own.value != limit.value)?;
    Some(without_effect(file, own.line, "key_cache", (set, limit.line)))
}

fn auto_login(set: &Enforced, file: &File) -> Option<Finding> {
    let decided = set.auto_login.as_ref()?;
    let of_roles = file.roles.values().filter_map(|role| role.auto_login.as_ref());
    let of_idps = file.idps.values().filter_map(|idp| idp.auto_login());
    let other = of_roles.chain(of_idps).find(|own| own.value != decided.value)?;
    Some(without_effect(file, other.line, "auto_login", (set, decided.line)))
}

fn without_effect(file: &File, line: usize, key: &str, (set, by): (&Enforced, usize)) -> Finding {
    let (path, line) = file.place_of(line);
    let what = format!("{path}:{line}: `{key}` has no effect: {}:{by} decides", set.path);
    Finding::doubtful(ABOUT, what, "delete that line")
}
