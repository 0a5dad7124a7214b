//! Killed at every system call that writes: old or new, never half, nothing stays locked, and the next run
//! works.
//!
//! `strace` first lists the system calls of one run that change anything outside the process, then kills
//! later runs at each of them (the call itself does not happen). A plain `cargo test` kills a few dozen
//! times, spread over all of it; `JIT_TEST_KILLS=2500 cargo test --test it crashes::` sets how often, and
//! `--nocapture` shows the counts.

mod calls;
mod scenes;

use std::time::Duration;

use jit_emulator::Call;

use self::calls::{Call as Written, killed_at, refused_at, written_by};
use self::scenes::{Scene, edits, sessions};
use crate::support::Room;

/// How many kills a plain run makes, over all tests here.
const FEW: usize = 48;

/// How many kills a test has whose share is `percent`.
fn kills(percent: usize) -> usize {
    let all = std::env::var("JIT_TEST_KILLS")
        .map_or(FEW, |kills| kills.parse().expect("JIT_TEST_KILLS is a number"));
    all * percent / 100
}

/// Kills `scene` that many times, spread evenly over its calls. After one round over all calls, every other
/// round has a second process doing the same at nearly the same time.
#[expect(clippy::print_stdout, reason = "the counts are what a full run is for")]
fn kill(scene: &Scene, times: usize) {
    let calls = scene.calls();
    let (mut killed, mut tried) = (0, 0);
    while killed < times {
        let (round, call) = match times <= calls.len() {
            true => (0, &calls[tried * calls.len() / times % calls.len()]),
            false => (tried / calls.len(), &calls[tried % calls.len()]),
        };
        tried += 1;
        scene.before();
        let beside = (round % 2 == 1).then(|| scene.start_after(tried % 5 * 8));
        // It may be too late: the network's answers come in one piece or in two, and the other process may
        // have done everything.
        killed += usize::from(killed_at(scene, call).code() == 137);
        let beside = beside.map(|beside| beside.wait());
        let at = format!("{} killed at {call:?}", scene.name);
        if let Some(beside) = beside {
            assert!([0, 1, 3].contains(&beside.code()), "{at}: the one beside it: {beside}");
        }
        scene.after(&at);
        assert!(tried <= 10 + 4 * times, "{}: only {killed} of {tried} kills came in time", scene.name);
    }
    println!("{:40} {:4} calls {killed:5} kills in {tried:5} runs", scene.name, calls.len());
}

#[test]
fn edits_of_files_leave_the_old_or_the_new() {
    let scenes = edits();
    let times = kills(50) / scenes.len();
    scenes.iter().for_each(|scene| kill(scene, times.max(1)));
}

#[test]
fn the_store_and_the_index_leave_the_old_or_the_new() {
    let scenes = sessions();
    let times = kills(50) / scenes.len();
    scenes.iter().for_each(|scene| kill(scene, times.max(1)));
}

/// The same in the store: a caller that only wanted credentials still gets them. A plain run tests every
/// tenth call.
#[test]
fn a_store_that_fails_at_any_call_keeps_the_old_or_the_new() {
    let step = if std::env::var_os("JIT_TEST_KILLS").is_some() { 1 } else { 10 };
    for scene in sessions() {
        let (mut tried, mut refused) = (0, 0);
        for (n, call) in scene.calls().iter().enumerate().step_by(step) {
            let Some(error) = call.refusal(n) else { continue };
            tried += 1;
            scene.before();
            let Some(output) = refused_at(&scene, call, error) else { continue };
            refused += 1;
            let at = format!("{} with {error} at {call:?}: {output}", scene.name);
            assert!(output.status.code().is_some_and(|code| code <= 5), "{at}");
            assert!(output.code() == 0 || output.stderr.contains("error: "), "{at}");
            assert_eq!(scene.leftovers(), 0, "{at}");
            scene.after(&at);
        }
        assert!(2 * refused >= tried, "{}: {refused} of {tried}", scene.name);
    }
}

/// A disk that is full, read-only or broken, at each call in turn: old or new, no temporary file stays, and
/// the error is reported.
#[test]
fn a_refused_system_call_leaves_the_old_or_the_new() {
    for scene in edits() {
        let calls = scene.calls();
        let mut refused = 0;
        for (n, call) in calls.iter().enumerate() {
            let Some(error) = call.refusal(n) else { continue };
            scene.before();
            let Some(output) = refused_at(&scene, call, error) else { continue };
            let at = format!("{} with {error} at {call:?}: {output}", scene.name);
            assert!([0, 1, 2].contains(&output.code()), "{at}");
            if !call.may_be_refused() {
                assert!(output.code() != 0 && output.stderr.contains("error: "), "{at}");
                refused += 1;
            }
            assert_eq!(scene.leftovers(), 0, "{at}");
            scene.after(&at);
        }
        assert!(refused >= 3, "{}: {calls:?}", scene.name);
    }
}

/// A write more than a minute later removes the temporary file that a kill left, and not before.
#[test]
fn a_later_write_removes_what_a_kill_left() {
    let scene = &edits()[0];
    let calls = scene.calls();
    let rename = calls.iter().rev().find(|call| call.name.starts_with("rename")).unwrap();
    scene.before();
    assert_eq!(killed_at(scene, rename).code(), 137);
    assert_eq!(scene.leftovers(), 1);
    assert_eq!(killed_at(scene, rename).code(), 137);
    assert_eq!(scene.leftovers(), 2, "the first one may still be at work");
    scene.age_leftovers(Duration::from_secs(90));
    assert_eq!(scene.run(&scene.arguments).run().code(), 0);
    assert_eq!(scene.leftovers(), 0);
}

/// The calls at which runs are killed are those that write: the list must not be empty.
#[test]
fn the_trace_sees_the_system_calls_of_a_run() {
    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    let before = room.count(Call::RefreshGrant);
    let calls = written_by(&room, &["credential-process", "admin"]);
    assert_eq!(room.count(Call::RefreshGrant), before + 1);
    let count = |name: &str| calls.iter().filter(|call: &&Written| call.name.starts_with(name)).count();
    // The unchecked result of the refresh; then the login made from it, hub and spoke.
    assert!(
        count("openat") >= 4 && count("write") >= 4 && count("rename") == 4 && count("fsync") >= 4,
        "{calls:?}"
    );
}
