//! Evaluates AWS IAM policies: may this principal do this, and which statement decides?
//!
//! Nothing here reads a file, a clock or the network: the time is the condition key `aws:CurrentTime` of the
//! request. Policies are parsed once ([`Policy::parse`]) and evaluated any number of times ([`evaluate()`]).
//! Whatever is not allowed is denied, and the answer says why ([`Decision`]).
//!
//! ```
//! use iam_evaluate::{Kind, Outcome, Policies, Policy, Principal, Request, evaluate};
//!
//! let grant = br#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*",
//!     "Condition":{"StringLike":{"aws:userid":"*:alice@corp.com"}}}]}"#;
//! let policies = Policies {
//!     identity: vec![Policy::parse("grant", Kind::Identity, grant)?],
//!     ..Policies::default()
//! };
//! let caller = Principal::session("arn:aws:iam::111122223333:role/jit/admin", "alice@corp.com")?;
//! let request = Request::new(caller, "s3:GetObject", "arn:aws:s3:::bucket/key")
//!     .in_account("111122223333")
//!     .with("aws:userid", ["AROAEXAMPLE:alice@corp.com"]);
//! let decision = evaluate(&policies, &request);
//! assert_eq!(decision.outcome, Outcome::Allowed);
//! println!("{decision}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`policy`] | policy documents: types, strict parsing, limits |
//! | [`request`] | who asks for what, and the condition keys |
//! | [`mod@evaluate`] | how the answers of several policies are combined |
//! | [`decision`] | the answer and its reason, for people and for programs |
//!
//! `docs/differences.md` lists where AWS is known to answer differently.

mod arn;
mod condition;
pub mod decision;
pub mod evaluate;
mod json;
mod pattern;
pub mod policy;
mod principal;
pub mod request;
mod value;

pub use decision::{Decision, Layer, Outcome, Reason};
pub use evaluate::{Policies, evaluate};
pub use policy::{Kind, ParseError, Policy};
pub use request::{Principal, Request};
