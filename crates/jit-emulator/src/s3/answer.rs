//! Answers and refusals of S3, in its words (Amazon S3 API Reference, "Error responses").

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::authorize::Denied;
use crate::faults::Refusal;
use crate::query;
use crate::xml;
use jit_wire::loopback::{self, Reply, Request};

/// The namespace of its answers.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// An answer of XML.
pub(crate) fn document(name: &str, inner: &[String]) -> Reply {
    let inner = inner.concat();
    let body =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{NAMESPACE}\">{inner}</{name}>");
    loopback::reply(StatusCode::OK, "application/xml", body)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = loopback::reply(status, "application/xml", "");
    reply.headers_mut().remove(header::CONTENT_TYPE);
    reply
}

/// Adds a header, if its value can be in one.
pub(crate) fn add(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// A refusal.
pub(crate) fn error(request: &Request, refusal: &Refusal, request_id: &str) -> Reply {
    if request.method == Method::HEAD {
        return empty(query::status(refusal));
    }
    let condition = (refusal.code == "PreconditionFailed").then(|| xml::text("Condition", "If-None-Match"));
    let inner = [
        xml::text("Code", &refusal.code),
        xml::text("Message", &refusal.message),
        condition.unwrap_or_default(),
        xml::text("RequestId", request_id),
        xml::text("HostId", "jit-emulator"),
    ];
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", xml::element("Error", &inner));
    let mut reply = loopback::reply(query::status(refusal), "application/xml", body);
    add(&mut reply, "x-amz-request-id", request_id);
    reply
}

/// An error about a signature or a session, in S3's form.
pub(crate) fn of_signature(refusal: Refusal) -> Refusal {
    let Refusal { status, code, message } = refusal;
    match code.as_str() {
        "InvalidClientTokenId" => {
            let text = "The AWS Access Key Id you provided does not exist in our records.";
            Refusal::new(403, "InvalidAccessKeyId", text)
        }
        "ExpiredToken" => Refusal::new(400, "ExpiredToken", "The provided token has expired."),
        "SignatureDoesNotMatch" if message.starts_with("Signature ") => {
            let text = "The difference between the request time and the current time is too large.";
            Refusal::new(403, "RequestTimeTooSkewed", text)
        }
        _ => Refusal { status, code, message },
    }
}

pub(crate) fn denied(denied: Denied) -> Refusal {
    Refusal::new(403, "AccessDenied", denied.quoted())
}

pub(crate) fn anonymous() -> Refusal {
    Refusal::new(403, "AccessDenied", "Access Denied")
}

pub(crate) fn no_bucket(_: &str) -> Refusal {
    Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")
}

pub(crate) fn no_key() -> Refusal {
    Refusal::new(404, "NoSuchKey", "The specified key does not exist.")
}

pub(crate) fn no_version() -> Refusal {
    Refusal::new(404, "NoSuchVersion", "The specified version does not exist.")
}

pub(crate) fn no_upload() -> Refusal {
    let text = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                aborted or completed.";
    Refusal::new(404, "NoSuchUpload", text)
}

pub(crate) fn precondition() -> Refusal {
    let text = "At least one of the pre-conditions you specified did not hold";
    Refusal::new(412, "PreconditionFailed", text)
}

pub(crate) fn not_implemented() -> Refusal {
    let text = "A header you provided implies functionality that is not implemented";
    Refusal::new(501, "NotImplemented", text)
}

pub(crate) fn not_allowed() -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

pub(crate) fn bad_key() -> Refusal {
    Refusal::new(400, "InvalidURI", "Couldn't parse the specified URI.")
}

pub(crate) fn broken() -> Refusal {
    Refusal::new(500, "InternalError", "We encountered an internal error. Please try again.")
}

pub(crate) fn argument(text: &str) -> Refusal {
    Refusal::new(400, "InvalidArgument", text)
}
