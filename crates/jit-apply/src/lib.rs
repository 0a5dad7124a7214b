//! The parts of access on request that need files and AWS: the ledger's storage, its cache, and carrying out
//! decisions. What counts and what is decided is computed in `jit-access`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`apply`] | the steps of applying and reconciling, done |
//! | [`iam`] | the calls to IAM that they take |
//! | [`fleet`] | the same calls, for hundreds of accounts at once |
//! | [`assume`] | the sessions that they are made under |
//! | [`s3`] | the ledger in a bucket of S3 |
//! | [`folder`] | the ledger in a folder, which several people of one machine can share |
//! | [`directory`] | the accounts of units and the members of groups, as AWS has them |
//! | [`cache`] | what was read of a ledger, so that only what is new is read the next time |
//! | [`probe`] | calls that show what a session may do and change nothing, for `jit doctor` |
//! | [`calls`] | how code that waits makes calls to AWS |

pub mod apply;
pub mod assume;
pub mod cache;
pub mod calls;
pub mod directory;
pub mod fleet;
pub mod folder;
pub mod iam;
pub mod probe;
pub mod s3;
#[cfg(test)]
mod testing;
