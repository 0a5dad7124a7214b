//! Why a command about access on request failed.

use jit_access::ledger::{LedgerError, WriteError};
use jit_access::people::NotAUserId;
use jit_apply::apply::ApplyError;
use jit_apply::folder::FolderError;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::signed::{CallError, EndpointError};

use crate::broker::BrokerError;

/// Why a command about access on request failed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no session of the role that the person comes through.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The folder is no ledger that can be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Something was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A decision was not applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// AWS cannot be called.
    #[error(transparent)]
    Call(#[from] CallError),
    /// AWS says that the session is not a role's.
    #[error("the entry role's session cannot write to the ledger: {0}")]
    UserId(#[from] NotAUserId),
    /// No role says who the person is.
    #[error("[access] does not say which role people come through")]
    NoEntry,
    /// Nobody has published a policy.
    #[error("nobody has published a policy in this ledger")]
    NoPolicy,
    /// No door of the policy lets people do that.
    #[error("the policy has no door through which anybody may {right}")]
    NoDoor {
        /// `request`, `vote`, `publish` or `glass`.
        right: &'static str,
    },
    /// The system has no randomness for an id.
    #[error("the operating system returned no random numbers")]
    NoRandom,
    /// The system has no event queue left.
    #[error("cannot call AWS: {0}")]
    Calls(String),
}

impl From<EndpointError> for AccessError {
    fn from(error: EndpointError) -> Self {
        Self::Call(error.into())
    }
}

impl Explain for AccessError {
    fn kind(&self) -> Kind {
        match self {
            Self::Broker(error) => error.kind(),
            Self::Folder(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::Write(error) => error.kind(),
            Self::Apply(error) => error.kind(),
            Self::Call(error) => error.kind(),
            Self::UserId(error) => error.kind(),
            Self::NoEntry | Self::NoPolicy | Self::NoDoor { .. } => Kind::Usage,
            Self::NoRandom | Self::Calls(_) => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Broker(error) => error.why(),
            Self::Apply(error) => error.why(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Broker(error) => error.next(),
            Self::Folder(error) => error.next(),
            Self::Ledger(error) => error.next(),
            Self::Write(error) => error.next(),
            Self::Apply(error) => error.next(),
            Self::Call(error) => error.next(),
            Self::UserId(error) => error.next(),
            Self::NoEntry => {
                vec![Next::words("add a line such as entry = \"hub\" to [access], with a role of the file")]
            }
            Self::NoPolicy => vec![
                Next::Run { command: "policy publish".into(), does: "publishes one, if you may".into() },
                Next::words("check `ledger` in the section [access]"),
            ],
            Self::NoDoor { .. } => {
                vec![Next::words("have `may` of a [door] of the policy changed")]
            }
            Self::NoRandom | Self::Calls(_) => vec![Next::TryAgain],
        }
    }
}
