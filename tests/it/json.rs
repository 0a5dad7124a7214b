//! What scripts read: each answer is the example in `docs/reference/json.md`, and has a version.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use jit::commands::Cli;
use serde_json::Value;

use crate::support::{Output, Room};

const PAGE: &str = "docs/reference/json.md";

/// The examples of the page, by the comment before each: the room that the command runs in. Add a line, a heading, and
/// an empty block for a new command, then run scripts/generate.
const EXAMPLES: &[(&str, fn() -> Room)] = &[
    ("jit status --json", || Room::signed_in("admin")),
    ("jit roles --json", Room::new),
    ("jit whoami admin --json", || Room::signed_in("admin")),
    ("jit explain admin --json", || Room::signed_in("admin")),
    ("jit policy check policy.toml --json", with_a_policy),
    ("jit policy test policy.toml cases.txt --json", with_a_policy),
    ("jit doctor --json", || Room::signed_in("admin")),
];

/// Commands whose answers other tests show, because they need more than a room of this file, and the file with these tests.
const ELSEWHERE: &[(&str, &str)] = &[
    ("jit request", "tests/it/requests.rs"),
    ("jit requests", "tests/it/requests.rs"),
    ("jit exec", "tests/it/each.rs"),
    ("jit approve", "tests/it/access/vote.rs"),
    ("jit deny", "tests/it/access/vote.rs"),
    ("jit revoke", "tests/it/access/revoke.rs"),
    ("jit policy show", "tests/it/access/publish.rs"),
    ("jit policy publish", "tests/it/access/publish.rs"),
];

/// A room with the policy that docs/access/policy.md begins with.
fn with_a_policy() -> Room {
    let room = Room::new();
    let page = include_str!("../../docs/access/policy.md");
    let policy = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    room.write("policy.toml", policy);
    room.write("cases.txt", "alice asks deploy 30m -> waits: owners\n");
    room
}

/// The words of every command that has `--json`.
fn commands_with_json() -> Vec<String> {
    fn below(command: &clap::Command, named: &str, found: &mut Vec<String>) {
        if command.get_arguments().any(|argument| argument.get_long() == Some("json")) {
            found.push(named.to_owned());
        }
        for sub in command.get_subcommands() {
            below(sub, &format!("{named} {}", sub.get_name()), found);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), "jit", &mut found);
    found
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap()
}

#[test]
fn every_command_with_json_is_documented() {
    let page = page();
    for command in commands_with_json() {
        let heading = format!("## `{command} --json`");
        assert!(page.lines().any(|line| line == heading), "{PAGE} has no section `{heading}`");
        if let Some((_, file)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == command) {
            let tests = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            assert!(tests.contains("--json"), "{file} does not try `{command} --json`");
            continue;
        }
        let has_example = EXAMPLES.iter().any(|(example, _)| example.starts_with(&format!("{command} ")));
        assert!(has_example, "add an example of `{command} --json` to this test");
    }
}

/// The answer with fixed values for what differs from run to run.
fn plain(room: &Room, output: &Output) -> String {
    let fixed = |line: &str| {
        let (key, _) = line.trim_start().split_once(": ").unwrap_or_default();
        let value = match key {
            "\"seconds_left\"" => "3600",
            "\"access_key_id\"" => "\"ASIAEXAMPLE\"",
            "\"user_id\"" => "\"AROAEXAMPLE:alice\"",
            "\"expires_at\"" => "\"2026-11-20T13:00:00Z\"",
            "\"obtained_at\"" | "\"at\"" | "\"until\"" => "\"2026-11-20T12:00:00Z\"",
            _ => return line.to_owned(),
        };
        // `null` says something else than a value.
        if line.contains(": null") {
            return line.to_owned();
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        format!("{indent}{key}: {value}{}", if line.ends_with(',') { "," } else { "" })
    };
    let lines: Vec<String> = output.stdout.lines().map(fixed).collect();
    let home = room.path("").display().to_string();
    lines
        .join("\n")
        .replace(room.servers().issuer(), "https://idp.example")
        .replace(room.servers().sts_url(), "https://sts.example")
        .replace(home.trim_end_matches('/'), "/home/alice")
}

#[test]
fn answers_are_the_examples_of_the_page() {
    let mut page = page();
    for (command, room) in EXAMPLES {
        let room = room();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let output = room.jit(&words).run();
        assert!(output.code() == 0 && output.stderr.is_empty(), "{command}: {output}");
        assert!(output.stdout.starts_with("{\n  \"version\": 1,\n"), "the version comes first: {output}");
        let start = format!("<!-- {command} -->\n```json\n");
        let (before, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{PAGE} has no {start}"));
        let (_, after) = rest.split_once("```\n").unwrap();
        page = format!("{before}{start}{}\n```\n{after}", plain(&room, &output));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(page, fs::read_to_string(&path).unwrap(), "if that is meant, run scripts/generate");
}

/// Whatever a command with `--json` says, each line of it that a script reads is an object with a version.
#[test]
fn everything_has_a_version_and_no_usage() {
    let broken = || {
        let room = Room::new();
        room.write_config("[idp]\nx = 1\n");
        room
    };
    let rooms: [fn() -> Room; 3] = [Room::new, || Room::signed_in("admin"), broken];
    for room in rooms {
        let room = room();
        for command in commands_with_json() {
            let words: Vec<&str> = command.split(' ').skip(1).chain(["--json"]).collect();
            for more in [&[][..], &["--bogus"], &["a", "b", "c"], &["--json"]] {
                let output = room.jit(&[&words, more].concat()).run();
                let objects = output.stderr.lines().map(str::to_owned);
                let answer = Some(output.stdout.clone()).filter(|answer| !answer.is_empty());
                for text in objects.chain(answer) {
                    let value: Value = serde_json::from_str(&text)
                        .unwrap_or_else(|error| panic!("{command} {more:?}: {error}: {output}"));
                    assert_eq!(value["version"], 1, "{command} {more:?}: {output}");
                    let texts = value["error"].to_string();
                    assert!(!texts.contains("Usage:") && !texts.contains("For more information"), "{output}");
                }
            }
        }
    }
}

/// What is typed, and the message, the causes and the hints that scripts get.
#[test]
fn mistakes_on_the_command_line_are_told_in_parts() {
    let room = Room::new();
    let cases: [(&[&str], &str, &[&str], &[&str]); 4] = [
        (
            &["status", "--json", "--chekc"],
            "unexpected argument '--chekc' found",
            &[],
            &["a similar argument exists: '--check'", "run `jit status --help`"],
        ),
        (&["whoami", "--json", "a", "b"], "unexpected argument 'b' found", &[], &["run `jit whoami --help`"]),
        (
            &["env", "--json", "--shell", "tcsh"],
            "jit env has no option --json",
            &[],
            &[
                "`jit env --shell json` and `jit credential-process` print credentials as JSON",
                "run `jit env --help`",
            ],
        ),
        (
            &["configure", "import", "--json", "nothing"],
            "jit configure has no option --json",
            &[],
            &["run `jit configure import --help`"],
        ),
    ];
    for (words, message, causes, hints) in cases {
        let output = room.jit(words).run();
        let error: Value = serde_json::from_str(&output.stderr).unwrap();
        let texts = |key: &str| error["error"][key].as_array().unwrap().clone();
        assert_eq!(error["error"]["message"], message, "{output}");
        assert_eq!(texts("causes"), causes, "{output}");
        let given: Vec<String> =
            texts("hints").iter().map(|hint| hint.as_str().unwrap_or_default().to_owned()).collect();
        assert!(hints.iter().all(|hint| given.contains(&(*hint).to_owned())), "{output}");
        assert_eq!(output.code(), 2);
    }
}
