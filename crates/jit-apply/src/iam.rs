//! The calls to IAM that applying and reconciling need, as a trait, with an implementation over HTTP and one for tests
//! in memory.

mod error;
pub(crate) mod http;
mod memory;

use jit_access::lifecycle::{ObservedRole, RoleArn};

pub use error::{Boundary, FullRole, IamDenial, IamError};
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
