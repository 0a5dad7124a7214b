//! Why a run could not be done.

use std::io;

use jit_apply::apply::ApplyError;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::signed::CallError;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger or IAM cannot be used, or the run was stopped.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A service of AWS cannot be called.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The system has no event queue left to give.
    #[error("cannot make calls to AWS: {0}")]
    System(#[from] io::Error),
    /// The policy leaves applying to the approvers.
    #[error("the policy in force says apply = \"approver\", so this program does nothing")]
    Approvers,
}

impl Explain for RunError {
    fn kind(&self) -> Kind {
        match self {
            Self::Apply(error) => error.kind(),
            Self::Call(error) => error.kind(),
            Self::System(_) => Kind::Failed,
            Self::Approvers => Kind::Usage,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Apply(error) => error.next(),
            Self::Call(error) => error.next(),
            Self::System(_) => vec![Next::words("allow this program more open files"), Next::TryAgain],
            Self::Approvers => vec![Next::words(
                "publish a policy with apply = \"function\" in [deployment], or remove this function",
            )],
        }
    }
}
