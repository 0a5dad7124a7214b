//! Measures how long a ledger in a folder takes to read, the first time and again, and to write one request
//! to.
//!
//! `cargo bench -p jit-apply`. Target: the pending requests among 100,000 objects are found in 50 ms if they
//! are cached, and in 1 s the first time; a request is written in 20 ms. Reading is measured in CPU time,
//! which a busy machine changes less; writing waits for the disk.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "it makes a ledger without waiting for the disk")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jit_access::id::Id;
use jit_access::ledger::{
    ActKind, Drop, Entry, Fact, FactKind, Hash, Key, Ledger, LedgerError, Put, Request, Vote, Vouch,
};
use jit_access::people::{Directory, UserId};
use jit_access::testing::{policy, userid};
use jit_apply::cache::{Cache, FolderShelf, Reading};
use jit_apply::folder::{FolderLedger, SystemAccounts};
use jit_wire::timestamp::Timestamp;

/// Each has five objects: the request, two votes, a decision, and a drop.
const REQUESTS: u32 = 20_000;
/// The time between requests, in seconds: 100,000 objects are two years.
const EVERY: i64 = 2 * 365 * 86_400 / REQUESTS as i64;
/// How far back a pending request, and what it depends on, can be.
const WINDOW: i64 = 15 * 86_400;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("cache")).expect("a folder");
    private(&folder.join("cache"));
    let path = folder.join("ledger");
    let ledger = FolderLedger::create(&path, Arc::new(SystemAccounts::default())).expect("a ledger");
    let now = ledger.time().expect("a clock");
    fill(&path, now);

    let shelf = FolderShelf::open(&folder.join("cache")).expect("a shelf");
    let read = || {
        let began = processor_time();
        let mut cache = Cache::load(&shelf, "bench");
        let since = Timestamp(now.0 - WINDOW);
        let reading = cache.read(&AsOld(&ledger), &shelf, since, now).expect("a reading");
        let open = waiting(&reading, now);
        let took = processor_time() - began;
        cache.save(&shelf).expect("room");
        (took, reading.listed, reading.got, open)
    };
    let (first, listed, got, open) = read();
    assert!(listed > 1_000 && got > 1_000 && open > 0, "{listed} {got} {open}");
    row(&format!("what waits among {} objects, the first time", REQUESTS * 5), first, Duration::from_secs(1));
    let mut again: Vec<Duration> = (0..21)
        .map(|_| {
            let (took, _, got, same) = read();
            assert_eq!((got, same), (0, open));
            took
        })
        .collect();
    again.sort();
    row("the same, cached, median of 21", again[10], Duration::from_millis(50));

    let mut writes: Vec<Duration> = (0..101u8)
        .map(|number| {
            let key =
                Key::Fact { id: Id::new(now, [number; 10]), author: somebody(0), kind: FactKind::Request };
            let began = std::time::Instant::now();
            assert_eq!(ledger.put_new(&key, &request(0).to_bytes()), Ok(Put::Created));
            began.elapsed()
        })
        .collect();
    writes.sort();
    row("one request written, on this disk, median of 101", writes[50], Duration::from_millis(20));
    fs::remove_dir_all(folder).expect("removed");
}

/// All files are new. This shows them with the time of their ids.
struct AsOld<'l>(&'l FolderLedger);

impl Ledger for AsOld<'_> {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        self.0.put_new(key, bytes)
    }
    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        self.0.get(key)
    }
    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        Ok(as_old(self.0.list(prefix, after)?))
    }
    fn list_facts(&self, from: Timestamp, always: &[FactKind]) -> Result<Vec<Entry>, LedgerError> {
        Ok(as_old(self.0.list_facts(from, always)?))
    }
}

fn as_old(mut entries: Vec<Entry>) -> Vec<Entry> {
    for entry in &mut entries {
        let id = entry.key.parse::<Key>().map(|key| key.id());
        entry.written = id.map_or(entry.written, Id::at);
    }
    entries
}

/// A row of `scripts/bench access`.
fn row(what: &str, took: Duration, limit: Duration) {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    println!("{what}\t{}\t{}\t{}", ms(took), ms(limit), if took <= limit { "kept" } else { "over" });
}

/// How many requests nobody has decided.
fn waiting(reading: &Reading, now: Timestamp) -> usize {
    let directory = Directory::default();
    let index = reading.records.policy_in_force(now).expect("a policy").index();
    let people = index.with(&directory);
    reading.records.cases().filter(|case| case.state(&people, now).is_open()).count()
}

fn somebody(number: u32) -> UserId {
    userid("hub", &format!("person{:04}@corp.com", number % 2_000))
}

fn request(number: u32) -> Fact {
    Fact::Request(Request {
        access: "pay-admin".into(),
        accounts: Vec::new(),
        duration: 3600,
        reason: "because it must be done today".into(),
        ticket: Some(format!("INC-{number}")),
        start: None,
        extends: None,
    })
}

/// Two years of a company, as its ledger would be.
fn fill(path: &Path, now: Timestamp) {
    let begin = now.0 - EVERY * i64::from(REQUESTS);
    let put = |key: &Key, bytes: &[u8]| {
        let path = path.join(key.to_string());
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("room");
    };
    let publisher = Key::Policy { id: Id::new(now, [0; 10]), author: userid("platform", "pat") };
    put(&publisher, policy().to_toml().as_bytes());
    for number in 0..REQUESTS {
        let at = begin + EVERY * i64::from(number);
        let fact = |author: &UserId, seconds: i64, salt: u8, fact: &Fact| {
            let mut random = [salt; 10];
            random[..4].copy_from_slice(&number.to_be_bytes());
            let id = Id::new(Timestamp(at + seconds), random);
            let bytes = fact.to_bytes();
            put(&Key::Fact { id, author: author.clone(), kind: fact.kind() }, &bytes);
            (id, Hash::of(&bytes))
        };
        let asker = somebody(number);
        let owner = userid("hub", "bob@corp.com");
        let (request, sha256) = fact(&asker, 0, 0, &request(number));
        let vote =
            |reason: &str| Fact::Vote(Vote { request, sha256, vote: Vouch::Approve, reason: reason.into() });
        fact(&owner, 20, 1, &vote("yes"));
        fact(&userid("hub", "dan"), 20, 2, &vote("yes"));
        // The last ones are still pending.
        if number < REQUESTS - 5 {
            let decision = DECISION.replace("HASH", &sha256.to_string());
            put(&Key::Act { request, kind: ActKind::Decision }, decision.as_bytes());
            fact(&asker, 600, 3, &Fact::Drop(Drop { request, sha256 }));
        }
    }
}

/// The CPU time of this process.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0))
}

/// As large as a typical decision.
const DECISION: &str = concat!(
    r#"{"sha256":"HASH","now":1764331200,"policy":"policy/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/AROAPLA4567890EXAMPLE:pat/policy.toml","#,
    r#""facts":["f/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/AROAHUB4567890EXAMPLE:bob@corp.com/vote.json"],"verdict":"grant","#,
    r#""from":1764331200,"until":1764334800,"grants":[{"account":"111122223333","role":"arn:aws:iam::111122223333:role/jit/pay-admin","#,
    r#""document":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"ec2:*\",\"s3:*\"],\"Resource\":\"*\"}]}"}]}"#
);

/// Nobody else can write to it, whatever the umask is.
fn private(folder: &Path) {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
    #[cfg(not(unix))]
    let _ = folder;
}
