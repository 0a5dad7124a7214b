//! The settings of a bucket that matter to who may do what; and what is only authorised here.

use http::StatusCode;

use iam_evaluate::Kind;

use crate::cloud::read;
use crate::faults::Refusal;
use crate::s3::answer;
use crate::s3::call::{Operation, S3Call};
use crate::xml;
use jit_wire::loopback::{self, Reply};

/// How long a bucket's policy may be, in bytes.
const POLICY_LIMIT: usize = 20 * 1024;

pub(crate) fn get_policy(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let policy = call.check(operation.name, Vec::new())?.policy.clone();
    let none = || Refusal::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
    Ok(loopback::reply(StatusCode::OK, "application/json", policy.ok_or_else(none)?))
}

pub(crate) fn put_policy(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let malformed = |text: &str| Refusal::new(400, "MalformedPolicy", text);
    let text = String::from_utf8(call.request.body.to_vec()).unwrap_or_default();
    let bucket = call.check(operation.name, Vec::new())?;
    if text.len() > POLICY_LIMIT {
        return Err(malformed("Normalized policy document exceeds the maximum allowed size of 20480 bytes."));
    }
    if serde_json::from_str::<serde_json::Value>(&text).is_err() {
        return Err(malformed("Policies must be valid JSON and the first byte must be '{'"));
    }
    read(&bucket.name, Kind::Resource, &text).map_err(|error| {
        malformed(if error.place.contains("rincipal") {
            "Invalid principal in policy"
        } else {
            "Policy has invalid element"
        })
    })?;
    bucket.policy = Some(text);
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

pub(crate) fn delete_policy(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    call.check(operation.name, Vec::new())?.policy = None;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

pub(crate) fn get_versioning(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let versioned = call.check(operation.name, Vec::new())?.versioned;
    let status = versioned.then(|| xml::text("Status", "Enabled"));
    Ok(answer::document("VersioningConfiguration", &[status.unwrap_or_default()]))
}

pub(crate) fn get_public_access(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let blocked = !call.check(operation.name, Vec::new())?.public;
    let names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let settings = names.map(|name| xml::text(name, &blocked.to_string()));
    Ok(answer::document("PublicAccessBlockConfiguration", &settings))
}

pub(crate) fn get_lock(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    if !call.check(operation.name, Vec::new())?.locked {
        let text = "Object Lock configuration does not exist for this bucket";
        return Err(Refusal::new(404, "ObjectLockConfigurationNotFoundError", text));
    }
    let retention =
        xml::element("DefaultRetention", &[xml::text("Mode", "GOVERNANCE"), xml::text("Years", "1")]);
    let inner = [xml::text("ObjectLockEnabled", "Enabled"), xml::element("Rule", &[retention])];
    Ok(answer::document("ObjectLockConfiguration", &inner))
}

/// Checks the permission, then answers that the emulator does not support the operation.
pub(crate) fn unsupported(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    call.check(operation.name, Vec::new())?;
    Err(answer::not_implemented())
}
