//! The credentials that a profile of `~/.aws/config` starts from where no IdP is asked. `config::aws::roles` decides which
//! of a profile's keys count; this file only holds the answer.

use jit_wire::secret::Secret;
use jit_wire::section::At;

/// What a profile of `~/.aws/config` starts from where no IdP is asked.
#[derive(Debug)]
pub enum SourceSection {
    /// Access keys, with a session token if another program made them temporary.
    #[expect(missing_docs, reason = "named as in the file")]
    Keys { id: At<String>, secret: At<Secret<String>>, token: Option<At<Secret<String>>> },
    /// `credential_process`.
    Process(At<String>),
    /// `web_identity_token_file`.
    TokenFile(At<String>),
    /// `credential_source`.
    Machine(At<CredentialSource>),
}

/// The values of `credential_source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The variables `AWS_ACCESS_KEY_ID` and so on.
    Environment,
    /// The endpoint that a container is given.
    Container,
    /// The metadata service of an EC2 instance.
    Instance,
}

impl SourceSection {
    /// The line that names it.
    pub fn line(&self) -> usize {
        match self {
            Self::Keys { id: at, .. } | Self::Process(at) | Self::TokenFile(at) => at.line,
            Self::Machine(at) => at.line,
        }
    }
}
