//! A first sign-in that is killed while its key is made, put into a real gnome-keyring, marked and copied:
//! there is no half state, and never a second key. `JIT_TEST_KILLS=1000` kills at every call of that time, a
//! plain run at some of them.

use std::collections::{BTreeSet, HashMap};
use std::fs;

use crate::demo_room::{Output, Room, Run};
use crate::keychain::Desktop;
use crate::support::on_path;

/// How many kills a plain run makes.
const FEW: usize = 16;
/// Calls that change a file, a lock or the kernel's keyring, or talk to the keychain.
const WRITING: &str =
    "trace=openat,mkdir,write,?rename,?renameat,?renameat2,fsync,?fchmod,flock,add_key,keyctl,sendmsg,sendto";

fn on<'r>(desktop: &Desktop, run: Run<'r>) -> Run<'r> {
    run.env("JIT_STORE", "keychain").env("DBUS_SESSION_BUS_ADDRESS", &desktop.address)
}

/// A run that the keychain answered: it has a second for that, which may take several attempts on a busy
/// machine.
fn jit(room: &Room, desktop: &Desktop, arguments: &[&str]) -> Output {
    let run = || on(desktop, room.jit(arguments)).hands_over().run();
    let mut output = run();
    for _ in 0..20 {
        if !output.stderr.contains("no answer within") {
            break;
        }
        output = run();
    }
    output
}

/// A login under `strace`, which traces all threads and no other program.
fn login(room: &Room, desktop: &Desktop, options: &[&str]) -> Output {
    let options = ["-f", "--seccomp-bpf", "-b", "execve", "-qq", "-e", "signal=none"].iter().chain(options);
    let line: Vec<&str> = options.copied().chain([env!("CARGO_BIN_EXE_jit"), "login", "admin"]).collect();
    on(desktop, room.program("strace", &line)).run()
}

/// As if nobody had ever signed in.
fn forget(room: &Room, desktop: &Desktop) {
    let logout = jit(room, desktop, &["logout", "--all"]);
    assert_eq!((logout.code(), desktop.items()), (0, 0), "{logout}");
    fs::remove_dir_all(room.path("state/jit")).unwrap();
}

/// The calls from setting up the store until the first entry exists, each by its name and its number in its
/// thread.
fn calls(room: &Room, desktop: &Desktop) -> Vec<(String, usize)> {
    for _ in 0..20 {
        let calls = calls_of_one_login(room, desktop);
        if desktop.items() == 1 {
            return calls;
        }
        forget(room, desktop);
    }
    panic!("the keychain never took a key");
}

fn calls_of_one_login(room: &Room, desktop: &Desktop) -> Vec<(String, usize)> {
    let list = room.path("calls").display().to_string();
    let whole = login(room, desktop, &["-e", WRITING, "-o", &list]);
    assert_eq!(whole.code(), 0, "{whole}");
    let text = fs::read_to_string(&list).unwrap();
    fs::remove_file(list).unwrap();
    let (mut numbers, mut seen) = (HashMap::new(), BTreeSet::new());
    let (mut begun, mut calls) = (false, Vec::new());
    for line in text.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let Some((name, arguments)) = rest.trim_start().split_once('(') else { continue };
        if name.starts_with('<') {
            continue;
        }
        let number = numbers.entry((thread, name)).or_insert(0);
        *number += 1;
        // Everything is opened relative to a handle of its folder.
        begun |= name == "openat" && arguments.contains("\"store\", O_RDWR|O_CREAT");
        let lasts = name != "openat" || arguments.contains("O_CREAT");
        if begun && lasts && seen.insert((name, *number)) {
            calls.push((name.to_owned(), *number));
        }
        if begun && name.starts_with("rename") && arguments.contains("\"login-") {
            break;
        }
    }
    calls
}

#[test]
fn a_killed_first_sign_in_leaves_one_key_or_none() {
    on_path("strace", "strace");
    let desktop = Desktop::unlocked();
    let room = Room::new();
    let calls = calls(&room, &desktop);
    let said = calls.iter().filter(|(name, _)| name == "sendmsg").count();
    assert!(said >= 5 && calls.len() >= 20, "{calls:?}");
    let kills = std::env::var("JIT_TEST_KILLS")
        .map_or(FEW, |kills| kills.parse().expect("JIT_TEST_KILLS is a number"));
    let (step, mut killed, mut with_key) = (calls.len().div_ceil(kills), 0, 0);
    for (name, number) in calls.iter().step_by(step) {
        forget(&room, &desktop);
        let inject = format!("inject={name}:signal=KILL:when={number}");
        let trace = format!("trace={name}");
        let ended = login(&room, &desktop, &["-o", "/dev/null", "-e", &trace, "-e", &inject]);
        assert!([0, 137].contains(&ended.code()), "{name} {number}: {ended}");
        killed += usize::from(ended.code() == 137);
        let keys = desktop.items();
        assert!(keys <= 1, "{name} {number}: {keys} keys");
        with_key += keys;

        let next = jit(&room, &desktop, &["login", "admin"]);
        assert_eq!((next.code(), desktop.items()), (0, 1), "{name} {number}: {next}");
        // The result does not depend on the copy in the kernel.
        let lock = jit(&room, &desktop, &["lock"]);
        assert_eq!(lock.code(), 0, "{name} {number}: {lock}");
        let asked = jit(&room, &desktop, &["credential-process", "admin"]);
        assert_eq!(asked.code(), 0, "{name} {number}: {asked}");
        let status = jit(&room, &desktop, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!(status["unreadable_entries"], 0, "{name} {number}: {status}");
    }
    forget(&room, &desktop);
    assert!(killed * 2 > kills.min(calls.len()), "{killed} of {} kills came in time", calls.len() / step);
    eprintln!("{} calls, {killed} kills, after {with_key} of them there was a key", calls.len());
}
