//! The answers of STS: XML in its namespace (`2011-06-15` of its query protocol).

use http::StatusCode;

use super::faults::Refusal;
use crate::sys::loopback::{self, Reply};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An element with text in it.
pub(super) fn text(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// An element with elements in it.
pub(super) fn element(name: &str, inner: &[String]) -> String {
    format!("<{name}>{}</{name}>", inner.concat())
}

/// The answer to `action`.
pub(super) fn answer(action: &str, result: &[String], request_id: &str) -> Reply {
    let result = element(&format!("{action}Result"), result);
    let metadata = element("ResponseMetadata", &[text("RequestId", request_id)]);
    let body =
        format!("<{action}Response xmlns=\"{NAMESPACE}\">\n{result}\n{metadata}\n</{action}Response>\n");
    loopback::reply(StatusCode::OK, "text/xml", body)
}

/// A refusal.
pub(super) fn error(refusal: &Refusal, request_id: &str) -> Reply {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let blame = if status.is_server_error() { "Receiver" } else { "Sender" };
    let error = element(
        "Error",
        &[text("Type", blame), text("Code", &refusal.code), text("Message", &refusal.message)],
    );
    let id = text("RequestId", request_id);
    let body = format!("<ErrorResponse xmlns=\"{NAMESPACE}\">\n{error}\n{id}\n</ErrorResponse>\n");
    loopback::reply(status, "text/xml", body)
}

/// Text as it may stand in HTML and XML, in an element or in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
