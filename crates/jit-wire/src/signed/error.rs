//! Why a call failed.

use super::EndpointError;
use crate::explain::{Explain, Kind, Next};
use crate::http::{HttpAnswer, HttpError};

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
}

fn colon(message: &str) -> String {
    // Quotes are shown as they are: this is a sentence, and not a literal.
    let shown = message.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"");
    if message.is_empty() { String::new() } else { format!(": {shown}") }
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
const PASSING: [&str; 5] = [
    "ConcurrentModification",
    "ConditionalRequestConflict",
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
        }
    }
}

#[derive(Default)]
struct ErrorDocument {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

/// `<ErrorResponse><Error>` of the Query services and `<Error>` of S3.
fn xml(text: &str) -> Option<ErrorDocument> {
    let document = roxmltree::Document::parse(text).ok()?;
    let find = |name: &str| {
        let node = document.descendants().find(|node| node.tag_name().name().eq_ignore_ascii_case(name))?;
        node.text().map(|text| text.trim().to_owned())
    };
    Some(ErrorDocument { code: find("Code"), message: find("Message"), request_id: find("RequestId") })
}

fn json(text: &str) -> Option<ErrorDocument> {
    let said: serde_json::Value = serde_json::from_str(text).ok()?;
    let find =
        |names: [&str; 2]| names.into_iter().find_map(|name| Some(said.get(name)?.as_str()?.to_owned()));
    Some(ErrorDocument {
        code: find(["__type", "code"]),
        message: find(["message", "Message"]),
        request_id: None,
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
            Self::Http(HttpError::Unreachable { .. } | HttpError::Timeout { .. }) => Retry::Soon,
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
