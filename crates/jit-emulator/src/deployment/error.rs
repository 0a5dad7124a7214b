//! Why a policy cannot be deployed here.

use iam_evaluate::ParseError;
use jit_access::render::{NotRendered, TooLong};

/// Why a policy cannot be deployed here.
#[derive(Debug)]
pub enum DeploymentError {
    /// Documents that need something that neither the policy nor the layout specifies.
    Missing(Vec<NotRendered>),
    /// The document with this name is longer than AWS allows.
    TooLong(String, TooLong),
    /// The layout has a role with an invalid ARN.
    Role(String),
    /// AWS would not accept a document.
    Document(ParseError),
}

impl std::fmt::Display for DeploymentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(missing) => {
                let named = missing.iter().map(|one| format!("{} ({:?})", one.name, one.missing));
                write!(f, "not enough is known to render {}", named.collect::<Vec<_>>().join(", "))
            }
            Self::TooLong(name, error) => write!(f, "{name}: {error}"),
            Self::Role(arn) => write!(f, "not the ARN of a role: `{}`", arn.escape_default()),
            Self::Document(error) => write!(f, "AWS would not accept a document: {error}"),
        }
    }
}

impl std::error::Error for DeploymentError {}

impl From<ParseError> for DeploymentError {
    fn from(error: ParseError) -> Self {
        Self::Document(error)
    }
}
