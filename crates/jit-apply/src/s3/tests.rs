use jit_access::ledger::{Act, Fact, FactKind, Request, WriteError, write};
use jit_access::testing::userid;
use jit_wire::signed::Service;

use super::*;
use crate::testing::{DATE, NOW, Script, calls, credentials};

fn ledger(script: &Script) -> S3Ledger<'static> {
    let session = Box::new(|| Ok(credentials()));
    S3Ledger::new(calls(), script.endpoint(Service::S3), "acme-ledger", session).unwrap()
}

fn key() -> Key {
    let id = jit_access::id::Id::new(NOW, [7; 10]);
    Key::Fact { id, author: userid("hub", "alice@corp.com"), kind: FactKind::Request }
}

fn body() -> Vec<u8> {
    let request = Request {
        access: "read".to_owned(),
        accounts: Vec::new(),
        duration: 60,
        reason: String::new(),
        ticket: None,
        start: None,
        extends: None,
    };
    Fact::Request(request).to_bytes()
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>because</Message></Error>")
}

/// A page of versions: key, version, time, whether it marks a deletion.
fn versions(rows: &[(&str, &str, &str, bool)], next: Option<&str>) -> String {
    let rows: String = rows
        .iter()
        .map(|(key, version, at, deleted)| {
            let kind = if *deleted { "DeleteMarker" } else { "Version" };
            format!("<{kind}><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>false</IsLatest><LastModified>{at}</LastModified><Size>5</Size></{kind}>")
        })
        .collect();
    let more = next.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |key| format!("<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>"),
    );
    format!("<ListVersionsResult>{more}{rows}</ListVersionsResult>")
}

#[test]
fn an_object_is_created_once() {
    let script = Script::new();
    let ledger = ledger(&script);
    script.then(200, "");
    assert_eq!(ledger.put_new(&key(), &body()), Ok(Put::Created));
    let asked = script.asked().remove(0);
    let is_escaped = asked.contains("/AROAHUB4567890EXAMPLE%3Aalice%40corp.com/request.json ");
    assert!(asked.starts_with("PUT /acme-ledger/f/") && is_escaped, "{asked}");
    for header in [
        "if-none-match: *",
        "x-amz-checksum-sha256: ",
        "content-type: application/json",
        "authorization: AWS4",
    ] {
        assert!(asked.contains(header), "{header}: {asked}");
    }
    assert!(!asked.contains("server-side-encryption"), "the bucket encrypts as it is set up to");
    script.then(412, error("PreconditionFailed"));
    assert_eq!(ledger.put_new(&key(), &body()), Ok(Put::Exists));
    assert_eq!(ledger.time(), Ok(NOW));
}

#[test]
fn a_put_whose_answer_was_lost_has_succeeded_if_the_same_bytes_are_there() {
    let text = key().to_string();
    for (there, wanted) in [(body(), Ok(())), (b"{}".to_vec(), Err(WriteError::Other(text.clone())))] {
        let script = Script::new();
        let ledger = ledger(&script);
        script.then(0, "").then(412, error("PreconditionFailed"));
        script.then(200, versions(&[(&text, "v1", "2026-11-28T12:00:00.000Z", false)], None));
        script.then(200, String::from_utf8(there).unwrap());
        assert_eq!(write(&ledger, &key(), &body()), wanted);
        assert!(script.asked()[3].starts_with("GET /acme-ledger/f/"), "the first version is compared");
    }
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let refused = |code: &str, status| (status, error(code));
    type Wanted = Result<Put, &'static str>;
    let cases: [(Vec<(u16, String)>, Wanted); 10] = [
        (vec![refused("SlowDown", 503), (200, String::new())], Ok(Put::Created)),
        (vec![refused("InternalError", 500), (0, String::new()), (200, String::new())], Ok(Put::Created)),
        (
            vec![refused("ConditionalRequestConflict", 409), refused("PreconditionFailed", 412)],
            Ok(Put::Exists),
        ),
        (
            vec![refused("InternalError", 500); 4],
            Err("cannot reach the ledger: AWS refused s3:PutObject: InternalError"),
        ),
        (
            vec![refused("AccessDenied", 403)],
            Err("the ledger refused: AWS refused s3:PutObject: AccessDenied (status 403): because"),
        ),
        (
            vec![refused("SlowDown", 503); 5],
            Err("cannot reach the ledger: S3 is rate-limiting requests, and waiting did not help"),
        ),
        (vec![(0, String::new()); 4], Err("cannot reach the ledger: cannot reach 127.0.0.1")),
        (vec![refused("NoSuchBucket", 404)], Err("cannot use the ledger: there is no bucket acme-ledger")),
        (
            vec![refused("PermanentRedirect", 301)],
            Err("cannot use the ledger: the bucket acme-ledger is not in eu-west-1"),
        ),
        (
            vec![(403, String::new())],
            Err("the ledger refused: AWS refused s3:PutObject: Unknown (status 403)"),
        ),
    ];
    for (answers, wanted) in cases {
        let script = Script::new();
        let ledger = ledger(&script);
        for (status, body) in &answers {
            script.then(*status, body.clone());
        }
        let put = ledger.put_new(&key(), &body());
        match wanted {
            Ok(wanted) => assert_eq!(put, Ok(wanted)),
            Err(words) => assert!(put.as_ref().unwrap_err().to_string().starts_with(words), "{put:?}"),
        }
        assert_eq!(script.asked().len(), answers.len(), "{wanted:?}");
    }
}

#[test]
fn the_first_version_of_each_key_counts() {
    let script = Script::new();
    let ledger = ledger(&script);
    let (early, late) = ("2026-11-28T12:00:00.000Z", "2026-11-28T12:30:00.999Z");
    // The latest first, and one key over two pages.
    let first = [("f/a", "a3", late, true), ("f/a", "a2", late, false)];
    let rest = [("f/a", "a1", early, false), ("f/b", "b1", late, false), ("f/c", "c1", late, true)];
    script.then(200, versions(&first, Some("f/a"))).then(200, versions(&rest, None));
    let entries = ledger.list("f/", "f/0").unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.key.as_str(), entry.written.0 - NOW.0, entry.has_more_versions))
        .collect();
    assert_eq!(seen, [("f/a", 0, true), ("f/b", 1800, false)], "what was only deleted is not there");
    let asked = script.asked();
    assert!(asked[0].contains("max-keys=1000&prefix=f%2F&versions=&key-marker=f%2F0 "), "{}", asked[0]);
    assert!(
        asked[1].contains("key-marker=f%2Fa") && asked[1].contains("version-id-marker=v"),
        "{}",
        asked[1]
    );

    script.then(200, "first").then(404, error("NoSuchVersion"));
    assert_eq!(ledger.get("f/a"), Ok(b"first".to_vec()));
    assert_eq!(ledger.get("f/b"), Err(LedgerError::Absent("f/b".to_owned())));
    let asked = script.asked();
    assert!(asked[0].starts_with("GET /acme-ledger/f/a?versionId=a1 "), "{}", asked[0]);

    // A key that was not listed is looked for first.
    script.then(200, versions(&[], None));
    assert_eq!(ledger.get("f/d"), Err(LedgerError::Absent("f/d".to_owned())));
}

#[test]
fn a_list_that_repeats_itself_is_damaged_and_what_is_not_s3_is_unreachable() {
    let script = Script::new();
    let ledger = ledger(&script);
    let page = versions(&[("f/a", "a1", "2026-11-28T12:00:00Z", false)], Some("f/a"));
    script.then(200, page.clone()).then(200, page);
    let repeated = ledger.list("f/", "").unwrap_err();
    assert_eq!(repeated.to_string(), "the ledger is damaged: the list of acme-ledger repeats itself");
    for page in
        ["<html>", "", "<ListVersionsResult><IsTruncated>false</IsTruncated><Version/></ListVersionsResult>"]
    {
        script.then(200, page);
        let error = ledger.list("f/", "").unwrap_err();
        assert!(error.to_string().contains("may have answered instead of S3"), "{error}");
    }
    script.asked();
}

#[test]
fn an_answer_that_is_cut_off_is_asked_for_again() {
    let script = Script::new();
    let ledger = ledger(&script);
    script.then(200, versions(&[("f/a", "a1", "2026-11-28T12:00:00Z", false)], None));
    assert_eq!(ledger.list("f/", "").map(|all| all.len()), Ok(1));
    let half = format!("HTTP/1.1 200 x\r\nDate: {DATE}\r\nContent-Length: 5\r\n\r\nfi");
    script.then_bytes(half.clone().into_bytes()).then(200, "first");
    assert_eq!(ledger.get("f/a"), Ok(b"first".to_vec()));
    for _ in 0..4 {
        script.then_bytes(half.clone().into_bytes());
    }
    assert!(matches!(ledger.get("f/a"), Err(LedgerError::Unreachable(_))));
    assert_eq!(script.asked().len(), 7);
}

#[test]
fn content_that_was_changed_on_the_way_is_not_believed() {
    let script = Script::new();
    let ledger = ledger(&script);
    script.then(200, versions(&[("f/a", "a1", "2026-11-28T12:00:00Z", false)], None));
    ledger.list("f/", "").unwrap();
    // The SHA-256 of `first`.
    let sum = "x-amz-checksum-sha256: p5N7ZLjKpY8Dchu2us9ceMsjX+vg5wsbhM2ZVBRhoI4=\r\n";
    let wrong = "x-amz-checksum-sha256: LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\r\n";
    script.then_with(200, wrong, "first").then_with(200, wrong, "first").then_with(200, wrong, "first");
    script.then_with(200, wrong, "first");
    assert!(matches!(ledger.get("f/a"), Err(LedgerError::Damaged(_))));
    let asked = script.asked();
    assert!(asked[1].contains("x-amz-checksum-mode: ENABLED"), "{}", asked[1]);
    script.then_with(200, wrong, "first").then_with(200, sum, "first");
    let read = ledger.get("f/a");
    assert!(read == Ok(b"first".to_vec()), "{read:?}");
    script.asked();
}

#[test]
fn an_object_that_is_too_large_to_count_is_not_read() {
    let script = Script::new();
    let ledger = ledger(&script);
    let fact = key().to_string();
    let policy = format!("policy/{}/AROAHUB4567890EXAMPLE:pat/policy.toml", key().id());
    let act = format!("a/{}/decision.json", key().id());
    let sweep = format!("s/{}/sweep.json", key().id());
    for (key, size, counts) in [
        (&fact, 16u64 << 10, true),
        (&fact, (16 << 10) + 1, false),
        (&fact, 5 << 40, false),
        (&act, 1 << 20, true),
        (&act, (1 << 20) + 1, false),
        (&policy, 1 << 20, true),
        (&policy, (1 << 20) + 1, false),
        (&sweep, (16 << 10) + 1, false),
        // Nobody knows what that would be, and it does not count anyway.
        (&"f/x".to_owned(), 5 << 40, true),
    ] {
        let page = versions(&[(key, "v", "2026-11-28T12:00:00Z", false)], None);
        script.then(200, page.replace("<Size>5<", &format!("<Size>{size}<")));
        let listed = ledger.list("", "").unwrap().remove(0);
        assert_eq!(listed.doubt.is_none(), counts, "{key} {size}: {:?}", listed.doubt);
    }
    script.asked();
}

#[test]
fn a_policy_of_a_mebibyte_is_written_and_read() {
    let script = Script::new();
    let ledger = ledger(&script);
    let text = "x".repeat(1 << 20);
    let author = userid("platform", "pat");
    let key = Key::Policy { id: key().id(), author };
    script.then(200, "");
    assert_eq!(ledger.put_new(&key, text.as_bytes()), Ok(Put::Created));
    assert!(ledger.put_new(&key, format!("{text}x").as_bytes()).is_err());
    let key = key.to_string();
    script.then(200, versions(&[(&key, "v1", "2026-11-28T12:00:00Z", false)], None)).then(200, text.clone());
    assert_eq!(ledger.get(&key).map(|read| read.len()), Ok(1 << 20));
    // Nothing that is larger counts, so nothing that is larger is read.
    script.then(200, format!("{text}x"));
    assert!(matches!(ledger.get(&key), Err(LedgerError::Damaged(_))));
    script.asked();
}

#[test]
fn a_page_of_the_longest_keys_is_read() {
    let script = Script::new();
    let ledger = ledger(&script);
    // Whoever may write can write such keys, and must not make the ledger unreadable for others.
    let keys: Vec<String> =
        (0..1000).map(|number| format!("f/{number:03}/{}", "\u{e9}".repeat(509))).collect();
    assert_eq!(keys[0].len(), 1024);
    let escaped: Vec<String> =
        keys.iter().map(|key| key.replace('\u{e9}', "%C3%A9").replace('/', "%2F")).collect();
    let version = "v".repeat(32);
    let rows: Vec<_> =
        escaped.iter().map(|key| (key.as_str(), version.as_str(), "2026-11-28T12:00:00Z", false)).collect();
    let page =
        versions(&rows, None).replace("<IsTruncated>", "<EncodingType>url</EncodingType><IsTruncated>");
    assert!(page.len() > 3 << 20);
    script.then(200, page);
    let listed: Vec<String> = ledger.list("f/", "").unwrap().into_iter().map(|entry| entry.key).collect();
    assert_eq!(listed, keys);
    script.asked();
}

#[test]
fn a_session_that_cannot_be_had_asks_for_nothing() {
    let script = Script::new();
    let session: SessionForLedger<'_> = Box::new(|| Err("you need to sign in".to_owned()));
    let ledger = S3Ledger::new(calls(), script.endpoint(Service::S3), "acme-ledger", session).unwrap();
    let act = Act::Ended(jit_access::ledger::Ended { cause: jit_access::ledger::Cause::Time, fact: None });
    let key = Key::Act { request: key().id(), kind: act.kind() };
    assert_eq!(
        ledger.put_new(&key, &act.to_bytes()),
        Err(LedgerError::Unreachable("you need to sign in".to_owned()))
    );
    assert_eq!(script.asked(), Vec::<String>::new());
    assert!(
        S3Ledger::new(calls(), script.endpoint(Service::S3), "Acme", Box::new(|| Ok(credentials()))).is_err()
    );
}
