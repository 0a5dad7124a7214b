//! `jit`: temporary AWS credentials and nothing else.
//!
//! # Layers
//!
//! Imports point one way; a test checks every import against this map.
//!
//! ```text
//! main → commands → broker → { idp, aws, store } → plan → jit_wire (the basic types and the HTTP client)
//!            ↘ config (pure) ↗        ↘ sys (the only access to the system) → world
//!            ↘ ui, error (only commands and main print or use exit codes)
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`cli`] | how a command line is read |
//! | [`commands`] | one file per command: its arguments, their help, and what it does. Shared by all: `load` (the person's files), `nameable` (what can be named in them), `subject` (the role that is meant, and its session), and `advice`, which turns the advice of an error into words and commands |
//! | [`ui`] | the only printer: data to stdout, messages to stderr, questions, colour, escaping |
//! | [`error`] | a failure ready to be shown: kind, what happened, causes, hints |
//! | [`config`] | `config.toml`, what it says about a role, AWS's own files, shared files, and the files of other tools |
//! | [`plan`] | a resolved role: the proof, the steps, the origin of each value, the keys of the store |
//! | [`broker`] | the one sequence: fresh? → lock → read again → prove → hub → spokes → store; and profiles that do not start from an IdP |
//! | [`idp`] | the sign-in: `oidc`, `saml` (a loopback ACS, or a driven browser), `okta`, `identity_center`; the code that a browser brings, the loopback callback and its pages; what a URL says about the IdP behind it (`lookup`) |
//! | [`index`] | the roles that IdPs have offered, and how far the last refresh came |
//! | [`aws`] | the calls to STS and what its refusals mean, to Identity Center's portal at the pace that it allows, to the console's sign-in, for the machine's own credentials, and for the aliases of accounts |
//! | [`store`] | sealed entries, where their key is kept, locks |
//! | [`world`] | what a command runs in, passed in: environment, clock, network, browser, person |
//! | [`sys`] | the real implementations of these, files, processes and driven programs |
//!
//! The servers of `jit demo`, which the tests use as well, are in the crate `jit-emulator`, which knows
//! nothing of this one.
//!
//! `idp`, `aws` and `store` never import one another: they meet in `broker`, with the types of `plan` and
//! `credentials`.
//!
//! # Where a message comes from
//!
//! An error explains itself once, next to its own definition: what happened is its `Display`, and
//! [`Explain`](jit_wire::explain::Explain) has its kind (and so the exit code), why it happened, and what to
//! do next. The long `match`es are in a `words.rs` next to the error (`aws/words.rs`, `idp/*/words.rs`). What
//! to do next is typed ([`Next`](jit_wire::explain::Next)): an error does not know the role, the IdP, or what
//! was typed. `commands/advice.rs` knows them, and is the only place that writes a hint.

pub mod aws;
pub mod broker;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
// Parsers of foreign text as functions of bytes, for `scripts/fuzz` and the test that replays its corpora.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod idp;
pub mod index;
pub mod plan;
pub mod store;
pub mod sys;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod world;
