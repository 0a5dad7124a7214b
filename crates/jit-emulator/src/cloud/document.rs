//! Checks policy documents when they are added.

use iam_evaluate::{Kind, ParseError, Policy};

/// Parses a document as a policy that is attached in this way.
///
/// # Errors
/// AWS would not accept the document.
pub(crate) fn read(name: &str, kind: Kind, document: &str) -> Result<Policy, ParseError> {
    Policy::parse(name, kind, document.as_bytes())
}
