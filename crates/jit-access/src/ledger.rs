//! The ledger: objects that can be created and never changed. Its keys, their contents, the three operations,
//! a ledger in memory, and the rules by which a reader decides what counts.

mod body;
mod key;
mod memory;
mod read;

use std::fmt;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

pub use body::{
    Act, ActKind, Applied, AppliedRole, BodyError, Cause, Decision, Drop, Ended, Fact, FactKind, Failed,
    Finding, FindingKind, Granted, GroupMembers, Hash, Outcome, Request, Review, Revoke, ShiftAnswer,
    SlackVote, Sweep, Told, UnitAccounts, Use, Vote, Vouch,
};
pub use key::{Key, KeyError, SweepKind};
pub use memory::{Memory, Session};
pub use read::{Anomaly, AnomalyKind, Ledgered, Records, StoredPolicy, Subject};
pub(crate) use read::{Thread, fits};

/// The largest fact, in bytes.
pub const LARGEST_FACT: usize = 16 * 1024;
/// The largest act, in bytes: a decision contains the text of a grant for each of its accounts.
pub const LARGEST_ACT: usize = 1024 * 1024;
/// How far the time in an id may differ from the server's, in seconds.
pub const SKEW: i64 = 5 * 60;
/// How far back a reader starts again, in seconds, because ids arrive out of order.
pub const LOOK_BACK: i64 = 10 * 60;

/// The result of a [`Ledger::put_new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object is new.
    Created,
    /// An object with this key existed already, and stays as it is.
    Exists,
}

/// One key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// When the server stored its first version.
    pub written: Timestamp,
    /// Whether the key has another version.
    pub has_more_versions: bool,
    /// Why the ledger does not trust that the object is what its key says, if it does not. Such an object
    /// does not count, and is not read. In S3, AWS prevents such objects.
    pub doubt: Option<String>,
}

impl Entry {
    /// A key with one version, and without a doubt.
    pub fn new(key: impl Into<String>, written: Timestamp) -> Self {
        Self { key: key.into(), written, has_more_versions: false, doubt: None }
    }
}

/// Why a ledger operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It could not be reached.
    #[error("cannot reach the ledger: {0}")]
    Unreachable(String),
    /// It refused.
    #[error("the ledger refused: {0}")]
    Refused(String),
    /// There is no such object.
    #[error("the ledger has no `{0}`")]
    Absent(String),
    /// It gave an unusable answer.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// It cannot be called like this, and what has to change is known.
    #[error("cannot use the ledger: {what}")]
    Unusable {
        /// The kind of failure.
        kind: Kind,
        /// What is wrong.
        what: String,
        /// What to change.
        next: Vec<Next>,
    },
    /// It has no room for another object.
    #[error("the ledger is full: {0}")]
    Full(String),
}

impl LedgerError {
    /// Whether it says nothing about other objects. Then that object is a finding, and the rest of the ledger is read.
    pub fn is_about_one_object(&self) -> bool {
        matches!(self, Self::Absent(_) | Self::Damaged(_) | Self::Refused(_))
    }
}

impl Explain for LedgerError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused(_) => Kind::Refused,
            Self::Unusable { kind, .. } => *kind,
            Self::Unreachable(_) | Self::Absent(_) | Self::Damaged(_) | Self::Full(_) => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unreachable(_) => {
                vec![Next::words("check `ledger` and `region` in the section [access]"), Next::TryAgain]
            }
            Self::Refused(_) => vec![Next::words(
                "check `ledger`, `entry`, `voter` and `publisher` in the section [access]: each role may write only its own kind of object",
            )],
            Self::Absent(_) => {
                vec![Next::words("check `ledger` in the section [access]: it may name the wrong ledger")]
            }
            Self::Damaged(_) => vec![Next::words(
                "tell the administrator of the ledger; what was written before has not changed",
            )],
            Self::Unusable { next, .. } => next.clone(),
            Self::Full(_) => vec![Next::words("free space for the ledger"), Next::TryAgain],
        }
    }
}

/// A ledger, seen by one session. It has no operation to change or delete an object.
pub trait Ledger {
    /// Stores `bytes` under `key` if that does not exist yet.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError>;

    /// The first version of the object at `key`.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError>;

    /// The first version of each of the objects at `keys`, in this order. A ledger that is far away reads several at once. If
    /// it cannot continue, the rest have the same error.
    fn get_all(&self, keys: &[&str]) -> Vec<Result<Vec<u8>, LedgerError>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The keys that begin with `prefix` and sort after `after`, in order.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError>;

    /// All facts, as [`Self::list`] gives them, but for those of other kinds than `always` whose ids are from before
    /// `from`: a ledger may leave these out where that is faster. What is in a list that nobody asked for does no harm.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn list_facts(&self, from: Timestamp, always: &[FactKind]) -> Result<Vec<Entry>, LedgerError> {
        let _ = (from, always);
        self.list("f/", "")
    }
}

/// Why something was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The ledger did not accept it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A different object exists under this key.
    #[error("`{0}` already exists with other contents")]
    Other(String),
}

impl Explain for WriteError {
    fn kind(&self) -> Kind {
        match self {
            Self::Ledger(error) => error.kind(),
            Self::Other(_) => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Ledger(error) => error.next(),
            Self::Other(_) => vec![Next::words(
                "nothing was changed: somebody else wrote it first; look at it before you write again",
            )],
        }
    }
}

/// Writes an object. If an answer is lost and the object exists with the same bytes, it was written.
///
/// # Errors
/// [`WriteError`].
pub fn write(ledger: &dyn Ledger, key: &Key, bytes: &[u8]) -> Result<(), WriteError> {
    match ledger.put_new(key, bytes)? {
        Put::Created => Ok(()),
        Put::Exists if ledger.get(&key.to_string())? == bytes => Ok(()),
        Put::Exists => Err(WriteError::Other(key.to_string())),
    }
}

impl fmt::Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Exists => "exists",
        })
    }
}
