//! `jit exec --refresh`: a private endpoint whose credentials renew, for as long as the command runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jit_emulator::Call;

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
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stdout
    (credentials)
    --- stderr
    admin  account 222222222222  TIME left
    ");
}

/// Additional arguments of the request, and the status.
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
    // No request is answered once the command has ended, and soon after that nothing listens there any more.
    let ask = || room.program("curl", &["-s", ended.stdout.trim()]).run();
    room.until("the endpoint's end", |_| {
        let answer = ask();
        assert!(!answer.stdout.contains("AccessKeyId"), "{answer}");
        answer.code() == 7
    });
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
    // If that is no longer possible it is reported, once, and the endpoint reports it too.
    room.servers().faults(|faults| faults.always(Call::AssumeRole, jit_emulator::Trouble::ServerError));
    let script = format!("{ASK}; sleep 7; ask");
    let output = shell(&room, &script).run();
    let started = output.code() == 0;
    assert!(!started || output.stdout.contains("LoginNeeded"), "{output}");
}

/// The session is still valid; the sign-in behind it has become older than the role allows.
#[test]
fn an_endpoint_stops_when_the_sign_in_is_too_old() {
    let room = Room::new();
    let config = room.usual_config().replace("[role.admin]\n", "[role.admin]\nsign_in_age = \"1m\"\n");
    room.write_config(&config);
    // Twenty seconds are left to get there.
    room.servers().faults(|faults| faults.signed_in_ago = Some(Duration::from_secs(40)));
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let script = format!(
        "{ASK}; ask | grep -c AccessKeyId; for n in $(seq 90); do answer=$(ask); case $answer in *LoginNeeded*) break ;; esac; sleep 1; done; echo \"$answer\""
    );
    let output = shell(&room, &script).run();
    assert_eq!(output.code(), 0, "{output}");
    let (first, last) = output.stdout.split_once('\n').unwrap();
    assert_eq!(first, "1", "{output}");
    assert!(last.contains("admin now needs a newer sign-in: run jit login admin"), "{output}");
    assert!(!last.contains("AccessKeyId"), "{output}");
    // A role without requirements is served.
    assert_eq!(room.asks_for("developer").code(), 0);
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

/// What is started is the command itself, so signals to one reach the other.
#[test]
fn it_becomes_the_command_with_refresh_too() {
    let room = Room::signed_in("admin");
    let script =
        "echo $$ && exec \"$0\" exec -q admin --refresh -- sh -c 'echo $$; ps -o pid= --ppid $$ | wc -l'";
    let output = room.program("sh", &["-c", script, env!("CARGO_BIN_EXE_jit")]).run();
    let ids: Vec<&str> = output.stdout.lines().collect();
    assert!(ids.len() == 3 && ids[0] == ids[1], "{output}");
    assert_eq!(ids[2].trim(), "2", "ps and wc, and no child that the command did not start: {output}");
}

/// Signals that a command may handle, and those that only stop or continue it, each once and none lost.
#[test]
fn each_signal_reaches_the_command_once() {
    let room = Room::signed_in("admin");
    let signals = [
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::INT, "INT"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
    ];
    let traps: String = signals.map(|(_, name)| format!("trap 'echo got {name}' {name}; ")).concat();
    let script = format!("{ASK}; {traps} echo ready; until [ -e go ]; do sleep 0.01; done; ask | wc -c");
    let started = shell(&room, &script).job_of_its_own().start();
    started.says("ready\n");
    for (signal, name) in signals {
        started.signal(signal);
        started.says(&format!("got {name}\n"));
    }
    started.signal(Signal::TSTP);
    room.until("the stop", |_| state_of(started.id()) == Some('T'));
    started.signal(Signal::CONT);
    room.until("going on", |_| state_of(started.id()) != Some('T'));
    room.write("go", "");
    let ended = started.wait();
    assert_eq!(ended.code(), 0, "{ended}");
    assert_eq!(ended.stdout.matches("got ").count(), signals.len(), "{ended}");
    let answer: usize = ended.stdout.lines().last().unwrap().trim().parse().unwrap();
    assert!(answer > 100, "the endpoint has outlived what its command has: {ended}");
}

/// The state of a process as `ps` shows it; nothing if it is gone.
fn state_of(id: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

/// A machine that is overloaded, until this is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn new() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..4 {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whenever the signal comes: nothing is left of the command, nor of what serves it, and the status shows the
/// signal.
#[test]
fn a_signal_at_any_moment_ends_everything() {
    let room = Room::signed_in("admin");
    // How long it takes on this machine until a command runs.
    let begun = Instant::now();
    assert_eq!(shell(&room, "true").run().code(), 0);
    let usual = begun.elapsed();
    let _busy = Busy::new();
    let signals = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::KILL];
    for round in 0..60_u32 {
        let signal = signals[round as usize % signals.len()];
        let started = shell(&room, "echo $$ >>ran; exec sleep 600").start();
        if round < 2 * signals.len() as u32 {
            room.until("the command", |room| room.path("ran").exists());
        } else {
            std::thread::sleep(usual * (round * 7 % 60) / 30);
        }
        started.signal(signal);
        let companions = started.companions();
        let ended = started.wait();
        assert_eq!(ended.code(), 128 + signal.as_raw(), "{round}: {ended}");
        let commands = std::fs::read_to_string(room.path("ran")).unwrap_or_default();
        for command in commands.lines() {
            assert!(state_of(command.parse().unwrap()).is_none(), "{round}: {command} is left behind");
        }
        let _ = std::fs::remove_file(room.path("ran"));
        let is_alive = |id: &u32| state_of(*id).is_some_and(|state| state != 'Z');
        room.until("the companion's end", |_| !companions.iter().any(is_alive));
    }
    room.is_tidy();
}
