//! Killed in the middle of any step: no lock is left, nothing is half-written, and others continue.

use std::time::Duration;

use jit_emulator::{Call, Trouble};

use crate::support::{Room, Signal, Started};

const LOGIN_STEPS: [Call; 6] = [
    Call::Discovery,
    Call::Jwks,
    Call::Authorize,
    Call::CodeGrant,
    Call::AssumeRoleWithWebIdentity,
    Call::AssumeRole,
];
const SILENT_STEPS: [Call; 3] = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];

/// The next `call` is never answered.
fn hold(room: &Room, call: Call) {
    room.servers().faults(|faults| faults.next(1, call, Trouble::Hang));
}

#[test]
fn a_sign_in_killed_at_any_step_does_not_block_the_next_one() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let room = Room::new();
        for step in LOGIN_STEPS {
            hold(&room, step);
            let before = room.count(step);
            let login = room.jit(&["login", "admin"]).start();
            room.until("the step", |room| room.count(step) > before);
            login.signal(signal);
            let login = login.wait();
            assert_eq!(
                (login.code(), login.stdout.as_str()),
                (128 + signal.as_raw(), ""),
                "{step:?}: {login}"
            );
            room.is_tidy();
            let kept = match step {
                Call::AssumeRole => ["login-", "session-"].map(|kind| room.entries(kind).len()),
                Call::AssumeRoleWithWebIdentity => [1, 0],
                _ => [0, 0],
            };
            assert_eq!(["login-", "session-"].map(|kind| room.entries(kind).len()), kept, "{step:?}");
            let next = room.jit(&["login", "admin"]).run();
            assert_eq!(next.code(), 0, "{step:?}: {next}");
            assert_eq!(room.jit(&["logout", "--all"]).run().code(), 0);
        }
    }
}

#[test]
fn waiters_continue_when_the_holder_is_killed() {
    for step in SILENT_STEPS {
        let room = Room::new();
        assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
        room.leave_a_refresh_token();
        let before = room.counts(SILENT_STEPS);
        hold(&room, step);
        let leader = room.jit(&["credential-process", "admin"]).start();
        let index = SILENT_STEPS.iter().position(|one| *one == step).unwrap();
        room.until("the step", |room| room.count(step) > before[index]);
        let waiters: Vec<_> =
            (0..8).map(|_| room.jit(&["credential-process", "admin"]).hands_over().start()).collect();
        for waiter in &waiters {
            waiter.says("Waiting for another jit process that is busy with the session of admin");
        }
        leader.signal(Signal::KILL);
        assert_eq!(leader.wait().code(), 128 + 9);
        let answers: Vec<_> = waiters.into_iter().map(Started::wait).collect();
        for answer in &answers {
            assert_eq!((answer.code(), &answer.stdout), (0, &answers[0].stdout), "{step:?}: {answer}");
        }
        let mut expected = before.map(|count| count + 1);
        expected[index] += 1;
        assert_eq!(room.counts(SILENT_STEPS), expected, "{step:?}: what was done is not done again");
        room.is_tidy();
    }
}

#[test]
fn another_sign_in_takes_over_from_a_killed_one() {
    for step in LOGIN_STEPS {
        let room = Room::new();
        hold(&room, step);
        let leader = room.jit(&["login", "admin"]).start();
        room.until("the step", |room| room.count(step) == 1);
        let other = room.jit(&["login", "admin"]).start();
        let caller = room.jit(&["credential-process", "admin"]).hands_over().start();
        for waiter in [&other, &caller] {
            waiter.says("Waiting for another jit process that is busy with the session of admin");
        }
        leader.signal(Signal::KILL);
        leader.wait();
        let (other, caller) = (other.wait(), caller.wait());
        assert_eq!(other.code(), 0, "{step:?}: {other}");
        // If it gets the lock first it has nothing to continue with, unless the sign-in was already complete.
        let signed_in = matches!(step, Call::AssumeRoleWithWebIdentity | Call::AssumeRole);
        assert!(caller.code() == 0 || (caller.code() == 3 && !signed_in), "{step:?}: {caller}");
        room.is_tidy();
    }
}

#[test]
fn a_caller_that_comes_while_a_person_signs_in_gets_the_session() {
    let room = Room::new();
    room.write_browser("until [ -e \"$HOME/go\" ]; do sleep 0.01; done; exec curl -sSL -o /dev/null \"$1\"");
    let login = room.jit(&["login", "admin"]).start();
    room.until("the browser", |room| !room.opened().is_empty());
    let caller = room.jit(&["credential-process", "admin"]).hands_over().start();
    caller.says("Waiting for another jit process that is busy with the session of admin");
    room.write("go", "");
    let (login, caller) = (login.wait(), caller.wait());
    assert_eq!((login.code(), caller.code()), (0, 0), "{login}{caller}");
    assert_eq!(room.count(Call::AssumeRole), 1);
}

#[test]
fn ctrl_c_on_the_terminal_ends_a_login() {
    let room = Room::new();
    let mut login = room.jit(&["login", "admin", "--no-browser"]).somebody_types().start();
    login.says("that page here:");
    login.types("\u{3}");
    let login = login.wait();
    assert_eq!(login.code(), 130, "{login}");
    room.is_tidy();
}

#[test]
fn a_kill_in_the_middle_of_a_write_leaves_the_old_entry() {
    let room = Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let hours = Duration::from_secs(2 * 3600);
    for step in SILENT_STEPS.into_iter().rev() {
        room.age_session("admin", hours);
        if step != Call::AssumeRole {
            room.age_session("hub", hours);
        }
        if step == Call::RefreshGrant {
            room.age_login(hours);
        }
        let before = room.count(step);
        // A file may grow to 512 bytes here; the write beyond that kills the process.
        let script = format!("ulimit -f 1; exec '{}' credential-process admin", env!("CARGO_BIN_EXE_jit"));
        let killed = room.program("sh", &["-c", &script]).run();
        assert_eq!((killed.code(), killed.stdout.as_str()), (128 + Signal::XFSZ.as_raw(), ""), "{killed}");
        assert_eq!(room.count(step), before + 1, "it was about to store that");
        let half = room.entries(".jit-");
        assert_eq!(half.len(), 1, "{step:?}");
        std::fs::remove_file(&half[0]).unwrap();
        room.is_tidy();
    }
}

/// A list and a hidden passphrase change the terminal's modes; a shell that does not restore them itself
/// keeps them.
#[test]
fn the_terminal_is_restored_however_a_prompt_ends() {
    let room = Room::signed_in("admin");
    let file = Room::new();
    let cases = [(&room, "login", "❯"), (&file, "JIT_STORE=file login admin", "assphrase")];
    for (room, words, asks) in cases {
        let (set, words) =
            words.rsplit_once("login").map(|(set, rest)| (set, format!("login{rest}"))).unwrap();
        let jit = env!("CARGO_BIN_EXE_jit");
        for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
            // A shell that continues, as after somebody else kills its command.
            let inner = format!("echo $$ >id; exec env {set} '{jit}' {words}");
            let script = format!("trap : HUP INT; sh -c '{}'; stty -a", inner.replace('\'', "'\\''"));
            let shell = room.program("sh", &["-c", &script]).somebody_types().start();
            shell.says(asks);
            let id: i32 = std::fs::read_to_string(room.path("id")).unwrap().trim().parse().unwrap();
            // It asks when its mode is set, or about to be.
            room.until("the mode", |_| !shell.echoes());
            rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
            let ended = shell.wait();
            let modes: Vec<&str> = ended.stdout.split_whitespace().collect();
            for mode in ["echo", "icanon", "isig"] {
                assert!(modes.contains(&mode), "{words} {signal:?}: {ended}");
            }
        }
        let _ = std::fs::remove_file(room.path("id"));
    }
}

/// Programs that `jit` starts end together with it, in time and at every moment.
#[test]
fn a_credential_command_does_not_outlive_its_caller() {
    let room = Room::new();
    room.write("vault", "#!/bin/sh\nsleep 600 & echo $! >>sleepers\nwait\n");
    std::fs::set_permissions(room.path("vault"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    room.write(
        ".aws/config",
        &format!("[profile x]\ncredential_process = {}\n", room.path("vault").display()),
    );
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let sleepers = || -> Vec<i32> {
        let list = std::fs::read_to_string(room.path("sleepers")).unwrap_or_default();
        list.lines().map(|id| id.parse().unwrap()).collect()
    };
    for (round, signal) in [Signal::TERM, Signal::HUP, Signal::INT].into_iter().enumerate() {
        let asks = room.jit(&["credential-process", "x"]).start();
        room.until("the command", |_| sleepers().len() > round);
        asks.signal(signal);
        let asks = asks.wait();
        assert_eq!((asks.code(), asks.stdout.as_str()), (128 + signal.as_raw(), ""), "{asks}");
        room.until("the end of what it started", |_| {
            !sleepers().into_iter().any(|id| std::path::Path::new(&format!("/proc/{id}")).exists())
        });
    }
    room.is_tidy();
}
