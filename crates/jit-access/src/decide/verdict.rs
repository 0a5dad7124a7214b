//! The inputs of a decision other than the ledger, and its result.

use std::collections::BTreeSet;

use jit_wire::timestamp::Timestamp;

use super::Missing;

/// The on-call answer of the service that was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnCall {
    /// Nobody was asked, or there was no answer: people decide.
    #[default]
    Unknown,
    /// These shifts are on now.
    Shifts(Vec<Shift>),
}

/// One shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The schedule's id.
    pub schedule: String,
    /// The user's id.
    pub user: String,
    /// When it ends.
    pub until: Timestamp,
}

/// The result of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Granted.
    Grant(Grant),
    /// Denied, finally.
    Deny {
        /// A code for programs.
        code: Code,
        /// The reason for people, as a sentence.
        why: String,
    },
    /// Not decided yet.
    Wait {
        /// Who is missing.
        missing: Vec<Missing>,
    },
}

/// A grant: who gets what, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// When it starts, if not immediately.
    pub start: Option<Timestamp>,
    /// The first moment at which nothing is allowed any more.
    pub until: Timestamp,
    /// The canonical name of the person who gets it.
    pub person: String,
    /// Every session name of the person.
    pub names: BTreeSet<String>,
    /// The accounts, each with its role's ARN.
    pub roles: Vec<GrantRole>,
    /// The people whose votes it is based on.
    pub voters: BTreeSet<String>,
    /// Whether it needed the requester to be on call.
    pub by_on_call: bool,
}

/// One role of a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantRole {
    /// The account.
    pub account: String,
    /// The role's ARN.
    pub role: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why something was denied.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As written in decisions, cases and `--json`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The requester is unknown.
    Person = "person",
    /// The door may not request.
    Door = "door",
    /// There is no such access.
    Access = "access",
    /// Break-glass is used, not requested.
    Standing = "standing",
    /// Not among `who`.
    NotEligible = "not-eligible",
    /// Among `not`.
    Excluded = "excluded",
    /// The account does not belong to the access, or none is named.
    Account = "account",
    /// Longer than `max`, or zero.
    Max = "max",
    /// The reason is too short.
    Reason = "reason",
    /// No ticket, or one of the wrong form.
    Ticket = "ticket",
    /// It starts too late.
    Start = "start",
    /// Outside `hours`.
    Hours = "hours",
    /// More than `total`.
    Total = "total",
    /// Both sides of a separation.
    Separation = "separation",
    /// Too many open requests.
    OpenRequests = "open-requests",
    /// A review of a use of break-glass is overdue.
    Review = "review",
    /// What it extends does not exist, or is something else.
    Extends = "extends",
    /// An approver denied it.
    Denied = "denied",
    /// Revoked before it was decided.
    Revoked = "revoked",
    /// Withdrawn.
    Dropped = "dropped",
    /// Nobody decided in time.
    Lapsed = "lapsed",
}
