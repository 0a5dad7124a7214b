//! The source credentials of a profile of `~/.aws/config` that uses no IdP. `config::aws::roles` decides
//! which of a profile's keys count; this file only holds the result.

use jit_wire::secret::Secret;
use jit_wire::section::At;

/// The source credentials of a profile of `~/.aws/config` that uses no IdP.
#[derive(Debug)]
pub enum SourceSection {
    /// Access keys, with a session token if they are temporary.
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
    /// The variables `AWS_ACCESS_KEY_ID` etc.
    Environment,
    /// The credentials endpoint of a container.
    Container,
    /// The metadata service of an EC2 instance.
    Instance,
}

impl SourceSection {
    /// The line that sets it.
    pub fn line(&self) -> usize {
        match self {
            Self::Keys { id: at, .. } | Self::Process(at) | Self::TokenFile(at) => at.line,
            Self::Machine(at) => at.line,
        }
    }
}
