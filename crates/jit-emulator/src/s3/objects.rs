//! Objects: put, read, deleted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use ring::digest::{SHA256, digest};

use crate::authorize::key;
use crate::cloud::StoredVersion;
use crate::faults::Refusal;
use crate::http_date;
use crate::s3::answer;
use crate::s3::call::{Operation, S3Call};
use jit_wire::loopback::{self, Reply};

/// Creates an object, or another version of it.
pub(crate) fn put(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let whole = vec![key("s3:ObjectCreationOperation", "true")];
    call.question(operation.name, whole)?;
    check_condition(call)?;
    check_sum(call)?;
    let now = call.gate.shared.sts_now();
    let kind = call.header("content-type").unwrap_or("binary/octet-stream");
    let name = &call.target.key;
    let body = &call.request.body;
    if name.len() > 1024 {
        return Err(Refusal::new(400, "KeyTooLongError", "Your key is too long"));
    }
    let bucket = call.bucket()?;
    let id = bucket.write(name, Some(body), kind, now);
    let mut reply = answer::empty(StatusCode::OK);
    answer::add(&mut reply, "etag", &crate::cloud::etag_of(body));
    if bucket.versioned {
        answer::add(&mut reply, "x-amz-version-id", &id);
    }
    Ok(reply)
}

/// `If-None-Match: *` creates only new objects. S3 ignores any other value in a write.
pub(crate) fn check_condition(call: &mut S3Call<'_>) -> Result<(), Refusal> {
    let condition = call.header("if-none-match");
    if call.header("if-match").is_some() || condition.is_some_and(|value| value != "*") {
        return Err(answer::not_implemented());
    }
    let name = &call.target.key;
    if condition.is_some() && call.bucket()?.current(name).is_some() {
        return Err(answer::precondition());
    }
    Ok(())
}

/// If objects are locked, S3 refuses those without a checksum, and always those with a wrong one. Only
/// SHA-256 is checked here.
fn check_sum(call: &mut S3Call<'_>) -> Result<(), Refusal> {
    let headers = &call.request.headers;
    let has_one = headers.contains_key("content-md5")
        || headers.keys().any(|name| {
            name.as_str().starts_with("x-amz-checksum-") && name.as_str() != "x-amz-checksum-algorithm"
        });
    if call.bucket()?.locked && !has_one {
        let text = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
        return Err(Refusal::new(400, "InvalidRequest", text));
    }
    match call.header("x-amz-checksum-sha256") {
        Some(said) if said != STANDARD.encode(digest(&SHA256, &call.request.body)) => {
            let text = "The SHA256 you specified did not match the calculated checksum.";
            Err(Refusal::new(400, "BadDigest", text))
        }
        _ => Ok(()),
    }
}

/// Reads an object, one version of it, or only its metadata (HEAD).
pub(crate) fn get(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    call.question(operation.name, Vec::new())?;
    let name = call.target.key.clone();
    let wanted = call.target.get("versionId").map(str::to_owned);
    let bucket = call.bucket()?;
    let versioned = bucket.versioned;
    let found: Option<StoredVersion> = match &wanted {
        Some(id) => {
            let version = bucket.versions(&name).iter().find(|version| version.id == *id);
            Some(version.cloned().ok_or_else(answer::no_version)?)
        }
        None => bucket.current(&name).cloned(),
    };
    let Some(version) = found else {
        // A caller without permission to list is not told that an object does not exist.
        call.question("s3:ListBucket", Vec::new())?;
        return Err(answer::no_key());
    };
    let Some(body) = version.body.clone() else { return Err(answer::not_allowed()) };
    let etag = version.etag();
    if call.header("if-none-match").is_some_and(|value| value == etag || value == "*") {
        return Ok(answer::empty(StatusCode::NOT_MODIFIED));
    }
    let length = body.len();
    let body = if call.request.method == Method::HEAD { Vec::new() } else { body };
    let mut reply = loopback::reply(StatusCode::OK, "application/octet-stream", body);
    answer::add(&mut reply, "content-type", &version.content_type);
    answer::add(&mut reply, "content-length", &length.to_string());
    answer::add(&mut reply, "etag", &etag);
    answer::add(&mut reply, "last-modified", &http_date::of(version.modified));
    answer::add(&mut reply, "accept-ranges", "bytes");
    if versioned {
        answer::add(&mut reply, "x-amz-version-id", &version.id);
    }
    Ok(reply)
}

/// Deletes one version, or marks the object as deleted.
pub(crate) fn delete(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let now = call.gate.shared.sts_now();
    let name = call.target.key.clone();
    let wanted = call.target.get("versionId").map(str::to_owned);
    let bucket = call.check(operation.name, Vec::new())?;
    let mut reply = answer::empty(StatusCode::NO_CONTENT);
    match wanted {
        // Nothing protects a version that does not exist.
        Some(id) if bucket.locked && bucket.versions(&name).iter().any(|version| version.id == id) => {
            let text = "Access Denied because object protected by object lock.";
            return Err(Refusal::new(403, "AccessDenied", text));
        }
        Some(id) => {
            bucket.remove(&name, &id);
            answer::add(&mut reply, "x-amz-version-id", &id);
        }
        None if bucket.versioned => {
            let id = bucket.write(&name, None, "", now);
            answer::add(&mut reply, "x-amz-delete-marker", "true");
            answer::add(&mut reply, "x-amz-version-id", &id);
        }
        None => bucket.remove(&name, "null"),
    }
    Ok(reply)
}
