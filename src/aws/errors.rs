//! Why STS gave nothing: its codes and texts, sorted into the few kinds that `jit` acts on.
//!
//! Codes are those of the wire (`ErrorResponse/Error/Code`); the SDK models only some of them. What they mean is in
//! the "Errors" sections of the STS API reference and in the IAM User Guide, "Troubleshoot access denied error
//! messages". The sentences are in `words`.

use std::error::Error;

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

use jit_wire::http::{HttpError, innermost};
use jit_wire::timestamp::Timestamp;

/// As much of a server's own text as is kept, in characters.
const KEPT: usize = 300;

/// What was asked of STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A role for a token of the IdP.
    AssumeRoleWithWebIdentity,
    /// A role for an assertion of the IdP.
    AssumeRoleWithSaml,
    /// A role for another role's session.
    AssumeRole,
    /// A session for the keys of an IAM user.
    GetSessionToken,
    /// Who a session is.
    GetCallerIdentity,
}

impl Action {
    /// Whether a proof of the IdP is shown, and not a session.
    pub(super) fn shows_proof(self) -> bool {
        matches!(self, Self::AssumeRoleWithWebIdentity | Self::AssumeRoleWithSaml)
    }
}

/// What a failure comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsErrorKind {
    /// A policy says no. The place for `jit request`.
    AccessDenied,
    /// The session that asked is over.
    ExpiredToken,
    /// The IdP's token is expired, invalid, or from a provider that the account does not have;
    /// see [`StsError::new_token_may_help`].
    TokenRefused,
    /// More than the role grants.
    DurationTooLong {
        /// It is the hour of chained roles, and not the role's own limit.
        chained: bool,
    },
    /// The signature's time is more than five minutes from AWS's.
    ClockSkew {
        /// How many seconds this machine's clock is ahead (behind, if negative), where the answer tells.
        ahead: Option<i32>,
    },
    /// STS is switched off in the region by the account that owns the role.
    RegionDisabled,
    /// Session tags and policies together are too large.
    PackedPolicyTooLarge,
    /// A parameter, a policy or the endpoint's settings are not what AWS takes; asking again changes nothing.
    Malformed,
    /// The access key is none that AWS knows.
    UnknownSession,
    /// The signature does not fit the request, and the clock is not the reason.
    SignatureRefused,
    /// Too many calls; the retries are used up.
    Throttled,
    /// No answer; see [`StsError::http`].
    Unreachable,
    /// An answer that is none: a failure of the server's, or text that STS does not speak.
    Server,
}

/// Why STS gave nothing. Text of the server's is raw (it may hold control characters) but at most 300 characters long,
/// and free of the secrets that were sent.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct StsError {
    /// What it comes down to.
    pub kind: StsErrorKind,
    /// What was asked.
    pub action: Action,
    /// The role that was asked for.
    pub role_arn: Option<String>,
    /// The region that was asked in.
    pub region: Box<str>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// AWS's code; empty if there was none.
    pub code: String,
    /// AWS's own text, or the SDK's where the request never left; empty if there was none.
    pub message: String,
    /// Why there is no answer. Part of the sentence already, and so not a `source`.
    pub http: Option<Box<HttpError>>,
}

/// What was asked, for the error to tell.
pub(super) struct Question<'a> {
    pub(super) action: Action,
    pub(super) role_arn: Option<&'a str>,
    pub(super) region: &'a str,
    /// What was sent and must not come back in a message: AWS quotes signed headers, a session token among them,
    /// when a signature does not match.
    pub(super) secrets: &'a [&'a str],
}

impl Question<'_> {
    /// Translates the SDK's error.
    pub(super) fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> StsError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        match error {
            SdkError::ServiceError(service) => {
                let date = service.raw().headers().get("date").and_then(Timestamp::parse_http_date);
                let code = service.err().code().unwrap_or_default();
                let message = service.err().message().unwrap_or_default();
                let status = service.raw().status().as_u16();
                let kind = kind_of(self.action, status, code, message, date);
                self.error(kind, Some(status), code, message)
            }
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => match error.into_source() {
                Ok(source) => self.undelivered(source),
                Err(error) => self.malformed(&innermost(&error)),
            },
            other => self.error(StsErrorKind::Server, status, "", &innermost(&other)),
        }
    }

    /// A request that got no answer, or that was stopped on its way out (no endpoint for these settings).
    fn undelivered(&self, source: Box<dyn Error + Send + Sync>) -> StsError {
        let source = match source.downcast::<ConnectorError>() {
            Ok(connector) => connector.into_source(),
            Err(other) => other,
        };
        match source.downcast::<HttpError>() {
            Ok(http) => {
                let too_large = matches!(*http, HttpError::TooLarge { .. });
                let kind = if too_large { StsErrorKind::Server } else { StsErrorKind::Unreachable };
                StsError { http: Some(http), ..self.error(kind, None, "", "") }
            }
            Err(other) => self.malformed(&innermost(&*other)),
        }
    }

    /// A good answer that lacks what it is for; `message` says what.
    pub(super) fn incomplete(&self, message: &str) -> StsError {
        self.error(StsErrorKind::Server, Some(200), "", message)
    }

    /// Something that need not be sent to know the answer.
    pub(super) fn malformed(&self, message: &str) -> StsError {
        self.error(StsErrorKind::Malformed, None, "", message)
    }

    fn error(&self, kind: StsErrorKind, status: Option<u16>, code: &str, message: &str) -> StsError {
        StsError {
            kind,
            action: self.action,
            role_arn: self.role_arn.map(str::to_owned),
            region: self.region.into(),
            status,
            code: self.kept(code),
            message: self.kept(message),
            http: None,
        }
    }

    /// A server's text, cut, with what was sent in secret struck out.
    fn kept(&self, text: &str) -> String {
        let mut text = text.trim().to_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        text.chars().take(KEPT).collect()
    }
}

impl StsError {
    /// Whether a fresh token of the IdP may be taken where this one was not. Everything else about a token is
    /// set-up: the next one fails the same way.
    pub fn new_token_may_help(&self) -> bool {
        matches!(self.code.as_str(), "ExpiredTokenException" | "IDPRejectedClaim")
            && self.kind == StsErrorKind::TokenRefused
    }
}

fn kind_of(action: Action, status: u16, code: &str, message: &str, date: Option<Timestamp>) -> StsErrorKind {
    match code {
        "AccessDenied" | "AccessDeniedException" => StsErrorKind::AccessDenied,
        "ExpiredToken" | "ExpiredTokenException" if !action.shows_proof() => StsErrorKind::ExpiredToken,
        "ExpiredToken" | "ExpiredTokenException" | "InvalidIdentityToken" | "IDPRejectedClaim" => {
            StsErrorKind::TokenRefused
        }
        "ValidationError" if message.contains("DurationSeconds exceeds") => {
            StsErrorKind::DurationTooLong { chained: message.contains("role chaining") }
        }
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => StsErrorKind::PackedPolicyTooLarge,
        "RegionDisabledException" => StsErrorKind::RegionDisabled,
        "InvalidClientTokenId" | "UnrecognizedClientException" => StsErrorKind::UnknownSession,
        "RequestExpired" | "RequestTimeTooSkewed" => clock_skew(message, date),
        "SignatureDoesNotMatch" if is_about_time(message) => clock_skew(message, date),
        "SignatureDoesNotMatch" | "IncompleteSignature" | "MissingAuthenticationToken" => {
            StsErrorKind::SignatureRefused
        }
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => StsErrorKind::Throttled,
        // AWS could not reach the IdP: nothing that was asked is wrong.
        "IDPCommunicationError" | "" => StsErrorKind::Server,
        _ if status >= 500 => StsErrorKind::Server,
        _ => StsErrorKind::Malformed,
    }
}

fn is_about_time(message: &str) -> bool {
    message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
}

/// Reads `Signature expired: 20261120T115000Z is now earlier than 20261120T115500Z (20261120T120000Z - 5 min.)`: the
/// first time is the one that was signed, the last one AWS's. The `Date` header is AWS's as well, and is always there.
fn clock_skew(message: &str, date: Option<Timestamp>) -> StsErrorKind {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let times: Vec<Timestamp> = words.filter_map(amz_date).collect();
    let theirs = date.or_else(|| times.get(2).copied());
    let ahead = times.first().zip(theirs).and_then(|(ours, theirs)| ours.0.checked_sub(theirs.0));
    let ahead = ahead.and_then(|seconds| i32::try_from(seconds).ok());
    StsErrorKind::ClockSkew { ahead }
}

/// Reads the time of a signature, `20261120T120000Z`; the caller has seen to it that it is ASCII.
fn amz_date(word: &str) -> Option<Timestamp> {
    let (date, time) = word.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
    Timestamp::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}
