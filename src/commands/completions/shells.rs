//! The completion protocol of each shell: its script, and the answers to what that script asks.
//!
//! A script calls `COMPLETE=SHELL jit -- WORD…`. bash and PowerShell insert an answer unquoted, so they get
//! only words that need no quotes, or quoted ones. zsh, fish and elvish quote by themselves. All of them
//! print the help of a candidate, and split the output at line feeds.
//!
//! The environment of that call is not trusted: an index out of range and an unknown separator are ignored.

use std::ffi::OsString;
use std::path::Path;

use clap_complete::CompletionCandidate;
use clap_complete::engine;

use super::CompletionShell;
use crate::ui::text::escape;
use jit_wire::env::Env;
use jit_wire::name;

/// The variable that makes the program print completions; its value is the shell.
pub const VARIABLE: &str = "COMPLETE";
/// The variable with the index of the word to complete.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";
/// The variable with the separator between candidates.
const SEPARATOR: &str = "_CLAP_IFS";
/// The most characters of help that are shown for a candidate.
const LONGEST_HELP: usize = 100;

/// The script that makes `shell` complete.
pub const fn script(shell: CompletionShell) -> &'static str {
    match shell {
        CompletionShell::Bash => include_str!("scripts/jit.bash"),
        CompletionShell::Elvish => include_str!("scripts/jit.elv"),
        CompletionShell::Fish => include_str!("scripts/jit.fish"),
        CompletionShell::Powershell => include_str!("scripts/jit.ps1"),
        CompletionShell::Zsh => include_str!("scripts/_jit"),
    }
}

/// The output for a completion script; `None` if this is an ordinary command line, or the variable has
/// another meaning. `line` is the command line of this process, `command` the commands to complete.
pub fn answer(env: &Env, line: &[OsString], command: impl FnOnce() -> clap::Command) -> Option<String> {
    let shell = shell_named(env.get(VARIABLE)?)?;
    match line {
        [_] => Some(script(shell).to_owned()),
        [_, dashes, words @ ..] if dashes == "--" => {
            Some(completed(shell, words.to_vec(), env, &mut command()).unwrap_or_default())
        }
        _ => None,
    }
}

/// The shell with this name or at this path.
fn shell_named(text: &str) -> Option<CompletionShell> {
    match Path::new(text).file_stem()?.to_str()? {
        "bash" => Some(CompletionShell::Bash),
        "elvish" => Some(CompletionShell::Elvish),
        "fish" => Some(CompletionShell::Fish),
        "powershell" | "powershell_ise" | "pwsh" => Some(CompletionShell::Powershell),
        "zsh" => Some(CompletionShell::Zsh),
        _ => None,
    }
}

/// The completions of `words`. Errors give none, because a shell cannot show them.
fn completed(
    shell: CompletionShell,
    mut words: Vec<OsString>,
    env: &Env,
    command: &mut clap::Command,
) -> Option<String> {
    let last = words.len().checked_sub(1)?;
    // fish gives no index.
    let index = env.get(INDEX).filter(|_| shell != CompletionShell::Fish);
    let index = index.and_then(|index| index.parse().ok()).unwrap_or(last);
    if index == words.len() {
        words.push(OsString::new());
    }
    let typed = words.get(index)?.to_string_lossy().into_owned();
    let found = engine::complete(command, words, index, Some(Path::new("."))).ok()?;
    let lines = found.iter().filter_map(|candidate| line(shell, candidate, &typed));
    let separator = env.get(SEPARATOR).filter(|separator| *separator == "\u{b}").unwrap_or("\n");
    let text = lines.collect::<Vec<_>>().join(separator);
    // fish and PowerShell read lines; the others split at separators.
    let ends = matches!(shell, CompletionShell::Fish | CompletionShell::Powershell) && !text.is_empty();
    Some(if ends { text + "\n" } else { text })
}

/// A candidate in the format of `shell`; `None` if the shell could misread it.
pub(in crate::commands) fn line(
    shell: CompletionShell,
    candidate: &CompletionCandidate,
    typed: &str,
) -> Option<String> {
    let value = word(shell, candidate, typed)?;
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help: String = help.lines().next().unwrap_or_default().chars().take(LONGEST_HELP).collect();
    let help = escape(&help).into_string();
    Some(match shell {
        CompletionShell::Bash | CompletionShell::Elvish => value,
        CompletionShell::Fish | CompletionShell::Powershell if !help.is_empty() => format!("{value}\t{help}"),
        CompletionShell::Fish | CompletionShell::Powershell => value,
        // In the format of zsh, a colon ends the value and a backslash escapes.
        CompletionShell::Zsh => {
            let value = value.replace('\\', "\\\\").replace(':', "\\:");
            if help.is_empty() { value } else { format!("{value}:{}", help.replace('\\', "\\\\")) }
        }
    })
}

/// The word that `shell` inserts.
fn word(shell: CompletionShell, candidate: &CompletionCandidate, typed: &str) -> Option<String> {
    let value = candidate.get_value().to_str()?;
    // jit's own options and subcommands have an id; values have none.
    let own = candidate.get_id().is_some() && name::is_plain_word(value.trim_start_matches('-'));
    // `--option=value` is completed as one word; only the value is checked.
    let option =
        typed.split_inclusive('=').next().filter(|option| option.starts_with("--") && option.ends_with('='));
    let named = option.and_then(|option| value.strip_prefix(option)).unwrap_or(value);
    let plain = own || name::is_plain_word(named);
    match shell {
        CompletionShell::Bash => plain.then(|| value.to_owned()),
        // In PowerShell a comma makes a list.
        CompletionShell::Powershell if value.contains(',') => plain.then(|| format!("'{value}'")),
        CompletionShell::Powershell => plain.then(|| value.to_owned()),
        CompletionShell::Elvish | CompletionShell::Fish | CompletionShell::Zsh => {
            let fits = !named.starts_with('-') && !value.is_empty() && value.chars().all(name::is_visible);
            (plain || fits).then(|| value.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::Cli;
    use crate::testing::hostile_names as hostile;

    const SHELLS: [(CompletionShell, &str); 5] = [
        (CompletionShell::Bash, "bash"),
        (CompletionShell::Elvish, "elvish"),
        (CompletionShell::Fish, "fish"),
        (CompletionShell::Powershell, "powershell"),
        (CompletionShell::Zsh, "zsh"),
    ];

    fn asked(shell: &str, [index, separator]: [&str; 2], line: &[&str]) -> Option<String> {
        let env = Env::of([(VARIABLE, shell), (INDEX, index), (SEPARATOR, separator)]);
        let line: Vec<OsString> = line.iter().map(OsString::from).collect();
        answer(&env, &line, Cli::command)
    }

    #[test]
    fn a_hostile_value_is_quoted_by_the_shell_or_not_offered() {
        for (shell, _) in SHELLS {
            for value in hostile() {
                let found = line(shell, &CompletionCandidate::new(value.as_str()), "");
                let quotes =
                    matches!(shell, CompletionShell::Elvish | CompletionShell::Fish | CompletionShell::Zsh);
                match found {
                    None => {}
                    Some(line) => {
                        assert!(quotes, "{shell:?} is given {line:?}");
                        assert!(!line.starts_with('-') && line.chars().all(name::is_visible), "{line:?}");
                    }
                }
                let written = CompletionCandidate::new(format!("--role={value}"));
                if !quotes && !value.is_empty() {
                    assert_eq!(line(shell, &written, "--role="), None, "{value:?}");
                }
            }
        }
    }

    #[test]
    fn ordinary_values_are_offered_to_every_shell() {
        for (shell, _) in SHELLS {
            for value in ["prod", "222222222222/Az09+=.@_-", "me@example.com", "acme/", "münchen"] {
                assert_eq!(line(shell, &CompletionCandidate::new(value), "").as_deref(), Some(value));
            }
        }
        let list = CompletionCandidate::new("222222222222/a,b");
        assert_eq!(line(CompletionShell::Powershell, &list, "").as_deref(), Some("'222222222222/a,b'"));
        assert_eq!(line(CompletionShell::Bash, &list, "").as_deref(), Some("222222222222/a,b"));
        let written = CompletionCandidate::new("--role=prod");
        assert_eq!(line(CompletionShell::Bash, &written, "--role=p").as_deref(), Some("--role=prod"));
    }

    #[test]
    fn a_description_stays_on_its_line_and_is_escaped() {
        let about = |help: &str| CompletionCandidate::new("a:b").help(Some(help.to_owned().into()));
        for (help, zsh, fish) in [
            ("words [and] a:colon", "a\\:b:words [and] a:colon", "a:b\twords [and] a:colon"),
            ("back\\slash", "a\\:b:back\\\\slash", "a:b\tback\\slash"),
            ("bell\u{7}\tx", "a\\:b:bell\\\\u{7}\\\\u{9}x", "a:b\tbell\\u{7}\\u{9}x"),
            ("one\ntwo", "a\\:b:one", "a:b\tone"),
        ] {
            assert_eq!(line(CompletionShell::Zsh, &about(help), "").as_deref(), Some(zsh));
            assert_eq!(line(CompletionShell::Fish, &about(help), "").as_deref(), Some(fish));
            assert_eq!(line(CompletionShell::Powershell, &about(help), "").as_deref(), Some(fish));
        }
        let long = line(CompletionShell::Fish, &about(&"x".repeat(1000)), "").unwrap();
        assert_eq!(long.len(), "a:b\t".len() + LONGEST_HELP);
    }

    #[test]
    fn the_environment_cannot_steer_a_completion() {
        let words = ["jit", "--", "jit", "sta"];
        for (_, shell) in SHELLS {
            for more in [
                ["", ""],
                ["99", ""],
                ["-1", ""],
                ["18446744073709551615", ""],
                ["x", ""],
                ["1", "; touch pwned; "],
            ] {
                let told = asked(shell, more, &words).unwrap();
                let value = told.split(['\t', ':', '\n']).next().unwrap();
                assert!(["", "status"].contains(&value) && !told.contains("pwned"), "{shell}: {told:?}");
            }
            assert_eq!(asked(shell, ["", ""], &["jit", "--"]).as_deref(), Some(""));
            assert_eq!(asked(shell, ["", ""], &["jit", "env", "prod"]), None, "an ordinary line");
        }
        for other in ["yes", "1", "/bin/sh", "bash;x"] {
            assert_eq!(asked(other, ["", ""], &words), None, "{other} is no shell's name");
        }
        assert_eq!(asked("/usr/bin/zsh", ["", ""], &["jit"]).as_deref(), Some(script(CompletionShell::Zsh)));
    }

    /// PowerShell is not installed on the test machines, so its script is only read: it must not evaluate
    /// any text.
    #[test]
    fn no_script_evaluates_a_line_or_names_a_path() {
        for (shell, _) in SHELLS {
            let script = script(shell).to_ascii_lowercase();
            for word in ["eval", "invoke-expression", "iex", "invoke(", "@\"", "scriptblock]", "/jit"] {
                let comment = |line: &&str| !line.trim_start().starts_with('#');
                let found = script.lines().filter(comment).any(|line| line.contains(word));
                assert!(!found, "{shell:?}: {word}");
            }
        }
    }
}
