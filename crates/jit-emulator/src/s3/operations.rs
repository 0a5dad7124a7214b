//! Finds the operation of a request: a table of methods and subresources.

use http::Method;

use crate::s3::call::{Level, Operation, Target};
use crate::s3::{buckets, list, multipart, objects, settings};
use jit_wire::loopback::Request;

macro_rules! operations {
    ($($method:ident $level:ident [$($by:literal)*] $name:literal $carry_out:path;)*) => {
        &[$(Operation {
            method: Method::$method,
            level: Level::$level,
            by: &[$($by),*],
            name: $name,
            carry_out: $carry_out,
        }),*]
    };
}

/// The first operation that matches. Those in `settings::unsupported` are only authorized.
static OPERATIONS: &[Operation] = operations![
    GET    Service [] "s3:ListAllMyBuckets" buckets::list_all;
    GET    Bucket ["versions"] "s3:ListBucketVersions" list::versions;
    GET    Bucket ["location"] "s3:GetBucketLocation" buckets::location;
    GET    Bucket ["policy"] "s3:GetBucketPolicy" settings::get_policy;
    PUT    Bucket ["policy"] "s3:PutBucketPolicy" settings::put_policy;
    DELETE Bucket ["policy"] "s3:DeleteBucketPolicy" settings::delete_policy;
    GET    Bucket ["versioning"] "s3:GetBucketVersioning" settings::get_versioning;
    PUT    Bucket ["versioning"] "s3:PutBucketVersioning" settings::unsupported;
    GET    Bucket ["object-lock"] "s3:GetBucketObjectLockConfiguration" settings::get_lock;
    PUT    Bucket ["object-lock"] "s3:PutBucketObjectLockConfiguration" settings::unsupported;
    GET    Bucket ["lifecycle"] "s3:GetLifecycleConfiguration" settings::unsupported;
    PUT    Bucket ["lifecycle"] "s3:PutLifecycleConfiguration" settings::unsupported;
    DELETE Bucket ["lifecycle"] "s3:PutLifecycleConfiguration" settings::unsupported;
    GET    Bucket ["replication"] "s3:GetReplicationConfiguration" settings::unsupported;
    PUT    Bucket ["replication"] "s3:PutReplicationConfiguration" settings::unsupported;
    DELETE Bucket ["replication"] "s3:PutReplicationConfiguration" settings::unsupported;
    GET    Bucket ["encryption"] "s3:GetEncryptionConfiguration" settings::unsupported;
    PUT    Bucket ["encryption"] "s3:PutEncryptionConfiguration" settings::unsupported;
    GET    Bucket ["publicAccessBlock"] "s3:GetBucketPublicAccessBlock" settings::get_public_access;
    PUT    Bucket ["publicAccessBlock"] "s3:PutBucketPublicAccessBlock" settings::unsupported;
    DELETE Bucket ["publicAccessBlock"] "s3:PutBucketPublicAccessBlock" settings::unsupported;
    GET    Bucket ["ownershipControls"] "s3:GetBucketOwnershipControls" settings::unsupported;
    PUT    Bucket ["ownershipControls"] "s3:PutBucketOwnershipControls" settings::unsupported;
    DELETE Bucket ["ownershipControls"] "s3:PutBucketOwnershipControls" settings::unsupported;
    GET    Bucket ["acl"] "s3:GetBucketAcl" settings::unsupported;
    PUT    Bucket ["acl"] "s3:PutBucketAcl" settings::unsupported;
    GET    Bucket ["uploads"] "s3:ListBucketMultipartUploads" settings::unsupported;
    POST   Bucket ["delete"] "s3:DeleteObject" settings::unsupported;
    GET    Bucket ["list-type"] "s3:ListBucket" list::objects;
    GET    Bucket [] "s3:ListBucket" list::objects_first_way;
    HEAD   Bucket [] "s3:ListBucket" buckets::head;
    PUT    Bucket [] "s3:CreateBucket" buckets::create;
    DELETE Bucket [] "s3:DeleteBucket" buckets::delete;
    GET    Object ["retention"] "s3:GetObjectRetention" settings::unsupported;
    PUT    Object ["retention"] "s3:PutObjectRetention" settings::unsupported;
    PUT    Object ["legal-hold"] "s3:PutObjectLegalHold" settings::unsupported;
    PUT    Object ["acl"] "s3:PutObjectAcl" settings::unsupported;
    PUT    Object ["tagging"] "s3:PutObjectTagging" settings::unsupported;
    POST   Object ["uploads"] "s3:PutObject" multipart::start;
    PUT    Object ["partNumber" "uploadId"] "s3:PutObject" multipart::part;
    POST   Object ["uploadId"] "s3:PutObject" multipart::complete;
    DELETE Object ["uploadId"] "s3:AbortMultipartUpload" multipart::abort;
    GET    Object ["versionId"] "s3:GetObjectVersion" objects::get;
    HEAD   Object ["versionId"] "s3:GetObjectVersion" objects::get;
    GET    Object [] "s3:GetObject" objects::get;
    HEAD   Object [] "s3:GetObject" objects::get;
    PUT    Object ["x-amz-copy-source"] "s3:PutObject" settings::unsupported;
    PUT    Object [] "s3:PutObject" objects::put;
    DELETE Object ["versionId"] "s3:DeleteObjectVersion" objects::delete;
    DELETE Object [] "s3:DeleteObject" objects::delete;
];

/// The operation of a request.
pub(crate) fn of(request: &Request, target: &Target) -> Option<&'static Operation> {
    let level = match (target.bucket.is_empty(), target.key.is_empty()) {
        (true, _) => Level::Service,
        (_, true) => Level::Bucket,
        _ => Level::Object,
    };
    let has =
        |name: &&str| target.has(name) || (name.starts_with("x-") && request.headers.contains_key(*name));
    OPERATIONS.iter().find(|operation| {
        operation.level == level && operation.method == request.method && operation.by.iter().all(&has)
    })
}
