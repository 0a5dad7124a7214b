//! Buckets themselves.

use http::StatusCode;

use crate::authorize::{Action, Who};
use crate::cloud::CloudBucket;
use crate::faults::Refusal;
use crate::s3::answer;
use crate::s3::call::{Operation, S3Call};
use crate::signing::sigv4::Signed;
use crate::xml;
use jit_wire::loopback::Reply;
use jit_wire::timestamp::Timestamp;

/// A time as S3 writes it, with thousandths of a second.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_rfc3339().replace('Z', ".000Z")
}

/// The buckets of the caller's account.
pub(crate) fn list_all(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let caller = call.check_service(operation.name)?;
    let own = call.cloud.buckets.values().filter(|bucket| bucket.account == caller.account);
    let buckets: Vec<String> = own
        .map(|bucket| {
            let created = xml::text("CreationDate", &time(bucket.created));
            xml::element("Bucket", &[xml::text("Name", &bucket.name), created])
        })
        .collect();
    let owner = xml::element("Owner", &[xml::text("ID", &caller.account)]);
    Ok(answer::document("ListAllMyBucketsResult", &[owner, xml::element("Buckets", &buckets)]))
}

pub(crate) fn location(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let bucket = call.check(operation.name, Vec::new())?;
    // The first region has no name here.
    let region = if bucket.region == "us-east-1" { "" } else { bucket.region.as_str() };
    Ok(answer::document("LocationConstraint", &[xml::escape(region)]))
}

pub(crate) fn head(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let region = call.check(operation.name, Vec::new())?.region.clone();
    let mut reply = answer::empty(StatusCode::OK);
    answer::add(&mut reply, "x-amz-bucket-region", &region);
    Ok(reply)
}

pub(crate) fn create(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let caller = call.caller.ok_or_else(answer::anonymous)?;
    let name = &call.target.bucket;
    let resource = format!("arn:aws:s3:::{name}");
    let account = caller.account.as_str();
    let action =
        Action { name: operation.name, resource: &resource, account, policy: None, keys: Vec::new() };
    call.gate.check(call.cloud, Who::Session(caller), action).map_err(answer::denied)?;
    if let Some(other) = call.cloud.buckets.get(name) {
        let (code, text) = if other.account == caller.account {
            let text = "Your previous request to create the named bucket succeeded and you already own it.";
            ("BucketAlreadyOwnedByYou", text)
        } else {
            ("BucketAlreadyExists", "The requested bucket name is not available.")
        };
        return Err(Refusal::new(409, code, text));
    }
    let region = Signed::read(&call.request.headers).map(|signed| signed.region().to_owned())?;
    let lock = call.header("x-amz-bucket-object-lock-enabled") == Some("true");
    let created = call.gate.shared.sts_now();
    let bucket = CloudBucket { versioned: lock, created, ..CloudBucket::new(name, account, &region) };
    call.cloud.buckets.insert(name.clone(), bucket);
    let mut reply = answer::empty(StatusCode::OK);
    answer::add(&mut reply, "location", &format!("/{name}"));
    Ok(reply)
}

pub(crate) fn delete(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    if !call.check(operation.name, Vec::new())?.objects.is_empty() {
        let text = "The bucket you tried to delete is not empty";
        return Err(Refusal::new(409, "BucketNotEmpty", text));
    }
    call.cloud.buckets.remove(&call.target.bucket);
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
