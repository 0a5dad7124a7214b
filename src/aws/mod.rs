//! AWS's side: the calls of STS, what its refusals mean, and what is known of the durations a role grants.

mod client;
pub mod directory;
pub mod durations;
pub mod errors;
pub mod federation;
pub mod iam;
pub mod pace;
pub mod portal;
pub mod sts;
mod words;
