//! Fuzz target for the answers of a container's endpoint and of the metadata service.

use super::{credentials, text};
use jit_wire::http::{Headers, HttpAnswer};
use jit_wire::secret::Secret;

/// The body of an answer.
pub fn machine(data: &[u8]) {
    let answer = HttpAnswer {
        status: 200,
        content_type: String::new(),
        headers: Headers::default(),
        body: Secret::new(data.to_vec()),
    };
    let _ = text("host", &answer);
    if let Ok(given) = credentials("host", &answer) {
        crate::fuzzing::hand_over(given);
    }
}
