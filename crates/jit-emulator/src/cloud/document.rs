//! Policy documents as they enter.

use iam_evaluate::{Kind, ParseError, Policy};

/// Reads a document as a policy that is attached in this way.
///
/// # Errors
/// A document that AWS would not accept.
pub(crate) fn read(name: &str, kind: Kind, document: &str) -> Result<Policy, ParseError> {
    Policy::parse(name, kind, document.as_bytes())
}
