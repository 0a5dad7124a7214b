//! The function against an AWS on 127.0.0.1 that authorises every call by the documents of a deployment.
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod binary;
mod company;
mod groups;
mod kills;
mod sweeps;
