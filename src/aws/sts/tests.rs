mod refusals;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sts::config::{AsyncSleep, HttpClient, RuntimeComponents};
use aws_smithy_async::rt::sleep::Sleep;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::aws::errors::StsErrorKind as Kind;
use crate::plan::{Origin, Valued};
use jit_wire::env::Env;
use jit_wire::explain::{Explain as _, Next};
use jit_wire::http::HttpError;
use jit_wire::loopback::{self, Loopback};

const ROLE: &str = "arn:aws:iam::222222222222:role/admin";
const PROVIDER: &str = "arn:aws:iam::222222222222:saml-provider/acme";
const ID_TOKEN: &str = "eyJhbGciOi.J0b2tlbg.c2lnbmF0dXJl";

/// A server in place of AWS that always gives the same answer. It records the URLs that were called and the
/// waits between attempts, and does not wait.
#[derive(Clone, Debug)]
struct Canned {
    answer: Answer,
    asked: Arc<Mutex<Vec<String>>>,
    waits: Arc<Mutex<Vec<Duration>>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Status(u16, String),
    Unreachable,
    Timeout,
    TooLarge,
}

impl Canned {
    fn new(answer: Answer) -> Self {
        Self { answer, asked: Arc::default(), waits: Arc::default() }
    }

    fn sts(&self, endpoint: &StsEndpoint, by: Option<&Credentials>) -> Sts {
        Sts::new(self.clone(), self.clone(), endpoint, by)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.asked.lock().unwrap().push(request.uri().to_owned());
        let host = "sts.example".to_owned();
        HttpConnectorFuture::ready(match &self.answer {
            Answer::Status(status, body) => {
                let mut response =
                    HttpResponse::new((*status).try_into().unwrap(), SdkBody::from(body.clone()));
                response.headers_mut().insert("date", "Fri, 20 Nov 2026 12:00:00 GMT");
                Ok(response)
            }
            Answer::Unreachable => {
                Err(ConnectorError::io(Box::new(HttpError::Unreachable { host, why: "refused".into() })))
            }
            Answer::Timeout => Err(ConnectorError::timeout(Box::new(HttpError::Timeout { host }))),
            Answer::TooLarge => {
                Err(ConnectorError::user(Box::new(HttpError::TooLarge { host, limit: 512 * 1024 })))
            }
        })
    }
}

impl AsyncSleep for Canned {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.waits.lock().unwrap().push(duration);
        Sleep::new(std::future::ready(()))
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn set<T>(value: T) -> Valued<T> {
    Valued::new(value, Origin::Default)
}

fn endpoint(region: &str, url: Option<String>) -> StsEndpoint {
    StsEndpoint {
        region: set(region.to_owned()),
        url: url.map(set),
        fips: set(false),
        dual_stack: set(false),
        attempts: None,
    }
}

fn leg(sts: StsEndpoint) -> Leg {
    Leg {
        sign_in: Default::default(),
        name: "prod".into(),
        role: set(crate::plan::RoleId::Arn(ROLE.parse().unwrap())),
        provider_arn: None,
        duration: set(3600),
        session_name: None,
        source_identity: Some(set("alice@acme".into())),
        mfa_serial: None,
        external_id: Some(set("ext:42".into())),
        tags: Some(set(BTreeMap::from([("team".into(), "a b".into()), ("zone".into(), String::new())]))),
        transitive_tags: Some(set(vec!["team".into()])),
        policy: Some(set(r#"{"Version":"2012-10-17"}"#.into())),
        policy_arns: Some(set(vec!["arn:aws:iam::aws:policy/A".into(), "arn:aws:iam::aws:policy/B".into()])),
        sts,
    }
}

fn hub() -> Credentials {
    Credentials::new("ASIAHUB".into(), "hub-secret-key".into(), "hub/session+token==".into(), Timestamp(1))
        .expect("credentials")
}

fn assumed(action: &str, token: &str, extra: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <AssumedRoleUser><AssumedRoleId>AROA1:alice</AssumedRoleId>\
         <Arn>arn:aws:sts::222222222222:assumed-role/admin/alice</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>new-secret</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>2026-11-20T13:00:00Z</Expiration></Credentials>\
         {extra}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

#[test]
fn every_partition_is_asked_at_its_regional_host() {
    let cases = [
        ("eu-west-1", false, false, "sts.eu-west-1.amazonaws.com"),
        ("us-east-1", false, false, "sts.us-east-1.amazonaws.com"),
        ("xx-new-1", false, false, "sts.xx-new-1.amazonaws.com"),
        ("us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"),
        ("us-east-1", false, true, "sts.us-east-1.api.aws"),
        ("us-east-1", true, true, "sts-fips.us-east-1.api.aws"),
        ("us-gov-west-1", false, false, "sts.us-gov-west-1.amazonaws.com"),
        ("us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", false, false, "sts.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", false, false, "sts.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", false, false, "sts.us-isob-east-1.sc2s.sgov.gov"),
        ("eu-isoe-west-1", false, false, "sts.eu-isoe-west-1.cloud.adc-e.uk"),
        ("us-isof-south-1", false, false, "sts.us-isof-south-1.csp.hci.ic.gov"),
    ];
    for (region, fips, dual_stack, host) in cases {
        let server = Canned::new(Answer::Status(200, assumed("AssumeRole", "t", "")));
        let sts = StsEndpoint { fips: set(fips), dual_stack: set(dual_stack), ..endpoint(region, None) };
        let leg = leg(sts);
        block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub())).unwrap();
        assert_eq!(server.asked(), [format!("https://{host}/")], "{region}");
        // `doctor` and `explain` show the host that the SDK calls.
        assert_eq!(leg.sts.resolved_url(), format!("https://{host}"), "{region}");
    }
}

/// A VPC endpoint for FIPS has its own URL too.
#[test]
fn a_configured_url_is_called_as_it_is() {
    let server = Canned::new(Answer::Status(200, assumed("AssumeRole", "t", "")));
    let own = endpoint("eu-west-1", Some("https://vpce-1.sts-fips.example".into()));
    let leg = leg(StsEndpoint { fips: set(true), dual_stack: set(true), ..own });
    block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub())).unwrap();
    assert_eq!(server.asked(), ["https://vpce-1.sts-fips.example/"]);
    assert_eq!(leg.sts.resolved_url(), "https://vpce-1.sts-fips.example");
}

#[test]
fn settings_without_an_endpoint_are_refused_before_anything_is_sent() {
    let cases = [endpoint("aws-global", None), endpoint("evil.example/", None), endpoint("", None)];
    for sts in cases {
        let server = Canned::new(Answer::Status(200, assumed("AssumeRole", "t", "")));
        let leg = leg(sts);
        let result =
            block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub()));
        assert_eq!(server.asked(), [""; 0], "{:?}", leg.sts);
        let error = result.unwrap_err();
        assert_eq!(error.kind, Kind::Malformed, "{error:?}");
    }
}

/// One request to a real server on loopback, through `Http`: the form that arrived, its `Authorization`
/// header, and the parsed answer.
fn on_the_wire<T>(
    body: String,
    call: impl AsyncFn(&Http, &Leg) -> Result<T, StsError>,
) -> (BTreeMap<String, String>, String, T) {
    block_on(async {
        let server = Loopback::bind(0).await.unwrap();
        let seen = Arc::new(Mutex::new((BTreeMap::new(), String::new())));
        let kept = Arc::clone(&seen);
        let answer = move |request: loopback::Request| {
            let signed = request.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            *kept.lock().unwrap() = (request.form().into_iter().collect(), signed.unwrap_or_default());
            std::future::ready(loopback::reply(http::StatusCode::OK, "text/xml", body.clone()))
        };
        let leg = leg(endpoint("eu-west-1", Some(format!("http://127.0.0.1:{}", server.port()))));
        let http = Http::new(&Env::of([]));
        let got = tokio::select! {
            () = server.serve(answer) => unreachable!("it serves until dropped"),
            got = call(&http, &leg) => got.unwrap(),
        };
        let (form, signed) = std::mem::take(&mut *seen.lock().unwrap());
        (form, signed, got)
    })
}

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn assume_role_sends_every_setting_of_the_step_and_signs() {
    let long = "t".repeat(10_000);
    let extra = "<PackedPolicySize>61</PackedPolicySize><SourceIdentity>alice@acme</SourceIdentity>";
    let body = assumed("AssumeRole", &long, extra);
    let (sent, signed, granted) =
        on_the_wire(body, async |http, leg| assume_role(http, leg, 1800, "alice", None, &hub()).await);
    let expected = form(&[
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "alice"),
        ("DurationSeconds", "1800"),
        ("SourceIdentity", "alice@acme"),
        ("ExternalId", "ext:42"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a b"),
        ("Tags.member.2.Key", "zone"),
        ("Tags.member.2.Value", ""),
        ("TransitiveTagKeys.member.1", "team"),
        ("Policy", r#"{"Version":"2012-10-17"}"#),
        ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/A"),
        ("PolicyArns.member.2.arn", "arn:aws:iam::aws:policy/B"),
    ]);
    assert_eq!(sent, expected);
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=ASIAHUB/"), "{signed}");
    assert!(signed.contains("/eu-west-1/sts/aws4_request"), "{signed}");
    assert_eq!(granted.credentials.access_key_id, "ASIA1");
    assert_eq!(granted.credentials.secret_access_key.expose(), "new-secret");
    assert_eq!(granted.credentials.session_token.expose(), &long);
    assert_eq!(granted.credentials.expires_at.to_rfc3339(), "2026-11-20T13:00:00Z");
    assert_eq!(granted.assumed_arn, "arn:aws:sts::222222222222:assumed-role/admin/alice");
    assert_eq!(granted.user_id, "AROA1:alice");
    assert_eq!(granted.packed_policy_percent, Some(61));
    assert_eq!(granted.source_identity.as_deref(), Some("alice@acme"));
    assert!(!format!("{granted:?}").contains("new-secret"));
}

#[test]
fn web_identity_sends_the_token_and_the_policies_only_and_does_not_sign() {
    let extra =
        "<PackedPolicySize>6</PackedPolicySize><SessionTokenUtilization>400</SessionTokenUtilization>";
    let body = assumed("AssumeRoleWithWebIdentity", "t", extra);
    let token = Secret::from(ID_TOKEN);
    let (sent, signed, granted) = on_the_wire(body, async |http, leg| {
        assume_role_with_web_identity(http, leg, 28_800, "alice", &token).await
    });
    let expected = form(&[
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "alice"),
        ("DurationSeconds", "28800"),
        ("WebIdentityToken", ID_TOKEN),
        ("Policy", r#"{"Version":"2012-10-17"}"#),
        ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/A"),
        ("PolicyArns.member.2.arn", "arn:aws:iam::aws:policy/B"),
    ]);
    assert_eq!((sent, signed.as_str()), (expected, ""));
    assert_eq!(granted.packed_policy_percent, Some(255), "a figure out of range is kept as the largest");
}

#[test]
fn caller_identity_is_parsed() {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                <GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/a/b</Arn><UserId>AROA:b</UserId>\
                <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let (sent, signed, who) =
        on_the_wire(body.into(), async |http, leg| caller_identity(http, &leg.sts, &hub()).await);
    assert_eq!(sent, form(&[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]));
    assert!(signed.contains("x-amz-security-token"), "{signed}");
    let (account, arn, user_id) = ("1".into(), "arn:aws:sts::1:assumed-role/a/b".into(), "AROA:b".into());
    assert_eq!(who, CallerIdentity { account, arn, user_id });
}

#[test]
fn session_names_are_made_valid() {
    let (long, longer) = ("a".repeat(64), "a".repeat(200));
    let cases = [
        ("alice@acme.com", "alice@acme.com"),
        ("a_b+c=d,e.f@g-h", "a_b+c=d,e.f@g-h"),
        ("Jürgen Maß", "J-rgen-Ma-"),
        ("domain\\alice", "domain-alice"),
        ("a\n\u{1b}[0m", "a---0m"),
        ("x", "x-"),
        ("", "--"),
        (&longer, &long),
    ];
    for (user, name) in cases {
        assert_eq!(session_name_of(user), name, "{user:?}");
    }
}
