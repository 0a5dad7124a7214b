//! What the program generates: the man pages, the completions, and the committed files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jit::plan::DiscoveredRole;
use jit_emulator::{Call, Settings};

use crate::support::{Output, Room};

/// Each shell, and its script's name in `completions/`.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "jit.bash"),
    ("elvish", "jit.elv"),
    ("fish", "jit.fish"),
    ("powershell", "jit.ps1"),
    ("zsh", "_jit"),
];

fn project(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_committed_man_pages_are_current() {
    let room = Room::new();
    let output = room.jit(&["man", "--out", "pages"]).run();
    assert_eq!(output.code(), 0, "{output}");
    let (made, committed) = (room.path("pages"), project("man"));
    assert_eq!(names(&made), names(&committed), "run scripts/generate");
    for name in names(&made) {
        let [made, committed] =
            [&made, &committed].map(|folder| fs::read_to_string(folder.join(&name)).unwrap());
        assert_eq!(made, committed, "man/{name}: run scripts/generate");
    }
    let first = room.jit(&["man"]).run();
    assert_eq!(first.stdout, fs::read_to_string(made.join("jit.1")).unwrap());
}

#[test]
fn the_committed_completions_are_current() {
    let room = Room::new();
    let expected: BTreeSet<String> = SCRIPTS.iter().map(|(_, name)| (*name).to_owned()).collect();
    assert_eq!(names(&project("completions")), expected);
    for (shell, name) in SCRIPTS {
        let output = room.jit(&["completions", shell]).run();
        assert_eq!(output.code(), 0, "{output}");
        let committed = fs::read_to_string(project("completions").join(name)).unwrap();
        assert_eq!(output.stdout, committed, "completions/{name}: run scripts/generate");
    }
}

/// The program's answer when bash asks how `words` could continue.
fn candidates(room: &Room, words: &[&str]) -> Output {
    let run = room.jit(&[&["--", "jit"], words].concat());
    run.env("COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", &words.len().to_string())
        .run()
}

#[test]
fn roles_are_completed_from_the_configuration_and_never_an_error() {
    let room = Room::new();
    let all = "admin\ndeveloper\nhub";
    let asked = |words: &[&str]| {
        let output = candidates(&room, words);
        assert!(output.code() == 0 && output.stderr.is_empty(), "{output}");
        output.stdout
    };
    for command in ["login", "exec", "credential-process", "env", "whoami", "explain", "logout"] {
        let roles: Vec<String> =
            asked(&[command, ""]).lines().map(str::to_owned).filter(|word| !word.starts_with('-')).collect();
        assert_eq!(roles.join("\n"), all, "{command}");
    }
    assert_eq!(asked(&["login", "--role", "d"]), "developer");
    assert_eq!(asked(&["sta"]), "status");

    room.write_config("not toml");
    assert!(!asked(&["login", ""]).contains("admin"));
    fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    assert!(!asked(&["login", ""]).contains("admin"));
    assert_eq!(asked(&["sta"]), "status");
    assert!(names(&room.path("state")).is_empty());
}

/// No machine here has PowerShell and elvish: the answers to their scripts are checked instead.
#[test]
fn every_shell_completes_from_a_large_index_without_calls() {
    let room = Room::by_center(Settings::default());
    let role = |n: usize| DiscoveredRole {
        idp: "demo".to_owned(),
        account: format!("{:012}", n / 12 + 1),
        role: format!("Role{:02}", n % 12),
        saml: None,
        account_name: Some(format!("team-{}", n / 12 + 1)),
    };
    jit::index::learn(&room.path("state/jit"), "demo", (0..14_400).map(role).collect()).unwrap();
    for (shell, _) in SCRIPTS {
        let answer = |typed: &str| {
            let run = room.jit(&["--", "jit", "exec", typed]).env("COMPLETE", shell);
            let output = run.env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n").run();
            assert!(output.code() == 0 && output.stderr.is_empty(), "{shell}: {output}");
            let lines = output.stdout.lines().filter(|line| !line.is_empty());
            lines.map(|line| line.split(['\t', ':']).next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(answer("000000000777/Role1"), ["000000000777/Role10", "000000000777/Role11"], "{shell}");
        assert_eq!(answer("team-777/Role00"), ["team-777/Role00"], "{shell}");
        let accounts = answer("0000000007");
        assert!(accounts.len() == 100 && accounts[0] == "000000000700/", "{shell}: {accounts:?}");
    }
    let calls = [Call::CenterAuthorize, Call::CenterToken, Call::ListAccounts, Call::ListAccountRoles];
    assert_eq!(room.counts(calls), [0; 4]);
}

#[test]
fn every_variable_that_is_read_is_in_the_manual() {
    let source = fs::read_to_string(project("crates/jit-wire/src/env.rs")).unwrap();
    let constants =
        source.lines().filter(|line| line.starts_with("pub const ") && line.contains(": &str = \""));
    let variables: Vec<&str> = constants.map(|line| line.split('"').nth(1).unwrap()).collect();
    assert!(variables.contains(&"JIT_CONFIG") && variables.len() > 15, "{variables:?}");
    let manual = Room::new().jit(&["man"]).run().stdout.replace('\\', "");
    // Set by a desktop, and typed by nobody.
    let of_the_desktop = ["DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"];
    let missing: Vec<_> =
        variables.iter().filter(|name| !of_the_desktop.contains(name) && !manual.contains(*name)).collect();
    assert!(missing.is_empty(), "not in the manual: {missing:?}");
}

/// `COMPLETE` may be somebody else's variable, and what a completion asks for may be anything.
#[test]
fn the_environment_does_not_turn_a_command_into_a_completion() {
    let room = Room::new();
    let mut answers = String::new();
    for value in ["bash", "zsh", "/usr/bin/fish", "powershell", "yes", "0"] {
        let output = room.jit(&["roles"]).env("COMPLETE", value).run();
        answers.push_str(&format!("# {value}\n{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    # bash
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo

    # zsh
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo

    # /usr/bin/fish
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo

    # powershell
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo

    # yes
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo

    # 0
    exit 0
    --- stdout
    role       account       from         about
    admin      222222222222  config.toml  via hub
    developer  333333333333  config.toml  via hub
    hub        111111111111  config.toml  at demo
    ");
    for (index, separator) in [("99", "\n"), ("-1", "\n"), ("x", "; touch pwned; "), ("", "$(touch pwned)")] {
        let run = room.jit(&["--", "jit", "sta"]).env("COMPLETE", "bash");
        let output = run.env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", separator).run();
        assert!(output.code() == 0 && output.stderr.is_empty(), "{index}: {output}");
        assert!(["", "status"].contains(&output.stdout.trim_end()), "{index}: {output}");
    }
}
