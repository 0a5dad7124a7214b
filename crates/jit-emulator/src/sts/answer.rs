//! The answers of STS: XML in its namespace (`2011-06-15` of its query protocol).

use http::StatusCode;

use crate::faults::Refusal;
use crate::xml;
use jit_wire::loopback::{self, Reply};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The answer to `action`.
pub(crate) fn result(action: &str, result: &[String], request_id: &str) -> Reply {
    let result = xml::element(&format!("{action}Result"), result);
    let metadata = xml::element("ResponseMetadata", &[xml::text("RequestId", request_id)]);
    let body =
        format!("<{action}Response xmlns=\"{NAMESPACE}\">\n{result}\n{metadata}\n</{action}Response>\n");
    loopback::reply(StatusCode::OK, "text/xml", body)
}

/// A refusal.
pub(crate) fn error(refusal: &Refusal, request_id: &str) -> Reply {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let blame = if status.is_server_error() { "Receiver" } else { "Sender" };
    let error = xml::element(
        "Error",
        &[xml::text("Type", blame), xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)],
    );
    let id = xml::text("RequestId", request_id);
    let body = format!("<ErrorResponse xmlns=\"{NAMESPACE}\">\n{error}\n{id}\n</ErrorResponse>\n");
    loopback::reply(status, "text/xml", body)
}
