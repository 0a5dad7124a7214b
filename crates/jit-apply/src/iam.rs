//! The calls to IAM that applying and reconciling need, as a trait, with an implementation over HTTP and one for tests
//! in memory.

pub(crate) mod http;
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

    /// The current state of one role.
    ///
    /// # Errors
    /// [`IamError`].
    fn role(&self, role: &RoleArn) -> Result<ObservedRole, IamError>;

    /// Puts an inline policy on a role, replacing one of the same name.
    ///
    /// # Errors
    /// [`IamError`].
    fn put(&self, role: &RoleArn, name: &str, document: &str) -> Result<(), IamError>;

    /// Deletes an inline policy of a role. A missing policy is not an error.
    ///
    /// # Errors
    /// [`IamError`].
    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError>;
}

/// Why a call to IAM failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IamError {
    /// AWS refused: no permission, no such role, or a limit is reached. Calling again does not help.
    #[error("AWS refused to change {role}: {why}")]
    Refused {
        /// The role.
        role: RoleArn,
        /// AWS's error message.
        why: String,
    },
    /// No usable answer: it may have been done, and can be repeated.
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
