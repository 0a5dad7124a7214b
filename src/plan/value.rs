//! A value together with its origin, which `jit explain` shows.

use std::fmt;

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued<T> {
    /// The value itself.
    pub value: T,
    /// Where it was set.
    pub origin: Origin,
}

impl<T> Valued<T> {
    /// `value`, set by `origin`.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Where a value was set, as `jit explain` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file's path as the user would write it.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// An option of the command line, such as `--duration`.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The default.
    Default,
    /// A rule that overrides or replaces a setting, in a few words.
    Rule(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Flag(name) | Self::Variable(name) | Self::Rule(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}
