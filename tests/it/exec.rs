//! `jit exec`: the requested command runs with the role's credentials and nobody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use jit_emulator::{Call, Faults};

use crate::support::{Room, Signal};

const JIT: &str = env!("CARGO_BIN_EXE_jit");

/// With each of these some tool finds other credentials, or believes that these are others.
const SHADOWS: [&str; 20] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "JIT_RESTRICTED_BY",
    "JIT_ROLE",
    "JIT_ACCOUNT_ID",
];

#[test]
fn the_commands_code_and_signal_are_its_own() {
    let room = Room::signed_in("developer");
    for (script, code) in
        [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
    {
        let output = room.jit(&["exec", "developer", "--", "sh", "-c", script]).run();
        assert_eq!(output.code(), code, "{script}: {output}");
    }
}

#[test]
fn a_command_that_cannot_be_started_has_the_shells_codes() {
    let room = Room::signed_in("developer");
    room.write("plain", "#!/bin/sh\n");
    room.write("orphan", "#!/no/such/interpreter\n");
    fs::set_permissions(room.path("orphan"), fs::Permissions::from_mode(0o755)).unwrap();
    let cases = [
        ("no-such-command", 127, "there is no command `no-such-command`"),
        ("./no-such-file", 127, "there is no command `./no-such-file`"),
        ("./orphan", 127, "there is no command `./orphan`"),
        ("./plain", 126, "cannot run `./plain`"),
        ("/", 126, "cannot run `/`"),
        ("", 127, "there is no command ``"),
        ("a\u{1b}[2Jb", 127, r"there is no command `a\u{1b}[2Jb`"),
    ];
    for (program, code, said) in cases {
        let output = room.jit(&["exec", "-q", "developer", "--", program]).run();
        assert_eq!(output.code(), code, "{program}: {output}");
        assert!(output.stderr.starts_with(&format!("error: {said}\n")), "{output}");
    }
}

#[test]
fn it_becomes_the_command_and_so_gets_its_signals() {
    let room = Room::signed_in("developer");
    for (signal, name) in [(Signal::INT, "INT"), (Signal::TERM, "TERM"), (Signal::USR1, "USR1")] {
        let script =
            format!("trap 'echo got {name}; exit 42' {name}; echo ready >&2; while :; do sleep 0.02; done");
        let started = room.jit(&["exec", "-q", "developer", "--", "sh", "-c", &script]).start();
        started.says("ready\n");
        started.signal(signal);
        let output = started.wait();
        assert_eq!((output.code(), output.stdout), (42, format!("got {name}\n")));
    }
    let script = "echo $$ && exec \"$0\" exec -q developer -- sh -c 'echo $$'";
    let output = room.program("sh", &["-c", script, JIT]).run();
    let ids: Vec<&str> = output.stdout.lines().collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "execve keeps the process: {output}");
}

#[test]
fn overriding_variables_are_cleared_and_the_rest_stays() {
    let room = Room::signed_in("developer");
    let run = room.jit(&["exec", "developer", "--", "env"]).hands_over();
    let run = SHADOWS.into_iter().fold(run, |run, name| match name {
        // Read by jit itself, but the role on the command line wins.
        "JIT_ROLE" => run.env(name, "admin"),
        name => run.env(name, "inherited"),
    });
    let output = run.env("AWS_PAGER", "less").env("OTHER", "inherited too").run();
    assert_eq!(output.code(), 0, "{output}");
    let variables: Vec<&str> = output.stdout.lines().collect();
    assert!(!variables.iter().any(|line| line.ends_with("=inherited")), "{variables:?}");
    let value = |name: &str| {
        let prefix = format!("{name}=");
        let mut values = variables.iter().filter_map(|line| line.strip_prefix(&prefix));
        let value = values.next();
        assert!(values.next().is_none(), "{name} is set twice");
        value
    };
    assert!(value("AWS_ACCESS_KEY_ID").is_some_and(|key| key.starts_with("ASIA")));
    assert!(value("AWS_SECRET_ACCESS_KEY").is_some_and(|key| key.len() >= 40));
    assert!(value("AWS_SESSION_TOKEN").is_some_and(|token| token.len() > 100));
    assert!(value("AWS_CREDENTIAL_EXPIRATION").is_some_and(|at| at.ends_with('Z') && at.len() == 20));
    let plain = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("JIT_ROLE", "developer"),
        ("JIT_ACCOUNT_ID", "333333333333"),
        ("AWS_PAGER", "less"),
        ("OTHER", "inherited too"),
    ];
    for (name, expected) in plain {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    for name in &SHADOWS[6..18] {
        assert_eq!(value(name), None, "{name}");
    }
}

#[test]
fn the_region_is_the_roles_or_the_users_in_both_variables() {
    let room = Room::signed_in("developer");
    let script = "echo ${AWS_REGION-none} ${AWS_DEFAULT_REGION-none}";
    let cases: [(&str, &[(&str, &str)], &str); 5] = [
        (
            "developer",
            &[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "us-west-1")],
            "eu-west-1 eu-west-1\n",
        ),
        ("hub", &[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "us-west-1")], "us-west-2 us-west-2\n"),
        ("hub", &[("AWS_DEFAULT_REGION", "us-west-1")], "us-west-1 us-west-1\n"),
        ("hub", &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-west-1")], "us-west-1 us-west-1\n"),
        ("hub", &[], "none none\n"),
    ];
    for (role, env, expected) in cases {
        let run = room.jit(&["exec", role, "--", "sh", "-c", script]);
        let output = env.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
        assert_eq!(output.stdout, expected, "{role} {env:?}: {output}");
    }
}

#[test]
fn a_region_of_the_command_line_counts_and_another_one_is_named() {
    let room = Room::signed_in("developer");
    let script = "echo ${AWS_REGION-none} ${AWS_DEFAULT_REGION-none}";
    let exec = |more: &[&str], env: &[(&str, &str)]| {
        let words = [&["exec", "developer"], more, &["--", "sh", "-c", script]].concat();
        env.iter().fold(room.jit(&words), |run, (name, value)| run.env(name, value)).run()
    };
    let west = [("AWS_REGION", "us-west-2")];
    let own = exec(&["--region", "ap-south-1"], &west);
    assert_eq!(own.stdout, "ap-south-1 ap-south-1\n", "{own}");
    assert_eq!(own.stderr.lines().count(), 1, "{own}");
    let said = exec(&[], &west);
    assert_eq!(said.stdout, "eu-west-1 eu-west-1\n", "{said}");
    let line = said.stderr.lines().nth(1).unwrap();
    assert!(line.starts_with("region eu-west-1 (~/config/jit/config.toml:"), "{said}");
    assert!(line.contains("), not us-west-2 (AWS_REGION); to change that: --region us-west-2"), "{said}");
    for env in [&[][..], &[("AWS_REGION", "eu-west-1")], &[west[0], ("JIT_ROLE", "hub")]] {
        assert_eq!(exec(&[], env).stderr.lines().count(), 1, "{env:?}");
    }
    for (region, said) in [
        ("Ireland", "`Ireland` is not a region"),
        ("evil.example/", "`evil.example/` is not a region"),
        ("cn-north-1", "cn-north-1 is not a region of aws, the role's partition"),
    ] {
        let refused = exec(&["--region", region], &[]);
        assert_eq!((refused.code(), refused.stdout.as_str()), (2, ""), "{refused}");
        assert!(
            refused.stderr.starts_with(&format!("error: {said}\n  next: such as --region ")),
            "{refused}"
        );
    }
}

/// A shell that says what it was given, and runs what is typed.
fn shell(room: &Room) -> String {
    let path = room.path("myshell");
    room.write("myshell", "#!/bin/sh\necho \"shell of $JIT_ROLE, ${JIT_RESTRICTED_BY-whole}\"\nexec sh\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn without_a_command_the_persons_shell_opens() {
    let room = Room::signed_in("developer");
    let shell = shell(&room);
    // `script`, which makes the terminal, uses SHELL itself.
    let named = format!("SHELL={shell}");
    let words = [&named, JIT, "exec", "developer", "--read-only"];
    let mut exec = room.program("env", &words).somebody_types().start();
    exec.says("shell of developer, read-only");
    exec.types(&format!("{JIT} exec admin; echo back in $JIT_ROLE with $?\r"));
    exec.says("shell of admin, whole");
    exec.types("exit 7\r");
    exec.says("back in developer with 7");
    exec.types("exit 3\r");
    let exec = exec.wait();
    assert_eq!(exec.code(), 3, "{exec}");
    let shown = exec.stdout.replace("\r\n", "\n");
    let opens = "Starting myshell with this role. `exit` ends it; JIT_ROLE has the role for your prompt\n";
    assert_eq!(shown.matches(opens).count(), 2, "{shown}");
    assert!(
        shown.contains(&format!("{opens}It replaces developer (read-only) by admin until you exit\n")),
        "{shown}"
    );
    assert_eq!(shown.matches("It replaces").count(), 1, "{shown}");
    // With renewal, and quietly; without SHELL it is sh.
    let mut exec =
        room.jit(&["exec", "-q", "--refresh", "developer"]).without("SHELL").somebody_types().start();
    exec.types("echo as $JIT_ROLE; exit 4\r");
    let exec = exec.wait();
    assert!(exec.code() == 4 && exec.stdout.contains("as developer\r\n"), "{exec}");
    assert!(!exec.stdout.contains("Starting"), "{exec}");
}

#[test]
fn a_script_that_leaves_out_the_command_is_told_so() {
    let room = Room::signed_in("developer");
    let shell = shell(&room);
    let piped = room.jit(&["exec", "developer"]).env("SHELL", &shell).stdin("echo done\n").run();
    insta::assert_snapshot!(room.told(&piped), @"
    exit 2
    --- stderr
    error: no command was given, and there is no terminal to open a shell on
      next: jit exec developer -- CMD
    ");
    let command = room.jit(&["exec", "env"]).run();
    insta::assert_snapshot!(room.told(&command), @"
    exit 2
    --- stderr
    error: no role matches `env`, and `--` is missing before the command `env`
      next: jit exec ROLE -- env  runs it with a role
      next: jit exec -- env  runs it with the role of this terminal or your default_role
      next: the roles are: admin, developer, hub
    ");
    let nothing = room.jit(&["exec", "developer", "--"]).env("SHELL", &shell).run();
    assert_eq!((nothing.code(), nothing.stdout.as_str()), (2, ""), "{nothing}");
}

#[test]
fn role_account_and_time_left_are_shown_unless_quiet() {
    let room = Room::signed_in("developer");
    let said = room.jit(&["exec", "developer", "--", "true"]).run();
    let left = said.stderr.strip_prefix("developer  account 333333333333  ").unwrap();
    assert!(matches!(left, "1 h left\n" | "59 min left\n"), "{said}");
    assert_eq!(said.stdout, "");
    for quiet in ["-q", "--quiet"] {
        let output = room.jit(&["exec", quiet, "developer", "--", "true"]).run();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    }
}

#[test]
fn arguments_and_streams_arrive_unchanged() {
    let room = Room::signed_in("developer");
    let words = ["a b", "", "--json", "$HOME;`id`", "it's \"so\"", "line\nfeed", "--", "-q"];
    let words_script = ["exec", "-q", "developer", "--", "sh", "-c", "printf '<%s>' \"$@\"", "sh"];
    let output = room.jit(&[&words_script[..], &words].concat()).run();
    let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
    assert_eq!(output.stdout, expected);
    let flow = "no newline at the end, a nul \u{0}, an escape \u{1b}[0m, ünïcode";
    let output = room.jit(&["exec", "-q", "developer", "--", "cat"]).stdin(flow).run();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (flow, ""));
}

#[test]
fn a_session_with_too_little_left_is_renewed_or_refused() {
    let room = Room::new();
    room.servers().faults(|faults| faults.spoke_lifetime = Some(Duration::from_secs(20 * 60)));
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
    let asked = || room.servers().journal().count(Call::AssumeRole);
    let exec = |min_ttl| room.jit(&["exec", "developer", "--min-ttl", min_ttl, "--", "true"]).run();
    assert_eq!((exec("10m").code(), asked()), (0, 1), "what is left is enough");

    let refused = exec("30m");
    assert_eq!((refused.code(), refused.stdout.as_str(), asked()), (1, "", 2), "{refused}");
    insta::assert_snapshot!(room.told(&refused), @"
    exit 1
    --- stderr
    error: developer allows sessions of at most 20 min, and 30 min is needed
      next: ask for less, or have the role grant longer sessions
    ");

    room.servers().faults(Faults::clear);
    let renewed = exec("30m");
    assert_eq!((renewed.code(), asked()), (0, 3), "{renewed}");
    assert_eq!((exec("30m").code(), asked()), (0, 3), "and is served from then on");
}

#[test]
fn inside_another_exec_the_inner_role_counts() {
    let room = Room::signed_in("developer");
    let show = ["--", "sh", "-c", "echo $JIT_ROLE $JIT_ACCOUNT_ID"];
    let inner = |role: &[&'static str]| {
        let words = [&["exec", "-q", "developer", "--", JIT, "exec", "-q"], role, &show].concat();
        room.jit(&words).run().stdout
    };
    assert_eq!(inner(&["admin"]), "admin 222222222222\n");
    assert_eq!(inner(&[]), "developer 333333333333\n", "JIT_ROLE is the outer role");
}

#[test]
fn a_role_with_confirm_asks_or_is_not_used() {
    let room = Room::signed_in("admin");
    room.write_config(&room.usual_config().replace("[role.admin]", "[role.admin]\nconfirm = true"));
    let words = ["exec", "admin", "--", "echo", "it ran"];
    let nobody = room.jit(&words).run();
    insta::assert_snapshot!(room.told(&nobody), @"
    exit 2
    --- stderr
    error: admin needs a confirmation, and jit cannot ask for it here
      because: the role has confirm = true
    ");
    for (typed, code) in [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("yeah\n", 1)] {
        let output = room.jit(&words).on_terminal().stdin(typed).run();
        assert_eq!(output.code(), code, "{typed:?}: {output}");
        assert!(output.stdout.contains("Use admin in account 222222222222? [y/N]"), "{output}");
        assert_eq!(output.stdout.contains("it ran"), code == 0, "{typed:?}: {output}");
    }
    let env = room.jit(&["env", "admin", "--shell", "bash"]).run();
    assert_eq!((env.code(), env.stdout.as_str()), (2, ""), "{env}");
    // AWS's tools ask here, and could not answer.
    let process = room.jit(&["credential-process", "admin"]).hands_over().run();
    assert_eq!(process.code(), 0, "{process}");
}

#[test]
fn without_a_login_and_nobody_to_ask_nothing_is_started() {
    let room = Room::new();
    let output = room.jit(&["exec", "developer", "--", "touch", "started"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: you have not signed in there yet
      next: jit login developer
    ");
    assert!(!room.path("started").exists() && room.opened().is_empty());
}

#[test]
fn on_a_terminal_a_missing_login_starts_a_sign_in() {
    let room = Room::new();
    let output = room.jit(&["exec", "-q", "developer", "--", "printenv", "JIT_ROLE"]).on_terminal().run();
    assert!(output.code() == 0 && output.stdout.ends_with("developer\r\n"), "{output}");
    assert_eq!(room.opened().len(), 1);
}
