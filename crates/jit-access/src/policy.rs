//! The policy file: who may request what, and who must approve.
//!
//! The types contain what was written, already checked for syntax: names have the right characters, durations
//! are seconds, roles are ARNs. `check` finds what is well-formed but cannot work.

mod access;
mod allow;
mod hours;
mod network;
pub(crate) mod read;
mod role;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::arn::RoleArn;

pub use access::{Access, Channel, Escalate, OnCallRule, ReviewRule, Seat, Ticket};
pub use allow::{Allow, AllowError, Statement};
pub use hours::{Hours, HoursError};
pub use network::{Network, NetworkError};
pub use read::{Documents, LARGEST_POLICY, PolicyFile};
pub use role::{AccountSet, RequestRole, RequestRoleError};

/// A place in a policy file: the file, and a line in it, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the person would write it.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// A whole policy: one file, or several read as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `[deployment]`.
    pub deployment: Deployment,
    /// `[door.NAME]`: where people arrive in AWS.
    pub doors: BTreeMap<String, Door>,
    /// `[group]`.
    pub groups: BTreeMap<String, Group>,
    /// `[person]`, by canonical name.
    pub people: BTreeMap<String, Person>,
    /// Session names that are never assigned again, each with its place.
    pub retired: BTreeMap<String, Place>,
    /// `[access.NAME]`: what can be requested.
    pub access: BTreeMap<String, Access>,
    /// `[limits]`.
    pub limits: Limits,
    /// `[separation]`: nobody may hold access on two sides of one of these at once.
    pub separation: BTreeMap<String, Separation>,
}

/// `[deployment]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// Who turns decisions into IAM policies.
    pub apply: Apply,
    /// Groups that are notified of findings and may revoke anything.
    pub security: Vec<String>,
    /// The accounts with roles on request.
    pub accounts: Vec<AccountSet>,
    /// The place of the table; the default if there is none.
    pub place: Place,
}

/// Who turns decisions into IAM policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apply {
    /// The one function.
    #[default]
    Function,
    /// The command line of the voter who completes a request.
    Approver,
}

/// `[door.NAME]`: a role through which people arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The hub role or the role of a permission set.
    pub role: RoleArn,
    /// The role's unique ids (`AROA…`), with which the `aws:userid` of everybody who comes through begins.
    pub ids: BTreeSet<String>,
    /// What people who come through may do.
    pub may: BTreeSet<Right>,
    /// Its place in the file.
    pub place: Place,
}

/// What a door lets people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Ask for access, withdraw, give back, and revoke.
    Request,
    /// Vote on other people's requests.
    Vote,
    /// Publish a policy.
    Publish,
    /// Assume break-glass roles.
    Glass,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 4] = [Self::Request, Self::Vote, Self::Publish, Self::Glass];

    /// As it is written in `may`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Vote => "vote",
            Self::Publish => "publish",
            Self::Glass => "glass",
        }
    }
}

/// A line of `[group]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The members.
    pub members: Members,
    /// Its place in the file.
    pub place: Place,
}

/// The members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// These people, by canonical name.
    People(BTreeSet<String>),
    /// The members of a group of IAM Identity Center, by its id. Resolved by the function.
    IdentityCenter(String),
    /// Everybody who comes through this door.
    Door(String),
}

/// A line of `[person]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The person's session names.
    pub names: BTreeSet<String>,
    /// Their member id at Slack.
    pub slack: Option<String>,
    /// Their user id at PagerDuty.
    pub pagerduty: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// A program: it may request, and its votes never count.
    pub robot: bool,
    /// Its place in the file.
    pub place: Place,
}

/// `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many requests of one person may be open at once.
    pub open_requests: u32,
    /// After how many seconds an undecided request lapses.
    pub request_ttl: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { open_requests: 5, request_ttl: 4 * 3600 }
    }
}

/// A line of `[separation]`: its sides, each a set of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separation {
    /// Two or more.
    pub sides: Vec<Vec<AccountSet>>,
    /// Its place in the file.
    pub place: Place,
}
