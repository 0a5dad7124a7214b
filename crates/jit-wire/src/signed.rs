//! Calls to AWS that are signed here (Signature Version 4), for services whose SDK would make the program
//! much larger for a few requests. The signature comes from AWS's own crate.
//!
//! | service | kind | how to call it |
//! | --- | --- | --- |
//! | EC2, IAM, STS | Query: a form in, XML out | [`Caller::query`] |
//! | CloudTrail, Identity Store, Organizations, Secrets Manager | JSON with `X-Amz-Target` | [`Caller::json`] |
//! | S3 | REST | [`Bucket`] |
//!
//! An [`Endpoint`] is the URL of a service and the region to sign for. Nothing is retried here; a
//! [`CallError`] tells whether retrying can help. Limits and deadlines are those of [`crate::http`].

mod buckets;
mod caller;
mod denier;
mod endpoint;
mod error;
mod request;
mod s3;
mod s3_list;

pub use buckets::list_buckets;
pub use caller::Caller;
pub use denier::Denier;
pub use endpoint::{Endpoint, EndpointError, Service, Variant};
pub use error::{CallError, Refusal, Retry, clock_words};
pub use request::{SignedRequest, UnsignedRequest};
pub use s3::{Addressing, Bucket, BucketSetting};
pub use s3_list::{Listed, ObjectVersion, Page, Versions};
