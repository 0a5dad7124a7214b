//! The query protocol of AWS: a form in, XML out (IAM, STS, and a variant in EC2).

use http::StatusCode;

use crate::faults::Refusal;
use crate::xml;
use jit_wire::loopback::{self, Reply};

/// The answer to `action`, in the service's namespace. Without any result there is no element for it.
pub(crate) fn result(namespace: &str, action: &str, result: &[String], request_id: &str) -> Reply {
    let result = xml::element(&format!("{action}Result"), result);
    let metadata = xml::element("ResponseMetadata", &[xml::text("RequestId", request_id)]);
    let body =
        format!("<{action}Response xmlns=\"{namespace}\">\n{result}\n{metadata}\n</{action}Response>\n");
    loopback::reply(StatusCode::OK, "text/xml", body)
}

/// A refusal.
pub(crate) fn error(namespace: &str, refusal: &Refusal, request_id: &str) -> Reply {
    let status = status(refusal);
    let blame = if status.is_server_error() { "Receiver" } else { "Sender" };
    let error = xml::element(
        "Error",
        &[xml::text("Type", blame), xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)],
    );
    let id = xml::text("RequestId", request_id);
    let body = format!("<ErrorResponse xmlns=\"{namespace}\">\n{error}\n{id}\n</ErrorResponse>\n");
    loopback::reply(status, "text/xml", body)
}

/// The status of a refusal.
pub(crate) fn status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
