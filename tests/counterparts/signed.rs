//! Signed calls compared with botocore (the signature, the endpoint) and sent to moto (the server's
//! reaction).

use std::io::Write as _;
use std::process::{Command, Stdio};

use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::{AnswerKind, Http};
use jit_wire::secret::Secret;
use jit_wire::signed::{Addressing, Bucket, Caller, Endpoint, Retry, Service, UnsignedRequest, Variant};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use serde_json::{Value, json};

use crate::support::{Room, Sts, fixture, python};

const NOW: Timestamp = Timestamp(1_700_000_000);

fn botocore(question: &Value) -> Value {
    let mut child = Command::new(python())
        .args(["-X", "utf8"])
        .arg(fixture("signed.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(question.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "botocore did not answer");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn credentials(token: &str) -> Credentials {
    Credentials::new(
        "AKIAEXAMPLE".to_owned(),
        Secret::from("secret/+="),
        Secret::from(token),
        Timestamp(i64::MAX),
    )
    .unwrap()
}

fn own(service: Service) -> Endpoint {
    Endpoint::of_aws(service, "eu-west-1", Variant::default()).unwrap()
}

const ODD: [&str; 10] = [
    "a",
    "a b+c",
    "a//b/",
    "/a",
    "../a/./b",
    "é/\u{1f511}",
    "100%25",
    "a?b=c&d#e",
    "*'()!:@,;$~",
    "a\nb\\\"<>",
];

#[test]
fn every_kind_of_request_is_signed_as_in_botocore() {
    let mut made: Vec<(Endpoint, Service, UnsignedRequest)> = Vec::new();
    for odd in ODD.into_iter().chain([""]) {
        for service in [Service::Iam, Service::Sts] {
            let endpoint = own(service);
            let request = endpoint.query("PutRolePolicy", &[("PolicyDocument", odd), ("Empty", "")]).unwrap();
            made.push((endpoint, service, request));
        }
        for service in [Service::CloudTrail, Service::IdentityStore] {
            let endpoint = own(service);
            let request = endpoint.json("LookupEvents", &json!({"a": odd})).unwrap();
            made.push((endpoint, service, request));
        }
        for (name, addressing) in [
            ("ledger", Addressing::VirtualHost),
            ("ledger", Addressing::Path),
            ("led.ger", Addressing::VirtualHost),
        ] {
            let endpoint = own(Service::S3);
            let bucket = Bucket::new(&endpoint, name, addressing).unwrap();
            let mut requests = vec![
                bucket.list_request(odd, None).unwrap(),
                bucket.list_request(odd, Some(odd)).unwrap(),
                bucket.versions_request(odd, Some((odd, odd))).unwrap(),
            ];
            if !odd.is_empty() {
                let body = Secret::new(odd.as_bytes().to_vec());
                requests.push(bucket.create_request(odd, "application/json", body).unwrap());
                requests.push(bucket.create_request(odd, "text/plain", Secret::new(Vec::new())).unwrap());
                requests.push(bucket.get_request(odd).unwrap());
            }
            made.extend(requests.into_iter().map(|request| (endpoint.clone(), Service::S3, request)));
        }
    }
    let (mut ours, mut questions) = (Vec::new(), Vec::new());
    for (at, (endpoint, service, request)) in made.into_iter().enumerate() {
        let token = ["", "token/+="][at % 2];
        let plain: serde_json::Map<String, Value> =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        questions.push(json!({
            "method": request.method, "url": request.url.as_str(), "headers": plain,
            "body": String::from_utf8(request.body.expose().clone()).unwrap(),
            "service": service.name(), "region": endpoint.region(), "time": NOW.0,
            "key": "AKIAEXAMPLE", "secret": "secret/+=", "token": token,
        }));
        let signed = request.sign(&endpoint, &credentials(token), NOW).unwrap();
        let header = signed.headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        ours.push(header.1.expose().clone());
    }
    let theirs = botocore(&json!({ "requests": questions }));
    for (at, our) in ours.iter().enumerate() {
        assert_eq!(json!(our), theirs["requests"][at], "{}", questions[at]);
    }
    assert!(ours.len() > 200);
}

#[test]
fn endpoints_are_those_of_botocore() {
    let (mut ours, mut questions) = (Vec::new(), Vec::new());
    for (service, operation) in [
        (Service::Iam, "ListAccountAliases"),
        (Service::Sts, "GetCallerIdentity"),
        (Service::S3, "ListBuckets"),
        (Service::CloudTrail, "LookupEvents"),
        (Service::IdentityStore, "ListUsers"),
    ] {
        for region in [
            "eu-central-1",
            "us-east-1",
            "cn-northwest-1",
            "us-gov-east-1",
            "eusc-de-east-1",
            "us-iso-west-1",
        ] {
            for (fips, dual_stack) in [(false, false), (false, true), (true, false), (true, true)] {
                // Endpoints that AWS does not have are refused here; botocore guesses some of them.
                let Ok(endpoint) = Endpoint::of_aws(service, region, Variant { fips, dual_stack }) else {
                    continue;
                };
                ours.push(json!([endpoint.url().as_str().trim_end_matches('/'), endpoint.region()]));
                questions.push(json!([service.name(), operation, region, fips, dual_stack]));
            }
        }
    }
    let theirs = botocore(&json!({ "endpoints": questions }));
    for (at, our) in ours.iter().enumerate() {
        assert_eq!(*our, theirs["endpoints"][at], "{}", questions[at]);
    }
    assert!(ours.len() > 90);
}

#[test]
fn moto_accepts_signed_calls_and_creates_an_object_once() {
    let room = Room::new();
    let sts = Sts::start(&room, "http://127.0.0.1:9", "x", &[]);
    let url = TrustedUrl::parse(&sts.url(), Purpose::AwsEndpoint).unwrap();
    let at = |service| Endpoint::at(service, "us-east-1", url.clone()).unwrap();
    let (iam, s3, http, credentials) =
        (at(Service::Iam), at(Service::S3), Http::new(&Env::of([])), credentials("token"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let caller = |endpoint| Caller { http: &http, endpoint, credentials: &credentials, now: NOW };
        caller(&iam).query("CreateAccountAlias", &[("AccountAlias", "acme-prod")]).await.unwrap();
        let answer = caller(&iam).query("ListAccountAliases", &[]).await.unwrap();
        let text = String::from_utf8(answer.body.expose().clone()).unwrap();
        assert!(text.contains("<member>acme-prod</member>"), "{text}");
        let error = caller(&iam).query("GetRole", &[("RoleName", "nobody")]).await.unwrap_err();
        assert!(error.is("NoSuchEntity") && error.retry() == Retry::Never, "{error}");

        let caller = caller(&s3);
        let bucket = Bucket::new(&s3, "ledger", Addressing::Path).unwrap();
        // There is no call that creates buckets; this is its request.
        let whole = TrustedUrl::parse(&sts.url(), Purpose::AwsEndpoint).unwrap().at("/ledger").unwrap();
        let make = UnsignedRequest {
            action: "s3:CreateBucket".to_owned(),
            method: "PUT",
            url: whole,
            headers: Vec::new(),
            body: Secret::new(Vec::new()),
            answer: AnswerKind::Message,
        };
        caller.send(make).await.unwrap();
        let bytes = |text: &str| Secret::new(text.as_bytes().to_vec());
        for key in ["log/1 +é.json", "log/2"] {
            assert!(bucket.get(&caller, key).await.unwrap().is_none(), "{key}");
            bucket.create(&caller, key, "application/json", bytes("first")).await.unwrap();
            let error = bucket.create(&caller, key, "application/json", bytes("second")).await.unwrap_err();
            assert!(error.is("PreconditionFailed"), "{error}");
            assert_eq!(error.refusal().unwrap().status, 412);
            let kept = bucket.get(&caller, key).await.unwrap().unwrap();
            assert_eq!(kept.expose().as_slice(), b"first");
        }
        let page = bucket.list(&caller, "log/", None).await.unwrap();
        let keys: Vec<_> = page.objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
        assert_eq!((keys, page.next), (vec![("log/1 +é.json", 5), ("log/2", 5)], None));
        let versions = bucket.versions(&caller, "log/", None).await.unwrap();
        assert_eq!(versions.versions.len(), 2);
        assert!(versions.versions.iter().all(|one| one.is_latest && !one.is_delete_marker));
    });
}
