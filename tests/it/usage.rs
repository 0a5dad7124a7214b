//! What can be typed, what is wrong with what was typed, and help whatever the state of the machine.

use clap::CommandFactory as _;
use jit::commands::Cli;

use crate::support::{Room, snapshot};

/// The words of every command, `jit` itself first.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
        all.push(words.to_vec());
        for sub in command.get_subcommands() {
            below(sub, &[words, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut all = Vec::new();
    below(&Cli::command(), &[], &mut all);
    all
}

fn help(room: &Room, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let output = room.jit(&words).run();
    assert!(output.code() == 0 && output.stderr.is_empty(), "{output}");
    output.stdout
}

#[test]
fn the_help_of_every_command_is_the_reference() {
    let room = Room::new();
    let mut reference = String::new();
    for words in commands() {
        let text = help(&room, &words);
        let title = [&["jit".to_owned()], words.as_slice()].concat().join(" ");
        let first = text.lines().next().unwrap();
        let verb = first.split(' ').next().unwrap();
        let imperative = verb.starts_with(char::is_uppercase) && !verb.ends_with('s');
        assert!(words.is_empty() || imperative, "{title}: {first}");
        assert!(!first.ends_with('.'), "{title}: {first}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{title}: wider than 80 columns: {line}");
        }
        reference.push_str(&format!("$ {title} --help\n{text}\n"));
    }
    snapshot("help.txt", &reference);
}

#[test]
fn reserved_commands_are_not_role_names() {
    let reserved = ["grants", "extend", "audit"];
    let words: Vec<String> = commands().concat();
    assert!(reserved.iter().all(|word| !words.contains(&(*word).to_owned())));
}

#[test]
fn wrong_usage_exits_with_two_and_explains() {
    let room = Room::new();
    let cases: [(&[&str], &str); 15] = [
        (&[], "error: no command was given. If an AWS tool started jit"),
        (&["lgoin"], "a similar subcommand exists: 'login'"),
        (&["status", "--chekc"], "'--check'"),
        (&["login", "a", "b"], "unexpected argument 'b'"),
        (&["login", "admin", "--role", "hub"], "cannot be used with"),
        (&["login", "--duration", "soon"], "`soon` is not a duration; write 8h"),
        (&["login", "admin", "--duration", "5m"], "durations are from 15m to 12h"),
        (&["exec", "admin"], "no command was given, and there is no terminal to open a shell on"),
        (&["exec", "admin", "true"], "`--` is missing before the command `true`"),
        (&["exec", "admin", "--min-ttl", "-1h", "--", "true"], "-1"),
        (&["env", "--shell", "tcsh"], "possible values: bash, zsh, fish, powershell, json, dotenv"),
        (&["credential-process"], "error: credential-process needs the name of a role"),
        (&["logout", "admin", "--all"], "cannot be used with"),
        (&["completions", "tcsh"], "possible values: bash, elvish, fish, powershell, zsh"),
        (&["configure", "nothing"], "unrecognized subcommand"),
    ];
    for (words, said) in cases {
        let output = room.jit(words).run();
        assert_eq!((output.code(), output.stdout.as_str()), (2, ""), "{words:?}: {output}");
        assert!(output.stderr.contains(said), "{words:?}: {output}");
    }
    // Tools show one line of the output of programs that they started.
    for words in [&[][..], &["credential-process"]] {
        assert_eq!(room.jit(words).run().stderr.lines().count(), 1, "{words:?}");
    }
    let person = room.jit(&[]).on_terminal().run();
    assert!(
        person.stderr.contains("Usage: jit [OPTIONS] <COMMAND>")
            || person.stdout.contains("Usage: jit [OPTIONS] <COMMAND>"),
        "{person}"
    );
}

#[test]
fn an_unknown_role_comes_with_a_suggestion() {
    let room = Room::new();
    let near = room.jit(&["credential-process", "amdin"]).run();
    assert_eq!(near.code(), 2);
    let expected = "error: no role matches `amdin`\n  next: did you mean `admin`?\n";
    assert_eq!(near.stderr, expected);
    let far = room.jit(&["credential-process", "zzz"]).run();
    insta::assert_snapshot!(room.told(&far), @"
    exit 2
    --- stderr
    error: no role matches `zzz`
      next: the roles are: admin, developer, hub
    ");
    let hostile = room.jit(&["credential-process", "a\u{1b}[2Jb\nerror: c"]).run();
    assert_eq!(hostile.code(), 2);
    assert!(hostile.stderr.contains(r"`a\u{1b}[2Jb\u{a}error: c`"), "{hostile}");
}

#[test]
fn errors_are_one_json_object_for_scripts() {
    let room = Room::new();
    room.write_config("[idp]\nx = 1\n");
    let cases: [&[&str]; 8] = [
        &["status", "--json"],
        &["whoami", "--json", "admin"],
        &["explain", "--json", "admin"],
        &["doctor", "--json"],
        &["status", "--json", "--bogus"],
        &["whoami", "a", "b", "--json"],
        &["doctor", "--json", "extra"],
        &["explain", "--json", "--role"],
    ];
    for words in cases {
        let output = room.jit(words).run();
        let error: serde_json::Value = serde_json::from_str(&output.stderr).unwrap();
        let kind = if words == ["doctor", "--json"] { ("failed", 1) } else { ("usage", 2) };
        assert_eq!((error["error"]["kind"].as_str(), output.code()), (Some(kind.0), kind.1), "{output}");
        assert!(error["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{output}");
        assert_eq!(output.stderr.lines().count(), 1, "{output}");
    }
    // What follows `--` belongs to the command.
    let output = room.jit(&["exec", "--bogus", "--", "status", "--json"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: unexpected argument '--bogus' found

      tip: to pass '--bogus' as a value, use '-- --bogus'

    Usage: jit exec [OPTIONS] [ROLE] [-- <CMD>...]

    For more information, try '--help'.
    ");
}

#[test]
fn help_version_manual_and_completions_need_no_working_machine() {
    let room = Room::new();
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    std::fs::create_dir(room.path("config/jit/config.toml")).unwrap();
    room.write("file", "");
    let broken = |words: &[&str]| {
        let file = room.path("file").display().to_string();
        room.jit(words).without("HOME").env("XDG_STATE_HOME", &file).env("JIT_STORE", "bogus").run()
    };
    let help = ["help", "login"];
    for words in [&["--help"][..], &["-h"], &["exec", "--help"], &help, &["man"], &["completions", "zsh"]] {
        let output = broken(words);
        assert!(output.code() == 0 && output.stderr.is_empty() && !output.stdout.is_empty(), "{output}");
    }
    assert_eq!(broken(&["-V"]).stdout, concat!("jit ", env!("CARGO_PKG_VERSION"), "\n"));
    let long = broken(&["--version"]).stdout;
    let built_from =
        long.strip_prefix(concat!("jit ", env!("CARGO_PKG_VERSION"), " (")).expect("the version first");
    let (commit, target) =
        built_from.strip_suffix(")\n").and_then(|rest| rest.split_once(", ")).expect(&long);
    assert!(!commit.is_empty() && target.contains(std::env::consts::ARCH), "{long}");
    assert_eq!(broken(&["status"]).code(), 2, "the machine is broken, and this says so");
}

#[test]
fn a_full_disk_is_reported_and_a_closed_pipe_is_not() {
    let room = Room::new();
    let jit = env!("CARGO_BIN_EXE_jit");
    let full = room.program("sh", &["-c", "\"$0\" man > /dev/full", jit]).run();
    insta::assert_snapshot!(room.told(&full), @"
    exit 1
    --- stderr
    error: cannot write to stdout
      because: No space left on device (os error 28)
    ");
    let gone = room.program("bash", &["-c", "\"$0\" man | true; exit ${PIPESTATUS[0]}", jit]).run();
    assert!(gone.code() == 0 && gone.stderr.is_empty(), "{gone}");
}

#[test]
fn colour_only_on_terminals_that_support_it() {
    let room = Room::new();
    let escapes = |run: crate::support::Run<'_>| run.run().stdout.contains('\u{1b}');
    let unknown = || room.jit(&["explain", "hub"]);
    assert!(escapes(unknown().on_terminal()));
    assert!(!escapes(unknown()));
    assert!(!escapes(unknown().on_terminal().env("NO_COLOR", "1")));
    assert!(!escapes(unknown().on_terminal().env("TERM", "dumb")));
}

#[test]
fn the_log_shows_actions_and_no_secret() {
    let room = Room::signed_in("developer");
    // The output is searched for secrets at the end.
    let logged = room.jit(&["login", "--force", "admin"]).env("JIT_LOG", "debug").run();
    assert_eq!(logged.code(), 0, "{logged}");
    // Each call, each look into the store, each decision.
    let sts = room.servers().sts_url().trim_start_matches("http://").to_owned();
    let idp = room.servers().issuer().trim_start_matches("http://").to_owned();
    for words in [
        "debug: admin: from demo to hub, then admin\n".to_owned(),
        format!("debug: POST {sts}/: 200 in "),
        format!("debug: GET {idp}/.well-known/openid-configuration: 200 in "),
        "debug: demo: the person must sign in: --force starts over\n".to_owned(),
        "debug: store: session-".to_owned(),
        ": nothing is stored".to_owned(),
        ": written".to_owned(),
        "debug: admin: requests a new session".to_owned(),
        "debug: admin: got a session for ".to_owned(),
    ] {
        assert!(logged.stderr.contains(&words), "{words}: {logged}");
    }
    let warm = room.jit(&["exec", "-v", "admin", "--", "true"]).run();
    assert!(warm.stderr.contains(": found, sealed under the key in the kernel store\n"), "{warm}");
    assert!(warm.stderr.contains("debug: the role is admin (the command line)\n"), "{warm}");
    assert!(warm.stderr.contains("debug: admin: uses the stored session, "), "{warm}");
    for before in [&["-v", "exec", "admin"][..], &["exec", "--verbose", "admin"]] {
        let verbose = room.jit(&[before, &["--", "true"]].concat()).run();
        assert!(verbose.stderr.contains("debug: admin: uses the stored session"), "{verbose}");
    }
    // The command's own -v is the command's.
    let silent = room.jit(&["exec", "-q", "admin", "--", "echo", "-v"]).run();
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("-v\n", ""));
    let quieter = room.jit(&["exec", "-v", "-q", "admin", "--", "true"]).env("JIT_LOG", "error").run();
    assert!(quieter.stderr.contains("debug: "), "the more talkative of the two counts: {quieter}");
    let wrong = room.jit(&["status"]).env("JIT_LOG", "loud").run();
    assert_eq!(wrong.code(), 0, "{wrong}");
    assert_eq!(wrong.stderr, "warning: JIT_LOG is none of error, warn, info, debug\n");
    let json = room.jit(&["status", "--json"]).env("JIT_LOG", "loud").run();
    let warning: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert!(warning["warning"].as_str().is_some_and(|text| text.starts_with("JIT_LOG is none of")), "{json}");
}
