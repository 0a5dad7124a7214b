//! The organization's units and the identity store of Identity Center.

use std::collections::{BTreeMap, BTreeSet};

/// What AWS knows of an organization and of its people.
#[derive(Clone, Debug, Default)]
pub struct CloudDirectory {
    /// The management account. It and its session are the only ones that get answers about the organization.
    pub management: String,
    /// The units and accounts directly in each unit, by its id.
    pub units: BTreeMap<String, CloudUnit>,
    /// Accounts that are suspended.
    pub suspended: BTreeSet<String>,
    /// The identity store's id, `d-…`.
    pub store: String,
    /// The members of each group, by the group's id: names of users.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// The names of all users.
    pub users: BTreeSet<String>,
}

/// What is directly in a unit.
#[derive(Clone, Debug, Default)]
pub struct CloudUnit {
    /// The ids of units.
    pub units: Vec<String>,
    /// Accounts.
    pub accounts: Vec<String>,
}

impl CloudDirectory {
    /// The id of a user, as an identity store makes one.
    pub(crate) fn user_id(name: &str) -> String {
        let hex: String =
            name.bytes().chain(std::iter::repeat(0)).take(16).map(|b| format!("{b:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The user with this name. Names are found in any spelling.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.users.iter().find(|user| user.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The user with this id.
    pub(crate) fn user(&self, id: &str) -> Option<&str> {
        self.users.iter().find(|user| Self::user_id(user) == id).map(String::as_str)
    }
}
