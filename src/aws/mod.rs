//! AWS's side: the calls of STS, what its refusals mean, what is known of the durations a role grants, and what else AWS
//! gives credentials by.

mod client;
pub mod directory;
pub mod durations;
pub mod errors;
pub mod federation;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod iam;
pub mod machine;
pub mod pace;
pub mod pages;
pub mod portal;
pub mod sts;
mod words;
