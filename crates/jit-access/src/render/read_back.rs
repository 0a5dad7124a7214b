//! Documents that AWS has, compared with those that are rendered.
//!
//! What a policy file does not say (the platform's roles, the organization, the tags …) is taken from the documents themselves
//! ([`recognized`]). Rendering with that gives each document that AWS should have, and whatever is not a setting is a difference
//! ([`differences`]), named by the statement that it is in.

mod recognize;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::Document;
use super::compare::normal;

pub use recognize::recognized;

/// How a document that AWS has differs from the rendered one. The text is the statement's `Sid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementDifference {
    /// It is not there.
    Missing(String),
    /// It says something else.
    Changed(String),
    /// Nobody rendered it.
    Added(String),
    /// The document is no policy of this version of the language.
    Unreadable,
}

impl fmt::Display for StatementDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(sid) => write!(f, "the statement {} is missing", sid.escape_debug()),
            Self::Changed(sid) => write!(f, "the statement {} is another one", sid.escape_debug()),
            Self::Added(sid) if sid.is_empty() => f.write_str("there is a statement without a name"),
            Self::Added(sid) => {
                write!(f, "there is a statement {} that was not rendered", sid.escape_debug())
            }
            Self::Unreadable => f.write_str("it is not a policy of version 2012-10-17"),
        }
    }
}

/// The statements of a policy of the version in which variables are variables.
fn statements(text: &str) -> Option<Vec<Value>> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    if document.get("Version")?.as_str()? != "2012-10-17" {
        return None;
    }
    match document.get_mut("Statement")?.take() {
        Value::Array(statements) => Some(statements),
        one @ Value::Object(_) => Some(vec![one]),
        _ => None,
    }
}

fn sid_of(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
}

/// How `found`, which AWS has, differs from `rendered`. AWS keeps names of statements, and its spelling does not matter
/// ([`super::same_meaning`]).
pub fn differences(rendered: &Document, found: &str) -> Vec<StatementDifference> {
    let (Some(wanted), Some(found)) = (statements(rendered.as_str()), statements(found)) else {
        return vec![StatementDifference::Unreadable];
    };
    let mut wanted: BTreeMap<String, Value> =
        wanted.into_iter().map(|statement| (sid_of(&statement).to_owned(), normal(statement))).collect();
    let mut differences = Vec::new();
    for statement in found {
        let sid = sid_of(&statement).to_owned();
        match wanted.remove(&sid) {
            Some(expected) if expected == normal(statement) => {}
            Some(_) => differences.push(StatementDifference::Changed(sid)),
            None => differences.push(StatementDifference::Added(sid)),
        }
    }
    differences.extend(wanted.into_keys().map(StatementDifference::Missing));
    differences
}

/// The names of the statements of a rendered document: the rules that AWS is given.
pub fn rules(document: &Document) -> Vec<String> {
    let statements = statements(document.as_str()).unwrap_or_default();
    statements.iter().map(|statement| sid_of(statement).to_owned()).collect()
}

#[cfg(test)]
mod tests;
