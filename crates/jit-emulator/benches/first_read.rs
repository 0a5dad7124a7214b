//! The first reading of a ledger in S3 by somebody who has no cache: every object, from a server that takes 20 ms for each
//! answer, as a region nearby does. One object at a time, and as the program reads.
//!
//! `cargo bench --package jit-emulator --bench first_read -- [OBJECTS]` prints both.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the figures are the product, and a failure is a panic"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jit_access::id::Id;
use jit_access::ledger::{Entry, Key, Ledger, LedgerError, Put};
use jit_apply::cache::{Cache, EVERYTHING};
use jit_apply::calls::AwsCalls;
use jit_apply::s3::S3Ledger;
use jit_emulator::{Call, CloudBucket, KeyUser, Servers, Settings, Trouble};
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

const LATENCY: Duration = Duration::from_millis(20);
const READER: &str = "arn:aws:iam::111111111111:user/reader";
const BUCKET: &str = "acme-jit-ledger";

/// The same ledger, read as a ledger is read that is not far away.
struct OneAtATime<'l>(S3Ledger<'l>);

impl Ledger for OneAtATime<'_> {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        self.0.put_new(key, bytes)
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        self.0.get(key)
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        self.0.list(prefix, after)
    }
}

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(26_000);
    let servers = servers(count);
    let ledger = || {
        let calls = AwsCalls::new(Http::new(&Env::of([])), || servers.now()).unwrap();
        let url = TrustedUrl::parse(servers.aws_url(), Purpose::AwsEndpoint).unwrap();
        let endpoint = Endpoint::at(Service::S3, "eu-west-1", url).unwrap();
        let (secret, token) = (Secret::from("secret"), Secret::from(""));
        let credentials =
            Credentials::new("AKIAREADER".to_owned(), secret, token, Timestamp(i64::MAX)).unwrap();
        S3Ledger::new(calls.into(), endpoint, BUCKET, Box::new(move || Ok(credentials.clone()))).unwrap()
    };
    println!("{count} objects, {} ms for each answer", LATENCY.as_millis());
    measure("several at once", count, &servers, &ledger());
    measure("one at a time", count, &servers, &OneAtATime(ledger()));
}

fn measure(what: &str, count: usize, servers: &Servers, ledger: &dyn Ledger) {
    let calls = || {
        let journal = servers.journal();
        ["s3:ListBucketVersions", "s3:GetObjectVersion"].map(|name| journal.count(Call::Aws(name)))
    };
    let (shelf, before, began) = (Mutex::new(BTreeMap::new()), calls(), Instant::now());
    let read = Cache::new("x").read(ledger, &shelf, EVERYTHING, servers.now()).unwrap();
    let (took, after) = (began.elapsed(), calls());
    assert_eq!(read.got, count);
    let [lists, gets] = [after[0] - before[0], after[1] - before[1]];
    println!("{what}: {:.1} s, {lists} lists and {gets} reads", took.as_secs_f64());
}

fn servers(count: usize) -> Servers {
    let reader = KeyUser {
        arn: READER.to_owned(),
        key_id: "AKIAREADER".to_owned(),
        secret_key: "secret".to_owned(),
        mfa_code: String::new(),
    };
    let servers = Servers::start(Settings { key_users: vec![reader], ..Settings::default() }).unwrap();
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let now = servers.now();
    servers.cloud(|cloud| {
        cloud.put_user_policy(READER, "all", all).unwrap();
        let mut bucket = CloudBucket::new(BUCKET, "111111111111", "eu-west-1");
        for number in 0..count {
            let mut random = [0; 10];
            random[..8].copy_from_slice(&number.to_be_bytes());
            let at = Timestamp(now.0 - i64::try_from(count - number).unwrap() * 60);
            let key = format!("f/{}/AROAHUB4567890EXAMPLE:alice@corp.com/request.json", Id::new(at, random));
            let body = br#"{"access":"read","duration":3600,"reason":"look at the logs of payments"}"#;
            bucket.write(&key, Some(body), "application/json", at);
        }
        cloud.put_bucket(bucket).unwrap();
    });
    servers.faults(|faults| {
        for name in ["s3:ListBucketVersions", "s3:GetObjectVersion"] {
            faults.always(Call::Aws(name), Trouble::Late(LATENCY));
        }
    });
    servers
}
