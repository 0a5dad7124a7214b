//! What people type who come from another program: the command or the option of `jit` that does it, where clap knows
//! only that it has none of that name.

mod words;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as _, Command, CommandFactory as _};
use jit_wire::name;

use crate::commands::Cli;
use crate::commands::exec::ExecArgs;
use words::{NAMES, OPTIONS, WORDS};

/// `answer` to the command line `words`, with what somebody may have meant who typed that out of habit.
pub(super) fn explained(words: &[OsString], mut answer: clap::Error) -> clap::Error {
    let typed: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let better = match answer.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(&typed, &answer),
        ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict => {
            without_dashes(&typed, &answer).or_else(|| unknown_option(&typed, &answer))
        }
        _ => None,
    };
    if let Some(better) = better {
        return better;
    }
    // What is left of clap's suggestions has to be a typo's.
    if let Some(ContextValue::String(word)) = answer.get(ContextKind::InvalidSubcommand) {
        let typos = typos_of(&word.clone(), &answer);
        answer.remove(ContextKind::SuggestedSubcommand);
        if !typos.is_empty() {
            answer.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(typos));
        }
    }
    let named = |kind| match answer.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let wrong = named(ContextKind::InvalidArg);
    let meant = named(ContextKind::SuggestedArg);
    if let (Some(wrong), Some(meant)) = (wrong, meant)
        && !is_typo(&wrong, &meant)
    {
        answer.remove(ContextKind::SuggestedArg);
        // It has the suggestion in it.
        answer.remove(ContextKind::Usage);
    }
    answer
}

/// Those of the suggested commands that `word` is a typo of.
fn typos_of(word: &str, answer: &clap::Error) -> Vec<String> {
    let suggested = match answer.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(all)) => all.clone(),
        Some(ContextValue::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    suggested.into_iter().filter(|meant| is_typo(word, meant)).collect()
}

/// Whether `typed` is `meant` with one letter wrong, or two in a long word.
fn is_typo(typed: &str, meant: &str) -> bool {
    let [typed, meant] = [typed, meant].map(|text| text.trim_start_matches('-'));
    let allowed = if meant.chars().count() < 8 { 1 } else { 2 };
    strsim::damerau_levenshtein(typed, meant) <= allowed
}

/// An error with a line for each of `next`.
fn error(kind: ErrorKind, what: &str, next: &[String]) -> clap::Error {
    let lines: String = next.iter().map(|next| format!("  next: {next}\n")).collect();
    clap::Error::raw(kind, format!("{what}\n{lines}"))
}

fn unknown_command(typed: &[String], answer: &clap::Error) -> Option<clap::Error> {
    let Some(ContextValue::String(word)) = answer.get(ContextKind::InvalidSubcommand) else { return None };
    // The subcommands of a command are listed in its help.
    if typed.get(1) != Some(word) {
        return None;
    }
    let what = format!("jit has no command `{word}`");
    let known = WORDS.iter().find(|(words, _)| words.contains(&word.to_lowercase().as_str()));
    let next: Vec<String> = match known {
        Some((_, commands)) => commands
            .iter()
            .map(|(command, does)| format!("jit {command}  {does}").trim_end().to_owned())
            .collect(),
        None if !typos_of(word, answer).is_empty() => return None,
        None => {
            let role = if name::is_plain_word(word) { word.as_str() } else { "ROLE" };
            vec![
                format!("jit exec {role} -- CMD  runs a command, if that is a role"),
                "jit --help  lists the commands".to_owned(),
            ]
        }
    };
    Some(error(answer.kind(), &what, &next))
}

fn unknown_option(typed: &[String], answer: &clap::Error) -> Option<clap::Error> {
    let Some(ContextValue::String(option)) = answer.get(ContextKind::InvalidArg) else { return None };
    if answer.kind() != ErrorKind::UnknownArgument || !option.starts_with('-') {
        return None;
    }
    let command = typed.get(1).filter(|word| !word.starts_with('-'))?;
    let option = option.split(['=', ' ']).next().unwrap_or(option);
    let what = format!("jit {command} has no option {option}");
    if NAMES.contains(&option) {
        let value = value_of(typed, option).filter(|value| name::is_plain_word(value));
        let role = value.unwrap_or("ROLE");
        let takes_role = Cli::command()
            .find_subcommand(command)
            .is_some_and(|command| command.get_positionals().any(|arg| arg.get_id().as_str() == "role"));
        let command = if takes_role { command } else { "exec" };
        return Some(error(
            answer.kind(),
            &what,
            &[
                format!("jit {command} {role}  names the role itself"),
                "profiles of ~/.aws/config are roles too, and AWS_PROFILE names one".to_owned(),
            ],
        ));
    }
    let (_, next) = OPTIONS.iter().find(|(options, _)| options.contains(&option))?;
    // A typo of an option that there is comes first.
    let meant = answer.get(ContextKind::SuggestedArg);
    if let Some(ContextValue::String(meant)) = meant
        && is_typo(option, meant)
    {
        return None;
    }
    Some(error(answer.kind(), &what, &next.iter().map(ToString::to_string).collect::<Vec<_>>()))
}

/// The value that was typed with `option`.
fn value_of<'t>(typed: &'t [String], option: &str) -> Option<&'t str> {
    let at = typed.iter().position(|word| word == option || word.starts_with(&format!("{option}=")))?;
    let next = || typed.get(at + 1).map(String::as_str).filter(|next| !next.starts_with('-'));
    typed[at].split_once('=').map(|(_, value)| value).or_else(next)
}

/// `jit exec ROLE CMD` without the two dashes before CMD.
fn without_dashes(typed: &[String], answer: &clap::Error) -> Option<clap::Error> {
    let Some(ContextValue::String(wrong)) = answer.get(ContextKind::InvalidArg) else { return None };
    let [_, exec, words @ ..] = typed else { return None };
    // An option that is unknown stands before the command, or clap would have stopped there.
    let unknown_option = answer.kind() == ErrorKind::UnknownArgument && wrong.starts_with('-');
    if exec != "exec" || unknown_option || words.iter().any(|word| word == "--") {
        return None;
    }
    let command = ExecArgs::augment_args(Command::new("exec"));
    let takes_value = |word: &str| {
        let is_named = |arg: &&clap::Arg| match word.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => word
                .strip_prefix('-')
                .is_some_and(|short| arg.get_short().is_some_and(|own| short == own.to_string())),
        };
        command.get_arguments().find(is_named).is_some_and(|arg| arg.get_action().takes_values())
    };
    let role = words.iter().position(|word| word == "--role" || word.starts_with("--role="));
    let has_role = role.is_some();
    let mut positions = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match words[at].as_str() {
            option if option.starts_with('-') => at += usize::from(takes_value(option)),
            _ => positions.push(at),
        }
        at += 1;
    }
    let start = *positions.get(usize::from(!has_role))?;
    if role.is_some_and(|role| start < role) {
        return None;
    }
    let with_dashes = |start: usize| {
        let (before, after) = words.split_at(start);
        let line = [&["jit".to_owned(), "exec".to_owned()], before, &["--".to_owned()], after].concat();
        let can_be_pasted = line.iter().all(|word| {
            let word = word.trim_start_matches('-');
            word.is_empty() || name::is_plain_word(word)
        });
        match (can_be_pasted, has_role) {
            (true, _) => line.join(" "),
            (false, true) => "jit exec --role ROLE -- CMD".to_owned(),
            (false, false) => "jit exec ROLE -- CMD".to_owned(),
        }
    };
    let mut next = vec![with_dashes(start)];
    if !has_role && positions[0] < start {
        let line = with_dashes(positions[0]);
        if !next.contains(&line) {
            next.push(format!("{line}  with the role of this terminal or your default_role"));
        }
    }
    let what = format!("`--` is missing before the command `{}`", words[start]);
    Some(error(ErrorKind::UnknownArgument, &what, &next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
        crate::cli::read(&words).unwrap_err().to_string()
    }

    #[test]
    fn a_word_of_another_program_names_the_command_that_does_it() {
        for (words, command) in [
            ("ls list", "jit roles  "),
            ("use switch assume", "jit login ROLE  "),
            ("shell", "jit exec ROLE  "),
            ("run", "jit exec ROLE -- CMD  "),
            ("add new", "jit configure add URL  "),
            ("rotate", "jit login --force  "),
            ("clear remove", "jit logout ROLE  "),
            ("version", "jit --version\n"),
            ("update upgrade", "jit --version  "),
            ("who id identity who-am-i get-caller-identity", "jit whoami  "),
            ("sso", "jit login  "),
            ("signout", "jit logout  "),
            ("config init", "jit configure  "),
            ("export creds", "jit env ROLE  "),
            ("web open", "jit console ROLE  "),
            ("server", "jit exec --refresh ROLE -- CMD  "),
            ("LS List", "jit roles  "),
        ] {
            for word in words.split(' ') {
                let said = said(&format!("jit {word}"));
                let expected = format!("error: jit has no command `{word}`\n  next: {command}");
                assert!(said.starts_with(&expected), "{word}: {said}");
            }
        }
        // Every command in the table is one.
        for (words, commands) in WORDS {
            for (command, _) in *commands {
                let first = command.split(' ').next().unwrap();
                let is_command = Cli::command().find_subcommand(first).is_some();
                assert!(is_command || first == "--version", "{words:?}: {command}");
            }
            for word in *words {
                assert!(Cli::command().find_subcommand(word).is_none(), "{word} is a command");
            }
        }
        assert!(said("jit lgoin").contains("a similar subcommand exists: 'login'"));
        let other = said("jit prod-admin");
        assert!(
            other.contains("next: jit exec prod-admin -- CMD  runs a command, if that is a role"),
            "{other}"
        );
        assert!(said("jit $(id)").contains("next: jit exec ROLE -- CMD"), "nothing that a shell acts on");
        assert!(said("jit configure nothing").contains("unrecognized subcommand"));
    }

    #[test]
    fn an_option_of_another_program_names_what_does_it() {
        for (line, next) in [
            ("jit exec --profile prod -- true", "jit exec prod  names the role itself"),
            ("jit exec -p prod -- true", "jit exec prod  names the role itself"),
            ("jit env --profile=prod", "jit env prod  names the role itself"),
            ("jit login -p prod", "jit login prod  names the role itself"),
            ("jit status --profile prod", "jit exec prod  names the role itself"),
            ("jit env --profile $(id)", "jit env ROLE  names the role itself"),
            ("jit exec --duration 2h prod -- true", "`jit exec --max 1h` makes a session shorter"),
            ("jit exec -d 2h prod -- true", "`jit exec --max 1h` makes a session shorter"),
            (
                "jit status --output json",
                "`jit status`, `roles`, `whoami`, `explain` and `doctor` take --json",
            ),
            ("jit login --region eu-west-1", "`jit exec`, `jit env` and `jit console` take --region"),
            ("jit status --region eu-west-1", "`jit exec`, `jit env` and `jit console` take --region"),
            (
                "jit exec --server prod -- true",
                "`jit exec --refresh` keeps the credentials of a command valid",
            ),
            ("jit whoami --debug", "set JIT_LOG=debug"),
        ] {
            let said = said(line);
            let words: Vec<&str> = line.split(' ').collect();
            assert!(said.starts_with(&format!("error: jit {} has no option -", words[1])), "{line}: {said}");
            assert!(said.contains(&format!("\n  next: {next}\n")), "{line}: {said}");
            assert!(!said.contains("--version"), "{line}: {said}");
        }
    }

    #[test]
    fn a_suggestion_is_that_of_a_typo() {
        for (line, meant) in [
            ("jit status --chekc", "--check"),
            ("jit exec --quite", "--quiet"),
            ("jit login --no-browzer", "--no-browser"),
        ] {
            assert!(said(line).contains(&format!("'{meant}'")), "{line}: {}", said(line));
        }
        for line in
            ["jit status --bogus", "jit status --session", "jit whoami --vision", "jit roles --region x"]
        {
            assert!(!said(line).contains("a similar argument exists"), "{line}: {}", said(line));
        }
    }

    #[test]
    fn missing_dashes_are_named_with_the_line_that_has_them() {
        for (line, next) in [
            ("jit exec prod aws s3 ls", "jit exec prod -- aws s3 ls"),
            ("jit exec prod terraform plan -out=x", "jit exec prod -- terraform plan -out=x"),
            ("jit exec -q prod aws s3 ls", "jit exec -q prod -- aws s3 ls"),
            ("jit exec --min-ttl 10m prod env", "jit exec --min-ttl 10m prod -- env"),
            ("jit exec prod --max 1h make deploy", "jit exec prod --max 1h -- make deploy"),
            ("jit exec --role prod env", "jit exec --role prod -- env"),
            ("jit exec --role=prod aws s3", "jit exec --role=prod -- aws s3"),
            ("jit exec prod sh -c a;b", "jit exec ROLE -- CMD"),
        ] {
            let said = said(line);
            assert!(said.starts_with("error: `--` is missing before the command `"), "{line}: {said}");
            assert!(said.contains(&format!("\n  next: {next}\n")), "{line}: {said}");
        }
        let default = said("jit exec aws s3 ls");
        assert!(default.contains("next: jit exec -- aws s3 ls  with the role of this terminal"), "{default}");
        for line in ["jit exec prod -- aws --profile x", "jit exec prod"] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert!(crate::cli::read(&words).is_ok(), "{line}");
        }
    }
}
