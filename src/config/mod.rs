//! The configuration files and what a role in them means. Pure: text in, values out; no clock, no network, no
//! printing.

pub mod access;
pub mod aws;
mod diff;
pub mod draft;
pub mod enforced;
pub mod file;
#[cfg(test)]
mod followed;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod host;
pub mod idp;
pub mod import;
mod limits;
pub mod part;
pub mod resolve;
pub mod restriction;
pub mod shared;
mod urls;

pub use diff::{Side, unified_diff};
pub use jit_wire::section::{At, Mistake, closest, parse_duration};
