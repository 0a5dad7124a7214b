//! `jit demo`: its output word for word, and that it leaves nothing behind, however it ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use linux_keyutils::{KeyRing, KeyRingIdentifier};

use crate::support::{Room, Signal, snapshot};

/// A transcript without what differs between two runs.
fn normal(transcript: &str) -> String {
    let mut text = transcript.to_owned();
    // What differs is between the first of these and any of the second.
    for (before, ends, instead) in [
        ("127.0.0.1:", "\",\n", "PORT"),
        ("ASIA", "\"\n", "…"),
        ("AROA", ":", "…"),
        ("jit-demo-", "/", "…"),
        ("\"SecretAccessKey\":\"", "…", ""),
        ("\"SessionToken\":\"", "…", ""),
        ("\"Expiration\":\"", "\"", "…"),
    ] {
        let mut parts = text.split(before);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |text, part| {
            let end = part.find(|c| ends.contains(c)).unwrap_or(part.len());
            text + before + instead + &part[end..]
        });
    }
    text.lines().map(|line| normal_times(line) + "\n").collect()
}

/// A line with its times and durations, and the padding that depends on them, in a fixed form.
fn normal_times(line: &str) -> String {
    let is_number = |word: &str| word.trim_start_matches('-').parse::<f64>().is_ok();
    let is_unit = |word: &str| ["d", "h", "min", "s", "ms"].contains(&word.trim_end_matches([',', ';']));
    let words: Vec<&str> = line.split(' ').collect();
    // Column heads are as wide as the durations below them.
    let head = words.contains(&"left") && words.contains(&"until");
    let timed = head
        || line.contains("signed in ")
        || words.windows(2).any(|pair| is_number(pair[0]) && is_unit(pair[1]));
    if !timed {
        return line.to_owned();
    }
    let mut out: Vec<String> = Vec::new();
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let moment = word.trim_end_matches(',');
        let end = &word[moment.len()..];
        if is_number(word) && words.peek().is_some_and(|next| is_unit(next)) {
            let unit = words.next().unwrap_or_default();
            let end = unit.trim_start_matches(char::is_alphabetic);
            // The second unit of a duration belongs to the first.
            if out.last().is_some_and(|last| last == "LENGTH") {
                out.pop();
            }
            out.push(format!("LENGTH{end}"));
        } else if moment.len() == 5 && moment.as_bytes()[2] == b':' {
            out.push(format!("TIME{end}"));
        } else if moment.len() == 10 && moment.starts_with("20") && moment.matches('-').count() == 2 {
            // The date of a time that is not today.
        } else {
            out.push(word.to_owned());
        }
    }
    out.join(" ")
}

/// Every file and folder below `folder` with its content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        }
        found.insert(path.clone(), fs::read(&path).unwrap_or_default());
    }
    found
}

/// The folder of a running demo, once its store is in use.
fn folder_of_demo(room: &Room) -> PathBuf {
    let folder = || fs::read_dir(room.path("tmp")).unwrap().next().map(|entry| entry.unwrap().path());
    let in_use = |folder: PathBuf| {
        ["kernel", "file"].iter().any(|kind| state_of(&folder).join(kind).join("key.json").exists())
    };
    room.until("the demo's store", |_| folder().is_some_and(in_use));
    folder().unwrap()
}

/// The state folder below a home.
fn state_of(home: &Path) -> PathBuf {
    home.join(".local/state/jit")
}

/// The names of the key of the store in this state folder in the kernel, as the home or as a copy.
fn key_names(state: &Path) -> [String; 2] {
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(state.join("store.json")).unwrap()).unwrap();
    let id = record["id"].as_str().unwrap();
    [format!("jit:{id}:key"), format!("jit:{id}:copy-of-file")]
}

fn in_kernel(name: &str) -> bool {
    let user = KeyRing::from_special_id(KeyRingIdentifier::User, false).unwrap();
    user.search(name).is_ok()
}

#[test]
fn the_transcript_is_exact_and_nothing_of_the_user_is_touched() {
    transcript("", "demo.txt");
    transcript("--saml", "demo-saml.txt");
}

fn transcript(option: &str, file: &str) {
    let room = Room::new();
    room.write(".aws/config", "[default]\nregion = eu-west-1\n");
    let before = content(&room.path(""));
    let jit = env!("CARGO_BIN_EXE_jit");
    // One stream, so that the order of data and messages is checked as well.
    let merged = format!("exec '{jit}' demo --no-browser {option} 2>&1");
    let output = room.program("sh", &["-c", &merged]).without("JIT_STORE").run();
    assert_eq!(output.code(), 0, "{output}");
    assert_eq!(content(&room.path("")), before);
    assert!(output.stdout.lines().all(|line| line == line.trim_end()), "{output}");
    snapshot(file, &normal(&output.stdout.replace(&room.path("").display().to_string(), "HOME/")));
}

#[test]
fn data_goes_to_stdout_and_messages_to_stderr() {
    let room = Room::new();
    let output = room.jit(&["demo", "--no-browser"]).run();
    let starts: Vec<&str> = output
        .stdout
        .lines()
        .filter_map(|line| line.split([' ', ':']).next())
        .filter(|w| !w.is_empty())
        .collect();
    let expected = [
        "role",
        "hub",
        "prod-admin",
        "login",
        "store",
        "prod-admin",
        "account",
        "arn",
        "user",
        "idp",
        "{\"Version\"",
    ];
    assert_eq!(starts, expected, "{output}");
}

#[test]
fn a_passphrase_store_is_enough() {
    let room = Room::new();
    let output = room.jit(&["demo", "--no-browser"]).env("JIT_STORE", "file").run();
    assert_eq!(output.code(), 0, "{output}");
    assert!(output.stdout.contains("store  file in "), "{output}");
    assert_eq!(fs::read_dir(room.path("tmp")).unwrap().count(), 0);
}

#[test]
fn nothing_is_left_whenever_the_signal_comes() {
    let room = Room::new();
    for round in 0..40_u64 {
        let demo = room.jit(&["demo", "--no-browser"]).env("JIT_STORE", "kernel").start();
        std::thread::sleep(std::time::Duration::from_micros(round * round * 60));
        demo.signal(Signal::TERM);
        let output = demo.wait();
        assert!(output.code() == 143 || output.code() == 0, "{round}: {output}");
        assert_eq!(fs::read_dir(room.path("tmp")).unwrap().count(), 0, "{round}: {output}");
    }
}

#[test]
fn nothing_is_left_however_it_ends() {
    for (signal, store) in [
        (None, "kernel"),
        (Some(Signal::INT), "kernel"),
        (Some(Signal::HUP), "kernel"),
        (Some(Signal::TERM), "file"),
    ] {
        let room = Room::new();
        let demo = room.jit(&["demo", "--no-browser"]).env("JIT_STORE", store).start();
        let keys = key_names(&state_of(&folder_of_demo(&room)));
        room.until("the demo's key", |_| keys.iter().any(|key| in_kernel(key)));
        if let Some(signal) = signal {
            demo.signal(signal);
        }
        let output = demo.wait();
        assert_eq!(output.code(), signal.map_or(0, |signal| 128 + signal.as_raw()), "{output}");
        assert_eq!(fs::read_dir(room.path("tmp")).unwrap().count(), 0, "{signal:?}");
        assert!(!keys.iter().any(|key| in_kernel(key)), "{signal:?}");
    }
}

/// A transcript of access on request without ids, hashes, times and durations.
fn normal_story(transcript: &str) -> String {
    let is_hex = |word: &str, length| {
        word.len() == length && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_time =
        |word: &str| word.len() >= 5 && word.bytes().all(|byte| byte == b':' || byte.is_ascii_digit());
    // In the evening, what ends in some hours ends on another day.
    let is_date = |word: &str| {
        word.len() == 10
            && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
            && word.contains('-')
    };
    let mut lines: Vec<String> = Vec::new();
    for line in normal(transcript).lines() {
        let words = line.split_inclusive(' ').map(|word| {
            let bare = word.trim_end_matches([' ', ',']);
            match bare {
                _ if bare.strip_prefix('(').is_some_and(|number| number.parse::<u32>().is_ok()) => {
                    "(LENGTH ".to_owned()
                }
                _ if is_date(bare) => String::new(),
                _ if is_hex(bare, 6) => word.replace(bare, "ID"),
                _ if is_hex(bare, 12) => word.replace(bare, "HASH"),
                _ if is_time(bare) && bare.contains(':') => word.replace(bare, "TIME"),
                _ => word.to_owned(),
            }
        });
        let line: String = words.collect();
        // An hour that has just begun may be over by a second.
        let line = ["h", "min", "s"]
            .iter()
            .fold(line, |line, unit| line.replace(&format!("(LENGTH {unit} left)"), "(LENGTH left)"));
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn access_on_request_is_denied_allowed_extended_ended_and_revoked() {
    let room = Room::new();
    let before = content(&room.path(""));
    let jit = env!("CARGO_BIN_EXE_jit");
    let merged = format!("exec '{jit}' demo --request --no-browser 2>&1");
    let output = room.program("sh", &["-c", &merged]).without("JIT_STORE").run();
    assert_eq!(output.code(), 0, "{output}");
    assert_eq!(content(&room.path("")), before);
    let shown = output.stdout.replace(&room.path("").display().to_string(), "HOME/");
    snapshot("demo-request.txt", &normal_story(&shown));
}
