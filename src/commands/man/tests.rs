use clap::Parser as _;

use super::examples::EXAMPLES;
use super::*;
use crate::commands::Cli;

/// The words of every command, without `jit`.
fn names() -> Vec<String> {
    fn below(command: &Command, words: &str, all: &mut Vec<String>) {
        all.push(words.to_owned());
        visible(command).for_each(|sub| below(sub, format!("{words} {}", sub.get_name()).trim(), all));
    }
    let mut all = Vec::new();
    below(&commands(), "", &mut all);
    all
}

#[test]
fn every_command_has_examples() {
    let without: Vec<String> = names()
        .into_iter()
        .filter(|name| {
            !EXAMPLES.iter().any(|examples| examples.command == name && !examples.lines.is_empty())
        })
        .collect();
    assert!(without.is_empty(), "add examples to src/commands/man/examples.rs for: {without:?}");
    let unknown = EXAMPLES.iter().find(|examples| !names().iter().any(|name| name == examples.command));
    assert!(unknown.is_none(), "{:?} is no command", unknown.map(|examples| examples.command));
}

/// The words of `line` that are for jit: a shell would read the others.
fn words_for_jit(line: &str) -> Vec<String> {
    let from = line.find("jit ").unwrap_or_default();
    let line = line[from..].split([')', '|', '>']).next().unwrap_or_default();
    // Quoted text is one word.
    let pieces = line.split('\'').enumerate();
    pieces
        .flat_map(|(at, piece)| match at % 2 {
            0 => piece.split_whitespace().map(str::to_owned).collect(),
            _ => vec![piece.to_owned()],
        })
        .collect()
}

#[test]
fn examples_can_be_typed() {
    for examples in EXAMPLES {
        for (line, meaning) in examples.lines {
            let words = words_for_jit(line);
            assert!(Cli::try_parse_from(&words).is_ok(), "`{line}`: {words:?}");
            assert!(meaning.ends_with('.') && line.len() <= 60, "{line}: {meaning}");
            let starts = format!("jit {}", examples.command);
            assert!(words.join(" ").starts_with(starts.trim_end()), "{line}");
        }
    }
}

/// What is typed after `jit man`, and the page.
#[test]
fn a_page_is_found_by_the_words_of_its_command() {
    type Found = Result<&'static str, Option<&'static str>>;
    let cases: [(&[&str], Found); 10] = [
        (&[], Ok("jit")),
        (&["jit"], Ok("jit")),
        (&["exec"], Ok("jit-exec")),
        (&["jit", "exec"], Ok("jit-exec")),
        (&["jit-exec"], Ok("jit-exec")),
        (&["credential-process"], Ok("jit-credential-process")),
        (&["configure", "profiles"], Ok("jit-configure-profiles")),
        (&["configure-profiles"], Ok("jit-configure-profiles")),
        (&["exce"], Err(Some("exec"))),
        (&["no-such-command-anywhere"], Err(None)),
    ];
    let main = commands();
    for (words, expected) in cases {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = find(&main, &words).map(page::page_name);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{words:?}"),
            (Err(error), Err(meant)) => assert_eq!(error.meant.as_deref(), meant, "{words:?}"),
            (found, _) => panic!("{words:?}: {:?}", found.map_err(|error| error.meant)),
        }
    }
}

#[test]
fn every_page_has_the_sections_of_a_manual() {
    for (name, source) in pages().unwrap() {
        let source = String::from_utf8(source).unwrap();
        let sections: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        let expected = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "EXAMPLES",
        ];
        let found: Vec<&str> = sections.iter().copied().filter(|title| expected.contains(title)).collect();
        assert_eq!(found, expected, "{name}: {sections:?}");
        assert!(
            !source.contains("help(1)") && !source.contains("jit\\-help"),
            "{name} refers to a page that does not exist"
        );
    }
    let main = commands();
    let exec = find(&main, &["exec".to_owned()]).map(|exec| page::source(&main, exec)).unwrap().unwrap();
    let exec = String::from_utf8(exec).unwrap();
    let synopsis = exec.split(".SH SYNOPSIS\n").nth(1).unwrap().lines().next().unwrap();
    assert!(synopsis.contains("\\fB[\\-\\-\\fR \\fI<CMD>"), "{synopsis}");
}
