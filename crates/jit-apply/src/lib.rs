//! The parts of access on request that need files and AWS: the ledger's storage, its cache, and carrying out
//! decisions. What counts and what is decided is computed in `jit-access`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`apply`] | the steps of applying and reconciling, done |
//! | [`iam`] | the calls to IAM that they take |
//! | [`folder`] | the ledger in a folder, which several people of one machine can share |
//! | [`cache`] | what was read of a ledger, so that only what is new is read the next time |

pub mod apply;
pub mod cache;
pub mod folder;
pub mod iam;
