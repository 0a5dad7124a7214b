use jit_access::ledger::{Act, Fact, FactKind, Request, WriteError, write};
use jit_access::testing::userid;
use jit_wire::signed::Service;

use super::*;
use crate::testing::{NOW, Script, calls, credentials};

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
            format!("<{kind}><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>false</IsLatest><LastModified>{at}</LastModified></{kind}>")
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
    let cases: [(Vec<(u16, String)>, Wanted); 8] = [
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
        (vec![refused("NoSuchBucket", 404)], Err("cannot reach the ledger: there is no bucket acme-ledger")),
        (
            vec![refused("PermanentRedirect", 301)],
            Err("cannot reach the ledger: the bucket acme-ledger is not in eu-west-1"),
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
    assert!(asked[0].contains("max-keys=500&prefix=f%2F&versions=&key-marker=f%2F0 "), "{}", asked[0]);
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
fn a_list_that_repeats_itself_or_is_unreadable_is_damaged() {
    let script = Script::new();
    let ledger = ledger(&script);
    let page = versions(&[("f/a", "a1", "2026-11-28T12:00:00Z", false)], Some("f/a"));
    script.then(200, page.clone()).then(200, page);
    assert!(matches!(ledger.list("f/", ""), Err(LedgerError::Damaged(_))));
    script.then(200, "<html>");
    assert!(matches!(ledger.list("f/", ""), Err(LedgerError::Damaged(_))));
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
