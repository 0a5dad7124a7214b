//! The system calls of a run that write, and runs that end or fail at one of them, with `strace`.

use std::collections::HashMap;
use std::fs;

use super::scenes::Scene;
use crate::support::{Output, Room};

const JIT: &str = env!("CARGO_BIN_EXE_jit");
/// Every call that changes something that outlives the process; not every machine has all of them.
const WRITING: [&str; 29] = [
    "open",
    "openat",
    "creat",
    "mkdir",
    "mkdirat",
    "write",
    "pwrite64",
    "writev",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "truncate",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "flock",
    "add_key",
    "keyctl",
];

/// The call with this name and number, counted from one.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    number: usize,
}

impl Call {
    /// An error that the system may return here, a different one each turn; none if there is none.
    pub(super) fn refusal(&self, turn: usize) -> Option<&'static str> {
        let errors: &[&str] = match self.name.as_str() {
            "open" | "openat" | "mkdir" | "mkdirat" => &["ENOSPC", "EROFS", "EACCES"],
            "write" | "fallocate" => &["ENOSPC", "EDQUOT", "EIO"],
            "rename" | "renameat" | "renameat2" => &["EROFS", "ENOSPC", "EIO"],
            "fsync" | "fdatasync" => &["EIO", "ENOSPC"],
            "chmod" | "fchmod" | "fchmodat" => &["EROFS", "EPERM"],
            "flock" => &["ENOLCK"],
            _ => return None,
        };
        Some(errors[turn % errors.len()])
    }

    /// Whether the command may go on without it: the sync of a folder after the rename, and the lock of the
    /// temporary file.
    pub(super) fn may_be_refused(&self) -> bool {
        ["fsync", "flock"].contains(&self.name.as_str())
    }
}

/// The calls of a run that write, in order. Only the first thread is traced, which is where `jit` writes, and
/// no other program.
pub(super) fn written_by(room: &Room, arguments: &[&str]) -> Vec<Call> {
    let list = room.path("calls").display().to_string();
    let names = format!("trace={}", WRITING.map(|name| format!("?{name}")).join(","));
    let strace = ["-qq", "-y", "-e", "signal=none", "-s", "0", "-e", &names, "-o", &list, JIT];
    let output = room.program("strace", &[&strace, arguments].concat()).hands_over().run();
    assert_eq!(output.code(), 0, "{output}");
    let text = fs::read_to_string(&list).unwrap();
    fs::remove_file(list).unwrap();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (name, rest) = line.split_once('(').unwrap_or_else(|| panic!("{line}"));
        let number = numbers.entry(name.to_owned()).or_default();
        *number += 1;
        if lasts(name, rest) {
            calls.push(Call { name: name.to_owned(), number: *number });
        }
    }
    calls
}

/// Whether the call changes something that outlives the process.
fn lasts(name: &str, arguments: &str) -> bool {
    match name {
        "open" | "openat" => arguments.contains("O_CREAT"),
        // `3</a/file>, …`; anything but a file is `3<socket:[1]>` and the like.
        "write" | "pwrite64" | "writev" => {
            let (number, path) = arguments.split_once('<').unwrap_or((arguments, "/"));
            let output = ["1", "2"].contains(&number.split(',').next().unwrap_or_default());
            !output && path.starts_with('/') && !path.starts_with("/dev/")
        }
        "keyctl" => !arguments.contains("KEYCTL_SEARCH") && !arguments.contains("KEYCTL_READ"),
        _ => true,
    }
}

/// A run of `scene` that is killed when it reaches `call`.
pub(super) fn killed_at(scene: &Scene, call: &Call) -> Output {
    with(scene, call, "signal=KILL", "/dev/null")
}

/// A run of `scene` whose `call` fails; `None` if that number was another call this time, such as one of a
/// thread that woke up.
pub(super) fn refused_at(scene: &Scene, call: &Call, error: &str) -> Option<Output> {
    let list = scene.room.path("calls").display().to_string();
    let output = with(scene, call, &format!("error={error}"), &list);
    let text = fs::read_to_string(&list).unwrap();
    fs::remove_file(list).unwrap();
    let refused = text.lines().find(|line| line.ends_with("(INJECTED)"));
    let is_that = refused.and_then(|line| line.split_once('(')).is_some_and(|(name, rest)| lasts(name, rest));
    is_that.then_some(output)
}

fn with(scene: &Scene, Call { name, number }: &Call, what: &str, list: &str) -> Output {
    let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{what}:when={number}"));
    let strace = ["-qq", "-y", "-e", "signal=none", "-s", "0", "-o", list, "-e", &trace, "-e", &inject, JIT];
    let arguments: Vec<&str> = strace.into_iter().chain(scene.arguments.iter().map(String::as_str)).collect();
    scene.room.program("strace", &arguments).hands_over().run()
}
