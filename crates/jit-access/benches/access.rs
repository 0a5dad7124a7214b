//! Measures how fast decisions are, and the speed and memory of replaying a long ledger.
//!
//! `cargo bench -p jit-access --features testing`. Target on one core: 200,000 decisions a second; 100,000
//! requests with 300,000 facts replayed in 5 s and 300 MB. Times are CPU times, which a busy machine changes
//! less.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![allow(
    clippy::disallowed_methods,
    reason = "it starts itself, to measure the memory of a process that only replays"
)]

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use jit_access::decide::{Grant, GrantRole, History, OnCall, RecordInput, Verdict, decide, record};
use jit_access::id::Id;
use jit_access::ledger::{Act, ActKind, Drop, Entry, Fact, Hash, Key, Records, Request, Vote, Vouch};
use jit_access::people::{PolicyIndex, UserId};
use jit_access::policy::Policy;
use jit_access::replay::replay;
use jit_access::testing::{EXAMPLE, at, directory, documents, userid};
use jit_wire::timestamp::Timestamp;

const REQUESTS: u32 = 100_000;
const PEOPLE: u32 = 2_000;

const MOST_SECONDS: f64 = 5.0;
const MOST_MEGABYTES: u64 = 300;
const FEWEST_DECISIONS: f64 = 200_000.0;

fn main() {
    // Cargo adds `--bench`.
    if let Some(path) = std::env::args().nth(1).filter(|word| !word.starts_with('-')) {
        return replay_file(Path::new(&path));
    }
    let start = at("2026-11-27T12:00:00Z");
    let (entries, policy) = company(start);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("record-{}", std::process::id()));
    write_file(&path, &entries);
    let replayed = Command::new(std::env::current_exe().expect("this program")).arg(&path).output();
    let _ = std::fs::remove_file(path);
    let replayed = replayed.expect("it starts");
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    print!("{}", String::from_utf8_lossy(&replayed.stdout));

    let mut records = Records::default();
    for (entry, body) in entries.iter().take(10_000) {
        records.take(entry, body);
    }
    let directory = directory();
    let index = PolicyIndex::new(&policy);
    let people = index.with(&directory);
    let cases: Vec<_> = records.cases().take(1000).collect();
    let history = History::default();
    let mut granted = 0usize;
    let mut rounds: Vec<f64> = (0..11)
        .map(|_| {
            let began = processor_seconds();
            for case in cases.iter().cycle().take(100_000) {
                let now = Timestamp(case.at.0 + 60);
                let verdict = decide(&people, case, &OnCall::Unknown, &history, now);
                granted += usize::from(matches!(verdict, Verdict::Grant(_)));
            }
            100_000.0 / (processor_seconds() - began)
        })
        .collect();
    assert_eq!(granted, 1_100_000);
    rounds.sort_by(f64::total_cmp);
    let figure = format!("{:.0} a second", rounds[5]);
    row("decisions, median of 11 rounds", &figure, "200,000 a second", rounds[5] >= FEWEST_DECISIONS);
}

/// A row of `scripts/bench access`.
fn row(what: &str, figure: &str, limit: &str, is_kept: bool) {
    println!("{what}\t{figure}\t{limit}\t{}", if is_kept { "kept" } else { "over" });
}

/// Reads a ledger from a file and replays it.
fn replay_file(path: &Path) {
    let mut file = BufReader::new(File::open(path).expect("a record"));
    let mut records = Records::default();
    let mut objects = 0u32;
    let began = processor_seconds();
    while let Some(key) = read_part(&mut file) {
        let written = read_part(&mut file).expect("a time").try_into().expect("eight bytes");
        let body = read_part(&mut file).expect("a body");
        let key = String::from_utf8(key).expect("a key");
        records.take(&Entry::new(key, Timestamp(i64::from_be_bytes(written))), &body);
        objects += 1;
    }
    let read = processor_seconds() - began;
    let differences = replay(&records);
    let all = processor_seconds() - began;
    assert_eq!(differences, [], "every decision follows");
    let what = format!("{REQUESTS} requests, {objects} objects: read ({read:.1} s) and replayed");
    row(&what, &format!("{all:.1} s"), "5 s", all <= MOST_SECONDS);
    let most = most_memory();
    row("memory for that, at most", &format!("{most} MB"), "300 MB", most <= MOST_MEGABYTES);
}

fn write_file(path: &Path, entries: &[(Entry, Vec<u8>)]) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let mut part = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("short");
        file.write_all(&length.to_be_bytes()).and_then(|()| file.write_all(bytes)).expect("room");
    };
    for (entry, body) in entries {
        part(entry.key.as_bytes());
        part(&entry.written.0.to_be_bytes());
        part(body);
    }
}

fn read_part(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    file.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Two years of a company: each request with two votes and a return, and its decision.
fn company(start: Timestamp) -> (Vec<(Entry, Vec<u8>)>, Policy) {
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("\"person{number:04}@corp.com\"")).collect();
    let center = "{ identity_center = \"906a1b2c-group-id\" }";
    let text = EXAMPLE.replacen(center, &format!("[{}]", names.join(", ")), 1);
    let file = jit_access::policy::PolicyFile { path: "p".into(), text };
    let policy = Policy::read(&[file], &documents).expect("a policy");
    let published = policy.to_toml();
    let publisher = userid("platform", "pat");
    let key = Key::Policy { id: Id::new(start, [0; 10]), author: publisher };
    let mut records = Records::default();
    let mut entries = Vec::new();
    let mut put = |records: &mut Records, key: &Key, at: Timestamp, bytes: Vec<u8>| {
        let entry = Entry::new(key.to_string(), at);
        records.take(&entry, &bytes);
        entries.push((entry, bytes));
    };
    put(&mut records, &key, start, published.into_bytes());
    let stored = records.policy_in_force(start).expect("a policy").clone();
    let index = PolicyIndex::new(&stored.policy);
    let directory = directory();
    let people = index.with(&directory);
    for number in 0..REQUESTS {
        let now = Timestamp(start.0 + 10 + i64::from(number) * 630);
        let fact = |author: &UserId, seconds: i64, salt: u8, fact: &Fact| {
            let at = Timestamp(now.0 + seconds);
            let mut random = [salt; 10];
            random[..4].copy_from_slice(&number.to_be_bytes());
            let key = Key::Fact { id: Id::new(at, random), author: author.clone(), kind: fact.kind() };
            (key, at, fact.to_bytes())
        };
        let asker = userid("hub", &format!("person{:04}@corp.com", number % PEOPLE));
        let request = Request {
            access: "pay-admin".into(),
            accounts: Vec::new(),
            duration: 3600,
            reason: "because it must be done today".into(),
            ticket: Some(format!("INC-{number}")),
            start: None,
            extends: None,
        };
        let (key, at, bytes) = fact(&asker, 0, 0, &Fact::Request(request));
        let id = key.id();
        let sha256 = Hash::of(&bytes);
        put(&mut records, &key, at, bytes);
        for (salt, voter) in [(1, "bob@corp.com"), (2, "dan")] {
            let vote = Vote { request: id, sha256, vote: Vouch::Approve, reason: "yes".into() };
            let (key, at, bytes) = fact(&userid("hub", voter), 20, salt, &Fact::Vote(vote));
            put(&mut records, &key, at, bytes);
        }
        let decided = Timestamp(now.0 + 30);
        let case = records.case(id).expect("a request");
        let history = records.history(&people, &case, decided);
        let on_call = OnCall::Unknown;
        let verdict = decide(&people, &case, &on_call, &history, decided);
        let input = RecordInput {
            policy: &stored,
            people,
            case: &case,
            on_call: &on_call,
            history: &history,
            now: decided,
        };
        let document = |grant: &Grant, _: &GrantRole| {
            Ok::<_, ()>(format!(
                "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[\"ec2:*\",\"s3:*\"],\"Resource\":\"*\",\"until\":{}}}]}}",
                grant.until.0
            ))
        };
        let decision = record(input, &verdict, document).expect("a document").expect("decided");
        let act = Act::Decision(Box::new(decision));
        put(&mut records, &Key::Act { request: id, kind: ActKind::Decision }, decided, act.to_bytes());
        let (key, at, bytes) = fact(&asker, 600, 3, &Fact::Drop(Drop { request: id, sha256 }));
        put(&mut records, &key, at, bytes);
    }
    (entries, policy)
}

/// The peak memory of this process, in MB; 0 if the system does not report it.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

/// The CPU time of this process, in seconds.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}
