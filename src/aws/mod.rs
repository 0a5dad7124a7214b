//! AWS: the calls to STS, what its refusals mean, which durations a role is known to allow, and AWS's other
//! sources of credentials.

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
pub mod organizations;
pub mod pace;
pub mod pages;
pub mod portal;
pub mod portal_pace;
pub mod sts;
mod words;
