//! What a profile of `~/.aws/config` starts from without an IdP: keys, a command, a file with a token, or
//! what the machine itself offers.

use jit_wire::secret::Secret;

use super::Valued;

/// What a profile of `~/.aws/config` starts from without an IdP.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// The profile.
    pub name: String,
    /// Where the credentials, or the token for them, come from.
    pub source: Valued<ProfileSource>,
}

/// Where the credentials of a profile come from, if not from an IdP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileSource {
    /// Access keys, with a session token if another program made them temporary.
    #[expect(missing_docs, reason = "named as in AWS's files")]
    Keys { id: String, secret: Secret<String>, token: Option<Secret<String>> },
    /// A command that prints credentials.
    Process(Vec<String>),
    /// A file with an ID token, for AssumeRoleWithWebIdentity.
    TokenFile(String),
    /// The endpoint that a container is given.
    Container {
        /// Its URL.
        url: String,
        /// What to send as `Authorization`.
        token: Option<Secret<String>>,
        /// A file with the same, which takes precedence.
        token_file: Option<String>,
    },
    /// The metadata service of an EC2 instance.
    Instance {
        /// Its URL, without a trailing slash.
        url: String,
        /// How long to wait for an answer, in seconds.
        seconds: u32,
        /// How often to try.
        attempts: u32,
    },
}
