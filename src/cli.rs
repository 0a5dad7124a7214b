//! Parses the command line, and explains what is wrong with one that cannot be parsed (`habits`).

mod habits;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, Parser as _};

use crate::commands::{Cli, Command};

/// Parses `words`, the program's name first.
///
/// Building the whole parser takes longer than answering an SDK. So the commands that other programs run
/// often have a parser of their own; whatever it does not accept, help and mistakes included, is parsed
/// again by the whole one.
///
/// # Errors
/// The error of clap: a mistake, or the help that was requested.
pub fn read(words: &[OsString]) -> Result<Cli, clap::Error> {
    let alone = match words.get(1).and_then(|word| word.to_str()) {
        Some("credential-process") => read_alone(&words[1..]).map(Command::CredentialProcess),
        Some("exec") => read_alone(&words[1..]).map(Command::Exec),
        Some("env") => read_alone(&words[1..]).map(Command::Env),
        _ => None,
    };
    match alone {
        // With -v it is read by the whole.
        Some(command) => Ok(Cli { command, verbose: false }),
        None => {
            Cli::try_parse_from(words).map_err(|answer| habits::explained(words, one_line(words, answer)))
        }
    }
}

/// The error for a program that starts `jit` without arguments; a person gets the help.
pub fn without_arguments() -> clap::Error {
    let what = "no command was given. If an AWS tool started jit, it lost the arguments of credential_process: \
                run `jit configure profiles`, which writes the line so that every tool understands it\n";
    clap::Error::raw(ErrorKind::MissingSubcommand, what)
}

/// One line for `credential-process`: many tools show only one line of its stderr.
fn one_line(words: &[OsString], answer: clap::Error) -> clap::Error {
    let asks = words.get(1).is_some_and(|word| word == "credential-process");
    if !asks || answer.kind() != ErrorKind::MissingRequiredArgument {
        return answer;
    }
    let what =
        "credential-process needs the name of a role: jit credential-process ROLE (`jit roles` lists them)\n";
    clap::Error::raw(answer.kind(), what)
}

/// The arguments of one command, its name first; `None` if the parser has anything to report.
fn read_alone<A: Args>(words: &[OsString]) -> Option<A> {
    let parser = A::augment_args(clap::Command::new("jit"));
    A::from_arg_matches(&parser.try_get_matches_from(words).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::env::EnvArgs;

    #[test]
    fn parsing_one_command_equals_parsing_with_all() {
        let lines = [
            "exec -- true",
            "exec prod -q -- terraform plan -out=x --help",
            "exec --role prod --min-ttl 10m --refresh --read-only --policy p.json --max 1h -- a",
            "exec prod",
            "exec prod --region eu-west-1 -- a",
            "exec prod --role prod -- a",
            "exec --max never -- a",
            "exec --help",
            "exec --version",
            "env",
            "env prod --shell fish",
            "env --shell tcsh",
            "credential-process prod",
            "credential-process prod --auto-login",
            "credential-process --auto-login=yes prod",
            "credential-process a b",
            "credential-process -- -a",
            "login",
        ];
        let said = |read: Result<Cli, clap::Error>| match read {
            Ok(cli) => format!("{cli:?}"),
            Err(answer) => answer.to_string(),
        };
        for line in lines {
            let words: Vec<OsString> =
                std::iter::once("jit").chain(line.split(' ')).map(Into::into).collect();
            let by_all = Cli::try_parse_from(&words).map_err(|answer| habits::explained(&words, answer));
            assert_eq!(said(read(&words)), said(by_all), "{line}");
        }
        let nothing = read(&["jit", "credential-process"].map(OsString::from)).unwrap_err().to_string();
        assert_eq!(
            nothing,
            "error: credential-process needs the name of a role: jit credential-process ROLE (`jit roles` lists them)\n"
        );
        let words = ["jit", "env", "prod"].map(OsString::from);
        assert!(read_alone::<EnvArgs>(&words[1..]).is_some(), "none was read alone");
    }
}
