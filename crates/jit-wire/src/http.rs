//! The one HTTP client, for the IdP and for AWS's SDK: rustls with ring, the system's certificates or
//! `AWS_CA_BUNDLE`, `HTTPS_PROXY` and `NO_PROXY`, a deadline for every call and a limit for every answer.

mod ca_bundle;
mod client;
mod error;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod log_line;
mod message;
mod proxy;
mod translate;

pub use self::client::Http;
pub use self::error::{HttpError, host_of, innermost};
pub use self::limits::AnswerKind;
pub use self::message::{Ask, Body, Headers, HttpAnswer};
