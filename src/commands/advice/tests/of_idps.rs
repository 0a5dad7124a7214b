//! An example of each error of HTTP and of the IdPs.

use super::{SOON, denied, text, url_error};
use crate::idp::identity_center::CenterError;
use crate::idp::oidc::{OidcError, TokenError};
use crate::idp::okta::{ApiError, OktaError};
use crate::idp::saml::{CaptureError, SamlError, SamlStatus};
use crate::idp::{CodeError, Contested};
use crate::plan::Factor;
use jit_wire::http::HttpError;
use jit_wire::timestamp::Timestamp;

pub(super) fn https() -> Vec<HttpError> {
    let (host, why) = (text("idp.example:443"), text("why"));
    vec![
        HttpError::Address { url: text("ftp://x"), why: url_error() },
        HttpError::Proxy { variable: "HTTPS_PROXY", why: url_error() },
        HttpError::Header { host: host.clone(), header: "cookie" },
        HttpError::Unreachable { host: host.clone(), why: why.clone() },
        HttpError::Tls { host: host.clone(), why: why.clone() },
        HttpError::Timeout { host: host.clone() },
        HttpError::TooLarge { host, limit: 512 * 1024 },
        HttpError::CaBundle { named_by: text("AWS_CA_BUNDLE"), path: text("/ca"), why: why.clone() },
        HttpError::CaBundle { named_by: text("~/.aws/config:3"), path: text("ca"), why },
    ]
}

pub(super) fn http() -> HttpError {
    HttpError::Timeout { host: text("idp.example:443") }
}

pub(super) fn codes() -> Vec<CodeError> {
    vec![
        CodeError::PortTaken(80),
        CodeError::Listen { port: 80, source: denied() },
        CodeError::NoRandom,
        CodeError::NobodyCame(SOON),
        CodeError::Contested(Contested),
        CodeError::WrongSender(None),
        CodeError::Refused { error: text("access_denied"), description: None },
        CodeError::Refused { error: text("invalid_scope"), description: None },
    ]
}

pub(super) fn tokens() -> Vec<TokenError> {
    let (at, now) = (Timestamp(0), Timestamp(100));
    vec![
        TokenError::Malformed,
        TokenError::TooLong(1),
        TokenError::Algorithm(text("none")),
        TokenError::UnannouncedAlgorithm,
        TokenError::Critical,
        TokenError::UnknownKey(None),
        TokenError::AmbiguousKey,
        TokenError::WeakKey { bits: 1024 },
        TokenError::Signature,
        TokenError::Claim("sub"),
        TokenError::Issuer(text("x")),
        TokenError::Audience(text("x")),
        TokenError::AuthorizedParty,
        TokenError::Expired { at, now },
        TokenError::NotYet { at, now },
        TokenError::Stale { at, now },
        TokenError::Nonce,
        TokenError::AccessToken,
        TokenError::OldSignIn,
        TokenError::Changed("sub"),
    ]
}

pub(super) fn oidcs() -> Vec<OidcError> {
    let refused =
        |error: &str| OidcError::Refused { during: "the sign-in", error: text(error), description: None };
    let lacks = |what| OidcError::Lacks { what };
    let mut all = vec![
        OidcError::Http(HttpError::Unreachable { host: text("x"), why: text("why") }),
        OidcError::Insecure { what: "the issuer", url: text("ftp://x"), why: url_error() },
        OidcError::Insecure { what: "the token endpoint", url: text("ftp://x"), why: url_error() },
        OidcError::NoDiscovery { issuer: text("x"), url: text("x"), status: 404 },
        OidcError::NoDiscovery { issuer: text("x"), url: text("x"), status: 503 },
        OidcError::WrongIssuer { configured: text("x"), announced: text("y") },
        lacks("device codes"),
        lacks("key list"),
        OidcError::NotUnderstood { what: "the token endpoint", status: 200, why: text("why") },
        OidcError::Code(CodeError::NoRandom),
        OidcError::CodeExpired(SOON),
        OidcError::Denied(None),
    ];
    let errors =
        ["invalid_client", "invalid_scope", "invalid_grant", "login_required", "server_error", "other"];
    all.extend(errors.map(refused));
    all.extend([
        OidcError::ClaimsWanted { during: "x", error: text("x"), description: None, claims: text("{}") },
        OidcError::NoIdToken,
        OidcError::NoNewIdToken,
        OidcError::NoRefreshToken,
        OidcError::Ended(text("over")),
        OidcError::NobodyYet,
        OidcError::Unreasoned { status: 400 },
    ]);
    all.extend(tokens().into_iter().map(OidcError::Token));
    all
}

pub(super) fn centers() -> Vec<CenterError> {
    let refused = |error: &str| CenterError::Refused { error: text(error), description: None };
    vec![
        CenterError::Http(HttpError::Unreachable { host: text("x"), why: text("why") }),
        CenterError::Code(CodeError::NoRandom),
        CenterError::NotUnderstood(404),
        CenterError::NotUnderstood(503),
        refused("invalid_request"),
        refused("access_denied"),
        refused("internal_server"),
        refused("expired_token"),
        CenterError::CodeExpired(SOON),
        CenterError::NothingKept,
        CenterError::Ended(text("over")),
        CenterError::RegistrationOver,
    ]
}

pub(super) fn captures() -> Vec<CaptureError> {
    let (browser, why) = (text("Chrome"), None);
    vec![
        CaptureError::NoBrowser { looked_for: text("chrome") },
        CaptureError::NotABrowser(text("x")),
        CaptureError::DrivenByAPort(text("Firefox")),
        CaptureError::NoPipeHere,
        CaptureError::NotStarted { browser: browser.clone(), why: why.clone() },
        CaptureError::NoAnswer { browser: browser.clone(), why: why.clone() },
        CaptureError::ProfileBusy(7),
        CaptureError::Closed,
        CaptureError::Ended { browser: browser.clone(), why },
        CaptureError::NobodyCame(SOON),
        CaptureError::NoDisplay,
        CaptureError::NoWindow,
        CaptureError::Protocol { browser, what: text("x") },
        CaptureError::Profile(denied()),
    ]
}

pub(super) fn samls() -> Vec<SamlError> {
    let (at, now) = (Timestamp(0), Timestamp(100));
    let status = |code: &str| {
        SamlError::Status(SamlStatus {
            codes: vec![format!("urn:oasis:names:tc:SAML:2.0:status:{code}")],
            message: None,
        })
    };
    let mut all: Vec<SamlError> =
        ["NoPassive", "NoAuthnContext", "AuthnFailed", "RequestDenied", "Responder"].map(status).into();
    all.extend([
        SamlError::Address { url: text("ftp://x"), why: url_error() },
        SamlError::TooLong(1),
        SamlError::NotBase64,
        SamlError::Encoding,
        SamlError::NotXml(text("x")),
        SamlError::Dtd,
        SamlError::NotAResponse(text("x")),
        SamlError::NoStatus,
        SamlError::Unsolicited,
        SamlError::OtherRequest,
        SamlError::NoAssertion,
        SamlError::SeveralAssertions(2),
        SamlError::Issuer { known: text("x"), issuer: text("y") },
        SamlError::NoSubject,
        SamlError::NoBearer,
        SamlError::Recipient(text("x")),
        SamlError::Audience(text("x")),
        SamlError::Expired { at, made: at, now },
        SamlError::NotYet { at, now },
        SamlError::Instant { name: "NotOnOrAfter", value: text("x") },
        SamlError::Replayed,
        SamlError::NoRole { near: None },
        SamlError::NoRole { near: Some(text("role")) },
        SamlError::BadRole(text("x")),
        SamlError::JoinedRoles(text("x;y")),
        SamlError::NoSessionName,
        SamlError::BadSessionName(text("x")),
        SamlError::Twice(text("x")),
        SamlError::PortTaken(35001),
        SamlError::Listen { port: 80, source: denied() },
        SamlError::NobodyCame(SOON),
        SamlError::NoDeviceCode { port: None },
        SamlError::NoDeviceCode { port: Some(35001) },
        SamlError::NeedsWindow,
        SamlError::NoRandom,
        SamlError::NothingKept,
        SamlError::Contested(Contested),
        SamlError::Capture(CaptureError::Closed),
    ]);
    all
}

pub(super) fn oktas() -> Vec<OktaError> {
    let org = || text("https://acme.okta.com");
    let api = |code: &str| {
        let answer = format!(r#"{{"errorCode":"{code}","errorSummary":"no"}}"#);
        OktaError::Api(serde_json::from_str::<ApiError>(&answer).unwrap())
    };
    let exchange =
        |error: &str, said: &str| OktaError::Exchange { error: text(error), description: text(said) };
    vec![
        OktaError::Http(http()),
        api("E0000004"),
        api("E0000011"),
        api("E0000064"),
        api("E0000047"),
        OktaError::NotUnderstood(200),
        OktaError::NotUnderstood(502),
        OktaError::RateLimited(30),
        OktaError::ForeignLink(org()),
        OktaError::PasswordExpired(org()),
        OktaError::LockedOut(org()),
        OktaError::NoFactorYet(org()),
        OktaError::InRecovery(org()),
        OktaError::UnknownState { status: text("X"), org: org() },
        OktaError::NoSuchFactor { wanted: text("sms"), there_are: vec![text("push")] },
        OktaError::NoUsableFactor(vec![text("x")]),
        OktaError::BrowserNeeded(Factor::Webauthn),
        OktaError::Rejected,
        OktaError::PushTimedOut,
        OktaError::Cancelled,
        OktaError::FactorFailed(text("x")),
        OktaError::FactorLocked,
        OktaError::TooManyTries,
        OktaError::NobodyToAsk("a password"),
        OktaError::Declined,
        OktaError::Interrupted,
        OktaError::IdentityEngine { app_url: org() },
        OktaError::ClassicEngine,
        OktaError::NoClient,
        OktaError::NotAssigned,
        OktaError::IdentityCenter,
        OktaError::NoForm(text("x")),
        OktaError::TooManyRedirects(org()),
        OktaError::SessionEnded,
        OktaError::NothingKept,
        OktaError::Ended(text("over")),
        exchange("access_denied", "assurance"),
        exchange("invalid_request", ""),
        exchange("invalid_client", ""),
        exchange("invalid_scope", ""),
        exchange("access_denied", ""),
        exchange("other", ""),
        OktaError::Device(Box::new(OidcError::CodeExpired(SOON))),
        OktaError::NoRandom,
        OktaError::Saml(SamlError::NotBase64),
    ]
}
