//! Commands that only look ask nothing, whatever the store is and however it is locked.

use std::fs;
use std::os::unix::net::UnixListener;

use crate::support::{Output, Room};

/// Every form of every command that only looks. Add new ones.
const LOOKS: [&str; 20] = [
    "status",
    "status --prompt",
    "status --check",
    "status --json",
    "status --json --check",
    "roles",
    "roles --json",
    "roles adm",
    "roles --refresh",
    "roles --refresh --full",
    "explain",
    "explain admin",
    "explain admin --json",
    "explain admin --read-only",
    "explain admin --action s3:ListAllMyBuckets",
    "completions bash",
    "man --out pages",
    "lock",
    "--help",
    "--version",
];

/// Runs `command` on a terminal where `typed` was typed before it started, as at the prompt of a shell that
/// calls it; what is typed is for the shell, which shows what it got.
fn at_a_prompt(room: &Room, kind: &str, command: &str, more: &[(&str, &str)]) -> Output {
    let jit = env!("CARGO_BIN_EXE_jit");
    let script = format!("{jit} {command}; echo ended with $?; read line; echo \"the shell got <$line>\"");
    let run = room.program("sh", &["-c", &script]).env("JIT_STORE", kind).env("NO_COLOR", "1");
    let run = more.iter().fold(run, |run, (name, value)| run.env(name, value));
    let mut shell = run.somebody_types().start();
    shell.types("typed ahead\n");
    shell.wait()
}

fn asked_nothing(output: &Output, what: &str) {
    assert!(output.stdout.contains("the shell got <typed ahead>"), "{what}: {output}");
    for word in ["assphrase of", "New passphrase", "Waiting for you", "[y/N]", "❯"] {
        assert!(!output.stdout.contains(word), "{what}: {output}");
    }
}

/// A room whose entries are sealed with a passphrase that is not cached anywhere.
fn sealed() -> Room {
    let room = Room::new();
    room.write_config(&format!("default_role = \"admin\"\n{}", room.usual_config()));
    let mut login = room.jit(&["login", "admin"]).env("JIT_STORE", "file").somebody_types().start();
    for question in ["New passphrase", "Repeat it"] {
        login.says(question);
        login.types_unseen("correct horse\n");
    }
    assert_eq!(login.wait().code(), 0);
    assert_eq!(room.jit(&["lock"]).env("JIT_STORE", "file").run().code(), 0);
    room
}

#[test]
fn nothing_is_asked_with_a_passphrase() {
    let room = sealed();
    for command in LOOKS {
        asked_nothing(&at_a_prompt(&room, "file", command, &[]), command);
    }
    // They show what they know, and why it is not more.
    let status = at_a_prompt(&room, "file", "status", &[]).stdout;
    assert!(status.contains("3 entries are sealed, and jit status does not ask for the key\r\n"), "{status}");
    assert!(status.contains("store  file in ~/state/jit/file: set by JIT_STORE\r\n"), "{status}");
    let warning =
        "warning: the sessions are sealed with a passphrase; this command does not ask, `jit login` does\r\n";
    assert!(status.contains(warning) && status.contains("ended with 0"), "{status}");
    assert!(
        at_a_prompt(&room, "file", "status --prompt", &[]).stdout.contains("admin locked\r\nended with 0")
    );
    let check = at_a_prompt(&room, "file", "status --check", &[]).stdout;
    assert!(check.contains("ended with 5"), "{check}");
    let json = room.jit(&["status", "--json"]).env("JIT_STORE", "file").run();
    let said: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code(), &said["sealed_entries"]), (0, &3.into()), "{json}");
    let explain = at_a_prompt(&room, "file", "explain admin", &[]).stdout;
    assert!(explain.contains("unknown: the sessions are sealed with a passphrase"), "{explain}");
    // The counterpart: a command that needs the session asks for the passphrase, and then all of them know.
    let mut exec =
        room.jit(&["exec", "admin", "--", "true"]).env("JIT_STORE", "file").somebody_types().start();
    exec.says("Passphrase of jit's store");
    exec.types_unseen("correct horse\n");
    assert_eq!(exec.wait().code(), 0);
    let status = at_a_prompt(&room, "file", "status", &[]).stdout;
    assert!(status.contains("admin ") && !status.contains("sealed"), "{status}");
    let prompt = at_a_prompt(&room, "file", "status --prompt", &[]).stdout;
    assert!(prompt.contains("admin 59 min") || prompt.contains("admin 1 h"), "{prompt}");
    assert_eq!(room.jit(&["logout", "--all"]).env("JIT_STORE", "file").run().code(), 0);
}

#[test]
fn nothing_is_asked_before_the_first_write() {
    let room = Room::new();
    for kind in ["file", "kernel", "auto"] {
        for command in LOOKS {
            asked_nothing(&at_a_prompt(&room, kind, command, &[]), command);
        }
    }
    assert!(!room.path("state/jit/store.json").exists());
}

/// A bus that accepts connections and never answers.
#[test]
fn nothing_is_asked_with_a_hanging_keychain() {
    let room = Room::new();
    room.write_config(&format!("default_role = \"admin\"\nkey_cache = \"off\"\n{}", room.usual_config()));
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    // What is there belongs to another store, and cannot be opened anyway.
    fs::create_dir(room.path("state/jit/keychain")).unwrap();
    for entry in fs::read_dir(room.path("state/jit/kernel")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, room.path("state/jit/keychain").join(path.file_name().unwrap())).unwrap();
    }
    let _bus = UnixListener::bind(room.path("bus")).unwrap();
    let address = format!("unix:path={}", room.path("bus").display());
    for command in LOOKS {
        let output = at_a_prompt(&room, "keychain", command, &[("DBUS_SESSION_BUS_ADDRESS", &address)]);
        asked_nothing(&output, command);
    }
}

/// Completion is not a command, and has its own entry point.
#[test]
fn completion_asks_nothing() {
    let room = sealed();
    let jit = env!("CARGO_BIN_EXE_jit");
    let script = format!("{jit} -- jit exec ad; unset COMPLETE; read line; echo \"the shell got <$line>\"");
    let run = room.program("sh", &["-c", &script]).env("JIT_STORE", "file").env("COMPLETE", "zsh");
    let mut shell = run.env("_CLAP_COMPLETE_INDEX", "2").somebody_types().start();
    shell.types("typed ahead\n");
    let output = shell.wait();
    asked_nothing(&output, "completion");
    assert!(output.stdout.contains("admin"), "{output}");
    assert_eq!(room.jit(&["logout", "--all"]).env("JIT_STORE", "file").run().code(), 0);
}
