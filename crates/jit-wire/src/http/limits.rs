//! The client's time limits, and the size limit of answers.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};

use super::{HttpError, innermost};

/// The size limit of an answer, far above what any needs; a larger one is cut off and refused.
pub(crate) const ANSWER_LIMIT: usize = 512 * 1024;
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// `response`, which came from `host`, with its whole body.
pub(super) async fn whole(response: HttpResponse, host: &str) -> Result<HttpResponse, HttpError> {
    let unreachable = |why: String| HttpError::Unreachable { host: host.to_owned(), why };
    let response = response.try_into_http1x().map_err(|error| unreachable(error.to_string()))?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            HttpError::TooLarge { host: host.to_owned() }
        } else {
            unreachable(innermost(&*error))
        }
    })?;
    let whole = http::Response::from_parts(parts, SdkBody::from(body.to_bytes()));
    HttpResponse::try_from(whole).map_err(|error| unreachable(error.to_string()))
}
