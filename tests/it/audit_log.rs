//! `audit_log`: who took which session, as JSON lines without a secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::Room;

const LOG: &str = "audit.jsonl";

/// A room that writes the log.
fn room() -> Room {
    let room = Room::signed_in("developer");
    room.write_config(&format!("audit_log = \"~/{LOG}\"\n{}", room.usual_config()));
    room
}

fn entries(room: &Room) -> Vec<Value> {
    let text = fs::read_to_string(room.path(LOG)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_command_that_takes_a_session_is_noted() {
    let room = room();
    assert!(entries(&room).is_empty(), "a login alone hands nothing over");
    let hands_over: [&[&str]; 4] = [
        &["credential-process", "developer"],
        &["env", "developer", "--shell", "bash"],
        &["exec", "-q", "developer", "--", "sh", "-c", "true secret-argument"],
        &["console", "admin", "--print"],
    ];
    for words in hands_over {
        let output = room.jit(words).hands_over().run();
        assert_eq!(output.code(), 0, "{output}");
    }
    assert_eq!(room.jit(&["whoami", "developer"]).run().code(), 0);
    assert_eq!(room.jit(&["exec", "--each", "developer", "-q", "--", "true"]).run().code(), 0);
    let restricted = ["exec", "-q", "--read-only", "--max", "15m", "developer", "--", "true"];
    assert_eq!(room.jit(&restricted).run().code(), 0);
    // What asks about sessions takes none.
    for words in [&["status"][..], &["explain", "developer"], &["roles"]] {
        assert_eq!(room.jit(words).run().code(), 0);
    }
    let entries = entries(&room);
    let commands: Vec<&str> = entries.iter().map(|entry| entry["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["credential-process", "env", "exec", "console", "whoami", "exec", "exec"]);
    for entry in &entries {
        assert_eq!((&entry["version"], &entry["event"]), (&1.into(), &"session".into()), "{entry}");
        assert!(entry["access_key_id"].as_str().is_some_and(|id| id.starts_with("ASIA")), "{entry}");
        assert!(
            ["time", "until"].iter().all(|at| entry[*at].as_str().is_some_and(|at| at.ends_with('Z'))),
            "{entry}"
        );
        assert_eq!(entry["user"], "alice@example.com");
        assert!(entry["caller"].is_string() && entry["caller_pid"].is_i64(), "{entry}");
    }
    assert_eq!((&entries[0]["role"], &entries[0]["account"]), (&"developer".into(), &"333333333333".into()));
    assert_eq!(entries[3]["account"], "222222222222");
    assert_eq!((&entries[2]["program"], &entries[0]["program"]), (&"sh".into(), &Value::Null));
    assert_eq!(entries[0]["restricted_by"], Value::Array(Vec::new()));
    let restricted =
        [serde_json::json!("arn:aws:iam::aws:policy/ReadOnlyAccess"), serde_json::json!("at most 15 min")];
    assert_eq!(entries[6]["restricted_by"], Value::Array(restricted.to_vec()));
    let text = fs::read_to_string(room.path(LOG)).unwrap();
    assert!(!text.contains("secret-argument"), "{text}");
    assert_eq!(fs::metadata(room.path(LOG)).unwrap().permissions().mode() & 0o777, 0o600);
}

/// The program that asked, behind the shell that it used for that.
#[test]
fn the_calling_program_is_named() {
    let room = room();
    let script =
        "import subprocess, sys; subprocess.run(sys.argv[1] + ' credential-process developer', shell=True)";
    let asked = room.program("python3", &["-c", script, env!("CARGO_BIN_EXE_jit")]).hands_over().run();
    assert_eq!(asked.code(), 0, "{asked}");
    assert!(entries(&room)[0]["caller"].as_str().unwrap().starts_with("python3"), "{:?}", entries(&room));
}

/// Fifty at once: no line is lost or torn.
#[test]
fn many_writers_do_not_disturb_one_another() {
    let room = room();
    let runs = (0..50).map(|_| room.jit(&["credential-process", "developer"]).hands_over());
    assert!(room.at_once(runs).iter().all(|output| output.code() == 0));
    assert_eq!(entries(&room).len(), 50);
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let room = room();
    fs::create_dir(room.path(LOG)).unwrap();
    let answer = room.asks_for("developer");
    assert_eq!(answer.code(), 0, "{answer}");
    insta::assert_snapshot!(room.told(&answer), @"
    exit 0
    --- stdout
    (credentials)
    --- stderr
    warning: could not write to the audit log (~/audit.jsonl): Is a directory (os error 21)
    ");
    // A pipe that nobody reads is not waited for.
    fs::remove_dir(room.path(LOG)).unwrap();
    assert_eq!(room.program("mkfifo", &[LOG]).run().code(), 0);
    let answer = room.asks_for("developer");
    insta::assert_snapshot!(room.told(&answer), @"
    exit 0
    --- stdout
    (credentials)
    --- stderr
    warning: could not write to the audit log (~/audit.jsonl): No such device or address (os error 6)
    ");
}
