//! `jit env`: the same as `exec`, as text for each shell.

use std::collections::BTreeMap;

use crate::support::Room;

/// Inherited variables that are not set again have to be removed; others are left alone.
const INHERITED: [&str; 3] = ["AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SESSION_TOKEN"];
const UNSET: [&str; 2] = ["AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
const SET: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "JIT_ROLE",
    "JIT_ACCOUNT_ID",
];

#[test]
fn each_shell_gets_the_same_in_its_own_syntax() {
    let room = Room::signed_in("developer");
    let text = |shell| {
        let run = room.jit(&["env", "developer", "--shell", shell]).hands_over();
        let output = INHERITED.into_iter().fold(run, |run, name| run.env(name, "inherited")).run();
        assert!(output.code() == 0 && output.stderr.is_empty(), "{output}");
        output.stdout
    };
    let values: BTreeMap<String, String> = serde_json::from_str(&text("json")).unwrap();
    assert_eq!(values.len(), SET.len());
    assert_eq!(
        (values["JIT_ROLE"].as_str(), values["JIT_ACCOUNT_ID"].as_str()),
        ("developer", "333333333333")
    );
    let lines = |unset: &dyn Fn(&str) -> String, set: &dyn Fn(&str, &str) -> String| -> String {
        let unset = UNSET.into_iter().map(unset);
        unset.chain(SET.into_iter().map(|name| set(name, &values[name]))).map(|line| line + "\n").collect()
    };
    let posix = lines(&|name| format!("unset {name}"), &|name, value| format!("export {name}='{value}'"));
    assert_eq!(text("bash"), posix);
    assert_eq!(text("zsh"), posix);
    let fish = lines(&|name| format!("set -e {name};"), &|name, value| format!("set -gx {name} '{value}';"));
    assert_eq!(text("fish"), fish);
    let powershell =
        lines(&|name| format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue"), &|name, value| {
            format!("$env:{name} = '{value}'")
        });
    assert_eq!(text("powershell"), powershell);
    let dotenv: String = SET.into_iter().map(|name| format!("{name}={}\n", values[name])).collect();
    assert_eq!(text("dotenv"), dotenv);
}

#[test]
fn a_real_shell_accepts_it() {
    let room = Room::signed_in("developer");
    let script =
        "eval \"$(\"$0\" env developer)\" && echo \"$JIT_ROLE ${AWS_PROFILE-unset}\" && \"$0\" whoami";
    let output = room
        .program("sh", &["-euc", script, env!("CARGO_BIN_EXE_jit")])
        .env("SHELL", "/bin/sh")
        .env("AWS_PROFILE", "other")
        .run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stdout
    developer unset
    account  333333333333
    arn      arn:aws:sts::333333333333:assumed-role/developer/alice@example.com
    user id  AROAHRJETWGCEOCXCAQTU:alice@example.com
    idp      alice@example.com at demo
    ");
}

#[test]
fn the_shell_comes_from_the_environment_or_is_required() {
    let room = Room::signed_in("developer");
    for (shell, first) in
        [("/bin/bash", "unset "), ("/usr/bin/fish", "set -e "), ("/opt/bin/pwsh", "Remove-Item ")]
    {
        let output =
            room.jit(&["env", "developer"]).env("SHELL", shell).env("AWS_PROFILE", "x").hands_over().run();
        assert!(output.stdout.starts_with(first), "{shell}: {}", output.stderr);
    }
    let mut answers = String::new();
    for shell in ["", "/bin/nu"] {
        let output = room.jit(&["env", "developer"]).env("SHELL", shell).run();
        assert_eq!((output.code(), output.stdout.as_str()), (2, ""), "{output}");
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: SHELL is not a shell that jit knows
      next: choose one: --shell bash, zsh, fish, powershell, json or dotenv

    exit 2
    --- stderr
    error: SHELL is not a shell that jit knows
      next: choose one: --shell bash, zsh, fish, powershell, json or dotenv
    ");
}

#[test]
fn unset_takes_back_what_was_set() {
    let room = Room::signed_in("developer");
    let inherited = |shell: &str| {
        let run = room.jit(&["env", "--unset", "--shell", shell]);
        SET.into_iter().fold(run, |run, name| run.env(name, "inherited")).env("AWS_PROFILE", "mine").run()
    };
    let lines = |before: &str, after: &str| -> String {
        SET.into_iter().map(|name| format!("{before}{name}{after}\n")).collect()
    };
    assert_eq!(inherited("bash").stdout, lines("unset ", ""));
    assert_eq!(inherited("zsh").stdout, lines("unset ", ""));
    assert_eq!(inherited("fish").stdout, lines("set -e ", ";"));
    assert_eq!(inherited("powershell").stdout, lines("Remove-Item Env:", " -ErrorAction SilentlyContinue"));
    let mut answers = String::new();
    for shell in ["json", "dotenv"] {
        let refused = inherited(shell);
        assert_eq!((refused.code(), refused.stdout.as_str()), (2, ""), "{refused}");
        answers.push_str(&format!("{}\n", room.told(&refused)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: --unset prints nothing for json: it is a list of values, and unsets none
      next: choose one: --shell bash, zsh, fish or powershell

    exit 2
    --- stderr
    error: --unset prints nothing for dotenv: it is a list of values, and unsets none
      next: choose one: --shell bash, zsh, fish or powershell
    ");
    // What is not set is not unset: fish counts that as a failure.
    let nothing = room.jit(&["env", "--unset", "--shell", "fish"]).run();
    assert_eq!((nothing.code(), nothing.stdout.as_str()), (0, ""), "{nothing}");
    assert_eq!(nothing.stderr, "jit env has set nothing in this shell\n");
    let both = room.jit(&["env", "--unset", "developer"]).run();
    insta::assert_snapshot!(room.told(&both), @"
    exit 2
    --- stderr
    error: the argument '--unset' cannot be used with '[ROLE]'

    Usage: jit env --unset [ROLE]

    For more information, try '--help'.
    ");
    let script = "eval \"$($0 env developer)\"; eval \"$($0 env --unset)\"; env | grep -E '^(AWS_|JIT_)' | cut -d= -f1";
    let jit = env!("CARGO_BIN_EXE_jit");
    let left = room.program("bash", &["-c", script, jit]).env("SHELL", "/bin/bash").run();
    let left: Vec<&str> = left.stdout.lines().filter(|name| SET.contains(name)).collect();
    assert_eq!(left, [""; 0]);
}

/// Settings of a profile become variables, which are taken back unless somebody has changed them since.
#[test]
fn unset_takes_back_the_settings_of_a_profile() {
    let room = Room::signed_in("developer");
    room.write(
        ".aws/config",
        "[profile p]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s3cr3t\nmax_attempts = 7\n\
         retry_mode = adaptive\n",
    );
    let unset = |attempts: &str| {
        let run = room.jit(&["env", "--unset", "--shell", "bash"]).env("JIT_ROLE", "p");
        run.env("AWS_MAX_ATTEMPTS", attempts).env("AWS_RETRY_MODE", "adaptive").run().stdout
    };
    assert_eq!(unset("7"), "unset JIT_ROLE\nunset AWS_MAX_ATTEMPTS\nunset AWS_RETRY_MODE\n");
    assert_eq!(unset("3"), "unset JIT_ROLE\nunset AWS_RETRY_MODE\n");
}

#[test]
fn a_region_of_the_command_line_is_the_shells() {
    let room = Room::signed_in("developer");
    let run = room.jit(&["env", "developer", "--region", "us-east-2", "--shell", "bash"]).hands_over().run();
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        assert!(run.stdout.contains(&format!("export {name}='us-east-2'\n")), "{}", run.stderr);
    }
}
