//! Objects of the applier that are not about a request.

use serde::{Deserialize, Serialize};

use super::BodyError;

/// `sweep.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// The program's version.
    pub version: String,
    /// The key of the policy in force.
    pub policy: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An object of the ledger that is not valid.
    Record,
    /// A policy on a role that no decision explains.
    UnexplainedPolicy,
    /// A grant that somebody else deleted.
    MissingGrant,
    /// A role with another trust policy.
    Trust,
    /// A role with another boundary, or none.
    Boundary,
    /// A role with an attached policy.
    Attached,
    /// A use of break-glass that nobody recorded.
    UnrecordedUse,
    /// A group or a unit that cannot be read.
    Directory,
}

/// `finding.json`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// The key, or the role's ARN.
    pub subject: String,
    /// What was found, as a sentence.
    pub what: String,
}

impl Sweep {
    /// Reads it.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(bytes: &[u8]) -> Result<Self, BodyError> {
        super::read(bytes)
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::write(self)
    }
}

impl Finding {
    /// Reads it.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(bytes: &[u8]) -> Result<Self, BodyError> {
        super::read(bytes)
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::write(self)
    }
}
