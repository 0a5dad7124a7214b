//! IAM's errors, in its words.

use iam_evaluate::Kind;

use crate::cloud::read;
use crate::faults::Refusal;

fn no_such(text: String) -> Refusal {
    Refusal::new(404, "NoSuchEntity", text)
}

pub(crate) fn no_role(name: &str) -> Refusal {
    no_such(format!("The role with name {name} cannot be found."))
}

pub(crate) fn no_inline(name: &str) -> Refusal {
    no_such(format!("The role policy with name {name} cannot be found."))
}

pub(crate) fn no_policy(arn: &str) -> Refusal {
    no_such(format!("Policy {arn} was not found."))
}

pub(crate) fn not_attachable(arn: &str) -> Refusal {
    no_such(format!("Policy {arn} does not exist or is not attachable."))
}

pub(crate) fn not_attached(arn: &str) -> Refusal {
    no_such(format!("Policy {arn} was not found."))
}

pub(crate) fn no_version(arn: &str, version: &str) -> Refusal {
    no_such(format!("Policy {arn} version {version} does not exist or is not attachable."))
}

pub(crate) fn exists(what: &str, name: &str) -> Refusal {
    Refusal::new(409, "EntityAlreadyExists", format!("{what} with name {name} already exists."))
}

pub(crate) fn too_long(limit: usize, of: &str) -> Refusal {
    Refusal::new(409, "LimitExceeded", format!("Maximum policy size of {limit} bytes exceeded for {of}"))
}

pub(crate) fn delete_conflict(text: &str) -> Refusal {
    Refusal::new(409, "DeleteConflict", text)
}

/// The number of characters that IAM counts in a document: all except white space.
pub(crate) fn counted(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

/// Checks that a document can be attached in this way.
pub(crate) fn check_document(kind: Kind, text: &str) -> Result<(), Refusal> {
    let malformed = |text: &str| Refusal::new(400, "MalformedPolicyDocument", text);
    if serde_json::from_str::<serde_json::Value>(text).is_err() {
        return Err(malformed("This policy contains invalid Json"));
    }
    match read("document", kind, text) {
        Ok(_) => Ok(()),
        Err(error) if error.place.contains("rincipal") => Err(malformed("Invalid principal in policy")),
        Err(_) => Err(malformed("Syntax errors in policy.")),
    }
}
