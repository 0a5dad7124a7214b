//! `JIT_LOG`: what the program does, on stderr. Only our own events are shown; a library's could hold more than
//! its authors meant to tell.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::talk;
use super::text::escape;

struct Log(Level);

/// Shows events up to the level that `wanted` names; `false` if it names none.
pub fn start(wanted: &str) -> bool {
    match wanted.parse::<Level>() {
        Ok(level) => tracing::subscriber::set_global_default(Log(level)).is_ok(),
        Err(_) => false,
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("jit") && *metadata.level() <= self.0
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        talk(&format!("{level}: {}", escape(&line.0)));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = if field.name() == "message" {
            write!(self.0, "{value:?}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
        debug_assert!(written.is_ok(), "a String takes everything");
    }
}
