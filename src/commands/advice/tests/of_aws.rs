//! An example of each error of AWS, the store, the broker and the plan.

use std::io;
use std::path::PathBuf;

use super::of_idps::http;
use super::{SOON, text, url_error};
use crate::aws::errors::{Action, StsError, StsErrorKind};
use crate::aws::machine::MachineError;
use crate::aws::portal::{PortalError, PortalErrorKind};
use crate::broker::{BrokerError, Failure, SourceError};
use crate::config::resolve::ResolveError;
use crate::config::restriction::RestrictionError;
use crate::idp::IdpError;
use crate::idp::saml::SamlError;
use crate::store::{self, StoreError};
use jit_wire::credentials::Credentials;
use jit_wire::explain::{Kind, Next};
use jit_wire::timestamp::Timestamp;

pub(super) fn sts(kind: StsErrorKind, action: Action, code: &str, message: &str) -> StsError {
    let http = (kind == StsErrorKind::Unreachable).then(|| Box::new(http()));
    let role_arn = Some(text("arn:aws:iam::111111111111:role/admin"));
    let (code, message) = (text(code), text(message));
    StsError { kind, action, role_arn, region: "eu-west-1".into(), status: Some(400), code, message, http }
}

pub(super) fn stses() -> Vec<StsError> {
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

pub(super) fn portals() -> Vec<PortalError> {
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

pub(super) fn sources() -> Vec<SourceError> {
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
        SourceError::Invalid { profile: profile(), why: unfit() },
        SourceError::UnknownExpiry { profile: profile() },
        SourceError::Expired {
            profile: profile(),
            next: text("give the profile keys new keys (~/.aws/credentials:2)"),
        },
        SourceError::Refused {
            error: Box::new(sts(StsErrorKind::ExpiredToken, Action::GetCallerIdentity, "ExpiredToken", "")),
            next: text("give the profile keys new keys (~/.aws/credentials:2)"),
        },
    ]
}

pub(super) fn stores() -> Vec<StoreError> {
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

pub(super) fn brokers() -> Vec<BrokerError> {
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
        BrokerError::NoClaim { idp: idp(), role: role(), claim: text("email") },
        BrokerError::Sts(Box::new(sts(StsErrorKind::Throttled, Action::AssumeRole, "", ""))),
        BrokerError::Portal(Box::new(portals().remove(0))),
        BrokerError::Source(sources().remove(0)),
        BrokerError::CodeNeeded { role: role(), serial: text("arn:x") },
        BrokerError::Store(StoreError::TooLarge { size: 1 }),
        BrokerError::TooShort { role: role(), granted: 900, wanted: 3600 },
        BrokerError::Shared(failure),
    ]
}

pub(super) fn resolves() -> Vec<ResolveError> {
    let (name, path, value) = (|| text("x"), || text("config.toml"), || text("v"));
    let names = || vec![text("admin"), text("hub")];
    let unknown = |candidates| ResolveError::UnknownRole { name: name(), candidates };
    let idp = |candidates| ResolveError::UnknownIdp { name: name(), path: path(), candidates };
    vec![
        unknown(names()),
        unknown(Vec::new()),
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

pub(super) fn restrictions() -> Vec<RestrictionError> {
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
