//! The only access to the operating system. `clippy.toml` keeps the rest of the program from calling it
//! directly.
#![allow(clippy::disallowed_methods, reason = "this is where they are allowed")]

pub mod audit_log;
pub mod browser;
pub mod clock;
#[cfg(unix)]
pub mod companion;
pub mod driven;
pub mod folders;
pub mod fs;
pub mod machine;
pub mod process;
pub mod state;
pub mod terminal;
