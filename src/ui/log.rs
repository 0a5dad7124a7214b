//! `JIT_LOG` and `-v`: what the program does, on stderr. Only our own events are shown; a library's could contain more
//! than its authors meant to show.

use log::{Level, Log, Metadata, Record};

use super::out::talk;
use super::text::shown;

struct Stderr;

/// Shows events up to the level that `wanted` names, and with `verbose` at least every call, every look into the store and
/// every decision; `false` if `wanted` names no level.
pub fn start(wanted: Option<&str>, verbose: bool) -> bool {
    let named = wanted.map(str::parse::<Level>);
    let level = match named {
        Some(Ok(level)) => Some(level),
        _ => None,
    };
    if let Some(level) = level.max(verbose.then_some(Level::Debug)) {
        log::set_max_level(level.to_level_filter());
        let _ = log::set_logger(&Stderr);
    }
    !matches!(named, Some(Err(_)))
}

/// Whether this crate is one of ours.
fn is_own(name: &str) -> bool {
    name.strip_prefix(env!("CARGO_CRATE_NAME")).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().split("::").next().is_some_and(is_own)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = record.level().as_str().to_ascii_lowercase();
            talk(&shown!("{}: {}", level, record.args()));
        }
    }

    fn flush(&self) {}
}
