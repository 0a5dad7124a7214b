//! Why a policy cannot be deployed here.

use iam_evaluate::ParseError;

/// Why a policy cannot be deployed here.
#[derive(Debug)]
pub enum DeploymentError {
    /// An access names a ceiling that the layout does not have.
    Ceiling(String),
    /// The layout has a role with an invalid ARN.
    Role(String),
    /// AWS would not accept a document.
    Document(ParseError),
}

impl std::fmt::Display for DeploymentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ceiling(name) => write!(f, "there is no ceiling `{}`", name.escape_default()),
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
