//! Requests with what others said in them, as a function of bytes.

use super::{Ask, request_of};
use crate::secret::Secret;

/// An address, and behind a zero byte the value of a header: links, cookies and tokens are sent as they came.
pub fn http_request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (url, value) = text.split_once('\0').unwrap_or((&text, ""));
    let value = Secret::from(value);
    let headers = [("x-aws-ec2-metadata-token", value.clone())];
    let asked = Ask { authorization: Some(&value), cookie: Some(&value), headers: &headers, ..Ask::get(url) };
    match request_of(&asked) {
        Ok(request) => drop(request.try_into_http1x()),
        Err(error) => assert!(error.to_string().len() < 8192),
    }
}
