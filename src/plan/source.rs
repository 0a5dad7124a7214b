//! The source credentials of a profile of `~/.aws/config` without an IdP: keys, a command, a file with a
//! token, or the machine's own credentials.

use jit_wire::secret::Secret;

use super::Valued;

/// The source credentials of a profile of `~/.aws/config` without an IdP.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// The profile.
    pub name: String,
    /// The source of the credentials, or of the token for them.
    pub source: Valued<ProfileSource>,
}

/// The source of a profile's credentials, if it is not an IdP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileSource {
    /// Access keys, with a session token if they are temporary.
    #[expect(missing_docs, reason = "named as in AWS's files")]
    Keys { id: String, secret: Secret<String>, token: Option<Secret<String>> },
    /// A command that prints credentials.
    Process(Vec<String>),
    /// A file with an ID token, for AssumeRoleWithWebIdentity.
    TokenFile(String),
    /// The credentials endpoint of a container.
    Container {
        /// Its URL.
        url: String,
        /// The value of the header `Authorization`.
        token: Option<Secret<String>>,
        /// A file with the same, which takes precedence.
        token_file: Option<String>,
    },
    /// The metadata service of an EC2 instance.
    Instance {
        /// Its URL, without a trailing slash.
        url: String,
        /// The time limit for an answer, in seconds.
        seconds: u32,
        /// How often to try.
        attempts: u32,
    },
}
