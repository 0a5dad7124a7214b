//! What shells offer for the call that an explanation is about.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;
use jit_access::render::{Level, SERVICES, Service};

/// The names of a service's actions in the ceilings, without patterns.
fn names(service: &Service) -> impl Iterator<Item = &'static str> {
    let all = Level::ALL.into_iter().flat_map(|level| service.actions(level));
    all.copied().filter(|name| !name.contains(['*', '?']))
}

/// Services, and after a colon those of its actions that have a name in a ceiling.
pub(crate) fn actions(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let mut found: Vec<String> = match typed.split_once(':') {
        None => SERVICES.iter().map(|service| format!("{}:", service.prefix)).collect(),
        Some((prefix, _)) => {
            let own = SERVICES.iter().filter(|service| service.prefix == prefix);
            own.flat_map(names).map(|name| format!("{prefix}:{name}")).collect()
        }
    };
    found.retain(|one| one.starts_with(&*typed));
    found.sort();
    found.dedup();
    found.into_iter().map(CompletionCandidate::new).collect()
}

/// The only service whose action has exactly this name.
pub(crate) fn service_with_action(name: &str) -> Option<&'static str> {
    let mut found = SERVICES.iter().filter(|service| names(service).any(|own| own == name));
    let first = found.next()?;
    found.next().is_none().then_some(first.prefix)
}

/// The service that was probably meant by one that no ceiling has.
pub(crate) fn likely_service(prefix: &str) -> Option<&'static str> {
    if SERVICES.iter().any(|service| service.prefix.eq_ignore_ascii_case(prefix)) {
        return None;
    }
    jit_wire::section::closest(prefix, SERVICES.iter().map(|service| service.prefix))
}
