//! `jit`: temporary AWS credentials and nothing else.
//!
//! # Layers
//!
//! Imports point one way; a test checks every import against this map.
//!
//! ```text
//! main → commands → broker → { idp, aws, store } → plan → jit_wire (the crate of small words and of the HTTP client)
//!            ↘ config (pure) ↗        ↘ sys (the only doors to the operating system) → world
//!            ↘ ui, error (only commands and main print or know exit codes)
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`cli`] | what can be typed, and the help for it |
//! | [`commands`] | one command, one file; and `advice`, the one place where what an error advises becomes words and commands |
//! | [`ui`] | the only printer: data to stdout, talk to stderr, questions, colour, escaping |
//! | [`error`] | a failure ready to be shown: kind, what happened, causes, hints |
//! | [`config`] | `config.toml`, what a role means by it, AWS's own files, a company's shared file, and the files of other tools |
//! | [`plan`] | a role resolved: the proof, the legs, the origin of each value, the keys of the store |
//! | [`broker`] | the one story: fresh? → lock → read again → prove → hub → spokes → store; and profiles that start from something else than an IdP |
//! | [`idp`] | the sign-in: `oidc`, `saml` (a loopback ACS, or a browser that is driven), `okta`, `identity_center`; the code that a browser brings, the loopback callback and its pages; what an address says of the IdP behind it (`lookup`) |
//! | [`index`] | the roles that IdPs were seen to offer, and how far the last round of questions came |
//! | [`aws`] | the calls of STS and what its refusals mean, of Identity Center's portal at the pace that it allows, of the console's sign-in and of the machine's own credentials, and the names of accounts |
//! | [`store`] | sealed entries, the homes of their key, locks |
//! | [`world`] | what a command runs in, handed in: environment, clock, network, browser, person |
//! | [`sys`] | the real ones of these, files, processes and the programs that are driven |
//!
//! The servers of `jit demo`, which the tests use as well, are in the crate `jit-emulator`, which knows
//! nothing of this one.
//!
//! `idp`, `aws` and `store` never import one another: they meet in `broker`, with the types of `plan` and
//! `credentials`.
//!
//! # The line behind a message
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
