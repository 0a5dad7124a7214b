//! The computations of access on request: who may have what, who must approve, what was decided, and what
//! follows from that. Nothing here reads a file, a clock or the network, so the command line, the function
//! and the auditor get the same answer from the same input. `docs/design/access.md` is the specification.
//!
//! | module | holds |
//! | --- | --- |
//! | [`policy`] | the policy file: its types, and reading and writing it |
//! | [`people`] | identity: doors, persons, groups |
//! | [`fold`] | from facts and acts to the state of each request |
//! | [`decide`] | the decision, and its record |
//! | [`lifecycle`] | the steps of applying and reconciling |
//! | [`replay`] | whether each decision follows from its inputs |
//! | [`check`] | what `jit policy check` finds, and the live grants that a policy would not give |
//! | [`cases`] | the cases of `jit policy test` |
//! | [`id`] | ids of requests and facts, and their short forms |
//! | [`ledger`] | keys, bodies, the trait, the ledger in memory, and the reader's rules |
//! | [`render`] | every document that AWS evaluates |
//! | [`strict_json`] | JSON without duplicate keys |
//! | [`voting`] | whether a vote would count, told before it is cast |

pub mod cases;
pub mod check;
pub mod decide;
pub mod fold;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
pub mod fuzzing;
pub mod id;
pub mod ledger;
pub mod lifecycle;
pub mod people;
pub mod policy;
pub mod render;
pub mod replay;
pub mod strict_json;
#[cfg(any(test, fuzzing, feature = "testing"))]
pub mod testing;
pub mod voting;
