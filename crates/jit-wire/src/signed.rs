//! Calls to AWS that are signed by hand (Signature Version 4), for services whose SDK would make the program much larger
//! for a few requests. The signature is that of AWS's own crate.
//!
//! | service | shape | how to call it |
//! | --- | --- | --- |
//! | IAM, STS | Query: a form in, XML out | [`Caller::query`] |
//! | CloudTrail, Identity Store | JSON with `X-Amz-Target` | [`Caller::json`] |
//! | S3 | REST | [`Bucket`] |
//!
//! An [`Endpoint`] says where a service is asked and for which region it is signed. Nothing is repeated here: a
//! [`CallError`] says whether asking again later can help. Limits and deadlines are those of [`crate::http`].

mod caller;
mod endpoint;
mod error;
mod request;
mod s3;

pub use caller::Caller;
pub use endpoint::{Endpoint, EndpointError, Service, Variant};
pub use error::{CallError, Refusal, Retry};
pub use request::{SignedRequest, UnsignedRequest};
pub use s3::{Addressing, Bucket, Listed, ObjectVersion, Page, Versions};
