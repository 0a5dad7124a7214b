//! What an STS error means, in the user's words, and how it explains itself. Denials and refused proofs have files of their own.

mod denial;
mod token;

use crate::aws::errors::{StsError, StsErrorKind};
use jit_wire::explain::{Explain, Kind, Next};

impl StsError {
    /// What happened and the likely cause, in one sentence without a full stop. It may quote AWS.
    pub fn sentence(&self) -> String {
        let (region, message) = (&self.region, &self.message);
        match self.kind {
            StsErrorKind::AccessDenied => self.denial(),
            StsErrorKind::ExpiredToken => match &self.role_arn {
                Some(role) => format!("the session that asked for {role} has expired"),
                None => "this session has expired".to_owned(),
            },
            StsErrorKind::TokenRefused => self.token_refusal(),
            StsErrorKind::DurationTooLong { chained: true } => {
                format!("{} was asked for longer than the one hour of a chained role", self.role())
            }
            StsErrorKind::DurationTooLong { chained: false } => {
                format!("{} does not grant sessions as long as that", self.role())
            }
            StsErrorKind::ClockSkew { ahead } => {
                let by = ahead.map_or_else(|| "more than five minutes off".to_owned(), off_by);
                format!("this machine's clock is {by}, so AWS takes none of its signatures")
            }
            StsErrorKind::RegionDisabled => {
                let account = self.role_arn.as_deref().and_then(|arn| arn.split(':').nth(4));
                let account = account.map(|account| format!(" for account {account}")).unwrap_or_default();
                format!("STS is switched off in {region}{account}")
            }
            StsErrorKind::PackedPolicyTooLarge => match percent(message) {
                Some(percent) => {
                    format!("too many or too long session tags and policies: {percent} % of what AWS allows")
                }
                None => format!("too many or too long session tags and policies{}", self.quote()),
            },
            StsErrorKind::Malformed => self.malformation(),
            StsErrorKind::UnknownSession => {
                "AWS does not know this session: it was ended, is of another partition, or is damaged"
                    .to_owned()
            }
            StsErrorKind::SignatureRefused => {
                "AWS finds that the request is not what was signed: something on the way changed it"
                    .to_owned()
            }
            StsErrorKind::Throttled => {
                format!(
                    "too many calls to STS in {region}, and waiting a little did not help{}",
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
            return format!("the session policy for {} is broken{}", self.role(), self.quote());
        }
        match between(&self.message, "' at '", "' failed to satisfy constraint").map(setting) {
            Some(Some(setting)) => format!("AWS does not accept the value of `{setting}`{}", self.quote()),
            _ if self.code.is_empty() => format!("STS in {} cannot be asked{}", self.region, self.quote()),
            _ => format!("AWS refuses the request with {}{}", self.code, self.quote()),
        }
    }

    fn silence(&self) -> String {
        let region = &self.region;
        match (&self.http, self.status, self.code.as_str()) {
            (Some(http), ..) => format!("STS in {region} gave no answer: {http}"),
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
            (_, None, _) => format!("STS in {region} gave no answer{}", self.quote()),
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
                "use another region (`region` of the role, or AWS_REGION), or have STS switched on there (IAM, account settings)",
            ]),
            StsErrorKind::PackedPolicyTooLarge => Next::list([
                "shorten `tags`, `policy` and `policy_arns`; tags that the IdP sends count as well",
            ]),
            StsErrorKind::Malformed => vec![Next::Explain("see where each value comes from".into())],
            // A new session would be signed in the same way, and changed at the same point.
            StsErrorKind::SignatureRefused => {
                Next::list(["check the proxy, if there is one: it must not change headers"])
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

/// `10 minutes ahead`.
fn off_by(ahead: i32) -> String {
    let minutes = ahead.unsigned_abs().div_ceil(60);
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    match minutes {
        0..=119 => format!("{minutes} minutes {direction} AWS's"),
        120..=2879 => format!("{} hours {direction} AWS's", minutes / 60),
        _ => format!("{} days {direction} AWS's", minutes / 1440),
    }
}
