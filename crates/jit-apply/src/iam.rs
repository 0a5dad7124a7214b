//! The calls to IAM that applying and reconciling take, as a trait: over HTTP, and in tests a few roles in memory.

mod http;
mod memory;

use jit_access::lifecycle::{ObservedRole, RoleArn};
use jit_wire::explain::{Explain, Kind, Next};

pub use http::{HttpIam, SessionForIam};
pub use memory::MemoryIam;

/// What applying needs of IAM: roles under `/jit/`, and their inline policies.
pub trait Iam {
    /// Every role under `/jit/` in every account of the deployment.
    ///
    /// # Errors
    /// [`IamError`].
    fn roles(&self) -> Result<Vec<ObservedRole>, IamError>;

    /// One role as it is now.
    ///
    /// # Errors
    /// [`IamError`].
    fn role(&self, role: &RoleArn) -> Result<ObservedRole, IamError>;

    /// Puts an inline policy on a role, over one of the same name.
    ///
    /// # Errors
    /// [`IamError`].
    fn put(&self, role: &RoleArn, name: &str, document: &str) -> Result<(), IamError>;

    /// Deletes an inline policy of a role. One that is not there is deleted.
    ///
    /// # Errors
    /// [`IamError`].
    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError>;
}

/// Why a call to IAM did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IamError {
    /// AWS refused: no permission, no such role, or a limit is reached. Calling again does not help.
    #[error("AWS refused to change {role}: {why}")]
    Refused {
        /// The role.
        role: RoleArn,
        /// In AWS's words.
        why: String,
    },
    /// No answer, or one that says nothing: it may be done, and may be tried again.
    #[error("AWS did not answer about {role}: {why}")]
    Unreachable {
        /// The role, or the account.
        role: RoleArn,
        /// What happened.
        why: String,
    },
}

impl Explain for IamError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { .. } => Kind::Refused,
            Self::Unreachable { .. } => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Refused { .. } => vec![Next::words(
                "check that the role is there with its ceiling as its boundary, and that its inline policies have room for another one (10,240 characters)",
            )],
            Self::Unreachable { .. } => vec![Next::Network(None), Next::TryAgain],
        }
    }
}
