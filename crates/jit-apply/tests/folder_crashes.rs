//! Kills a writer, or makes a call fail, at every call that writes: an object is missing or complete, readers
//! find nothing unexpected, and the next run works. `strace` lists the calls of one run, then kills later
//! runs at each of them (before the call happens), or makes it fail.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "starts itself as the program that is killed")]
#![allow(clippy::print_stderr, reason = "that program says what became of each object")]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use jit_access::id::Id;
use jit_access::ledger::{ActKind, FactKind, Key, Ledger as _, LedgerError, Put, SweepKind};
use jit_access::testing::userid;
use jit_apply::folder::{FolderLedger, SystemAccounts};
use jit_wire::timestamp::Timestamp;

/// The variable with the folder of the program that is killed.
const FOLDER: &str = "JIT_TEST_LEDGER";
/// System calls whose effects outlast the process.
const WRITING: &str = "openat,?mkdir,mkdirat,write,pwrite64,writev,?rename,renameat,renameat2,?unlink,unlinkat,?rmdir,?link,\
    linkat,?chmod,fchmod,fchmodat,?chown,fchown,fchownat,ftruncate,fsync,fdatasync,flock";

fn ledger(path: &Path) -> Result<FolderLedger, jit_apply::folder::FolderError> {
    FolderLedger::create(path, Arc::new(SystemAccounts::default()))
}

/// What one run writes: one object of each kind, two into one folder, and one larger than a page.
fn objects() -> Vec<(Key, Vec<u8>)> {
    let id = |number: u8| Id::new(Timestamp(1_700_000_000), [number; 10]);
    let fact = |number, kind| Key::Fact { id: id(number), author: userid("hub", "bob"), kind };
    vec![
        (fact(1, FactKind::Request), br#"{"access":"read","duration":3600}"#.to_vec()),
        (fact(1, FactKind::Vote), b"vote".to_vec()),
        (Key::Policy { id: id(2), author: userid("platform", "pat") }, vec![b'p'; 20_000]),
        (Key::Act { request: id(1), kind: ActKind::Decision }, b"decision".to_vec()),
        (Key::Act { request: id(1), kind: ActKind::Applied }, b"applied".to_vec()),
        (Key::Sweep { id: id(3), kind: SweepKind::Sweep }, b"sweep".to_vec()),
    ]
}

/// The program that is killed: creates the ledger and writes all objects. As an ordinary test it does
/// nothing.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    // `strace` counts the calls of each thread separately, and its number means that call in any thread. The
    // thread that waits for this one opens and writes a few files too, so this one starts with more calls
    // than that.
    for _ in 0..64 {
        fs::write("/dev/null", "x").expect("nothing to be written");
    }
    let ledger = match ledger(Path::new(&path)) {
        Ok(ledger) => ledger,
        Err(error) => return eprintln!("ledger: {error}"),
    };
    for (key, bytes) in objects() {
        match ledger.put_new(&key, &bytes) {
            Ok(put) => eprintln!("{put}"),
            Err(error) => {
                let kind = match error {
                    LedgerError::Full(_) => "full",
                    LedgerError::Refused(_) => "refused",
                    LedgerError::Absent(_) => "absent",
                    LedgerError::Damaged(_) => "damaged",
                    LedgerError::Unreachable(_) => "unreachable",
                    LedgerError::Unusable { .. } => "unusable",
                };
                eprintln!("error: {kind}: {error}");
            }
        }
    }
}

fn program() -> PathBuf {
    std::env::current_exe().expect("this program")
}

const ITS_WORDS: [&str; 4] = ["writer", "--exact", "--nocapture", "--test-threads=1"];

fn run(program: impl AsRef<OsStr>, words: &[&str], ledger: &Path) -> Output {
    Command::new(program).args(words).env(FOLDER, ledger).output().expect("it starts")
}

fn under_strace(options: &[&str], ledger: &Path) -> Output {
    let program = program();
    let own = ["-f", "-qq", "-y", "-s", "0", "-e", "signal=none"];
    let words: Vec<&str> = own
        .iter()
        .chain(options)
        .copied()
        .chain([program.to_str().expect("text")])
        .chain(ITS_WORDS)
        .collect();
    run("strace", &words, ledger)
}

/// The calls of a whole run that change something below `ledger`: by name and number.
fn calls(ledger: &Path) -> Vec<(String, usize)> {
    let list = ledger.with_extension("calls");
    let trace = format!("trace={WRITING}");
    let whole = under_strace(&["-e", &trace, "-o", list.to_str().expect("text")], ledger);
    assert!(whole.status.success(), "{whole:?}");
    let text = fs::read_to_string(list).expect("a list of calls");
    let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((thread, (name, rest))) = line
            .split_once(' ')
            .and_then(|(thread, rest)| Some((thread, rest.trim_start().split_once('(')?)))
        else {
            continue;
        };
        let number = numbers.entry((thread, name)).or_default();
        *number += 1;
        let is_here = rest.contains(ledger.to_str().expect("text"));
        if is_here && (name != "openat" || rest.contains("O_CREAT")) {
            calls.push((name.to_owned(), *number));
        }
    }
    calls
}

/// Every object is missing or complete, and the list has nothing else.
fn check(path: &Path, at: &str) -> usize {
    let ledger = ledger(path).unwrap_or_else(|error| panic!("{at}: {error}"));
    let mut there = Vec::new();
    for (key, bytes) in objects() {
        match ledger.get(&key.to_string()) {
            Ok(found) if found == bytes => there.push(key.to_string()),
            Err(LedgerError::Absent(_)) => {}
            other => panic!("{at}: {key}: {other:?}"),
        }
    }
    let entries = ledger.list("", "").unwrap_or_else(|error| panic!("{at}: {error}"));
    assert!(
        entries.iter().all(|entry| entry.doubt.is_none() && !entry.has_more_versions),
        "{at}: {entries:?}"
    );
    let mut listed: Vec<_> = entries.into_iter().map(|entry| entry.key).collect();
    there.sort();
    listed.sort();
    assert_eq!(listed, there, "{at}");
    there.len()
}

#[test]
fn a_kill_at_any_call_leaves_nothing_or_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let calls = calls(&folder.path().join("whole"));
    assert!(calls.len() > 60, "{calls:?}");
    let mut found = Vec::new();
    for (number, (name, count)) in calls.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        let at = format!("killed at {name} {count}");
        let inject = format!("inject={name}:signal=KILL:when={count}");
        let killed = under_strace(&["-o", "/dev/null", "-e", &format!("trace={name}"), "-e", &inject], &path);
        assert!(!killed.status.success(), "{at}: {killed:?}");
        // A reader that arrives immediately, and creates nothing.
        if let Ok(seen) = FolderLedger::open(&path, Arc::new(SystemAccounts::default())) {
            assert!(
                seen.list("", "").is_ok_and(|entries| entries.iter().all(|entry| entry.doubt.is_none())),
                "{at}"
            );
        }
        if path.exists() {
            found.push(check(&path, &at));
        }
        let next = run(program(), &ITS_WORDS, &path);
        let said = String::from_utf8_lossy(&next.stderr).into_owned();
        assert!(next.status.success() && !said.contains("error"), "{at}: {said}");
        assert_eq!(check(&path, &at), objects().len(), "{at}");
        let left = fs::read_dir(path.join("tmp")).expect("a folder").count();
        // The object, and the folder for it.
        assert!(left <= 2, "{at}: {left} were left");
    }
    // There were kills at every stage.
    assert!((0..=objects().len()).all(|count| found.contains(&count)), "{found:?}");
}

#[test]
fn a_call_that_fails_leaves_nothing_or_the_whole_and_says_which_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let calls = calls(&folder.path().join("whole"));
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for (number, (name, count)) in calls.iter().enumerate() {
        let errors: &[(&str, &str)] = match name.as_str() {
            "openat" | "mkdirat" | "mkdir" => {
                &[("ENOSPC", "full"), ("EACCES", "refused"), ("EROFS", "refused")]
            }
            "write" => &[("ENOSPC", "full"), ("EDQUOT", "full"), ("EIO", "unreachable")],
            "renameat2" => &[("ENOSPC", "full"), ("EACCES", "refused"), ("EIO", "unreachable")],
            "fsync" => &[("EIO", "unreachable"), ("ENOSPC", "full")],
            "fchmod" => &[("EPERM", "refused"), ("EROFS", "refused")],
            "flock" => &[("ENOLCK", "")],
            _ => continue,
        };
        let (error, kind) = errors[number % errors.len()];
        let path = folder.path().join(number.to_string());
        let at = format!("{error} at {name} {count}");
        let inject = format!("inject={name}:error={error}:when={count}");
        let ended = under_strace(&["-o", "/dev/null", "-e", &format!("trace={name}"), "-e", &inject], &path);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && !said.contains("panicked"), "{at}: {said}");
        let errors: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        assert!(errors.len() <= 1 && errors.iter().all(|said| said.starts_with(kind)), "{at}: {said}");
        *kinds.entry(kind).or_default() += errors.len();
        if path.exists() {
            // A failed object is missing, unless only the sync of its folder failed afterwards.
            let there = check(&path, &at);
            if !said.contains("ledger:") {
                assert_eq!(there, objects().len() - errors.len(), "{at}: {said}");
                assert_eq!(said.matches("created").count(), there, "{at}: {said}");
            }
            // The staged file was removed.
            let left = fs::read_dir(path.join("tmp")).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{at}");
        }
        let next = run(program(), &ITS_WORDS, &path);
        let said = String::from_utf8_lossy(&next.stderr).into_owned();
        assert!(next.status.success() && !said.contains("error"), "{at}: {said}");
        assert_eq!(check(&path, &at), objects().len(), "{at}");
    }
    assert!(["full", "refused", "unreachable"].iter().all(|kind| kinds[kind] > 2), "{kinds:?}");
}

/// A limit of the system that acts like a full disk: no file may grow beyond 8 KiB, which the policy would.
#[test]
fn an_object_for_which_there_is_no_room_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for (trap, code) in [("trap '' XFSZ; ", Some(0)), ("", None)] {
        let path = folder.path().join(format!("{}", trap.len()));
        let script = format!("{trap}ulimit -f 16; exec \"$0\" \"$@\"");
        let program = program();
        let words: Vec<&str> =
            ["-c", &script, program.to_str().expect("text")].into_iter().chain(ITS_WORDS).collect();
        let ended = run("sh", &words, &path);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), code, "{said}");
        // After a refusal the others are written; after a kill, those before it were.
        let there = check(&path, &said);
        assert_eq!(there, if code.is_some() { objects().len() - 1 } else { 2 }, "{said}");
        assert_eq!(said.matches("error: full: ").count(), usize::from(code.is_some()), "{said}");
        let again = ledger(&path).expect("a ledger");
        let (key, bytes) = objects().remove(2);
        assert_eq!(again.put_new(&key, &bytes), Ok(Put::Created));
    }
}

/// Processes that write the same objects at the same time: each is created once, and nobody sees an
/// incomplete one.
#[test]
fn writers_at_once_make_each_object_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..3 {
        let path = folder.path().join(round.to_string());
        ledger(&path).expect("a ledger");
        let start = || {
            let mut command = Command::new(program());
            command
                .args(ITS_WORDS)
                .env(FOLDER, &path)
                .stderr(std::process::Stdio::piped())
                .stdout(std::process::Stdio::null());
            command.spawn().expect("it starts")
        };
        let writers: Vec<_> = (0..4).map(|_| start()).collect();
        let mut created = 0;
        for writer in writers {
            let output = writer.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !said.contains("error"), "{said}");
            created += said.matches("created").count();
        }
        assert_eq!((created, check(&path, "four writers")), (objects().len(), objects().len()));
    }
}
