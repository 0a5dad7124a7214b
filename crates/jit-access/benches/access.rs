//! How fast decisions are, and the speed and memory of replaying a long record.
//!
//! `cargo bench -p jit-access --features testing`. Target on one core: 200,000 decisions a second; 100,000
//! requests with 300,000 facts replayed in 5 s and 300 MB.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::time::Instant;

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

fn main() {
    let start = at("2026-11-27T12:00:00Z");
    let (entries, policy) = company(start);
    let bytes: usize = entries.iter().map(|(entry, body)| entry.key.len() + body.len()).sum();
    let before = resident();
    let began = Instant::now();
    let mut records = Records::default();
    for (entry, body) in &entries {
        records.take(entry, body);
    }
    let read = began.elapsed();
    let differences = replay(&records);
    let took = began.elapsed();
    assert_eq!(differences, [], "every decision follows");
    let used = resident().saturating_sub(before);
    println!(
        "replay: {} objects ({} MB of keys and bodies): read {read:.2?}, replayed in {took:.2?} all together, {used} MB",
        entries.len(),
        bytes / 1_000_000
    );

    let directory = directory();
    let index = PolicyIndex::new(&policy);
    let people = index.with(&directory);
    let cases: Vec<_> = records.cases().take(1000).collect();
    let (rounds, history, began) = (300u32, History::default(), Instant::now());
    let mut granted = 0usize;
    for _ in 0..rounds {
        for case in &cases {
            let now = Timestamp(case.at.0 + 60);
            let verdict = decide(&people, case, &OnCall::Unknown, &history, now);
            granted += usize::from(matches!(verdict, Verdict::Grant(_)));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let count = f64::from(rounds) * cases.len() as f64;
    println!("decide: {:.0} a second ({granted} of {count:.0} granted)", count / seconds);
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
    let (index, directory) = (PolicyIndex::new(&stored.policy), directory());
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
        let (id, sha256) = (key.id(), Hash::of(&bytes));
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

/// The memory in use, in MB; 0 if the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}
