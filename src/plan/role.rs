//! The identity of a role: an ARN, or a permission set in an account.

use jit_wire::arn::{Partition, RoleArn};

/// A role that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleId {
    /// A role of IAM.
    Arn(RoleArn),
    /// A permission set that Identity Center assigns in an account.
    Assigned(Assignment),
    /// The identity that the source credentials belong to: no other role is assumed.
    Itself(Partition),
}

/// A permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// `account/permission set`.
    shown: String,
    partition: Partition,
}

impl Assignment {
    /// The permission set in `account` (twelve digits) of `partition`.
    pub fn new(account: &str, permission_set: &str, partition: Partition) -> Self {
        Self { shown: format!("{account}/{permission_set}"), partition }
    }

    /// The twelve digits.
    pub fn account(&self) -> &str {
        self.shown.split('/').next().unwrap_or_default()
    }

    /// The permission set.
    pub fn permission_set(&self) -> &str {
        self.shown.split_once('/').map_or("", |(_, name)| name)
    }
}

impl RoleId {
    /// The ARN, or `account/permission set`, or a short description.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.as_str(),
            Self::Assigned(assigned) => &assigned.shown,
            Self::Itself(_) => "its own credentials",
        }
    }

    /// The twelve digits of the account; empty if only AWS knows.
    pub fn account(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.account(),
            Self::Assigned(assigned) => assigned.account(),
            Self::Itself(_) => "",
        }
    }

    /// Whether who asks for a session can say how long it is to last.
    pub fn takes_duration(&self) -> bool {
        matches!(self, Self::Arn(_))
    }

    /// The partition it is in.
    pub fn partition(&self) -> Partition {
        match self {
            Self::Arn(arn) => arn.partition(),
            Self::Assigned(assigned) => assigned.partition,
            Self::Itself(partition) => *partition,
        }
    }
}
