//! Many callers at once, and a real gnome-keyring that is locked or stops answering in the meantime.
//! `JIT_STORM=300` sets how many.

use std::path::PathBuf;
use std::time::Duration;

use jit_emulator::{Approval, Call, Settings, Trouble};

use crate::demo_room::{Output, Room, Run, Started};
use crate::keychain::Desktop;

const CHAIN: [Call; 3] = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];

fn callers() -> usize {
    std::env::var("JIT_STORM").map_or(40, |number| number.parse().expect("JIT_STORM is a number"))
}

/// A room whose key is in the keychain of `desktop`, where somebody has signed in, with only a refresh token.
fn room(desktop: &Desktop, key_cache: &str) -> Room {
    // Usable only at once, so that everything else needs the refresh token.
    let id_token_lifetime = Duration::from_secs(50);
    let room = Room::with(Settings { approval: Approval::AtOnce, id_token_lifetime, ..Settings::default() });
    room.write_config(&format!("key_cache = \"{key_cache}\"\n{}", room.usual_config()));
    let login = on(desktop, room.jit(&["login", "admin"])).run();
    assert_eq!(login.code(), 0, "{login}");
    forget_sessions(&room);
    room
}

fn on<'r>(desktop: &Desktop, run: Run<'r>) -> Run<'r> {
    run.env("JIT_STORE", "keychain").env("DBUS_SESSION_BUS_ADDRESS", &desktop.address)
}

fn entries(room: &Room, kind: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(room.path("state/jit/keychain")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(kind)).collect()
}

fn forget_sessions(room: &Room) {
    entries(room, "session-").into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
}

fn start<'r>(room: &'r Room, desktop: &Desktop) -> Vec<Started<'r>> {
    let caller = || on(desktop, room.jit(&["credential-process", "admin"])).hands_over();
    (0..callers()).map(|_| caller().start()).collect()
}

/// What all callers get if `happens` while the first of them is at the IdP.
fn storm(room: &Room, desktop: &Desktop, happens: impl FnOnce()) -> Vec<Output> {
    room.servers().faults(|faults| faults.always(CHAIN[0], Trouble::Late(Duration::from_secs(1))));
    let before = room.counts(CHAIN);
    let running = start(room, desktop);
    room.until("the leader", |room| room.count(CHAIN[0]) > before[0]);
    happens();
    let answers: Vec<Output> = running.into_iter().map(Started::wait).collect();
    assert_eq!(room.counts(CHAIN), before.map(|count| count + 1));
    answers
}

/// How many got the session, which is the same for all; the others were refused with `code` and these words.
fn served(answers: &[Output], code: i32, words: &str) -> usize {
    let served: Vec<&Output> = answers.iter().filter(|answer| answer.code() == 0).collect();
    assert!(served.iter().all(|answer| answer.stdout == served[0].stdout));
    for answer in answers.iter().filter(|answer| answer.code() != 0) {
        assert_eq!((answer.code(), answer.stdout.as_str()), (code, ""), "{answer}");
        assert!(answer.stderr.contains(words), "{answer}");
    }
    served.len()
}

#[test]
fn a_keychain_that_gets_locked_during_a_run_loses_nothing() {
    let mut desktop = Desktop::unlocked();
    let room = room(&desktop, "off");
    let answers = storm(&room, &desktop, || desktop.lock_collection());
    // Callers that had started by then have the key; later ones are refused.
    let served_locked = served(&answers, 5, "the keychain is locked");
    assert!(served_locked >= 1, "the leader had the key already");
    assert!(!answers.iter().any(|answer| answer.stderr.contains("could not be stored")));

    desktop.start_keyring(Some("the login password"));
    let before = room.counts(CHAIN);
    let after: Vec<Output> = start(&room, &desktop).into_iter().map(Started::wait).collect();
    assert_eq!(served(&after, 0, ""), callers());
    let leader = answers.iter().find(|answer| answer.code() == 0).unwrap();
    assert_eq!((&after[0].stdout, room.counts(CHAIN)), (&leader.stdout, before), "all was stored");
    eprintln!("{} callers, {served_locked} served while the keychain was locked", callers());
}

#[test]
fn the_kernels_copy_serves_all_while_the_keychain_is_locked() {
    let desktop = Desktop::unlocked();
    let room = room(&desktop, "1h");
    let answers = storm(&room, &desktop, || desktop.lock_collection());
    assert_eq!(served(&answers, 0, ""), callers());
}

#[test]
fn a_keychain_that_stops_answering_delays_nobody_for_long() {
    let desktop = Desktop::unlocked();
    let room = room(&desktop, "off");
    let begun = std::time::Instant::now();
    let answers = storm(&room, &desktop, || desktop.signal_keyring("-STOP"));
    let served_hung = served(&answers, 5, "no answer within 1 s");
    assert!(served_hung >= 1, "the leader had the key already");
    desktop.signal_keyring("-CONT");
    eprintln!("{} callers, {served_hung} served by a keychain that hung: {:?}", callers(), begun.elapsed());
}
