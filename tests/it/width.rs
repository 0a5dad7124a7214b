//! Everything that people read fits a terminal of 60 columns, broken between words.

use clap::CommandFactory as _;
use jit::commands::Cli;
use jit_emulator::Settings;

use crate::support::{Output, Room};

const COLUMNS: usize = 60;

/// The words of every command, `jit` itself first.
fn commands() -> Vec<String> {
    fn below(command: &clap::Command, words: &str, all: &mut Vec<String>) {
        all.push(words.to_owned());
        for sub in command.get_subcommands() {
            below(sub, format!("{words} {}", sub.get_name()).trim_start(), all);
        }
    }
    let mut all = Vec::new();
    below(&Cli::command(), "", &mut all);
    all
}

/// What a terminal of 60 columns gets of `jit` with these words.
fn at_a_narrow_terminal(room: &Room, words: &str, typed: &str) -> Output {
    let jit = env!("CARGO_BIN_EXE_jit");
    let script = format!("stty cols {COLUMNS} rows 24 && exec {jit} {words}");
    let run = room.program("sh", &["-c", &script]).env("TERM", "dumb").env("JIT_ROLE", "admin");
    run.on_terminal().hands_over().stdin(typed).run()
}

/// The width of a line that has no control sequences; every test runs with TERM=dumb, which has none.
fn width(line: &str) -> usize {
    line.chars().count()
}

/// Lines that are too wide, but for those that have a single word, such as a URL.
fn too_wide(output: &Output) -> Vec<String> {
    let text = output.stdout.replace("\r\n", "\n");
    let lines = text.lines().filter(|line| width(line) > COLUMNS && line.trim().contains(' '));
    lines.map(str::to_owned).collect()
}

/// Wide lines that stay as they are: lines of a configuration, which may be copied.
fn is_code(line: &str) -> bool {
    let line = line.trim_start_matches(['+', '-', ' ']);
    let assignment = line.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty() && key.trim_end().chars().all(|c| c.is_ascii_lowercase() || c == '_')
    });
    assignment || line.starts_with(['[', '#']) || line.starts_with("--- ") || line.starts_with("++ ")
}

#[track_caller]
fn fits(output: &Output, what: &str) {
    let wide: Vec<String> = too_wide(output).into_iter().filter(|line| !is_code(line)).collect();
    assert!(wide.is_empty(), "jit {what}: wider than {COLUMNS} columns:\n{}\n{output}", wide.join("\n"));
}

#[test]
fn the_help_of_every_command_fits() {
    let room = Room::new();
    for words in commands() {
        let what = format!("{words} --help");
        let output = at_a_narrow_terminal(&room, &what, "");
        assert_eq!(output.code(), 0, "{output}");
        fits(&output, &what);
        // Nothing is lost.
        let wide = room.jit(&what.split_whitespace().collect::<Vec<_>>()).run();
        let text = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(text(&output.stdout), text(&wide.stdout), "{what}");
    }
}

/// Whatever a command says without arguments and with a role, after a sign-in. New commands are tried by themselves.
#[test]
fn what_every_command_says_fits() {
    let room = Room::signed_in("admin");
    every_command_fits(&room, &["", "admin"]);
}

/// The same with a wrong option, where nothing is configured.
#[test]
fn what_every_command_says_without_a_configuration_fits() {
    let room = Room::new();
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    every_command_fits(&room, &["--no-such-option-as-this-one"]);
}

fn every_command_fits(room: &Room, endings: &[&str]) {
    // Others try these: the first two show more than a page, and what is typed ahead to the others is not on lines
    // of its own.
    let interactive = ["demo ", "man ", "login ", "configure "];
    for words in commands() {
        for ending in endings {
            let what = format!("{words} {ending}");
            if !interactive.contains(&what.as_str()) {
                // Escape leaves a list, and ends a question.
                fits(&at_a_narrow_terminal(room, &what, "\u{1b}\n\n\n"), &what);
            }
        }
    }
}

/// Command lines that print more than others, and the room that they run in.
const MORE: &[(&str, fn() -> Room)] = &[
    ("explain admin", || Room::signed_in("admin")),
    ("explain --read-only admin", Room::new),
    ("status", || Room::signed_in("admin")),
    ("roles", with_long_names),
    ("explain long-names-are-usual-in-large-companies", with_long_names),
    ("login --all", Room::new),
    ("login dev", || Room::by_center(Settings::default())),
    ("login admin", || Room::by_saml(Settings::default())),
    ("login --no-browser --device admin", Room::new),
    ("logout --all", || Room::signed_in("admin")),
    ("whoami --tags admin", || Room::signed_in("admin")),
    ("console --print nothing", || Room::signed_in("admin")),
    ("doctor", || Room::signed_in("admin")),
    ("configure profiles --dry-run", with_long_names),
    ("configure profiles", with_long_names),
    ("configure add ~/shared.toml --dry-run", with_a_shared_file),
    ("configure import granted", with_long_names),
    ("configure", Room::new),
];

fn with_long_names() -> Room {
    let room = Room::new();
    let more = "\n[role.long-names-are-usual-in-large-companies]\nvia = \"hub\"\n\
                role_arn = \"arn:aws:iam::222222222222:role/engineering/platform-administrator\"\n\
                description = \"Administrator of the platform in production, for emergencies\"\n";
    room.write_config(&format!("{}{more}", room.usual_config()));
    room.write(
        ".aws/config",
        "[profile from-another-tool]\ncredential_process = /opt/acme/bin/credentials --profile x\n",
    );
    room
}

fn with_a_shared_file() -> Room {
    let room = Room::new();
    let roles = (1..6).map(|n| {
        format!("[role.team-{n}]\nvia = \"entry\"\nrole_arn = \"arn:aws:iam::22222222222{n}:role/x\"\n")
    });
    let idp = "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://acme.example\"\nclient_id = \"x\"\n\
               [role.entry]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/entry\"\n";
    room.write("shared.toml", &format!("{idp}{}", roles.collect::<String>()));
    room
}

#[test]
fn what_prints_most_fits() {
    for (words, room) in MORE {
        let room = room();
        let output = at_a_narrow_terminal(&room, words, "\n\n\n");
        assert!(!output.stdout.is_empty(), "{words}");
        fits(&output, words);
    }
}

#[test]
fn the_demo_fits() {
    let room = Room::new();
    for words in ["demo --no-browser", "demo --saml --no-browser"] {
        let output = at_a_narrow_terminal(&room, words, "");
        assert_eq!(output.code(), 0, "{output}");
        fits(&output, words);
    }
}

#[test]
fn a_table_is_the_same_in_a_pipe_and_on_a_wide_terminal() {
    let room = with_long_names();
    let piped = room.jit(&["roles"]).run();
    let script = format!("stty cols 200 rows 24 && exec {} roles", env!("CARGO_BIN_EXE_jit"));
    let wide = room.program("sh", &["-c", &script]).env("TERM", "dumb").on_terminal().run();
    assert_eq!(wide.stdout.replace("\r\n", "\n"), piped.stdout);
}

#[test]
fn a_narrow_table_is_readable() {
    let room = with_long_names();
    let output = at_a_narrow_terminal(&room, "roles", "");
    insta::assert_snapshot!(output.stdout.replace("\r\n", "\n"), @"
    admin
        222222222222  config.toml  via hub
    developer
        333333333333  config.toml  via hub
    hub
        111111111111  config.toml  at demo
    long-names-are-usual-in-large-companies
        222222222222
        config.toml
        Administrator of the platform in production, for
        emergencies
    from-another-tool
        ~/.aws/config  its own credentials
    ");
    let room = Room::signed_in("admin");
    let output = at_a_narrow_terminal(&room, "status --chekc", "");
    insta::assert_snapshot!(output.stdout.replace("\r\n", "\n"), @"
    error: unexpected argument '--chekc' found

      tip: a similar argument exists: '--check'

    Usage: jit status --check

    For more information, try '--help'.
    ");
    let output = at_a_narrow_terminal(&room, "explain no-such-role", "");
    insta::assert_snapshot!(output.stdout.replace("\r\n", "\n"), @"
    error: no role matches `no-such-role`
      next: the roles are: admin, developer, hub
    ");
}
