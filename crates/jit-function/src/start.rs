//! The command line, and the session that the program itself has.

use std::path::PathBuf;

use jit_wire::credentials::Credentials;
use jit_wire::env::{self, Env};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

use crate::settings::SettingsError;

/// Set by Lambda.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// The text of `--help`.
pub const HELP: &str = "\
Decides requests for access, writes grants to IAM and removes every policy that no decision explains

Usage: jit-function --once CONFIG

On AWS Lambda it runs without arguments, with the settings in its variables.

Options:
      --once CONFIG  Run once with the settings in the file CONFIG, from cron or a CI job
  -h, --help         Show this help
  -V, --version      Show the version
";

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Answer Lambda's events.
    Serve,
    /// Run once, with the settings in this file.
    Once(PathBuf),
    /// Show the help.
    Help,
    /// Show the version.
    Version,
}

impl Task {
    /// What `words` (after the program's name) ask for.
    ///
    /// # Errors
    /// [`SettingsError::NothingToDo`], [`SettingsError::Argument`].
    pub fn of(words: &[String], env: &Env) -> Result<Self, SettingsError> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            [] if env.get(RUNTIME_API).is_some() => Ok(Self::Serve),
            [] | ["--once"] => Err(SettingsError::NothingToDo),
            ["-h" | "--help"] => Ok(Self::Help),
            ["-V" | "--version"] => Ok(Self::Version),
            ["--once", file] => Ok(Self::Once(PathBuf::from(file))),
            ["--once", _, more, ..] | [more, ..] => Err(SettingsError::Argument(more.to_owned())),
        }
    }
}

/// The session in the environment: of the function's role on Lambda, of the person who starts it elsewhere. Lambda replaces the
/// process before it ends.
///
/// # Errors
/// [`SettingsError::NoSession`], [`SettingsError::Session`].
pub fn own_session(env: &Env) -> Result<Credentials, SettingsError> {
    let of = |name: &'static str| env.get(name).map(str::to_owned).ok_or(SettingsError::NoSession(name));
    let key = of(env::AWS_ACCESS_KEY_ID)?;
    let secret = Secret::new(of(env::AWS_SECRET_ACCESS_KEY)?);
    // The ledger pins who wrote to it by the session of a role.
    let token = Secret::new(of(env::AWS_SESSION_TOKEN)?);
    Credentials::new(key, secret, token, Timestamp(i64::MAX))
        .map_err(|error| SettingsError::Session(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line() {
        let lambda = Env::of([(RUNTIME_API, "127.0.0.1:9001")]);
        let none = Env::of([]);
        let of = |words: &[&str], env: &Env| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Task::of(&words, env)
        };
        assert_eq!(of(&[], &lambda), Ok(Task::Serve));
        assert_eq!(of(&[], &none), Err(SettingsError::NothingToDo));
        assert_eq!(of(&["--once"], &lambda), Err(SettingsError::NothingToDo));
        assert_eq!(of(&["--once", "f.toml"], &lambda), Ok(Task::Once("f.toml".into())));
        for word in ["-h", "--help"] {
            assert_eq!(of(&[word], &none), Ok(Task::Help));
        }
        assert_eq!(of(&["-V"], &none), Ok(Task::Version));
        for words in [&["serve"][..], &["--once", "f", "serve"], &["serve", "--help"]] {
            assert_eq!(of(words, &lambda), Err(SettingsError::Argument("serve".to_owned())));
        }
    }

    #[test]
    fn a_session_has_three_parts() {
        let all =
            [("AWS_ACCESS_KEY_ID", "ASIAX"), ("AWS_SECRET_ACCESS_KEY", "k"), ("AWS_SESSION_TOKEN", "t")];
        assert!(own_session(&Env::of(all)).is_ok());
        for (name, _) in all {
            let others = all.into_iter().filter(|(other, _)| *other != name);
            assert_eq!(own_session(&Env::of(others)).unwrap_err(), SettingsError::NoSession(name));
            let bad = all.map(|(other, value)| (other, if other == name { "a b" } else { value }));
            let error = own_session(&Env::of(bad)).unwrap_err();
            assert!(matches!(&error, SettingsError::Session(_)), "{error}");
        }
    }
}
