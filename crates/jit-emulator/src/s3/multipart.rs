//! Multipart uploads. The date of the object is that of the start of the upload, so a caller who may use them
//! can backdate an object. This is why a ledger's policy denies them.

use http::StatusCode;

use crate::authorize::key;
use crate::cloud::Upload;
use crate::faults::Refusal;
use crate::s3::call::{Operation, S3Call};
use crate::s3::{answer, objects};
use crate::xml;
use jit_wire::loopback::Reply;

fn id_of(call: &S3Call<'_>) -> String {
    call.target.get("uploadId").unwrap_or_default().to_owned()
}

pub(crate) fn start(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let id = call.gate.shared.request_id();
    let upload = Upload {
        key: call.target.key.clone(),
        content_type: call.header("content-type").unwrap_or("binary/octet-stream").to_owned(),
        started: call.gate.shared.sts_now(),
        parts: Default::default(),
    };
    let inner = [("Bucket", &call.target.bucket), ("Key", &call.target.key), ("UploadId", &id)]
        .map(|(name, text)| xml::text(name, text));
    let bucket = call.check(operation.name, vec![key("s3:ObjectCreationOperation", "false")])?;
    bucket.uploads.insert(id, upload);
    Ok(answer::document("InitiateMultipartUploadResult", &inner))
}

pub(crate) fn part(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let number = call.target.get("partNumber").and_then(|text| text.parse().ok());
    let number = number.filter(|number| (1..=10_000).contains(number));
    let id = id_of(call);
    let body = call.request.body.to_vec();
    let name = call.target.key.clone();
    let bucket = call.check(operation.name, vec![key("s3:ObjectCreationOperation", "false")])?;
    let upload = bucket.uploads.get_mut(&id).filter(|upload| upload.key == name);
    let upload = upload.ok_or_else(answer::no_upload)?;
    let text = "Part number must be an integer between 1 and 10000, inclusive";
    let etag = crate::cloud::etag_of(&body);
    upload.parts.insert(number.ok_or_else(|| answer::argument(text))?, body);
    let mut reply = answer::empty(StatusCode::OK);
    answer::add(&mut reply, "etag", &etag);
    Ok(reply)
}

pub(crate) fn complete(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    call.question(operation.name, vec![key("s3:ObjectCreationOperation", "true")])?;
    objects::check_condition(call)?;
    let id = id_of(call);
    let name = call.target.key.clone();
    let bucket = call.bucket()?;
    if bucket.uploads.get(&id).is_none_or(|upload| upload.key != name) {
        return Err(answer::no_upload());
    }
    let Some(upload) = bucket.uploads.remove(&id) else { return Err(answer::no_upload()) };
    let body: Vec<u8> = upload.parts.into_values().flatten().collect();
    bucket.write(&name, Some(&body), &upload.content_type, upload.started);
    let etag = crate::cloud::etag_of(&body);
    let inner =
        [("Bucket", &bucket.name), ("Key", &name), ("ETag", &etag)].map(|(name, text)| xml::text(name, text));
    Ok(answer::document("CompleteMultipartUploadResult", &inner))
}

pub(crate) fn abort(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let id = id_of(call);
    let bucket = call.check(operation.name, Vec::new())?;
    bucket.uploads.remove(&id).ok_or_else(answer::no_upload)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
