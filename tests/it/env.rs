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
    for shell in ["", "/bin/nu"] {
        let output = room.jit(&["env", "developer"]).env("SHELL", shell).run();
        assert_eq!((output.code(), output.stdout.as_str()), (2, ""), "{output}");
        assert!(output.stderr.contains("--shell bash, zsh, fish, powershell, json or dotenv"), "{output}");
    }
}
