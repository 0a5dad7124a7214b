//! Many callers at once while something goes wrong: a dead refresh token, a killed lock holder, a slow IdP, a
//! failing renewal.

use std::collections::HashSet;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jit::broker::BrokerError;
use jit::store::StoreError;
use jit_emulator::{Call, Flaw, Refusal, Trouble};

use crate::storm::{callers, in_full, note, report};
use crate::support::{Output, Room, Run, Signal, Started};

const SILENT_CHAIN: [Call; 3] = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
const WAITING: &str = "Waiting for another jit process that is busy with";
const HOUR: Duration = Duration::from_secs(3600);

fn caller(room: &Room) -> Run<'_> {
    room.jit(&["credential-process", "admin"]).hands_over()
}

/// A caller that may open a browser.
fn with_browser(room: &Room) -> Run<'_> {
    room.jit(&["credential-process", "admin", "--auto-login"]).hands_over()
}

/// A room where somebody signed in long ago.
fn with_a_refresh_token() -> Room {
    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    room
}

fn refusal(code: &str) -> Trouble {
    Trouble::Refuse(Refusal::new(400, code, "no"))
}

/// The outputs of those that succeeded, each once.
fn sessions<'a>(answers: impl IntoIterator<Item = &'a Output>) -> HashSet<&'a str> {
    answers.into_iter().filter(|answer| answer.code() == 0).map(|answer| answer.stdout.as_str()).collect()
}

/// Who holds one of the locks in `folder`, according to the kernel (`proc_locks(5)`).
fn holders(folder: &Path) -> HashSet<u32> {
    let locks = fs::read_dir(folder).into_iter().flatten();
    let files: HashSet<u64> = locks.map(|entry| entry.unwrap().metadata().unwrap().ino()).collect();
    let table = fs::read_to_string("/proc/locks").unwrap();
    let held = table.lines().filter(|line| !line.contains("->")).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let file = words.get(5)?.rsplit(':').next()?.parse().ok()?;
        files.contains(&file).then(|| words[4].parse().ok())?
    });
    held.collect()
}

/// Takes every lock of an entry in `folder` as soon as its holder releases it, and keeps it until the answer
/// is dropped.
fn never_free_again(folder: &Path) -> Vec<mpsc::Sender<()>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = ["session-", "login-"];
    let of_entry = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        path.extension().is_none() && entries.iter().any(|entry| name.starts_with(entry))
    };
    let paths: Vec<PathBuf> = paths.filter(of_entry).collect();
    let own = format!(" {} ", std::process::id());
    let queue = || {
        let table = fs::read_to_string("/proc/locks").unwrap();
        table.lines().filter(|line| line.contains("->") && line.contains(&own)).count()
    };
    let before = queue();
    let takes = |path: &PathBuf| {
        let (keep, over) = mpsc::channel();
        let file = fs::File::open(path).unwrap();
        std::thread::spawn(move || {
            file.lock().unwrap();
            _ = over.recv();
        });
        keep
    };
    let kept = paths.iter().map(takes).collect();
    let begun = Instant::now();
    while queue() < before + paths.len() {
        assert!(begun.elapsed() < HOUR / 12, "not every lock of {paths:?} is held");
        std::thread::sleep(Duration::from_millis(1));
    }
    kept
}

/// Waits for the first holder of a lock in `folder`, and kills the holder some time later.
fn kill_a_leader(folder: &Path, later: Duration) -> Option<u32> {
    let begun = Instant::now();
    while holders(folder).is_empty() {
        assert!(begun.elapsed() < HOUR / 12, "nobody ever took a lock");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(later);
    let leader = holders(folder).into_iter().next()?;
    let id = rustix::process::Pid::from_raw(leader.cast_signed())?;
    rustix::process::kill_process(id, Signal::KILL).ok().map(|()| leader)
}

#[test]
fn a_dead_refresh_token_opens_one_tab_for_all() {
    let room = with_a_refresh_token();
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, refusal("invalid_grant")));
    let calls = [Call::RefreshGrant, Call::CodeGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
    let before = room.counts(calls);
    let begun = Instant::now();
    let answers = room.at_once((0..callers()).map(|_| with_browser(&room)));
    report("a dead refresh token and a browser", begun);
    for answer in &answers {
        assert_eq!((answer.code(), &answer.stdout), (0, &answers[0].stdout), "{answer}");
    }
    assert_eq!(room.counts(calls), before.map(|count| count + 1));
    assert_eq!(room.opened().len(), 2, "the login before, and one");
    room.is_tidy();
}

#[test]
fn a_caller_with_a_browser_signs_in_for_the_others() {
    let room = with_a_refresh_token();
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, refusal("invalid_grant")));
    let before = room.count(Call::AssumeRole);
    let answers = room.at_once((0..callers()).map(|number| match number % 3 {
        0 => caller(&room),
        1 => with_browser(&room),
        _ => room.jit(&["login", "admin"]).hands_over(),
    }));
    for (number, answer) in answers.iter().enumerate() {
        match (number % 3, answer.code()) {
            (_, 0) => {}
            (0, 3) => assert!(answer.stderr.ends_with("next: jit login admin\n"), "{answer}"),
            _ => panic!("{answer}"),
        }
    }
    let got = answers.iter().enumerate().filter(|(number, _)| number % 3 != 2).map(|(_, answer)| answer);
    assert_eq!(sessions(got).len(), 1);
    assert_eq!(room.counts([Call::RefreshGrant, Call::AssumeRole]), [1, before + 1]);
    assert_eq!(room.opened().len(), 2, "the login before, and one");
    room.is_tidy();
}

#[test]
fn a_person_who_declines_is_asked_once() {
    let room = Room::new();
    room.servers().faults(|faults| faults.flaws.extend([Flaw::UserDenies]));
    room.write_browser("until [ -e \"$HOME/go\" ]; do sleep 0.01; done; exec curl -sSL -o /dev/null \"$1\"");
    let running: Vec<Started<'_>> = (0..callers()).map(|_| with_browser(&room).start()).collect();
    room.until("the browser", |room| !room.opened().is_empty());
    // One asks the person, and all others must be seen waiting before that one may continue.
    let waiting = || running.iter().filter(|one| one.has_said(WAITING)).count();
    room.until("the queue", |_| waiting() == running.len() - 1);
    room.write("go", "");
    for answer in running.into_iter().map(Started::wait) {
        assert_eq!((answer.code(), answer.stdout.as_str()), (4, ""), "{answer}");
    }
    assert_eq!(room.opened().len(), 1);
    room.is_tidy();
}

/// Later callers, even an endless stream that never releases the lock, keep nobody from an answer that
/// exists.
#[test]
fn waiting_callers_need_no_lock_for_the_result() {
    for denied in [false, true] {
        let room = Room::new();
        let flaws = denied.then_some(Flaw::UserDenies);
        room.servers().faults(|faults| faults.flaws.extend(flaws));
        room.write_browser(
            "until [ -e \"$HOME/go\" ]; do sleep 0.01; done; exec curl -sSL -o /dev/null \"$1\"",
        );
        let leader = with_browser(&room).start();
        room.until("the browser", |room| !room.opened().is_empty());
        let running: Vec<Started<'_>> = (1..callers())
            .map(|number| if number % 2 == 0 { with_browser(&room) } else { caller(&room) }.start())
            .collect();
        room.until("the crowd", |_| running.iter().all(|one| one.has_said(WAITING)));
        let taken = never_free_again(&room.path("state/jit/locks"));
        room.write("go", "");
        let leader = leader.wait();
        assert_eq!(leader.code(), if denied { 4 } else { 0 }, "{leader}");
        for answer in running.into_iter().map(Started::wait) {
            assert_eq!((answer.code(), &answer.stdout), (leader.code(), &leader.stdout), "{answer}");
        }
        assert_eq!(room.opened().len(), 1);
        drop(taken);
    }
}

#[test]
fn a_holder_killed_at_a_random_moment_is_replaced() {
    let rounds = if in_full() { 20 } else { 8 };
    let (mut killed, mut lost) = (0, 0);
    for _ in 0..rounds {
        let room = with_a_refresh_token();
        let before = room.counts(SILENT_CHAIN);
        let late = Trouble::Late(Duration::from_millis(100));
        room.servers()
            .faults(|faults| SILENT_CHAIN.into_iter().for_each(|call| faults.always(call, late.clone())));
        let later = Duration::from_millis(RandomState::new().hash_one(0) % 350);
        let locks = room.path("state/jit/locks");
        let killer = std::thread::spawn({
            let locks = locks.clone();
            move || kill_a_leader(&locks, later)
        });
        let mut running: Vec<Started<'_>> = (0..callers()).map(|_| caller(&room).start()).collect();
        if let Some(leader) = killer.join().unwrap() {
            let place = running.iter().position(|one| one.id() == leader).unwrap();
            let leader = running.remove(place).wait();
            killed += usize::from(leader.code() == 128 + 9);
        }
        let answers: Vec<Output> = running.into_iter().map(Started::wait).collect();
        let after = room.counts(SILENT_CHAIN);
        let calls: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        if answers.iter().all(|answer| answer.code() == 0) {
            assert_eq!(sessions(&answers).len(), 1, "{later:?}");
        } else {
            // A token that was redeemed and lost with its process is gone; the IdP treats a second use as
            // theft.
            for answer in &answers {
                assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{later:?}: {answer}");
                assert!(answer.stderr.ends_with("next: jit login admin\n"), "{later:?}: {answer}");
            }
            assert_eq!(calls, [2, 0, 0], "{later:?}");
            lost += 1;
        }
        assert!(calls.iter().all(|count| *count <= 2), "{later:?}: {calls:?}");
        assert!(calls.iter().sum::<usize>() <= 4, "{later:?}: what was done is done again: {calls:?}");
        assert_eq!(holders(&locks), HashSet::new(), "{later:?}");
        // If it died in the middle of a write, that is there, sealed; see `kills`.
        let half = room.entries(".jit-");
        assert!(half.len() <= 1, "{later:?}: {half:?}");
        half.into_iter().for_each(|file| fs::remove_file(file).unwrap());
        room.is_tidy();
    }
    assert!(killed > 0, "no leader was ever caught");
    note(&format!("{killed} leaders killed in {rounds} rounds, {lost} logins lost with them"));
}

#[test]
fn all_callers_wait_for_a_slow_idp() {
    let room = with_a_refresh_token();
    let before = room.counts(SILENT_CHAIN);
    let late = Trouble::Late(Duration::from_secs(if in_full() { 20 } else { 2 }));
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, late));
    let begun = Instant::now();
    let answers = room.at_once((0..callers()).map(|_| caller(&room)));
    report("a slow provider", begun);
    for answer in &answers {
        assert_eq!((answer.code(), &answer.stdout), (0, &answers[0].stdout), "{answer}");
        assert!(answer.stderr.matches(WAITING).count() <= 1, "{answer}");
    }
    assert_eq!(room.counts(SILENT_CHAIN), before.map(|count| count + 1));
    room.is_tidy();
    if in_full() {
        never_answered(&room);
    }
}

/// One gives up after half a minute, and with it all that wait.
fn never_answered(room: &Room) {
    room.leave_a_refresh_token();
    room.servers().faults(|faults| {
        faults.clear();
        faults.always(Call::RefreshGrant, Trouble::Hang);
    });
    let before = room.count(Call::RefreshGrant);
    let begun = Instant::now();
    let answers = room.at_once((0..callers()).map(|_| caller(room)));
    report("a provider that never answers", begun);
    for answer in &answers {
        assert_eq!((answer.code(), answer.stdout.as_str()), (1, ""), "{answer}");
    }
    assert_eq!(room.count(Call::RefreshGrant), before + 1);
    room.is_tidy();
}

#[test]
fn a_failing_renewal_is_tried_once_while_the_session_is_valid() {
    let room = Room::signed_in("admin");
    let old = room.asks_for("admin").stdout;
    // Ten minutes are left: too little to be fresh, but enough to be used.
    room.age_session("admin", HOUR - Duration::from_secs(600));
    let late = Trouble::Late(Duration::from_secs(2));
    room.servers().faults(|faults| {
        faults.always(Call::AssumeRole, late);
        faults.always(Call::AssumeRole, Trouble::Refuse(Refusal::new(403, "AccessDenied", "no")));
    });
    let before = room.count(Call::AssumeRole);
    let begun = Instant::now();
    let answers = room.at_once((0..callers()).map(|_| caller(&room)));
    report("a renewal that fails", begun);
    let key = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["AccessKeyId"].clone();
    for answer in &answers {
        assert_eq!((answer.code(), key(&answer.stdout)), (0, key(&old)), "{answer}");
    }
    // A caller that comes after the failure, as may happen on a busy machine, waits for nobody and tries
    // again.
    let late_comers = answers.iter().filter(|answer| !answer.stderr.contains(WAITING)).count();
    let asked = room.count(Call::AssumeRole) - before;
    assert!((1..=late_comers.max(1)).contains(&asked), "asked {asked} times, {late_comers} came late");
    room.is_tidy();
}

#[test]
fn a_caller_that_waits_in_vain_gets_the_valid_session() {
    let room = Room::signed_in("admin");
    let in_vain = || room.session_while_busy("admin", Duration::from_millis(50));
    room.age_session("admin", HOUR - Duration::from_secs(600));
    assert_eq!(in_vain().unwrap().role, "admin");
    room.age_session("admin", Duration::from_secs(600));
    let error = in_vain().unwrap_err();
    assert!(matches!(error, BrokerError::Store(StoreError::Busy { .. })), "{error}");
}
