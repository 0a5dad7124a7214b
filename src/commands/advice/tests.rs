//! Every error that explains itself, each of its variants, with its kind and what it advises about the role `admin`: as a
//! list to read (`every_error.txt`), and held to what advice has to be.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::aws::errors::{Action, StsError, StsErrorKind};
use crate::aws::machine::MachineError;
use crate::aws::portal::{PortalError, PortalErrorKind};
use crate::broker::{Failure, SourceError};
use crate::commands::configure::profiles::ProfilesError;
use crate::config::Mistake;
use crate::config::import::{ImportError, ImportPlace};
use crate::config::resolve::ResolveError;
use crate::config::restriction::RestrictionError;
use crate::idp::identity_center::CenterError;
use crate::idp::lookup::LookupError;
use crate::idp::oidc::{OidcError, TokenError};
use crate::idp::okta::{ApiError, OktaError};
use crate::idp::saml::{CaptureError, SamlError, SamlStatus};
use crate::idp::{CodeError, Contested, IdpError};
use crate::plan::Factor;
use crate::store;
use jit_wire::credentials::Credentials;
use jit_wire::http::HttpError;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

fn url_error() -> UrlError {
    TrustedUrl::parse("ftp://x", Purpose::Page).unwrap_err()
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn text(text: &str) -> String {
    text.to_owned()
}

const SOON: Duration = Duration::from_secs(300);

fn https() -> Vec<HttpError> {
    let (host, why) = (text("idp.example:443"), text("why"));
    vec![
        HttpError::Address { url: text("ftp://x"), why: url_error() },
        HttpError::Proxy { variable: "HTTPS_PROXY", why: url_error() },
        HttpError::Header { host: host.clone(), header: "cookie" },
        HttpError::Unreachable { host: host.clone(), why: why.clone() },
        HttpError::Tls { host: host.clone(), why: why.clone() },
        HttpError::Timeout { host: host.clone() },
        HttpError::TooLarge { host },
        HttpError::CaBundle { named_by: text("AWS_CA_BUNDLE"), path: text("/ca"), why: why.clone() },
        HttpError::CaBundle { named_by: text("~/.aws/config:3"), path: text("ca"), why },
    ]
}

fn http() -> HttpError {
    HttpError::Timeout { host: text("idp.example:443") }
}

fn codes() -> Vec<CodeError> {
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

fn tokens() -> Vec<TokenError> {
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

fn oidcs() -> Vec<OidcError> {
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

fn centers() -> Vec<CenterError> {
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

fn captures() -> Vec<CaptureError> {
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

fn samls() -> Vec<SamlError> {
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

fn oktas() -> Vec<OktaError> {
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

fn sts(kind: StsErrorKind, action: Action, code: &str, message: &str) -> StsError {
    let http = (kind == StsErrorKind::Unreachable).then(|| Box::new(http()));
    let role_arn = Some(text("arn:aws:iam::111111111111:role/admin"));
    let (code, message) = (text(code), text(message));
    StsError { kind, action, role_arn, region: "eu-west-1".into(), status: Some(400), code, message, http }
}

fn stses() -> Vec<StsError> {
    use Action::{
        AssumeRole, AssumeRoleWithSaml, AssumeRoleWithWebIdentity, GetCallerIdentity, GetSessionToken,
    };
    use StsErrorKind as Kind;
    let mut all: Vec<StsError> =
        [AssumeRole, AssumeRoleWithWebIdentity, AssumeRoleWithSaml, GetSessionToken, GetCallerIdentity]
            .map(|action| sts(Kind::AccessDenied, action, "AccessDenied", ""))
            .into();
    all.extend([
        sts(Kind::AccessDenied, AssumeRole, "AccessDenied", "because no role trust policy allows it"),
        sts(Kind::ExpiredToken, AssumeRole, "ExpiredToken", ""),
        sts(Kind::TokenRefused, AssumeRoleWithWebIdentity, "ExpiredTokenException", ""),
        sts(Kind::TokenRefused, AssumeRoleWithWebIdentity, "IDPRejectedClaim", ""),
        sts(
            Kind::TokenRefused,
            AssumeRoleWithWebIdentity,
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        sts(Kind::TokenRefused, AssumeRoleWithSaml, "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
        sts(Kind::TokenRefused, AssumeRoleWithSaml, "InvalidIdentityToken", ""),
        sts(Kind::DurationTooLong { chained: true }, AssumeRole, "ValidationError", ""),
        sts(Kind::DurationTooLong { chained: false }, AssumeRole, "ValidationError", ""),
        sts(Kind::ClockSkew { ahead: Some(600) }, AssumeRole, "SignatureDoesNotMatch", ""),
        sts(Kind::RegionDisabled, AssumeRole, "RegionDisabledException", ""),
        sts(Kind::PackedPolicyTooLarge, AssumeRole, "PackedPolicyTooLarge", ""),
        sts(Kind::Malformed, AssumeRole, "ValidationError", ""),
        sts(Kind::UnknownSession, AssumeRole, "InvalidClientTokenId", ""),
        sts(Kind::SignatureRefused, AssumeRole, "SignatureDoesNotMatch", ""),
        sts(Kind::Throttled, AssumeRole, "Throttling", ""),
        sts(Kind::Unreachable, AssumeRole, "", ""),
        sts(Kind::Server, AssumeRoleWithWebIdentity, "IDPCommunicationError", ""),
        sts(Kind::Server, AssumeRole, "", ""),
    ]);
    all
}

fn portals() -> Vec<PortalError> {
    use PortalErrorKind::{NotAssigned, Server, Throttled, TokenRefused, Unreachable};
    let error =
        |(kind, role): (_, &str)| PortalError { kind, role: text(role), message: text(""), pause: None };
    let role = "111111111111/Admin";
    [
        (TokenRefused, role),
        (NotAssigned, role),
        (NotAssigned, ""),
        (Throttled, role),
        (Unreachable, role),
        (Server, role),
    ]
    .map(error)
    .into()
}

fn sources() -> Vec<SourceError> {
    let profile = || text("keys");
    let machine = |why| SourceError::Machine { profile: profile(), why };
    let host = || text("169.254.169.254");
    let unfit = || Credentials::new(text("a b"), "s".into(), "t".into(), Timestamp(0)).unwrap_err();
    vec![
        SourceError::TokenFile { profile: profile(), path: text("~/token"), why: text("why") },
        SourceError::Process { profile: profile(), program: text("vault"), why: text("why") },
        machine(MachineError::Http(http())),
        machine(MachineError::Address { url: text("ftp://x"), why: url_error() }),
        machine(MachineError::Refused { host: host(), status: 403 }),
        machine(MachineError::Refused { host: host(), status: 503 }),
        machine(MachineError::NoToken(host())),
        machine(MachineError::NoRole),
        machine(MachineError::Unreadable(host())),
        SourceError::Unfit { profile: profile(), why: unfit() },
        SourceError::NoEnd { profile: profile() },
        SourceError::Over {
            profile: profile(),
            next: text("give the profile keys new keys (~/.aws/credentials:2)"),
        },
        SourceError::Refused {
            error: Box::new(sts(StsErrorKind::ExpiredToken, Action::GetCallerIdentity, "ExpiredToken", "")),
            next: text("give the profile keys new keys (~/.aws/credentials:2)"),
        },
    ]
}

fn stores() -> Vec<StoreError> {
    let path = || PathBuf::from("/state/x");
    let homes = [
        None,
        Some(store::StoreKind::Keychain),
        Some(store::StoreKind::Kernel),
        Some(store::StoreKind::File),
    ];
    let mut all = vec![StoreError::BadSetting { value: text("x") }];
    for home in homes {
        all.push(StoreError::Unavailable { why: text("why"), home });
    }
    for home in [homes[1], homes[3]] {
        all.push(StoreError::Locked { what: "it is locked", home });
        all.push(StoreError::Refused { why: text("why"), home });
    }
    let disk = |kind: io::ErrorKind| StoreError::Disk { doing: "write", path: path(), source: kind.into() };
    all.extend([
        StoreError::Gone { why: text("why"), home: homes[1] },
        StoreError::Corrupt { path: path(), why: "why" },
        StoreError::Newer { path: path(), version: 9 },
        StoreError::KeyLost { kind: store::StoreKind::Keychain, folder: path() },
        StoreError::TooLarge { size: 1 },
        disk(io::ErrorKind::PermissionDenied),
        disk(io::ErrorKind::StorageFull),
        disk(io::ErrorKind::Other),
        StoreError::Busy { what: text("x"), waited: SOON },
    ]);
    all
}

fn brokers() -> Vec<BrokerError> {
    let (idp, role) = (|| text("acme"), || text("prod/admin"));
    let role_arn = || text("arn:aws-cn:iam::111111111111:role/admin");
    let failure = Failure {
        kind: Kind::Refused,
        what: text("x"),
        why: Vec::new(),
        next: vec![Next::SignInAnew],
        demand: None,
    };
    vec![
        BrokerError::LoginNeeded { idp: idp(), why: text("why") },
        BrokerError::TooWeak { idp: idp(), role: role(), why: text("why") },
        BrokerError::Idp(IdpError::Saml(SamlError::NotBase64)),
        BrokerError::NotOffered { idp: idp(), role_arn: role_arn(), offered: Vec::new() },
        BrokerError::SeveralProviders {
            idp: idp(),
            role: role(),
            providers: vec![text("one"), text("other")],
        },
        BrokerError::Encrypted { idp: idp(), role: role(), role_arn: role_arn() },
        BrokerError::Sts(Box::new(sts(StsErrorKind::Throttled, Action::AssumeRole, "", ""))),
        BrokerError::Portal(Box::new(portals().remove(0))),
        BrokerError::Source(sources().remove(0)),
        BrokerError::CodeNeeded { role: role(), serial: text("arn:x") },
        BrokerError::Store(StoreError::TooLarge { size: 1 }),
        BrokerError::TooShort { role: role(), granted: 900, wanted: 3600 },
        BrokerError::Shared(failure),
    ]
}

fn resolves() -> Vec<ResolveError> {
    let (name, path, value) = (|| text("x"), || text("config.toml"), || text("v"));
    let names = || vec![text("admin"), text("hub")];
    let unknown =
        |meant, candidates| ResolveError::UnknownRole { name: name(), path: path(), meant, candidates };
    let idp = |candidates| ResolveError::UnknownIdp { name: name(), path: path(), candidates };
    vec![
        unknown(Some(text("admin")), names()),
        unknown(None, names()),
        unknown(None, Vec::new()),
        ResolveError::Ambiguous {
            name: name(),
            meant: names(),
            distinct: names(),
            sections: vec![text("[role.x]")],
        },
        ResolveError::NoRole { candidates: names() },
        ResolveError::NoRole { candidates: Vec::new() },
        idp(names()),
        idp(Vec::new()),
        ResolveError::Duration(1),
        ResolveError::NotInEnvironment { profile: name(), variable: "AWS_ACCESS_KEY_ID" },
        ResolveError::Region { variable: "AWS_REGION", value: value() },
        ResolveError::Setting { variable: "AWS_MAX_ATTEMPTS", what: text("x"), next: text("write a number") },
        ResolveError::MetadataDisabled { profile: name() },
        ResolveError::ProfileEndpoint {
            origin: path(),
            service: text("sts"),
            value: value(),
            why: url_error(),
        },
        ResolveError::Endpoint { variable: "AWS_ENDPOINT_URL", value: value(), why: url_error() },
    ]
}

fn restrictions() -> Vec<RestrictionError> {
    vec![
        RestrictionError::PermissionSet(text("x")),
        RestrictionError::TwoPolicies(text("x")),
        RestrictionError::TooMany(11),
        RestrictionError::TooLong(9999),
        RestrictionError::NotJson(text("x")),
        RestrictionError::NotAnArn { arn: text("x"), partition: jit_wire::arn::Partition::Aws },
        RestrictionError::TooShort(1),
    ]
}

/// The text of the enum called `name`, wherever it is defined.
fn definition(name: &str) -> String {
    let start = format!("enum {name} {{\n");
    let found = rust_files().into_iter().find_map(|text| {
        let (_, rest) = text.split_once(&start)?;
        rest.split_once("\n}").map(|(definition, _)| definition.to_owned())
    });
    found.unwrap_or_else(|| panic!("no enum {name}"))
}

fn rust_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut files) = (vec![root.join("src"), root.join("crates")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

/// What is written of each, after it was seen that every variant of the type is there.
fn list<E: Explain + Debug>(name: &str, kinds: Option<&str>, errors: &[E], told: &mut String) {
    let case =
        Case { whom: Some(text("admin")), role: Some(text("admin")), proof: None, typed: Typed::Another };
    let defined = definition(kinds.unwrap_or(name));
    let variants: BTreeSet<&str> = defined
        .lines()
        .filter_map(|line| {
            line.strip_prefix("    ").filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        })
        .map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    for error in errors {
        let debug = format!("{error:?}");
        let debug = match kinds {
            Some(_) => debug.split_once("kind: ").unwrap().1,
            None => debug.as_str(),
        };
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        seen.insert(variants.get(variant).copied().unwrap_or_else(|| panic!("{name} has no {variant}")));
        told.push_str(&format!("{name}::{variant}  {}\n  {error}\n", error.kind().name()));
        let hints = case.hints(error);
        for hint in &hints {
            told.push_str(&format!("  next: {hint}\n"));
            assert!(!hint.ends_with('.') && !hint.contains('\n'), "one clause without a full stop: {hint}");
            assert!(hint.matches('`').count() % 2 == 0, "{hint}");
            // A role has to follow, and nobody replaces a word in capitals by what only the machine knows.
            let bare = ["jit login`", "jit explain`", "--force`", " PORT", "INSTANCE", " ID "];
            assert!(!bare.iter().any(|bare| hint.contains(bare)), "{name}::{variant}: {hint}");
        }
        let may_be_bare = ["NoRandom", "Interrupted", "TooLarge", "Disk", "Code", "Store"].contains(&variant);
        assert!(!hints.is_empty() || may_be_bare, "{name}::{variant} says nothing of what to do next");
        if error.kind() == Kind::LoginNeeded {
            assert!(hints.iter().any(|hint| hint.contains("jit login ")), "{name}::{variant}: {hints:?}");
        }
    }
    assert_eq!(seen, variants, "each variant of {name} is in the list");
}

/// Explain themselves beside the command that they are about, whose tests show them.
const OF_COMMANDS: [&str; 14] = [
    "AddError",
    "ChoiceError",
    "ConfigUnread",
    "ConsoleError",
    "DemoStopped",
    "EnvError",
    "NoRole",
    "NotImported",
    "NotServed",
    "NotStored",
    "NotWritten",
    "Unchecked",
    "Unnamed",
    "WizardError",
];
/// No command shows them yet: those of access on request, whose crates have the tests of what they advise.
const NOT_SHOWN: [&str; 18] = [
    "AllowError",
    "ApplyError",
    "BodyError",
    "CallError",
    "CaseError",
    "FolderError",
    "GrantError",
    "HoursError",
    "IamError",
    "KeyError",
    "LedgerError",
    "NetworkError",
    "Nobody",
    "NotAUserId",
    "NotAnId",
    "RequestRoleError",
    "TooLong",
    "WriteError",
];
/// Hand on what another one says, or are one thing.
const OTHERS: [&str; 5] = ["Contested", "Failure", "IdpError", "Mistake", "ProfilesError"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the list is written into the checkout, by scripts/generate alone"
)]
fn every_error_says_what_to_do_next() {
    let mut told = String::new();
    list("HttpError", None, &https(), &mut told);
    list("CodeError", None, &codes(), &mut told);
    list("OidcError", None, &oidcs(), &mut told);
    list("CenterError", None, &centers(), &mut told);
    list("CaptureError", None, &captures(), &mut told);
    list("SamlError", None, &samls(), &mut told);
    list("OktaError", None, &oktas(), &mut told);
    list("StsError", Some("StsErrorKind"), &stses(), &mut told);
    list("PortalError", Some("PortalErrorKind"), &portals(), &mut told);
    list("SourceError", None, &sources(), &mut told);
    list("StoreError", None, &stores(), &mut told);
    list("BrokerError", None, &brokers(), &mut told);
    list("ResolveError", None, &resolves(), &mut told);
    list("RestrictionError", None, &restrictions(), &mut told);
    let lookups = [
        LookupError::NotAUrl(text("x")),
        LookupError::Http(http()),
        LookupError::Nothing(text("x")),
        LookupError::Foreign { url: text("x"), issuer: text("y") },
        LookupError::Untrusted { url: text("x"), why: url_error() },
    ];
    list("LookupError", None, &lookups, &mut told);
    let place = ImportPlace { path: text("~/.aws/config"), line: Some(1) };
    let imports = [
        ImportError::Unread { place, what: text("x") },
        ImportError::NeedsOrg { path: text("~/.aws/config") },
    ];
    let listed: BTreeSet<&str> =
        told.lines().filter_map(|line| line.split_once("::").map(|(name, _)| name)).collect();
    for error in &imports {
        assert!(!of(error).is_empty());
    }
    let mistake = Mistake {
        path: text("x"),
        line: 1,
        column: 1,
        excerpt: None,
        what: text("x"),
        suggestion: Some(text("y")),
    };
    assert_eq!(of(&mistake), ["y"]);
    let busy = ProfilesError::KeepsChanging { path: PathBuf::from("x") };
    assert_eq!(of(&busy), ["nothing was changed; run the command again when that program has finished"]);
    // No type explains itself that this test does not know.
    for file in rust_files() {
        for rest in file.split("\nimpl Explain for ").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            let known = listed.contains(name.as_str())
                || OF_COMMANDS.contains(&name.as_str())
                || OTHERS.contains(&name.as_str())
                || NOT_SHOWN.contains(&name.as_str())
                || name == "ImportError";
            assert!(known, "list the variants of {name} here");
        }
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/advice/every_error.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &told).unwrap();
    }
    for (is, was) in told.lines().zip(fs::read_to_string(&path).unwrap_or_default().lines()) {
        assert_eq!(is, was, "if that is meant, run scripts/generate");
    }
    assert_eq!(told, fs::read_to_string(&path).unwrap_or_default(), "if that is meant, run scripts/generate");
}

/// The same piece of advice, in each case that it may be given in.
#[test]
fn advice_is_about_the_case() {
    type MakeCase = fn() -> Case<'static>;
    let cases: [(&str, MakeCase); 5] = [
        ("role", || Case {
            whom: Some(text("a")),
            role: Some(text("a")),
            proof: None,
            typed: Typed::Another,
        }),
        ("IdP", || Case { whom: Some(text("--idp x")), role: None, proof: None, typed: Typed::Another }),
        ("nobody", Case::of_nobody),
        ("configure", || Case { whom: Some(text("a")), role: None, proof: None, typed: Typed::Configure }),
        ("--force", || {
            let typed = Typed::Login { force: true };
            Case { whom: Some(text("a")), role: Some(text("a")), proof: None, typed }
        }),
    ];
    let table: [(Next, [&str; 5]); 12] = [
        (
            Next::SignIn,
            ["jit login a", "jit login --idp x", "jit login", "", "run `jit login a` on a terminal"],
        ),
        (Next::SignInAnew, ["jit login --force a", "jit login --force --idp x", "jit login --force", "", ""]),
        (
            Next::SignInAgain,
            [
                "run `jit login a` again",
                "run `jit login --idp x` again",
                "run `jit login` again",
                "",
                "run `jit login a` again",
            ],
        ),
        (
            Next::ThenSignInAnew("w".into()),
            [
                "w, then: `jit login --force a`",
                "w, then: `jit login --force --idp x`",
                "w, then: `jit login --force`",
                "w",
                "w, then: `jit login --force a`",
            ],
        ),
        (
            Next::ThenSignIn("w".into()),
            [
                "w, then: `jit login a`",
                "w, then: `jit login --idp x`",
                "w, then: `jit login`",
                "w",
                "w, then: `jit login a`",
            ],
        ),
        (
            Next::SignInWith { flags: "--device".into(), when: "w".into() },
            [
                "w: `jit login --device a`",
                "w: `jit login --device --idp x`",
                "w: `jit login --device`",
                "",
                "w: `jit login --device a`",
            ],
        ),
        (
            Next::SignInAt("a terminal".into()),
            [
                "run `jit login a` on a terminal",
                "run `jit login --idp x` on a terminal",
                "run `jit login` on a terminal",
                "",
                "run `jit login a` on a terminal",
            ],
        ),
        (Next::Explain("w".into()), ["w: `jit explain a`", "w", "w", "w", "w: `jit explain a`"]),
        (
            Next::EveryValue,
            [
                "jit explain a  shows every value of the request",
                "",
                "",
                "",
                "jit explain a  shows every value of the request",
            ],
        ),
        (Next::Doctor, ["run `jit doctor`", "run `jit doctor`", "", "", "run `jit doctor`"]),
        (
            Next::Clock,
            [
                "check this machine's clock: `jit doctor`",
                "check this machine's clock",
                "check this machine's clock",
                "check this machine's clock",
                "check this machine's clock: `jit doctor`",
            ],
        ),
        (
            Next::Unlock,
            [
                "unlock your keychain, or run `jit login a` on your desktop, where the keychain can ask you",
                "unlock your keychain, or run `jit login --idp x` on your desktop, where the keychain can ask you",
                "unlock your keychain, or run `jit login` on your desktop, where the keychain can ask you",
                "unlock your keychain",
                "unlock your keychain, or run `jit login a` on your desktop, where the keychain can ask you",
            ],
        ),
    ];
    for (next, expected) in table {
        for ((name, case), expected) in cases.iter().zip(expected) {
            assert_eq!(case().say(&next).join("; "), expected, "{next:?}, {name}");
        }
    }
}
