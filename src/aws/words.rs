//! The message and the explanation of an STS error. Denials and refused proofs have files of their own.

mod denial;
mod token;

use crate::aws::errors::{StsError, StsErrorKind};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::signed::clock_words;

impl StsError {
    /// What happened and the likely cause, in one sentence without a full stop. It may quote AWS.
    pub fn sentence(&self) -> String {
        let region = &self.region;
        let message = &self.message;
        match self.kind {
            StsErrorKind::AccessDenied => self.denial(),
            StsErrorKind::ExpiredToken => match &self.role_arn {
                Some(role) => format!("the session that asked for {role} has expired"),
                None => "this session has expired".to_owned(),
            },
            StsErrorKind::TokenRefused => self.token_refusal(),
            StsErrorKind::DurationTooLong { chained: true } => {
                format!("{} was requested for longer than 1 h, the maximum for a chained role", self.role())
            }
            StsErrorKind::DurationTooLong { chained: false } => {
                format!("{} does not allow sessions as long as the one requested", self.role())
            }
            StsErrorKind::ClockSkew { ahead } => clock_words(ahead.map(i64::from)),
            StsErrorKind::RegionDisabled => {
                let account = self.role_arn.as_deref().and_then(|arn| arn.split(':').nth(4));
                let account = account.map(|account| format!(" for account {account}")).unwrap_or_default();
                format!("STS is not activated in {region}{account}")
            }
            StsErrorKind::PackedPolicyTooLarge => match percent(message) {
                Some(percent) => {
                    format!("the session tags and policies are too large: {percent} % of what AWS allows")
                }
                None => format!("the session tags and policies are too large{}", self.quote()),
            },
            StsErrorKind::Malformed => self.malformation(),
            StsErrorKind::UnknownSession => {
                "AWS does not know this session: it may have been revoked, belong to another partition, or be damaged"
                    .to_owned()
            }
            StsErrorKind::SignatureRefused => {
                "the request that AWS received does not match its signature: something between jit and AWS \
                 may have changed it"
                    .to_owned()
            }
            StsErrorKind::Throttled => {
                format!(
                    "STS in {region} is rate-limiting requests, and retrying did not help{}",
                    self.quote()
                )
            }
            StsErrorKind::Unreachable | StsErrorKind::Server => self.silence(),
        }
    }

    fn role(&self) -> &str {
        self.role_arn.as_deref().unwrap_or("the role")
    }

    /// AWS's own text, or the SDK's, to put after a sentence.
    fn quote(&self) -> String {
        match (self.message.as_str(), self.code.as_str()) {
            ("", _) => String::new(),
            (message, "") => format!(": {message}"),
            (message, _) => format!(" (\"{message}\")"),
        }
    }

    fn malformation(&self) -> String {
        if self.code == "MalformedPolicyDocument" {
            return format!("the session policy for {} is not valid{}", self.role(), self.quote());
        }
        match between(&self.message, "' at '", "' failed to satisfy constraint").map(setting) {
            Some(Some(setting)) => format!("AWS does not accept the value of `{setting}`{}", self.quote()),
            _ if self.code.is_empty() => {
                format!("cannot send requests to STS in {}{}", self.region, self.quote())
            }
            _ => format!("AWS refused the request with {}{}", self.code, self.quote()),
        }
    }

    fn silence(&self) -> String {
        let region = &self.region;
        match (&self.http, self.status, self.code.as_str()) {
            (Some(http), ..) => format!("STS in {region} did not answer: {http}"),
            (_, _, "IDPCommunicationError") => {
                format!("AWS could not reach your IdP to check its token{}", self.quote())
            }
            // A refusal without a code, or a successful answer without the requested data.
            (_, Some(status), "") if status < 500 => {
                format!(
                    "the server that answers for STS in {region} is not STS (HTTP {status}){}",
                    self.quote()
                )
            }
            (_, Some(status), _) => format!("STS in {region} failed with HTTP {status}{}", self.quote()),
            (_, None, _) => format!("STS in {region} did not answer{}", self.quote()),
        }
    }
}

impl Explain for StsError {
    fn kind(&self) -> Kind {
        match self.kind {
            StsErrorKind::AccessDenied => Kind::NotAllowed,
            StsErrorKind::Unreachable | StsErrorKind::Server | StsErrorKind::Throttled => Kind::Failed,
            _ => Kind::Refused,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self.kind {
            StsErrorKind::AccessDenied => {
                let mut next = self.after_denial();
                next.push(Next::EveryValue);
                next
            }
            StsErrorKind::TokenRefused if self.code == "IDPRejectedClaim" => vec![Next::SignInAnew],
            StsErrorKind::TokenRefused if self.new_token_may_help() => vec![Next::SignInAnew, Next::Clock],
            StsErrorKind::TokenRefused => match self.token_text() {
                Some(("Invalid base64 SAMLResponse", ..)) => vec![Next::SignInAnew],
                Some((_, _, what)) => vec![Next::words(what)],
                None => Next::list(["show this to the administrator of the IdP and of its provider in IAM"]),
            },
            StsErrorKind::ExpiredToken => vec![Next::SignInAnew],
            StsErrorKind::UnknownSession => vec![
                Next::SignInAnew,
                Next::words(
                    "if that does not help, check that the hub role and this role are in the same AWS partition",
                ),
            ],
            StsErrorKind::DurationTooLong { chained: true } => {
                Next::list(["set `duration` to \"1h\" or less"])
            }
            StsErrorKind::DurationTooLong { chained: false } => Next::list([
                "ask for a smaller `duration`, or have the role's maximum session duration raised",
            ]),
            StsErrorKind::ClockSkew { .. } => {
                Next::list(["set the clock, preferably from a time server, and try again"])
            }
            StsErrorKind::RegionDisabled => Next::list([
                "use another region (`region` of the role, or AWS_REGION), or have STS activated there \
                 (IAM, account settings)",
            ]),
            StsErrorKind::PackedPolicyTooLarge => {
                Next::list(["shorten `tags`, `policy` and `policy_arns`; tags from the IdP count too"])
            }
            StsErrorKind::Malformed => vec![Next::Explain("see where each value comes from".into())],
            // A new session would be signed in the same way, and changed at the same point.
            StsErrorKind::SignatureRefused => {
                Next::list(["check the proxy, if you use one: it must not change headers"])
            }
            StsErrorKind::Throttled => vec![Next::TryAgain],
            StsErrorKind::Unreachable => self.http.as_ref().map_or_else(Vec::new, |error| error.next()),
            StsErrorKind::Server if self.code == "IDPCommunicationError" => vec![
                Next::TryAgain,
                Next::words(
                    "if the error persists, check that the issuer can be reached from the public internet",
                ),
            ],
            StsErrorKind::Server => {
                vec![Next::TryAgain, Next::Explain("check the endpoint and the proxy".into())]
            }
        }
    }
}

/// The setting that an STS parameter comes from.
fn setting(parameter: &str) -> Option<&'static str> {
    let settings = [
        ("roleSessionName", "session_name"),
        ("sourceIdentity", "source_identity"),
        ("externalId", "external_id"),
        ("durationSeconds", "duration"),
        ("roleArn", "role_arn"),
        ("policyArns", "policy_arns"),
        ("policy", "policy"),
        ("tags", "tags"),
        ("transitiveTagKeys", "transitive_tags"),
    ];
    settings.iter().find(|row| parameter.starts_with(row.0)).map(|row| row.1)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// The number before the first per cent sign.
fn percent(message: &str) -> Option<u32> {
    let (before, _) = message.split_once('%')?;
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
