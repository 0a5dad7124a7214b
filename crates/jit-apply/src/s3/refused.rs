//! What S3's refusals mean for the ledger, and what to do about each.

use jit_access::ledger::LedgerError;
use jit_wire::explain::{Kind, Next};
use jit_wire::http::HttpError;
use jit_wire::signed::{CallError, Refusal, Retry, clock_words};
use jit_wire::timestamp::Timestamp;

/// What a call was about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) bucket: &'a str,
    /// The region that was called.
    pub(super) region: &'a str,
    /// This machine's clock.
    pub(super) now: Timestamp,
}

/// Why the ledger cannot be used.
pub(super) fn failed(error: &CallError, about: About<'_>) -> LedgerError {
    match error {
        CallError::Refused(refusal) => refused(refusal, about),
        CallError::Answer { .. } => LedgerError::Unreachable(format!(
            "{error}; a proxy or the sign-in page of a network may have answered instead of S3"
        )),
        CallError::Changed { .. } | CallError::Http(HttpError::TooLarge { .. }) => {
            LedgerError::Damaged(error.to_string())
        }
        CallError::Request { .. } | CallError::Endpoint(_) | CallError::Http(_) => {
            LedgerError::Unreachable(error.to_string())
        }
    }
}

fn refused(refusal: &Refusal, About { bucket, region, now }: About<'_>) -> LedgerError {
    let unusable = |kind, what: String, next: String| LedgerError::Unusable {
        kind,
        what,
        next: vec![Next::words(next)],
    };
    if let Some(error) = elsewhere(refusal, bucket, region) {
        return error;
    }
    match refusal.code.as_str() {
        _ if refusal.retry() == Retry::Throttled => LedgerError::Unreachable(format!(
            "S3 is rate-limiting requests, and waiting did not help ({refusal})"
        )),
        _ if refusal.retry() == Retry::Soon => LedgerError::Unreachable(refusal.to_string()),
        "NoSuchBucket" => unusable(
            Kind::Usage,
            format!("there is no bucket {bucket}"),
            "check `ledger` in the section [access]".to_owned(),
        ),
        "RequestTimeTooSkewed" | "RequestExpired" => LedgerError::Unusable {
            kind: Kind::Failed,
            what: clock_words(refusal.at.map(|at| now.0.saturating_sub(at.0))),
            next: vec![
                Next::words("set the clock, preferably from a time server, and try again"),
                Next::Clock,
            ],
        },
        "ExpiredToken" | "InvalidAccessKeyId" | "InvalidToken" => LedgerError::Unusable {
            kind: Kind::LoginNeeded,
            what: "AWS does not accept the session: it may have been revoked, or belong to another partition"
                .to_owned(),
            next: vec![Next::SignInAnew],
        },
        "SignatureDoesNotMatch" | "XAmzContentSHA256Mismatch" | "BadDigest" => unusable(
            Kind::Failed,
            "the request that S3 received is not the one that was signed: something between jit and AWS may have \
             changed it"
                .to_owned(),
            "check the proxy, if you use one: it must not change headers or contents".to_owned(),
        ),
        "NotImplemented" => unusable(
            Kind::Usage,
            format!("the server does not support what a ledger needs ({refusal})"),
            "use a bucket of S3, or a server that supports If-None-Match, versions and SHA-256 checksums".to_owned(),
        ),
        code if is_about_encryption(code, &refusal.message) => unusable(
            Kind::Refused,
            format!("this role cannot use the KMS key that encrypts the bucket {bucket} ({refusal})"),
            "have the key's policy allow kms:Decrypt and kms:GenerateDataKey to the entry roles, or encrypt the bucket \
             with SSE-S3"
                .to_owned(),
        ),
        _ if (300..400).contains(&refusal.status) => LedgerError::Unreachable(format!(
            "the server redirects (status {}), which jit does not follow with a signed request; a proxy or the sign-in \
             page of a network may have answered instead of S3",
            refusal.status
        )),
        _ => LedgerError::Refused(refusal.to_string()),
    }
}

/// Whether the bucket is in another region than `region`: S3 then redirects, or refuses a signature for the wrong region.
fn elsewhere(refusal: &Refusal, bucket: &str, region: &str) -> Option<LedgerError> {
    let codes = [
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "Redirect",
        "TemporaryRedirect",
    ];
    let other = refusal.region.as_deref().filter(|other| *other != region);
    let is_redirected = [301, 302, 307, 308, 400].contains(&refusal.status);
    let is_elsewhere = codes.contains(&refusal.code.as_str()) || (other.is_some() && is_redirected);
    if !is_elsewhere {
        return None;
    }
    let (what, next) = match other {
        Some(other) => (
            format!("the bucket {bucket} is in {other}, and not in {region}"),
            format!("write region = \"{other}\" in the section [access]"),
        ),
        None => (
            format!("the bucket {bucket} is not in {region}"),
            "set `region` in the section [access] to the region of the bucket".to_owned(),
        ),
    };
    Some(LedgerError::Unusable { kind: Kind::Usage, what, next: vec![Next::words(next)] })
}

fn is_about_encryption(code: &str, message: &str) -> bool {
    code.starts_with("KMS.") || (code == "AccessDenied" && message.contains(" kms:"))
}

#[cfg(test)]
mod tests {
    use jit_wire::explain::Explain as _;

    use super::*;

    /// What each of S3's refusals is told as, with the first thing to do.
    #[test]
    fn each_refusal_says_what_to_do() {
        let now = Timestamp(1_795_867_200);
        let region = |region: &str| Some(region.to_owned());
        #[rustfmt::skip]
        let cases = [
            (404, "NoSuchBucket", "", None, Kind::Usage, "cannot use the ledger: there is no bucket acme", "check `ledger` in the section [access]"),
            (301, "PermanentRedirect", "", region("us-gov-west-1"), Kind::Usage, "cannot use the ledger: the bucket acme is in us-gov-west-1, and not in eu-west-1", "write region = \"us-gov-west-1\" in the section [access]"),
            (301, "PermanentRedirect", "", None, Kind::Usage, "cannot use the ledger: the bucket acme is not in eu-west-1", "set `region` in the section [access] to the region of the bucket"),
            (400, "AuthorizationHeaderMalformed", "", region("cn-north-1"), Kind::Usage, "cannot use the ledger: the bucket acme is in cn-north-1, and not in eu-west-1", "write region = \"cn-north-1\" in the section [access]"),
            (307, "TemporaryRedirect", "", region("us-east-2"), Kind::Usage, "cannot use the ledger: the bucket acme is in us-east-2, and not in eu-west-1", "write region = \"us-east-2\" in the section [access]"),
            (400, "Unknown", "", region("us-east-2"), Kind::Usage, "cannot use the ledger: the bucket acme is in us-east-2, and not in eu-west-1", "write region = \"us-east-2\" in the section [access]"),
            (302, "Unknown", "", None, Kind::Failed, "cannot reach the ledger: the server redirects (status 302)", "check `ledger` and `region` in the section [access]"),
            (403, "RequestTimeTooSkewed", "", None, Kind::Failed, "cannot use the ledger: this machine's clock is 20 min behind AWS's", "set the clock, preferably from a time server, and try again"),
            (400, "ExpiredToken", "", None, Kind::LoginNeeded, "cannot use the ledger: AWS does not accept the session", ""),
            (403, "AccessDenied", "User: x is not authorized to perform: kms:GenerateDataKey on resource: y", None, Kind::Refused, "cannot use the ledger: this role cannot use the KMS key that encrypts the bucket acme", "have the key's policy allow kms:Decrypt and kms:GenerateDataKey to the entry roles, or encrypt the bucket with SSE-S3"),
            (400, "KMS.DisabledException", "", None, Kind::Refused, "cannot use the ledger: this role cannot use the KMS key", "have the key's policy allow"),
            (501, "NotImplemented", "", None, Kind::Usage, "cannot use the ledger: the server does not support what a ledger needs", "use a bucket of S3"),
            (403, "SignatureDoesNotMatch", "", None, Kind::Failed, "cannot use the ledger: the request that S3 received is not the one that was signed", "check the proxy"),
            (403, "AccessDenied", "because", region("eu-west-1"), Kind::Refused, "the ledger refused: AWS refused s3:x: AccessDenied (status 403): because", "check `ledger`, `entry`"),
            (503, "SlowDown", "", None, Kind::Failed, "cannot reach the ledger: S3 is rate-limiting requests, and waiting did not help", "check `ledger`"),
            (500, "InternalError", "", None, Kind::Failed, "cannot reach the ledger: AWS refused s3:x: InternalError", "check `ledger`"),
        ];
        for (status, code, message, region, kind, what, next) in cases {
            let (action, at) = ("s3:x".to_owned(), Some(Timestamp(now.0 + 1200)));
            let (code, message, request_id) = (code.to_owned(), message.to_owned(), None);
            let refusal = Refusal { action, status, code, message, request_id, region, at };
            let about = About { bucket: "acme", region: "eu-west-1", now };
            let error = failed(&CallError::Refused(Box::new(refusal)), about);
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().starts_with(what), "{error}");
            let first = match error.next().swap_remove(0) {
                Next::Do(words) => words.into_owned(),
                _ => String::new(),
            };
            assert!(first.starts_with(next), "{error}: {first}");
        }
    }
}
