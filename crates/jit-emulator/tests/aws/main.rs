//! The emulated AWS, over the wire: every denial has a twin that is allowed.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod applied;
mod arriving;
mod center;
mod client;
mod company;
mod iam;
mod iam_writes;
mod ledger;
mod ledger_faults;
mod s3;
mod story;
mod told;
mod trail;
