//! Access on request, as far as it can be computed: who may have what, who must agree, what was decided, and what that
//! means. Nothing here reads a file, a clock or the network, so the command line, the function and the auditor get the same
//! answer from the same input. What it must do is fixed in `docs/design/access.md`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`policy`] | the policy file: its types, and how it is read |
//! | [`render`] | every document that AWS evaluates |
//! | [`strict_json`] | JSON with each key at most once |

pub mod policy;
pub mod render;
pub mod strict_json;
