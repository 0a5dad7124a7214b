//! Why STS refused or failed: its codes and texts, sorted into the few kinds that `jit` acts on.
//!
//! Codes are those in the response (`ErrorResponse/Error/Code`); the SDK models only some of them. Their
//! meaning is in the "Errors" sections of the STS API reference and in the IAM User Guide, "Troubleshoot
//! access denied error messages". The messages are in `words`.

use std::error::Error;

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

use jit_wire::http::{HttpError, innermost};
use jit_wire::timestamp::Timestamp;

/// How much of a server's own text is kept, in characters.
const KEPT: usize = 300;

/// What was requested from STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A role, with a token of the IdP.
    AssumeRoleWithWebIdentity,
    /// A role, with an assertion of the IdP.
    AssumeRoleWithSaml,
    /// A role, with another role's session.
    AssumeRole,
    /// A session, with the keys of an IAM user.
    GetSessionToken,
    /// The identity of a session.
    GetCallerIdentity,
}

impl Action {
    /// Whether the call sends a proof from the IdP, and not a session.
    pub(super) fn shows_proof(self) -> bool {
        matches!(self, Self::AssumeRoleWithWebIdentity | Self::AssumeRoleWithSaml)
    }
}

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsErrorKind {
    /// A policy denies it. `jit request` may help.
    AccessDenied,
    /// The session that asked has expired.
    ExpiredToken,
    /// The IdP's token is expired, invalid, or from an IdP that the account does not have; see
    /// [`StsError::new_token_may_help`].
    TokenRefused,
    /// More than the role allows.
    DurationTooLong {
        /// The limit is the hour of chained roles, and not the role's own.
        chained: bool,
    },
    /// The signature's time differs from AWS's by more than five minutes.
    ClockSkew {
        /// How many seconds this machine's clock is ahead (behind, if negative), if the answer says so.
        ahead: Option<i32>,
    },
    /// The account that owns the role has disabled STS in the region.
    RegionDisabled,
    /// Session tags and policies together are too large.
    PackedPolicyTooLarge,
    /// AWS does not accept a parameter, a policy or the endpoint's settings; asking again changes nothing.
    Malformed,
    /// AWS does not know the access key.
    UnknownSession,
    /// The signature does not match the request, and the clock is not the reason.
    SignatureRefused,
    /// Too many calls; the retries are used up.
    Throttled,
    /// No answer; see [`StsError::http`].
    Unreachable,
    /// An unusable answer: the server failed, or the text is not from STS.
    Server,
}

/// Why STS refused or failed. Text from the server is raw (it may contain control characters) but at most 300
/// characters long, and free of the secrets that were sent.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct StsError {
    /// The kind.
    pub kind: StsErrorKind,
    /// What was requested.
    pub action: Action,
    /// The role that was requested.
    pub role_arn: Option<String>,
    /// The region that was called.
    pub region: Box<str>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// AWS's code; empty if there was none.
    pub code: String,
    /// AWS's own text, or the SDK's if the request was never sent; empty if there was none.
    pub message: String,
    /// Why there is no answer. It is part of the message already, and so not a `source`.
    pub http: Option<Box<HttpError>>,
}

/// What was requested, for the error message.
pub(super) struct CallContext<'a> {
    pub(super) action: Action,
    pub(super) role_arn: Option<&'a str>,
    pub(super) region: &'a str,
    /// Secrets that were sent, to be removed from messages: if a signature does not match, AWS quotes signed
    /// headers, including a session token.
    pub(super) secrets: &'a [&'a str],
}

impl CallContext<'_> {
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

    /// A request that got no answer, or that could not be sent (no endpoint for these settings).
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

    /// A successful answer that lacks the requested data; `message` says what.
    pub(super) fn incomplete(&self, message: &str) -> StsError {
        self.error(StsErrorKind::Server, Some(200), "", message)
    }

    /// A request that need not be sent to know that it fails.
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

    /// A server's text, cut, with the secrets that were sent removed.
    fn kept(&self, text: &str) -> String {
        let mut text = text.trim().to_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        text.chars().take(KEPT).collect()
    }
}

impl StsError {
    /// Whether AWS may accept a new token from the IdP if it refused this one. All other problems with a
    /// token come from the configuration: the next token fails in the same way.
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
        // AWS could not reach the IdP: nothing is wrong with the request.
        "IDPCommunicationError" | "" => StsErrorKind::Server,
        _ if status >= 500 => StsErrorKind::Server,
        _ => StsErrorKind::Malformed,
    }
}

fn is_about_time(message: &str) -> bool {
    message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
}

/// Reads `Signature expired: 20261120T115000Z is now earlier than 20261120T115500Z (20261120T120000Z - 5
/// min.)`: the first time is the one that was signed, the last one is AWS's. The `Date` header is AWS's as
/// well, and is always there.
fn clock_skew(message: &str, date: Option<Timestamp>) -> StsErrorKind {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let times: Vec<Timestamp> = words.filter_map(amz_date).collect();
    let theirs = date.or_else(|| times.get(2).copied());
    let ahead = times.first().zip(theirs).and_then(|(ours, theirs)| ours.0.checked_sub(theirs.0));
    let ahead = ahead.and_then(|seconds| i32::try_from(seconds).ok());
    StsErrorKind::ClockSkew { ahead }
}

/// Reads the time of a signature, `20261120T120000Z`; the caller has made sure that it is ASCII.
fn amz_date(word: &str) -> Option<Timestamp> {
    let (date, time) = word.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let year = &date[..4];
    let month = &date[4..6];
    let day = &date[6..];
    let hour = &time[..2];
    let minute = &time[2..4];
    let second = &time[4..];
    Timestamp::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}
