//! stub
use crate::arn::Partition;
use crate::credentials::Credentials;
use crate::sys::http::Http;
use crate::timestamp::Timestamp;
/// stub
pub async fn account_alias(
    _: &Http,
    _: Partition,
    _: Option<&str>,
    _: &Credentials,
    _: Timestamp,
) -> Option<String> {
    None
}
