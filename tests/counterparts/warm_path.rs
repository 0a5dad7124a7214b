//! The warm path, call by call: which system calls `credential-process` makes with a stored session. An
//! additional call has to be a decision, and not an accident.

use crate::demo_room::{Room, Run};
use crate::support::on_path;

/// The calls of the program's own code, in order; a path by its last part. The loader and the start of Rust's
/// library come before it.
const EXPECTED: [&str; 28] = [
    "prctl",
    // Whether stdout and stderr are a terminal.
    "ioctl",
    "ioctl",
    // The configuration.
    "openat config.toml",
    "statx",
    "read",
    "read",
    // The state folder, which must belong to this user: what is below it is opened relative to it, so that no
    // link is followed (three calls more than reading by path, because a file of a known size is read at
    // once).
    "openat jit",
    "geteuid",
    "fstat",
    // Where the key is kept.
    "openat store.json",
    "fstat",
    "read",
    // The session, in a folder that must belong to this user as well.
    "openat kernel",
    "fstat",
    "openat session",
    "fstat",
    "read",
    // The key itself.
    "keyctl",
    "keyctl",
    "keyctl",
    // It is kept out of swap, a microsecond per call (see `docs/store.md`), and so are the session, when
    // opened, and its two secrets; and the key once more, for the next entry.
    "mlock",
    "mlock",
    "mlock",
    "mlock",
    "mlock",
    // The answer.
    "write",
    "exit_group",
];
/// Additional calls of the allocator and Rust's library, whose number varies.
const BESIDE: [&str; 9] =
    ["brk", "mmap", "munmap", "mprotect", "madvise", "getrandom", "fcntl", "sigaltstack", "close"];

#[test]
fn the_warm_path_makes_only_the_listed_system_calls() {
    on_path("strace", "strace");
    let room = Room::signed_in("admin");
    assert_eq!(room.asks_for("admin").code(), 0);
    let (calls, text) = calls(&room, |run| run);
    assert_eq!(calls, EXPECTED, "{text}");
}

/// What the administrator of a machine has set was recorded by the command before.
#[test]
fn the_files_of_an_administrator_add_no_system_call() {
    on_path("strace", "strace");
    let room = Room::signed_in("admin");
    room.write_machine("config.toml", &format!("key_cache = \"5m\"\n{}", room.usual_config()));
    room.write_machine(
        "enforced.toml",
        "store = \"kernel\"\nauto_login = false\nminimum_version = \"0.0.1\"\n",
    );
    assert_eq!(room.on_machine(&["status"]).run().code(), 0);
    let (calls, text) = calls(&room, |run| room.behind_etc(run, ":"));
    assert_eq!(calls, EXPECTED, "{text}");
}

/// The calls of the program's own code in a warm answer, in order, and the whole trace.
fn calls<'r>(room: &'r Room, there: impl FnOnce(Run<'r>) -> Run<'r>) -> (Vec<String>, String) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let path = trace.path().display().to_string();
    let line = ["-f", "-qq", "-o", &path, env!("CARGO_BIN_EXE_jit"), "credential-process", "admin"];
    let answer = there(room.program("strace", &line)).hands_over().run();
    assert_eq!(answer.code(), 0, "{answer}");
    let text = std::fs::read_to_string(trace.path()).unwrap();
    let calls = text.lines().filter_map(|line| {
        let (name, arguments) = line.split_once(' ')?.1.trim_start().split_once('(')?;
        let path = arguments.split('"').nth(1).filter(|path| !path.is_empty());
        let last =
            path.and_then(|path| path.rsplit('/').next()).map(|last| last.split('-').next().unwrap_or(last));
        Some(match (name, last) {
            ("openat" | "statx", Some(last)) => format!("{name} {last}"),
            _ => name.to_owned(),
        })
    });
    let own = calls.skip_while(|call| call != "prctl").filter(|call| !BESIDE.contains(&call.as_str()));
    (own.collect(), text)
}

/// The instructions of a warm answer in the build that tests use, in thousands, as counted by callgrind: `main` and all
/// below it. The dynamic linker comes before that, takes 2,550 more, and has more to relocate the larger the program is; what
/// is shipped is linked statically.
const INSTRUCTIONS: u64 = 4_400;

/// Other programs on the machine do not affect this figure. More than a tenth more has to be a decision, too.
#[test]
fn the_warm_path_takes_at_most_a_tenth_more_instructions() {
    on_path("valgrind", "valgrind");
    let room = Room::signed_in("admin");
    assert_eq!(room.asks_for("admin").code(), 0);
    let jit = env!("CARGO_BIN_EXE_jit");
    let answer =
        ["--toggle-collect=main", "--callgrind-out-file=/dev/null", jit, "credential-process", "admin"];
    let line = [&["--tool=callgrind"][..], &answer].concat();
    let answer = room.program("valgrind", &line).hands_over().run();
    assert_eq!(answer.code(), 0, "{answer}");
    let counted = answer.stderr.lines().find_map(|line| line.split_once("Collected : "));
    let counted: u64 = counted.and_then(|(_, count)| count.trim().parse().ok()).expect("a count");
    assert!(counted / 1000 <= INSTRUCTIONS * 11 / 10, "{counted} instructions");
}
