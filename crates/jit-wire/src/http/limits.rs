//! The client's time limits, and the size limits of answers by what they hold.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};

use super::{HttpError, innermost};

/// What an answer holds, which limits its size. Each limit is above what such an answer can need; a larger one is cut off
/// and refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerKind {
    /// A message of a protocol.
    #[default]
    Message,
    /// The content of an object in S3. The largest one that counts is a policy of access on request.
    Object,
    /// A page of a list: S3 lists 1,000 objects at once, and each key can have 1,024 bytes, escaped as three characters.
    List,
}

impl AnswerKind {
    /// The largest answer, in bytes.
    pub fn limit(self) -> usize {
        match self {
            Self::Message => 512 * 1024,
            Self::Object => 1024 * 1024,
            Self::List => 8 * 1024 * 1024,
        }
    }
}

pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// `response`, which came from `host`, with its whole body of at most `limit` bytes.
pub(super) async fn whole(
    response: HttpResponse,
    host: &str,
    limit: usize,
) -> Result<HttpResponse, HttpError> {
    let unreachable = |why: String| HttpError::Unreachable { host: host.to_owned(), why };
    let response = response.try_into_http1x().map_err(|error| unreachable(error.to_string()))?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            HttpError::TooLarge { host: host.to_owned(), limit }
        } else {
            unreachable(innermost(&*error))
        }
    })?;
    let whole = http::Response::from_parts(parts, SdkBody::from(body.to_bytes()));
    HttpResponse::try_from(whole).map_err(|error| unreachable(error.to_string()))
}
