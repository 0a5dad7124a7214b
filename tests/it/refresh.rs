//! `jit exec --refresh`: a private endpoint whose credentials renew, for as long as the command runs.

use std::time::Duration;

use jit::demo::Call;

use crate::support::{Room, Signal};

/// A shell under `exec --refresh`.
fn shell<'r>(room: &'r Room, script: &str) -> crate::support::Run<'r> {
    room.jit(&["exec", "admin", "--refresh", "--", "sh", "-c", script])
}

const ASK: &str = r#"ask() { curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$@" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; }"#;

#[test]
fn the_child_has_an_endpoint_and_no_keys() {
    let room = Room::signed_in("admin");
    let script = format!(
        "{ASK}; env | grep -c -E '^AWS_(ACCESS|SECRET|SESSION|PROFILE)'; echo $JIT_ROLE $AWS_REGION; ask | tr ',' '\\n' | cut -d'\"' -f2"
    );
    let output =
        shell(&room, &script).env("AWS_ACCESS_KEY_ID", "AKIAOTHER").env("AWS_PROFILE", "other").run();
    assert_eq!(output.code(), 0, "{output}");
    let expected = "0\nadmin eu-west-1\nAccessKeyId\nSecretAccessKey\nToken\nExpiration\nAccountId\n";
    assert_eq!(output.stdout, expected, "{output}");
    assert!(output.stderr.starts_with("admin  account 222222222222"), "{output}");
}

/// What is asked besides, and the status.
#[test]
fn only_the_child_is_answered() {
    let room = Room::signed_in("admin");
    for (with, status) in [
        ("-o /dev/null", "200"),
        ("-o /dev/null -H 'Authorization: x'", "401"),
        ("-H 'Origin: https://evil.example'", "404"),
        ("-H 'Sec-Fetch-Site: cross-site'", "404"),
        ("-H 'Host: evil.example'", "421"),
        ("-X POST", "404"),
        ("--path-as-is --request-target /", "404"),
    ] {
        let script = if with.contains("Authorization") {
            format!("curl -s -w '%{{http_code}}' {with} $AWS_CONTAINER_CREDENTIALS_FULL_URI")
        } else {
            format!("{ASK}; ask -w '%{{http_code}}' {with}")
        };
        let output = shell(&room, &script).run();
        assert!(output.stdout.ends_with(status), "{with}: {output}");
        assert!(!output.stdout.contains("AccessKeyId"), "{with}: {output}");
    }
    let ended = shell(&room, "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI").run();
    let gone = room.program("curl", &["-s", ended.stdout.trim()]).run();
    assert_eq!(gone.code(), 7, "nobody listens there any more");
}

#[test]
fn credentials_renew_while_the_command_runs() {
    let room = Room::new();
    room.servers().faults(|faults| faults.spoke_lifetime = Some(Duration::from_secs(4)));
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let script = format!(
        "{ASK}; key() {{ ask | cut -d'\"' -f4; }}; first=$(key); for n in 1 2 3 4 5 6 7; do sleep 1; key; done | grep -v $first | sort -u | wc -l"
    );
    let output = shell(&room, &script).run();
    assert_eq!(output.code(), 0, "{output}");
    assert!(output.stdout.trim().parse::<usize>().unwrap() >= 1, "{output}");
    // Where that is no longer possible it is said, once, and the endpoint says it too.
    room.servers().faults(|faults| faults.always(Call::AssumeRole, jit::demo::Trouble::ServerError));
    let script = format!("{ASK}; sleep 7; ask");
    let output = shell(&room, &script).run();
    let started = output.code() == 0;
    assert!(!started || output.stdout.contains("LoginNeeded"), "{output}");
}

#[test]
fn the_end_of_the_command_is_the_end() {
    let room = Room::signed_in("admin");
    assert_eq!(shell(&room, "exit 7").run().code(), 7);
    assert_eq!(shell(&room, "kill -s TERM $$").run().code(), 143);
    let waits =
        shell(&room, "trap 'echo told; exit 5' TERM; echo ready; while :; do sleep 0.05; done").start();
    waits.says("ready");
    waits.signal(Signal::TERM);
    let told = waits.wait();
    assert!(told.code() == 5 && told.stdout.contains("told"), "{told}");
    let missing = room.jit(&["exec", "admin", "--refresh", "--", "no-such-command"]).run();
    assert_eq!(missing.code(), 127, "{missing}");
}
