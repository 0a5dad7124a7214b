//! The error of a command: a kind that determines the exit code, what happened, why, and what to type next.

use std::fmt;

use serde_json::json;

pub use jit_wire::explain::Kind;

/// A failure, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError {
    /// Determines the exit code.
    pub kind: Kind,
    /// What happened, one sentence without a full stop.
    pub what: String,
    /// The line of the user's file that is affected.
    pub excerpt: Option<String>,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do next; commands ready to paste. Only `commands/advice.rs` writes these.
    hints: Vec<String>,
}

impl CommandError {
    /// A failure of `kind`.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), excerpt: None, causes: Vec::new(), hints: Vec::new() }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// A failure with finished hints: for `commands/advice.rs`, and for messages of the argument parser.
    pub fn advised(kind: Kind, what: impl Into<String>, hints: Vec<String>) -> Self {
        Self { hints, ..Self::new(kind, what) }
    }

    /// Several failures as one, with the kind of the first: `what` says how many there are, and each is
    /// listed.
    pub fn of_several(what: impl Into<String>, failures: Vec<(String, Self)>) -> Self {
        const MOST_HINTS: usize = 5;
        let kind = failures.first().map_or(Kind::Failed, |(_, first)| first.kind);
        let mut whole = Self::new(kind, what);
        for (name, failure) in failures {
            whole.causes.push(format!("{name}: {}", failure.what));
            for hint in failure.hints {
                if whole.hints.len() < MOST_HINTS && !whole.hints.contains(&hint) {
                    whole.hints.push(hint);
                }
            }
        }
        whole
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The value of `error` for `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "kind": self.kind.name(),
            "message": self.what,
            "excerpt": self.excerpt,
            "causes": self.causes,
            "hints": self.hints,
        })
    }
}

/// The result of a command.
pub type CommandResult<T = ()> = Result<T, CommandError>;
