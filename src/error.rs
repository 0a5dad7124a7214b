//! What a command fails with: a kind that decides the exit code, what happened, why, and what to type next.

use std::fmt;

use serde_json::json;

/// The kinds of failure, each with an exit code that scripts may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything else.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// A login is needed and may not be started here.
    LoginNeeded,
    /// AWS or the IdP said no.
    Refused,
    /// AWS said that this person may not become this role. Apart from [`Kind::Refused`] because this is where access
    /// could be asked for.
    NotAllowed,
    /// The secret store cannot be used.
    Store,
    /// The person pressed Ctrl-C while there was something to be called off first.
    Interrupted,
    /// A program that `exec` was given could not be started; the shells' own codes.
    NotExecutable,
    /// The same, because it is not there.
    NotFound,
}

impl Kind {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::LoginNeeded => 3,
            Self::Refused | Self::NotAllowed => 4,
            Self::Store => 5,
            Self::Interrupted => 130,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }

    /// The name in `--json` errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::LoginNeeded => "login_needed",
            Self::Refused => "refused",
            Self::NotAllowed => "not_allowed",
            Self::Store => "store",
            Self::Interrupted => "interrupted",
            Self::NotExecutable => "not_executable",
            Self::NotFound => "not_found",
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_contract_s() {
        use Kind::{
            Failed, Interrupted, LoginNeeded, NotAllowed, NotExecutable, NotFound, Refused, Store, Usage,
        };
        let all =
            [Failed, Usage, LoginNeeded, Refused, NotAllowed, Store, Interrupted, NotExecutable, NotFound];
        assert_eq!(all.map(Kind::exit_code), [1, 2, 3, 4, 4, 5, 130, 126, 127]);
    }
}
