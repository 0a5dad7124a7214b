//! S3 itself, in a bucket without a policy.

use std::time::Duration;

use jit_emulator::{Call, CloudBucket, Refusal, Trouble};

use crate::client::{Outcome, Refused, text, texts};
use crate::company::Company;

struct Shop {
    company: Company,
}

impl Shop {
    fn new() -> Self {
        let company = Company::new();
        company
            .servers
            .cloud(|cloud| cloud.put_bucket(CloudBucket::new("shop", "222222222222", "us-east-1")))
            .unwrap();
        Self { company }
    }

    fn call(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Outcome {
        let company = &self.company;
        company.client.s3(&company.platform(), company.now(), method, path, headers, body.as_bytes())
    }

    fn put(&self, key: &str, body: &str) {
        self.call("PUT", &format!("/shop/{key}"), &[], body).unwrap();
    }

    fn keys(&self, query: &str) -> (Vec<String>, Option<String>) {
        let page = self.call("GET", &format!("/shop?list-type=2{query}"), &[], "").unwrap();
        (texts(&page, "Key"), text(&page, "NextContinuationToken"))
    }
}

#[test]
fn objects_are_put_read_and_listed() {
    let shop = Shop::new();
    shop.put("a/1", "one");
    shop.company.later(60);
    shop.put("a/2", "two");
    shop.put("b/%C3%A9%20%2B", "odd");
    assert_eq!(shop.call("GET", "/shop/a/1", &[], "").unwrap(), "one");
    assert_eq!(shop.call("GET", "/shop/b/%C3%A9%20%2B", &[], "").unwrap(), "odd");
    assert_eq!(shop.keys("").0, ["a/1", "a/2", "b/é +"]);
    assert_eq!(shop.keys("&prefix=a%2F&start-after=a%2F1").0, ["a/2"]);
    assert_eq!(shop.keys("&encoding-type=url&prefix=b").0, ["b/%C3%A9%20%2B"]);
    let page = shop.call("GET", "/shop?list-type=2&delimiter=%2F", &[], "").unwrap();
    assert_eq!((texts(&page, "Key").len(), text(&page, "KeyCount").as_deref()), (0, Some("2")));
    let list = shop.call("GET", "/shop?list-type=2&prefix=a", &[], "").unwrap();
    assert_eq!(texts(&list, "LastModified"), ["2026-11-28T11:00:00.000Z", "2026-11-28T11:01:00.000Z"]);
    shop.company.servers.faults(|faults| faults.page_size = Some(2));
    let (first, next) = shop.keys("");
    let (rest, end) = shop.keys(&format!("&continuation-token={}", next.unwrap()));
    assert_eq!((first.len(), rest, end), (2, vec!["b/é +".to_owned()], None));
}

#[test]
fn what_is_missing_is_said_as_s3_says_it() {
    let shop = Shop::new();
    let code = |outcome: Outcome| outcome.map_err(|Refused { status, code, .. }| (status, code)).unwrap_err();
    assert_eq!(code(shop.call("GET", "/shop/none", &[], "")), (404, "NoSuchKey".to_owned()));
    assert_eq!(code(shop.call("GET", "/none/x", &[], "")), (404, "NoSuchBucket".to_owned()));
    assert_eq!(code(shop.call("GET", "/shop?policy", &[], "")), (404, "NoSuchBucketPolicy".to_owned()));
    assert_eq!(code(shop.call("PUT", "/shop?policy", &[], "{")), (400, "MalformedPolicy".to_owned()));
    assert_eq!(code(shop.call("PUT", "/shop/k", &[("if-none-match", "x")], "")).0, 501);
    assert_eq!(code(shop.call("PATCH", "/shop/k", &[], "")), (405, "MethodNotAllowed".to_owned()));
    assert_eq!(code(shop.call("PUT", "/shop", &[], "")).1, "BucketAlreadyOwnedByYou");
    assert!(shop.call("PUT", "/shop2", &[], "").is_ok());
    // Who may not list is told nothing.
    let alice = shop.company.alice_in_role();
    let refused = shop.company.get(&alice, "/shop/none").unwrap_err();
    assert!(refused.message.contains("on resource: \"arn:aws:s3:::shop/none\" because no identity-based"));
}

#[test]
fn every_write_is_a_version() {
    let shop = Shop::new();
    shop.put("k", "one");
    shop.put("k", "two");
    shop.call("DELETE", "/shop/k", &[], "").unwrap();
    assert_eq!(shop.call("GET", "/shop/k", &[], "").unwrap_err().code, "NoSuchKey");
    let list = shop.call("GET", "/shop?versions", &[], "").unwrap();
    let ids = texts(&list, "VersionId");
    assert_eq!((ids.len(), texts(&list, "IsLatest").join(" ")), (3, "true false false".to_owned()));
    assert_eq!(shop.call("GET", &format!("/shop/k?versionId={}", ids[2]), &[], "").unwrap(), "one");
    assert!(shop.call("PUT", "/shop/k", &[("if-none-match", "*")], "three").is_ok(), "it was deleted");
    shop.company.servers.faults(|faults| faults.page_size = Some(3));
    let list = shop.call("GET", "/shop?versions", &[], "").unwrap();
    let after = [text(&list, "NextKeyMarker").unwrap(), text(&list, "NextVersionIdMarker").unwrap()];
    let rest = format!("/shop?versions&key-marker={}&version-id-marker={}", after[0], after[1]);
    let rest = shop.call("GET", &rest, &[], "").unwrap();
    assert_eq!(
        (texts(&rest, "VersionId"), text(&rest, "IsTruncated").as_deref()),
        (vec![ids[2].clone()], Some("false"))
    );
}

/// Why a ledger refuses them.
#[test]
fn a_multipart_upload_is_dated_back_to_its_start() {
    let shop = Shop::new();
    let started = shop.call("POST", "/shop/k?uploads", &[], "").unwrap();
    let id = text(&started, "UploadId").unwrap();
    shop.company.later(3600);
    for (number, body) in [("2", "b"), ("1", "a")] {
        shop.call("PUT", &format!("/shop/k?partNumber={number}&uploadId={id}"), &[], body).unwrap();
    }
    shop.call("POST", &format!("/shop/k?uploadId={id}"), &[], "").unwrap();
    assert_eq!(shop.call("GET", "/shop/k", &[], "").unwrap(), "ab");
    let list = shop.call("GET", "/shop?list-type=2", &[], "").unwrap();
    assert_eq!(texts(&list, "LastModified"), ["2026-11-28T11:00:00.000Z"]);
    let again = shop.call("POST", &format!("/shop/k?uploadId={id}"), &[], "").unwrap_err();
    assert_eq!(again.code, "NoSuchUpload");
}

#[test]
fn a_signature_is_for_what_was_sent() {
    let shop = Shop::new();
    let company = &shop.company;
    let now = company.now();
    let late = now + Duration::from_secs(301);
    let platform = company.platform();
    let refused = company.client.s3(&platform, late, "GET", "/shop", &[], b"").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (403, "RequestTimeTooSkewed"));
    let stranger = jit_wire::credentials::Credentials::new(
        "AKIANOBODY".to_owned(),
        jit_wire::secret::Secret::from("x"),
        jit_wire::secret::Secret::from(""),
        jit_wire::timestamp::Timestamp(i64::MAX),
    );
    let refused = company.get(&stranger.unwrap(), "/shop").unwrap_err();
    assert_eq!(refused.code, "InvalidAccessKeyId");
    assert!(company.get(&platform, "/shop?list-type=2&prefix=a%20b%26c").is_ok());
    let session = company.alice_in_role();
    company.later(3601);
    let refused = company.get(&session, "/shop").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (400, "ExpiredToken"));
}

/// Two writers at the same moment, of which AWS lets one try again.
#[test]
fn a_conflict_can_be_arranged() {
    let shop = Shop::new();
    let conflict = Refusal::new(409, "ConditionalRequestConflict", "try again");
    shop.company.servers.faults(|faults| {
        faults.next(1, Call::Aws("s3:PutObject"), Trouble::Refuse(conflict));
    });
    let put = || shop.call("PUT", "/shop/k", &[("if-none-match", "*")], "one");
    let refused = put().unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (409, "ConditionalRequestConflict"));
    assert!(put().is_ok());
}
