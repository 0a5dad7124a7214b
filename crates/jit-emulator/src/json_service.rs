//! What the JSON services of AWS share: the action in a header, refusals, pages.

use serde_json::{Value, json};

use crate::faults::Refusal;
use crate::query;
use crate::service::json_reply;
use jit_wire::loopback::{Reply, Request};

/// The action that a request names: the word after the last dot of `X-Amz-Target`.
pub(crate) fn action(request: &Request) -> Option<&str> {
    let target = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok())?;
    target.rsplit('.').next()
}

/// A refusal.
pub(crate) fn refused(refusal: &Refusal) -> Reply {
    let body = json!({ "__type": refusal.code, "message": refusal.message });
    json_reply(query::status(refusal), &body)
}

/// The refusal of an action that is not emulated.
pub(crate) fn unknown() -> Refusal {
    Refusal::new(400, "UnknownOperationException", "The requested operation is not supported here.")
}

/// An error about a signature or a session, in the form of the JSON services.
pub(crate) fn of_signature(refusal: Refusal) -> Refusal {
    let code = match refusal.code.as_str() {
        "InvalidClientTokenId" => "UnrecognizedClientException",
        "ExpiredToken" => "ExpiredTokenException",
        "SignatureDoesNotMatch" => "InvalidSignatureException",
        "IncompleteSignature" => "IncompleteSignatureException",
        "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
        other => other,
    };
    Refusal::new(400, code, refusal.message)
}

/// The text of a key of the input.
///
/// # Errors
/// `ValidationException`.
pub(crate) fn required<'i>(input: &'i Value, key: &str) -> Result<&'i str, Refusal> {
    let text = || {
        format!(
            "1 validation error detected: Value at '{key}' failed to satisfy constraint: Member must not be null"
        )
    };
    input.get(key).and_then(Value::as_str).ok_or_else(|| Refusal::new(400, "ValidationException", text()))
}

/// A page of `all` with at most `size` members, as the list `list`.
///
/// # Errors
/// `InvalidInputException`: the token is none that was issued.
pub(crate) fn page(list: &str, all: Vec<Value>, input: &Value, size: usize) -> Result<Value, Refusal> {
    let token = input.get("NextToken").and_then(Value::as_str);
    let start = token.map_or(Ok(0), str::parse::<usize>);
    let start =
        start.map_err(|_| Refusal::new(400, "InvalidInputException", "You specified an invalid value."))?;
    let (count, page) = (all.len(), all.into_iter().skip(start).take(size).collect::<Vec<_>>());
    let mut answer = json!({ list: page });
    if start + size < count {
        answer["NextToken"] = json!((start + size).to_string());
    }
    Ok(answer)
}
