//! `JIT_LOG`: what the program does, on stderr. Only our own events are shown; a library's could contain more
//! than its authors meant to show.

use log::{Level, Log, Metadata, Record};

use super::out::talk;
use super::text::shown;

struct Stderr;

/// Shows events up to the level that `wanted` names; `false` if it names none.
pub fn start(wanted: &str) -> bool {
    let Ok(level) = wanted.parse::<Level>() else { return false };
    log::set_max_level(level.to_level_filter());
    log::set_logger(&Stderr).is_ok()
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = record.level().as_str().to_ascii_lowercase();
            talk(&shown!("{}: {}", level, record.args()));
        }
    }

    fn flush(&self) {}
}
