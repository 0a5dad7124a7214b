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
            Answer::TooLarge => Err(ConnectorError::user(Box::new(HttpError::TooLarge { host }))),
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

/// The error of `action` when the server answers with `answer`, and how many times it was called.
fn error_of(action: Action, answer: Answer) -> (StsError, usize) {
    let server = Canned::new(answer);
    let leg = leg(endpoint("eu-west-1", None));
    let result = match action {
        Action::AssumeRoleWithWebIdentity => {
            block_on(web_identity(&server.sts(&leg.sts, None), &leg, 3600, "alice", &Secret::from(ID_TOKEN)))
                .map(drop)
        }
        Action::AssumeRoleWithSaml => {
            let assertion = Secret::from(ID_TOKEN);
            block_on(saml(&server.sts(&leg.sts, None), &leg, 3600, PROVIDER, &assertion)).map(drop)
        }
        Action::AssumeRole => {
            block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub()))
                .map(drop)
        }
        Action::GetSessionToken => {
            block_on(of_user(&server.sts(&leg.sts, Some(&hub())), 3600, None, &hub())).map(drop)
        }
        Action::GetCallerIdentity => {
            block_on(identity(&server.sts(&leg.sts, Some(&hub())), &hub())).map(drop)
        }
    };
    (result.unwrap_err(), server.asked().len())
}

#[test]
fn refusals_become_kinds_and_messages() {
    use Action::{AssumeRole as Role, AssumeRoleWithSaml as Saml, AssumeRoleWithWebIdentity as Web};
    use Action::{GetCallerIdentity as Who, GetSessionToken as Keys};
    let denied = "User: arn:aws:sts::111111111111:assumed-role/hub/alice is not authorized to perform: \
                  sts:AssumeRole on resource: arn:aws:iam::222222222222:role/admin";
    let implicit = format!("{denied} because no identity-based policy allows the sts:AssumeRole action");
    let explicit = format!("{denied} with an explicit deny in a service control policy");
    let explicit_an =
        format!("{denied} with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x");
    let boundary = format!("{denied} because no permissions boundary allows the sts:AssumeRole action");
    let tagging = denied.replace("sts:AssumeRole", "sts:TagSession");
    let invalid = |parameter: &str| {
        format!(
            "1 validation error detected: Value 'a b' at '{parameter}' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )
    };
    let (name, tag, unknown) = (invalid("roleSessionName"), invalid("tags.1.member.value"), invalid("x"));
    #[rustfmt::skip]
    let cases: Vec<(Action, u16, &str, &str, Kind, &str)> = vec![
        (Role, 403, "AccessDenied", denied, Kind::AccessDenied, "role/admin cannot be assumed by arn:aws:sts::111111111111:assumed-role/hub/alice: it does not exist, does not trust the caller, or a condition"),
        (Role, 403, "AccessDenied", &implicit, Kind::AccessDenied, ": no identity-based policy allows sts:AssumeRole"),
        (Role, 403, "AccessDenied", &explicit, Kind::AccessDenied, ": a service control policy forbids sts:AssumeRole"),
        (Role, 403, "AccessDenied", &explicit_an, Kind::AccessDenied, ": an identity-based policy forbids"),
        (Role, 403, "AccessDenied", &boundary, Kind::AccessDenied, ": no permissions boundary allows"),
        (Role, 403, "AccessDenied", &tagging, Kind::AccessDenied, ": sts:TagSession is not allowed"),
        (Role, 403, "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code", Kind::AccessDenied, "it requires an MFA code"),
        (Web, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", Kind::AccessDenied, "your IdP sent you to arn:aws:iam::222222222222:role/admin, but that role does not accept it"),
        (Role, 403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", Kind::AccessDenied, "the MFA code is wrong or was already used"),
        (Keys, 403, "AccessDenied", "blocked", Kind::AccessDenied, "AWS refused to issue a session for these keys: its requests are denied (\"blocked\")"),
        (Who, 403, "AccessDenied", "blocked", Kind::AccessDenied, "its requests are denied (\"blocked\")"),
        (Web, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", Kind::DurationTooLong { chained: false }, "does not allow sessions as long as the one requested"),
        (Role, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", Kind::DurationTooLong { chained: true }, "the maximum for a chained role"),
        (Role, 400, "ValidationError", &name, Kind::Malformed, "the value of `session_name` (\"1 validation error"),
        (Role, 400, "ValidationError", &tag, Kind::Malformed, "the value of `tags`"),
        (Role, 400, "ValidationError", &unknown, Kind::Malformed, "refused the request with ValidationError"),
        (Role, 400, "MalformedPolicyDocument", "Syntax errors in policy.", Kind::Malformed, "session policy for arn:aws:iam::222222222222:role/admin is not valid (\"Syntax errors in policy.\")"),
        (Role, 400, "PackedPolicyTooLarge", "Packed size of session tags consumes 142% of allotted space.", Kind::PackedPolicyTooLarge, "142 % of what AWS allows"),
        (Role, 403, "RegionDisabledException", "STS is not activated in this region for account: 222222222222.", Kind::RegionDisabled, "not activated in eu-west-1 for account 222222222222"),
        (Role, 403, "ExpiredToken", "The security token included in the request is expired", Kind::ExpiredToken, "the session that asked for arn:aws:iam::222222222222:role/admin has expired"),
        (Who, 403, "ExpiredToken", "The security token included in the request is expired", Kind::ExpiredToken, "this session has expired"),
        (Web, 400, "ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0", Kind::TokenRefused, "it had expired when AWS received it"),
        (Role, 403, "InvalidClientTokenId", "The security token included in the request is invalid.", Kind::UnknownSession, "AWS does not know this session"),
        (Role, 403, "SignatureDoesNotMatch", "Signature expired: 20261120T114950Z is now earlier than 20261120T115500Z (20261120T120000Z - 5 min.)", Kind::ClockSkew { ahead: Some(-610) }, "11 min behind AWS's"),
        (Role, 403, "SignatureDoesNotMatch", "Signature not yet current: 20261120T121000Z is still later than 20261120T120500Z (20261120T120000Z + 5 min.)", Kind::ClockSkew { ahead: Some(600) }, "10 min ahead of AWS's"),
        (Role, 400, "RequestExpired", "Request has expired.", Kind::ClockSkew { ahead: None }, "more than 5 min off"),
        (Role, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", Kind::SignatureRefused, "something between jit and AWS may have changed it"),
        (Web, 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://idp", Kind::TokenRefused, "no IAM OIDC provider for this issuer (\"No OpenIDConnect"),
        (Web, 400, "InvalidIdentityToken", "Incorrect token audience", Kind::TokenRefused, "does not list this client"),
        (Web, 400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider", Kind::TokenRefused, "could not get the IdP's signing keys"),
        (Web, 400, "InvalidIdentityToken", "something new", Kind::TokenRefused, "configuration in IAM (\"something new\")"),
        (Web, 403, "IDPRejectedClaim", "", Kind::TokenRefused, "rejects its claims"),
        (Saml, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", Kind::AccessDenied, "your IdP signed you in for arn:aws:iam::222222222222:role/admin, but that role does not accept it"),
        (Saml, 400, "ExpiredTokenException", "Token must be redeemed within 5 min of issuance", Kind::TokenRefused, "does not accept the IdP's assertion for arn:aws:iam::222222222222:role/admin: AWS received it more than 5 min after it was issued"),
        (Saml, 400, "InvalidIdentityToken", "Response signature invalid", Kind::TokenRefused, "not signed with a certificate that the account's SAML provider knows"),
        (Saml, 400, "InvalidIdentityToken", "Issuer not present in specified provider", Kind::TokenRefused, "belongs to another IdP"),
        (Saml, 400, "InvalidIdentityToken", "Specified provider doesn't exist", Kind::TokenRefused, "has no such SAML provider"),
        (Saml, 400, "InvalidIdentityToken", "Response does not contain the required audience.", Kind::TokenRefused, "its audience is not AWS"),
        (Saml, 400, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse", Kind::TokenRefused, "RoleSessionName is missing or has characters"),
        (Saml, 400, "InvalidIdentityToken", "Source Identity must match [\\w+=,.@-]{2,64}", Kind::TokenRefused, "SourceIdentity has a format"),
        (Saml, 400, "InvalidIdentityToken", "Invalid base64 SAMLResponse", Kind::TokenRefused, "AWS cannot read it"),
        (Saml, 403, "IDPRejectedClaim", "", Kind::TokenRefused, "the IdP's assertion for"),
        (Saml, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", Kind::DurationTooLong { chained: false }, "does not allow sessions as long as the one requested"),
        (Web, 400, "IDPCommunicationError", "no", Kind::Server, "AWS could not reach your IdP"),
        (Role, 400, "Throttling", "Rate exceeded", Kind::Throttled, "STS in eu-west-1 is rate-limiting requests"),
        (Role, 403, "OptInRequired", "subscribe", Kind::Malformed, "refused the request with OptInRequired (\"subscribe\")"),
        (Role, 500, "InternalFailure", "oh", Kind::Server, "failed with HTTP 500 (\"oh\")"),
    ];
    for (action, status, code, message, kind, sentence) in cases {
        let (error, _) = error_of(action, Answer::Status(status, refusal(code, message)));
        assert_eq!((error.kind, error.code.as_str()), (kind, code), "{message}");
        assert!(error.sentence().contains(sentence), "{code}: {}", error.sentence());
        assert!(!error.next().is_empty(), "{code}");
        let replaceable = ["ExpiredTokenException", "IDPRejectedClaim"].contains(&code);
        assert_eq!(error.new_token_may_help(), replaceable, "{code}");
    }
}

#[test]
fn answers_that_are_not_from_sts_differ_from_refusals() {
    let html = "<html><body><h1>Proxy login</h1></body></html>";
    let hollow = assumed("AssumeRole", "", "");
    let undated = assumed("AssumeRole", "t", "").replace("2026-11-20T13:00:00Z", "soon");
    let cases = [
        (Answer::Status(200, String::new()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, html.into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "{\"a\":1}".into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "<a>".repeat(100_000)), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "<AssumeRoleResponse/>".into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, hollow), Kind::Server, "a response without credentials"),
        (Answer::Status(200, undated), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(302, html.into()), Kind::Server, "is not STS (HTTP 302)"),
        (Answer::Status(403, html.into()), Kind::Server, "is not STS (HTTP 403)"),
        (Answer::Status(500, html.into()), Kind::Server, "failed with HTTP 500"),
        (Answer::Status(503, String::new()), Kind::Server, "failed with HTTP 503"),
        (Answer::TooLarge, Kind::Server, "the maximum that jit accepts"),
        (Answer::Unreachable, Kind::Unreachable, "did not answer: cannot reach sts.example: refused"),
        (Answer::Timeout, Kind::Unreachable, "did not answer: sts.example did not answer"),
    ];
    for (answer, kind, sentence) in cases {
        let shown = format!("{answer:.60?}");
        let (error, _) = error_of(Action::AssumeRole, answer);
        assert_eq!(error.kind, kind, "{shown}");
        assert!(error.sentence().contains(sentence), "{shown}: {}", error.sentence());
    }
    let (who, _) = error_of(
        Action::GetCallerIdentity,
        Answer::Status(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>".into(),
        ),
    );
    assert!(who.sentence().contains("without account"), "{who}");
}

#[test]
fn only_temporary_failures_are_retried() {
    let throttled = Answer::Status(400, refusal("Throttling", "Rate exceeded"));
    let limited = Answer::Status(503, refusal("RequestLimitExceeded", "Request limit exceeded"));
    let idp = Answer::Status(400, refusal("IDPCommunicationError", ""));
    let cases = [
        (Answer::Status(500, String::new()), 3),
        (throttled, 3),
        (limited, 3),
        (idp, 3),
        (Answer::Unreachable, 3),
        (Answer::Timeout, 1),
        (Answer::TooLarge, 1),
        (Answer::Status(200, String::new()), 1),
        (Answer::Status(403, refusal("AccessDenied", "no")), 1),
        (Answer::Status(400, refusal("ExpiredTokenException", "no")), 1),
        (Answer::Status(403, refusal("SignatureDoesNotMatch", "Signature expired: 20261120T100000Z is")), 1),
    ];
    for (answer, expected) in cases {
        for action in [Action::AssumeRoleWithWebIdentity, Action::AssumeRole] {
            let (error, asked) = error_of(action, answer.clone());
            assert_eq!(asked, expected, "{action:?} {error}");
        }
    }
}

#[test]
fn the_waits_between_tries_are_bounded() {
    let server = Canned::new(Answer::Unreachable);
    let leg = leg(endpoint("eu-west-1", None));
    let _ = block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub()));
    let waits = server.waits.lock().unwrap().clone();
    assert_eq!(waits.len(), 2);
    assert!(waits.iter().sum::<Duration>() <= Duration::from_secs(3), "{waits:?}");
}

#[test]
fn the_next_step_fits_the_refusal() {
    let denied = "User: arn:aws:sts::1:assumed-role/hub/a is not authorized to perform: sts:AssumeRole";
    let cases = [
        (
            "because no role trust policy allows the sts:AssumeRole action",
            "have the trust policy of the role allow sts:AssumeRole",
        ),
        (
            "with an explicit deny in a service control policy",
            "control policies of the organization of the account that makes the call no longer forbid",
        ),
        (
            "on resource: x",
            "check the ARN, including upper and lower case: arn:aws:iam::222222222222:role/admin",
        ),
    ];
    for (why, step) in cases {
        let body = refusal("AccessDenied", &format!("{denied} {why}"));
        let (error, _) = error_of(Action::AssumeRole, Answer::Status(403, body));
        let Some(Next::Do(first)) = error.next().into_iter().next() else { panic!("{why}") };
        assert!(first.contains(step), "{why}: {first}");
    }
    let stale = refusal("ExpiredTokenException", "Token expired");
    let (error, _) = error_of(Action::AssumeRoleWithWebIdentity, Answer::Status(400, stale));
    assert_eq!(error.next(), [Next::SignInAnew, Next::Clock]);
}

#[test]
fn long_texts_are_cut_and_secrets_are_removed() {
    let hostile = format!("\u{7f}{}", "é".repeat(10_000));
    let (error, _) = error_of(Action::AssumeRole, Answer::Status(403, refusal("AccessDenied", &hostile)));
    assert_eq!(error.message.chars().count(), 300);

    // AWS quotes the signed headers when a signature does not match.
    let quoting = format!(
        "The Canonical String should have been 'POST / x-amz-security-token:{} {} {ID_TOKEN}'",
        hub().session_token.expose(),
        hub().secret_access_key.expose()
    );
    let answer = Answer::Status(403, refusal("SignatureDoesNotMatch", &quoting));
    let (signed, _) = error_of(Action::AssumeRole, answer.clone());
    let shown = format!("{signed} {signed:?} {:?}", signed.next());
    assert!(
        !shown.contains("hub/session") && !shown.contains("hub-secret") && shown.contains("***"),
        "{shown}"
    );
    let (web, _) = error_of(Action::AssumeRoleWithWebIdentity, answer);
    assert!(!format!("{web} {web:?}").contains("eyJ"), "{web:?}");
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
