//! What the argument parser has to say: help for people, and errors for people and scripts.

use std::ffi::OsString;

use super::json::Answer;
use super::out::{self, talk};
use super::text::{escape, escape_json, escape_lines};
use crate::error::{CommandError, Kind};
use jit_wire::unseen::is_unseen;
use serde_json::json;

/// Reports on stderr that the command line `words` cannot be parsed, or prints the help that was requested;
/// the exit code is clap's, 2 for errors. Scripts that passed `--json` get the same object as for every other
/// failure.
///
/// clap quotes arguments unchanged. So if one contains control characters, `read` is called again, with the
/// arguments escaped. `command` is the whole parser.
pub fn answer_parser(
    answer: clap::Error,
    json: bool,
    words: &[OsString],
    read: impl FnOnce(&[OsString]) -> Option<clap::Error>,
    command: impl FnOnce() -> clap::Command,
) -> u8 {
    let exit_code = u8::try_from(answer.exit_code()).unwrap_or(2);
    let shown: Vec<OsString> =
        words.iter().map(|word| escape(&word.to_string_lossy()).into_string().into()).collect();
    let answer =
        if shown.iter().skip(1).eq(words.iter().skip(1)) { answer } else { read(&shown).unwrap_or(answer) };
    let text = answer.to_string();
    if json && answer.use_stderr() {
        let error = for_scripts(&text, &command_of(words, command()));
        talk(&escape_json(&Answer(&json!({ "error": error.to_json() }))));
    } else if text.chars().all(|c| c == '\n' || !is_unseen(c)) {
        out::parser_answer(&answer, &text);
    } else {
        // What clap read from elsewhere than the arguments.
        talk(&escape_lines(text.trim_end()));
    }
    exit_code
}

/// The message of the parser as an error: its first sentence, what it says about it, and its tips. The usage is for
/// people; scripts get the command that prints it.
fn for_scripts(text: &str, command: &str) -> CommandError {
    let mut what = String::new();
    let mut causes = Vec::new();
    let mut hints = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            break;
        }
        match line.strip_prefix("tip: ").or_else(|| line.strip_prefix("next: ")) {
            Some(tip) => hints.push(tip.to_owned()),
            None if what.is_empty() => line.trim_start_matches("error: ").clone_into(&mut what),
            // `the following arguments were not provided:`, and then one on each line.
            None if what.ends_with(':') && causes.is_empty() => what.push_str(&format!(" {line}")),
            None => causes.push(line.trim_matches(['[', ']']).to_owned()),
        }
    }
    hints.push(format!("run `{command} --help`"));
    let mut error = CommandError::advised(Kind::Usage, what, hints);
    error.causes = causes;
    error
}

/// The name of the subcommand of `command` that `words` begin with.
fn command_of(words: &[OsString], mut command: clap::Command) -> String {
    let mut named = command.get_name().to_owned();
    for word in words.iter().skip(1) {
        let Some(sub) = word.to_str().and_then(|word| command.find_subcommand(word)) else { break };
        named = format!("{named} {}", sub.get_name());
        command = sub.clone();
    }
    named
}
