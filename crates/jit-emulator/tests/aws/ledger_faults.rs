//! The ledger in S3 on bad days: what S3, a proxy or a network can do to it, and what comes of each. Every fault has its
//! twin: the same reading on a good day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jit_access::ledger::{Entry, Key, Ledger, LedgerError, Put, WriteError, write};
use jit_apply::cache::{Cache, EVERYTHING};
use jit_apply::calls::AwsCalls;
use jit_apply::s3::S3Ledger;
use jit_emulator::{Call, Edit, Refusal, Trouble, role_id};
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use crate::company::{ALICE, Company, HUB};

const BUCKET: &str = "acme-jit-ledger";
const PUT: Call = Call::Aws("s3:PutObject");
const GET: Call = Call::Aws("s3:GetObjectVersion");
const LIST: Call = Call::Aws("s3:ListBucketVersions");

/// A ledger at Alice's door.
struct Place {
    company: Company,
    alice: Credentials,
}

impl Place {
    fn new() -> Self {
        let company = Company::new();
        let alice = company.arrive(ALICE, HUB);
        Self { company, alice }
    }

    fn ledger(&self) -> S3Ledger<'_> {
        let calls = AwsCalls::new(Http::new(&Env::of([])), || self.company.now()).unwrap().hurrying();
        let url = TrustedUrl::parse(self.company.servers.aws_url(), Purpose::AwsEndpoint).unwrap();
        let endpoint = Endpoint::at(Service::S3, "eu-west-1", url).unwrap();
        S3Ledger::new(calls.into(), endpoint, BUCKET, Box::new(|| Ok(self.alice.clone()))).unwrap()
    }

    fn fact(&self, number: usize) -> Key {
        let id = jit_access::id::Id::new(self.company.now(), [u8::try_from(number % 256).unwrap(); 10]);
        format!("f/{id}/{}:{ALICE}/request.json", role_id(HUB)).parse().unwrap()
    }

    /// Facts in the bucket, whose bytes are their keys.
    fn with_facts(self, count: usize) -> Self {
        let now = self.company.now();
        self.company.servers.cloud(|cloud| {
            let bucket = cloud.bucket_mut(BUCKET).unwrap();
            for number in 0..count {
                let key = self.fact(number).to_string();
                bucket.write(&key, Some(key.as_bytes()), "application/json", now);
            }
        });
        self
    }

    fn always(&self, call: Call, trouble: Trouble) {
        self.company.servers.faults(|faults| faults.always(call, trouble));
    }

    fn next(&self, times: usize, call: Call, trouble: Trouble) {
        self.company.servers.faults(|faults| faults.next(times, call, trouble));
    }

    fn times(&self, call: Call) -> usize {
        self.company.servers.journal().count(call)
    }
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// The two troubles after which a request is made again.
fn passing() -> [Trouble; 4] {
    [
        Trouble::ServerError,
        Trouble::Refuse(Refusal::new(503, "SlowDown", "Please reduce your request rate.")),
        Trouble::Refuse(Refusal::new(500, "InternalError", "We encountered an internal error.")),
        Trouble::Late(Duration::from_millis(300)),
    ]
}

#[test]
fn what_passes_is_waited_for_in_every_call() {
    let place = Place::new().with_facts(3);
    let (own, bytes) = (place.fact(9), b"own".as_slice());
    let wanted = place.fact(0).to_string();
    for trouble in passing() {
        for (call, number) in [(PUT, 0), (LIST, 1), (GET, 2)] {
            place.next(2, call, trouble.clone());
            let ledger = place.ledger();
            match number {
                0 => assert!(write(&ledger, &own, bytes).is_ok(), "{trouble:?}"),
                1 => assert!(ledger.list("f/", "").unwrap().len() >= 3, "{trouble:?}"),
                _ => assert_eq!(ledger.get(&wanted), Ok(wanted.clone().into_bytes()), "{trouble:?}"),
            }
            place.company.servers.faults(jit_emulator::Faults::clear);
        }
    }
    // It does not wait for ever.
    for call in [PUT, LIST, GET] {
        place.always(call, Trouble::ServerError);
    }
    let ledger = place.ledger();
    assert!(matches!(ledger.put_new(&place.fact(10), bytes), Err(LedgerError::Unreachable(_))));
    assert!(matches!(ledger.list("f/", ""), Err(LedgerError::Unreachable(_))));
}

#[test]
fn a_put_that_is_repeated_by_something_on_the_way_is_one_put() {
    let place = Place::new();
    let (ledger, key) = (place.ledger(), place.fact(1));
    // The first attempt is carried out and its answer lost, or it is carried out twice.
    for (number, trouble) in [Trouble::AnswerLost, Trouble::Twice].into_iter().enumerate() {
        let key = place.fact(number + 20);
        place.next(1, PUT, trouble);
        assert_eq!(write(&ledger, &key, b"mine"), Ok(()));
        assert_eq!(ledger.get(&key.to_string()), Ok(b"mine".to_vec()));
    }
    // Somebody else's object is in the way: other bytes under the same key.
    let now = place.company.now();
    let text = key.to_string();
    place.company.servers.cloud(|cloud| {
        cloud.bucket_mut(BUCKET).unwrap().write(&text, Some(b"theirs"), "x", now);
    });
    place.next(1, PUT, Trouble::AnswerLost);
    assert_eq!(write(&ledger, &key, b"mine"), Err(WriteError::Other(text.clone())));
    assert_eq!(ledger.get(&text), Ok(b"theirs".to_vec()), "it is as it was");
}

#[test]
fn a_list_is_whole_or_it_is_an_error() {
    let place = Place::new().with_facts(5);
    let ledger = place.ledger();
    place.company.servers.faults(|faults| faults.page_size = Some(2));
    let all = ledger.list("f/", "").unwrap();
    assert_eq!(all.len(), 5);
    let (first, last) = (all[0].key.clone(), all[4].key.clone());
    let replaced = |from: &str, to: &str| Trouble::Edited(Arc::new(Edit::replacing(from, to)));
    let escaped = |key: &str| key.replace(':', "%3A").replace('@', "%40");
    let cases = [
        (
            "the second page is the first one again",
            replaced(&escaped(&all[2].key), &escaped(&first)),
            "out of order",
        ),
        (
            "the marker goes back",
            {
                let (from, to) = (escaped(&all[1].key), escaped(&first));
                Trouble::Edited(Arc::new(Edit::by(move |page| {
                    page.replace(&format!("<NextKeyMarker>{from}<"), &format!("<NextKeyMarker>{to}<"))
                })))
            },
            "out of order",
        ),
        ("a key of another area", replaced(&escaped(&first), "g%2Fa"), "were not asked for"),
        (
            "a page in another order",
            {
                let (one, other) = (escaped(&all[0].key), escaped(&all[1].key));
                Trouble::Edited(Arc::new(Edit::by(move |page| {
                    page.replace(&one, "X").replace(&other, &one).replace('X', &other)
                })))
            },
            "out of order",
        ),
        (
            "more to come, but not where",
            replaced("NextKeyMarker", "Elsewhere"),
            "may have answered instead of S3",
        ),
        ("an html page", Trouble::Html, "may have answered instead of S3"),
        ("half an answer", Trouble::Cut, "may have answered instead of S3"),
        ("bad XML", replaced("</Version>", ""), "may have answered instead of S3"),
        (
            "entities",
            replaced("<ListVersionsResult", "<!DOCTYPE a [<!ENTITY b \"c\">]><ListVersionsResult"),
            "may have answered",
        ),
        ("no time", replaced("LastModified", "Modified"), "may have answered instead of S3"),
        ("no XML at all", Trouble::Megabyte, "may have answered instead of S3"),
    ];
    for (what, trouble, words) in cases {
        place.always(LIST, trouble);
        let error = ledger.list("f/", "").unwrap_err().to_string();
        assert!(error.contains(words), "{what}: {error}");
        place.company.servers.faults(|faults| {
            faults.clear();
            faults.page_size = Some(2);
        });
    }
    assert_eq!(keys(&ledger.list("f/", &first).unwrap()).last(), Some(&last.as_str()));
}

#[test]
fn a_list_that_never_ends_is_left() {
    let place = Place::new().with_facts(1);
    // Each page has one more key than the one before, and there is always another one.
    let pages = Arc::new(Mutex::new(0u32));
    place.always(LIST, Trouble::Edited(Arc::new(Edit::by(move |_| {
        let mut pages = pages.lock().unwrap();
        *pages += 1;
        format!("<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>f/{pages:09}</NextKeyMarker></ListVersionsResult>")
    }))));
    let error = place.ledger().listing_at_most(50).list("f/", "").unwrap_err();
    assert_eq!(error.to_string(), format!("the ledger is damaged: the list of {BUCKET} does not end"));
}

#[test]
fn odd_keys_are_findings_and_harm_nobody() {
    let place = Place::new().with_facts(2);
    let odd = [
        "f/",
        "f//",
        "f/../a/x",
        "f/x",
        "f/\u{202e}evil",
        "f/a b+c%2F&amp;<x>\"'",
        "f/\u{1}",
        "f/\n\u{1b}[2J",
        "f/\u{1f511}",
        "policy/x",
        "a/x/y/z",
        "s/x",
        "other/x",
    ];
    let now = place.company.now();
    place.company.servers.cloud(|cloud| {
        let bucket = cloud.bucket_mut(BUCKET).unwrap();
        for key in odd {
            bucket.write(key, Some(b"{}"), "x", now);
        }
    });
    let shelf = Mutex::new(BTreeMap::new());
    let read = Cache::new("x").read(&place.ledger(), &shelf, EVERYTHING, now).unwrap();
    let anomalies: Vec<String> =
        read.records.anomalies().into_iter().map(|anomaly| anomaly.key.clone()).collect();
    // Those outside of the four areas are not listed at all.
    for key in odd.into_iter().filter(|key| !key.starts_with("other/")) {
        assert!(anomalies.iter().any(|found| found == key), "{key:?} in {anomalies:?}");
    }
}

#[test]
fn an_object_that_cannot_be_read_does_not_hide_the_others() {
    let place = Place::new().with_facts(40);
    let ledger = place.ledger();
    let listed = ledger.list("f/", "").unwrap();
    let wanted = keys(&listed);
    place.next(1, GET, Trouble::Refuse(Refusal::new(403, "AccessDenied", "no")));
    place.next(1, GET, Trouble::Refuse(Refusal::new(404, "NoSuchVersion", "no")));
    let read = ledger.get_all(&wanted);
    let right = read.iter().zip(&wanted).filter(|(read, key)| read.as_deref() == Ok(key.as_bytes())).count();
    assert_eq!((read.len(), right), (40, 38), "each has its own content");
    assert_eq!(read.iter().filter(|read| matches!(read, Err(LedgerError::Refused(_)))).count(), 1);
    // Another content than the one that S3 has the checksum of.
    place.always(GET, Trouble::Edited(Arc::new(Edit::replacing("request", "another"))));
    assert!(ledger.get_all(&wanted[..3]).iter().all(|read| matches!(read, Err(LedgerError::Damaged(_)))));
}

#[test]
fn many_objects_are_read_at_once_and_more_slowly_if_s3_says_so() {
    let place = Place::new().with_facts(200);
    let ledger = place.ledger();
    let listed = ledger.list("f/", "").unwrap();
    let wanted = keys(&listed);
    let busy = || Trouble::Refuse(Refusal::new(503, "SlowDown", "Please reduce your request rate."));
    for _ in 0..20 {
        place.next(1, GET, busy());
    }
    let read = ledger.get_all(&wanted);
    assert!(read.iter().zip(&wanted).all(|(read, key)| read.as_deref() == Ok(key.as_bytes())));
    assert_eq!(place.times(GET), 220, "each of the refused ones was asked for again, and nothing twice");
    // A failure that each of them would have ends it, and is not met two hundred times.
    place.always(GET, Trouble::Refuse(Refusal::new(400, "ExpiredToken", "The provided token has expired.")));
    let before = place.times(GET);
    let read = ledger.get_all(&wanted);
    assert!(
        read.iter()
            .all(|read| matches!(read, Err(LedgerError::Unusable { .. } | LedgerError::Unreachable(_))))
    );
    assert!(matches!(read[0], Err(LedgerError::Unusable { .. })) && read.len() == 200);
    assert!(place.times(GET) - before <= 32, "{}", place.times(GET) - before);
}

#[test]
fn another_region_a_redirect_and_a_wrong_clock_say_what_to_do() {
    let place = Place::new();
    let ledger = place.ledger();
    let moved = |status, headers: Vec<(&'static str, String)>| Trouble::Instead {
        status,
        headers,
        body: "<Error><Code>PermanentRedirect</Code><Message>x</Message></Error>".to_owned(),
    };
    let elsewhere = || ("location", "http://169.254.169.254/".to_owned());
    for (trouble, words) in [
        (
            moved(301, vec![("x-amz-bucket-region", "us-gov-west-1".to_owned()), elsewhere()]),
            "is in us-gov-west-1, and not in eu-west-1",
        ),
        (moved(301, vec![elsewhere()]), "is not in eu-west-1"),
        (
            Trouble::Instead { status: 302, headers: vec![elsewhere()], body: "<html>".to_owned() },
            "the server redirects (status 302), which jit does not follow",
        ),
    ] {
        for call in [PUT, LIST] {
            place.next(1, call, trouble.clone());
        }
        let (put, list) = (ledger.put_new(&place.fact(1), b"x"), ledger.list("f/", ""));
        for error in [put.unwrap_err(), list.unwrap_err()] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }
    place.company.servers.faults(|faults| faults.sts_clock = 3600);
    let now = place.company.now();
    let url = TrustedUrl::parse(place.company.servers.aws_url(), Purpose::AwsEndpoint).unwrap();
    let endpoint = Endpoint::at(Service::S3, "eu-west-1", url).unwrap();
    let behind =
        AwsCalls::new(Http::new(&Env::of([])), || jit_wire::timestamp::Timestamp(now.0 - 3600)).unwrap();
    let ledger =
        S3Ledger::new(behind.into(), endpoint, BUCKET, Box::new(|| Ok(place.alice.clone()))).unwrap();
    let error = ledger.list("f/", "").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot use the ledger: this machine's clock is 60 min behind AWS's, so AWS rejects its signatures"
    );
    place.company.servers.faults(jit_emulator::Faults::clear);
    assert_eq!(place.ledger().put_new(&place.fact(1), b"x"), Ok(Put::Created));
}
