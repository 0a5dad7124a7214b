//! Why a call failed.

use super::EndpointError;
use crate::arn::is_region;
use crate::explain::{Explain, Kind, Next};
use crate::http::{HttpAnswer, HttpError};
use crate::timestamp::Timestamp;

/// The maximum length of a message, in characters.
const MESSAGE_LIMIT: usize = 1000;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Such a request is not possible; nothing was sent.
    #[error("{action} was not called: {why}")]
    Request {
        /// `iam:ListAccountAliases`.
        action: String,
        /// What is wrong.
        why: &'static str,
    },
    /// There is no endpoint to call.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// There is no complete answer. The request may have been carried out anyway.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// AWS refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The content is not what S3 says that it is.
    #[error("the response to {action} was changed on the way: it does not have its own checksum")]
    Changed {
        /// `s3:GetObject`.
        action: String,
    },
    /// AWS's answer was a success but cannot be parsed.
    #[error("cannot read the response to {action}: {why}")]
    Answer {
        /// `iam:ListAccountAliases`.
        action: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// AWS's error answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("AWS refused {action}: {code} (status {status}){}", colon(message))]
pub struct Refusal {
    /// `iam:ListAccountAliases`.
    pub action: String,
    /// The HTTP status.
    pub status: u16,
    /// `AccessDenied`; `Unknown` if AWS gives none.
    pub code: String,
    /// AWS's text, possibly empty. It comes from outside: escape it before it is shown.
    pub message: String,
    /// The id that AWS's support asks for.
    pub request_id: Option<String>,
    /// The region that it refers to: that of the bucket.
    pub region: Option<String>,
    /// AWS's clock.
    pub at: Option<Timestamp>,
}

fn colon(message: &str) -> String {
    // Quotes are shown as they are: this is a sentence, and not a literal.
    let shown = message.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"");
    if message.is_empty() { String::new() } else { format!(": {shown}") }
}

/// What is wrong with this machine's clock, which is `ahead` of AWS's by some seconds.
pub fn clock_words(ahead: Option<i64>) -> String {
    let by = ahead.map_or_else(|| "more than 5 min off".to_owned(), off_by);
    format!("this machine's clock is {by}, so AWS rejects its signatures")
}

fn off_by(ahead: i64) -> String {
    let minutes = ahead.unsigned_abs().div_ceil(60);
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    match minutes {
        0..=119 => format!("{minutes} min {direction} AWS's"),
        120..=2879 => format!("{} h {direction} AWS's", minutes / 60),
        _ => format!("{} d {direction} AWS's", minutes / 1440),
    }
}

/// Whether to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Repeating the request gives the same answer.
    Never,
    /// Soon: something failed this time.
    Soon,
    /// More slowly: there were too many requests.
    Throttled,
}

/// The codes that AWS's SDKs treat as throttling (SDKs and Tools Reference Guide, "Retry behavior").
const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
/// Codes of temporary failures whose status does not show that.
const PASSING: [&str; 6] = [
    "ConcurrentModification",
    "ConditionalRequestConflict",
    "EntityTemporarilyUnmodifiable",
    "InternalError",
    "RequestTimeout",
    "RequestTimeoutException",
];

impl Refusal {
    /// Whether retrying can help.
    pub fn retry(&self) -> Retry {
        if THROTTLED.contains(&self.code.as_str()) || self.status == 429 {
            Retry::Throttled
        } else if PASSING.contains(&self.code.as_str()) || matches!(self.status, 500 | 502 | 503 | 504) {
            Retry::Soon
        } else {
            Retry::Never
        }
    }

    /// Reads AWS's answer with a status that is not a success.
    pub(super) fn of(action: &str, answer: &HttpAnswer) -> Self {
        let text = std::str::from_utf8(answer.body.expose()).unwrap_or_default();
        let said = xml(text).or_else(|| json(text)).unwrap_or_default();
        let header = |name| answer.headers.get(name).map(str::to_owned);
        // `Code:http://…`; it takes precedence over the body.
        let code = header("x-amzn-errortype").or(said.code).unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let is_word = |text: &str| {
            (1..=128).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+/=".contains(&b))
        };
        let id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).or(said.request_id);
        Self {
            action: action.to_owned(),
            status: answer.status,
            code: if is_word(code) { code.to_owned() } else { "Unknown".to_owned() },
            message: said.message.unwrap_or_default().chars().take(MESSAGE_LIMIT).collect(),
            request_id: id.filter(|id| is_word(id)),
            region: header("x-amz-bucket-region").or(said.region).filter(|region| is_region(region)),
            at: header("date").and_then(|date| Timestamp::parse_http_date(&date)),
        }
    }
}

#[derive(Default)]
struct ErrorDocument {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    region: Option<String>,
}

/// `<ErrorResponse><Error>` of the Query services and `<Error>` of S3.
fn xml(text: &str) -> Option<ErrorDocument> {
    let document = roxmltree::Document::parse(text).ok()?;
    let find = |name: &str| {
        let node = document.descendants().find(|node| node.tag_name().name().eq_ignore_ascii_case(name))?;
        node.text().map(|text| text.trim().to_owned())
    };
    Some(ErrorDocument {
        code: find("Code"),
        message: find("Message"),
        request_id: find("RequestId"),
        region: find("Region"),
    })
}

fn json(text: &str) -> Option<ErrorDocument> {
    let said: serde_json::Value = serde_json::from_str(text).ok()?;
    let find =
        |names: [&str; 2]| names.into_iter().find_map(|name| Some(said.get(name)?.as_str()?.to_owned()));
    Some(ErrorDocument {
        code: find(["__type", "code"]),
        message: find(["message", "Message"]),
        request_id: None,
        region: None,
    })
}

impl CallError {
    /// The refusal, if AWS refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether AWS refused with `code`.
    pub fn is(&self, code: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == code)
    }

    /// Whether retrying can help.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused(refusal) => refusal.retry(),
            Self::Http(HttpError::Unreachable { .. } | HttpError::Timeout { .. }) | Self::Changed { .. } => {
                Retry::Soon
            }
            _ => Retry::Never,
        }
    }
}

impl Explain for CallError {
    fn kind(&self) -> Kind {
        match self {
            Self::Http(error) => error.kind(),
            Self::Refused(refusal) if refusal.retry() == Retry::Never => Kind::Refused,
            Self::Endpoint(_) => Kind::Usage,
            _ => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Http(error) => error.next(),
            _ if self.retry() != Retry::Never => vec![Next::TryAgain],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;
    use crate::secret::Secret;

    #[test]
    fn a_refusal_names_the_region_of_the_bucket() {
        let header: &[(&str, &str)] = &[("x-amz-bucket-region", "us-gov-west-1")];
        let bad: &[(&str, &str)] = &[("x-amz-bucket-region", "evil.example/")];
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>cn-north-1</Region></Error>";
        for (headers, body, region) in [
            (header, "", Some("us-gov-west-1")),
            (header, body, Some("us-gov-west-1")),
            (&[], body, Some("cn-north-1")),
            (bad, "", None),
            (&[], "<Error><Code>PermanentRedirect</Code><Endpoint>x</Endpoint></Error>", None),
        ] {
            let (content_type, headers) = (String::new(), Headers::of(headers));
            let body = Secret::new(body.as_bytes().to_vec());
            let found = Refusal::of("s3:x", &HttpAnswer { status: 301, content_type, headers, body });
            assert_eq!((found.region.as_deref(), found.retry()), (region, Retry::Never));
        }
    }

    #[test]
    fn refusals_are_parsed_in_every_format() {
        let query = "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r-1</RequestId></ErrorResponse>";
        let s3 =
            "<Error><Code>PreconditionFailed</Code><Message>no</Message><RequestId>r-1</RequestId></Error>";
        let json = "{\"__type\":\"com.amazonaws.x#ThrottlingException\",\"message\":\"no\"}";
        let of_header: &[(&str, &str)] =
            &[("x-amzn-errortype", "ResourceNotFoundException:http://x/"), ("x-amzn-requestid", "r-1")];
        let of_json: &[(&str, &str)] = &[("x-amzn-requestid", "r-1")];
        for (status, headers, body, code, message, id, retry) in [
            (403, &[][..], query, "AccessDenied", "no", true, Retry::Never),
            (412, &[][..], s3, "PreconditionFailed", "no", true, Retry::Never),
            (400, of_json, json, "ThrottlingException", "no", true, Retry::Throttled),
            (400, of_header, "{\"Message\":\"no\"}", "ResourceNotFoundException", "no", true, Retry::Never),
            (
                409,
                &[][..],
                "<Error><Code>ConditionalRequestConflict</Code></Error>",
                "ConditionalRequestConflict",
                "",
                false,
                Retry::Soon,
            ),
            (503, &[][..], "<Error><Code>SlowDown</Code></Error>", "SlowDown", "", false, Retry::Throttled),
            (503, &[][..], "", "Unknown", "", false, Retry::Soon),
            (429, &[][..], "<html>", "Unknown", "", false, Retry::Throttled),
            (400, &[][..], "<Error><Code>a\u{1b}[2J</Code></Error>", "Unknown", "", false, Retry::Never),
            (400, &[][..], "{\"__type\":\"a b\"}", "Unknown", "", false, Retry::Never),
        ] {
            let answer = HttpAnswer {
                status,
                content_type: String::new(),
                headers: Headers::of(headers),
                body: Secret::new(body.as_bytes().to_vec()),
            };
            let found = Refusal::of("x:Y", &answer);
            assert_eq!((found.code.as_str(), found.message.as_str()), (code, message), "{body}");
            assert_eq!((found.request_id.is_some(), found.retry()), (id, retry), "{body}");
        }
    }
}
