//! S3, path style: objects that are put conditionally, read, listed and deleted, with their versions; buckets
//! with policies; multipart uploads. Every call is authorized, even those that are not implemented.

mod answer;
mod buckets;
mod call;
mod list;
mod multipart;
mod objects;
mod operations;
mod settings;

use crate::authorize::Authorizer;
use crate::faults::Refusal;
use crate::journal::Call;
use crate::recorded::{Event, Recorded};
use crate::service::Service;
use crate::shared::lock;
use call::{S3Call, Target};
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use serde_json::json;

/// The service.
pub(crate) struct S3 {
    gate: Authorizer,
}

impl S3 {
    pub(crate) fn new(gate: Authorizer) -> Self {
        Self { gate }
    }
}

impl Service for S3 {
    fn call(&self, request: &Request) -> Option<Call> {
        let operation = operations::of(request, &Target::of(request)?)?;
        Some(Call::Aws(operation.name))
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let signed = request.headers.contains_key(http::header::AUTHORIZATION);
        let caller = signed.then(|| self.gate.caller(request).map_err(answer::of_signature)).transpose()?;
        let target = Target::of(request).ok_or_else(answer::bad_key)?;
        let operation = operations::of(request, &target).ok_or_else(answer::not_allowed)?;
        let mut cloud = lock(&self.gate.shared.cloud);
        let mut call = S3Call {
            gate: &self.gate,
            cloud: &mut cloud,
            caller: caller.as_deref(),
            request,
            target: &target,
        };
        (operation.carry_out)(&mut call, operation)
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply {
        answer::error(request, refusal, &self.gate.shared.request_id())
    }
}

impl Recorded for S3 {
    /// Calls about objects are data events, which the event history does not have.
    fn event(&self, request: &Request) -> Option<Event> {
        let target = Target::of(request)?;
        let operation = operations::of(request, &target)?;
        if !operation.is_management() {
            return None;
        }
        let name = operation.name.strip_prefix("s3:").unwrap_or(operation.name);
        let read_only = request.method == http::Method::GET || request.method == http::Method::HEAD;
        let mut event = Event::new("s3.amazonaws.com", name, read_only);
        if !target.bucket.is_empty() {
            event.parameters = json!({ "bucketName": target.bucket });
            event.resources = vec![("AWS::S3::Bucket", target.bucket)];
        }
        Some(event)
    }
}
