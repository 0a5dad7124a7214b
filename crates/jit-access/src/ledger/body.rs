//! The contents of objects: strict JSON. Unknown and duplicate keys are rejected; a body is always an object.

mod act;
mod fact;
mod hash;
mod sweep;

use jit_wire::explain::{Explain, Kind, Next};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use act::{
    Act, ActKind, Applied, AppliedRole, Cause, Decision, Ended, Failed, Granted, GroupMembers, Outcome,
    ShiftAnswer, SlackVote, Told, UnitAccounts,
};
pub use fact::{Drop, Fact, FactKind, Request, Review, Revoke, Use, Vote};
pub use hash::Hash;
pub use sweep::{Finding, FindingKind, Sweep};

/// A person's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vouch {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

/// Why bytes are not the body of an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not JSON, or not in this format.
    #[error("{0}")]
    Json(String),
    /// JSON that is not an object.
    #[error("the body is not an object")]
    NotAnObject,
    /// Larger than allowed for this kind of object.
    #[error("the body has {0} bytes; the limit is {1}")]
    Large(usize, usize),
}

impl Explain for BodyError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Json(_) | Self::NotAnObject => {
                "update jit: a newer version may have written it; an object that cannot be read does not count"
            }
            Self::Large(..) => "write a shorter reason, or put the details into the ticket",
        })]
    }
}

/// Parses a body. The structs reject unknown and duplicate keys; lists, which serde would accept for a
/// struct, are rejected here.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(BodyError::NotAnObject);
    }
    serde_json::from_slice(bytes).map_err(|error| BodyError::Json(error.to_string()))
}

fn write<T: Serialize>(body: &T) -> Vec<u8> {
    // The only thing that serde_json cannot write is a map whose keys are not strings, and no body has one.
    serde_json::to_vec(body).unwrap_or_default()
}
