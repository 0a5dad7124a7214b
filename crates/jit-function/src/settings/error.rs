//! What is wrong with the settings.

use std::fmt;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::section::Mistake;

/// Where a setting is, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingPlace {
    /// A variable of the environment.
    Variable(String),
    /// A line of a file.
    Line(String, usize),
    /// A key of a file that lacks it.
    Key(String, &'static str),
}

impl fmt::Display for SettingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Line(file, line) => write!(f, "{}:{line}", file.escape_debug()),
            Self::Key(file, key) => write!(f, "`{key}` in {}", file.escape_debug()),
        }
    }
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A required setting is missing.
    #[error("{place} is not set")]
    Missing {
        /// Where it would be.
        place: SettingPlace,
        /// A good value.
        example: &'static str,
    },
    /// A value is not usable.
    #[error("{place}: `{}` is not a valid value of `{key}`", .value.escape_debug())]
    Invalid {
        /// Where it is.
        place: SettingPlace,
        /// What it is.
        value: String,
        /// The setting.
        key: &'static str,
        /// A good value.
        example: &'static str,
    },
    /// A variable that looks like a setting and is none.
    #[error("there is no setting {}", .variable.escape_debug())]
    Unknown {
        /// Its name.
        variable: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {why}", .path.escape_debug())]
    File {
        /// The file.
        path: String,
        /// The system's reason.
        why: String,
    },
    /// The file has a mistake.
    #[error(transparent)]
    Mistake(#[from] Mistake),
    /// There is no session to call AWS with.
    #[error("{0} is not set, so there is no session to call AWS with")]
    NoSession(&'static str),
    /// The session in the environment cannot be one.
    #[error("the AWS session in the environment is not usable: {0}")]
    Session(String),
    /// Lambda did not start it, and nobody asked for a run.
    #[error("this program runs on AWS Lambda, or once with --once CONFIG")]
    NothingToDo,
    /// The command line is not understood.
    #[error("unexpected argument `{}`", .0.escape_debug())]
    Argument(String),
}

impl Explain for SettingsError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn excerpt(&self) -> Option<String> {
        match self {
            Self::Mistake(mistake) => mistake.excerpt(),
            _ => None,
        }
    }

    fn next(&self) -> Vec<Next> {
        vec![match self {
            Self::Missing { place: SettingPlace::Key(_, key), example } => {
                Next::words(format!("add a line such as `{key} = \"{example}\"`"))
            }
            Self::Missing { place, example } => {
                Next::words(format!("set {place} to a value such as `{example}`"))
            }
            Self::Invalid { example, .. } => Next::words(format!("write a value such as `{example}`")),
            Self::Unknown { meant: Some(meant), .. } => Next::words(format!("did you mean {meant}?")),
            Self::Unknown { meant: None, .. } => {
                Next::words("remove it; docs/access/function.md lists the settings")
            }
            Self::File { .. } => Next::words("check that the file exists and that this user may read it"),
            Self::Mistake(mistake) if mistake.next().is_empty() => Next::words("correct this line"),
            Self::Mistake(mistake) => return mistake.next(),
            Self::NoSession(_) | Self::Session(_) => Next::words(
                "run it with the session of the function's role in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, as `jit exec` does",
            ),
            Self::NothingToDo | Self::Argument(_) => {
                Next::words("type `jit-function --once CONFIG`, where CONFIG is a file with the settings")
            }
        }]
    }
}
