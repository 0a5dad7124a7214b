//! Access on request, unattended: decides what people asked for, writes grants to IAM, and removes every policy that no
//! decision explains. On AWS Lambda it is the only program that may do so; `--once` is the same from cron or a CI job.
//!
//! An event tells it only that there may be something to do. What there is to do, it reads in the ledger and in IAM.
//!
//! | module | holds |
//! | --- | --- |
//! | [`settings`] | what it must be told: the ledger, the region, and more |
//! | [`bell`] | what an event means |
//! | [`function`] | one run: read, decide, apply, sweep |
//! | [`report`] | what a run did, for the log |
//! | [`lambda`] | the events of Lambda |
//! | [`start`] | the command line, and the program's own session |

pub mod bell;
mod directory;
pub mod function;
pub mod lambda;
pub mod report;
pub mod settings;
pub mod start;
