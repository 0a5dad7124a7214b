//! What a command fails with: a kind that decides the exit code, what happened, why, and what to type next.

use std::fmt;

use serde_json::json;

pub use jit_wire::explain::Kind;

/// A failure, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError {
    /// Decides the exit code.
    pub kind: Kind,
    /// What happened, one sentence without a full stop.
    pub what: String,
    /// The line of the user's file that is meant.
    pub excerpt: Option<String>,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do next; commands ready to paste.
    pub hints: Vec<String>,
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

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// One object for `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        json!({ "error": { "kind": self.kind.name(), "message": self.what, "excerpt": self.excerpt, "causes": self.causes, "hints": self.hints } })
    }
}

/// The result of a command.
pub type CommandResult<T = ()> = Result<T, CommandError>;
