//! One call to S3: its target, its caller, and the authorization that each call starts with.

use std::collections::HashMap;

use http::Method;
use iam_evaluate::{Kind, Policy};

use crate::authorize::{Action, Authorizer, Keys, Who, key};
use crate::cloud::{Cloud, CloudBucket, read};
use crate::faults::Refusal;
use crate::percent;
use crate::s3::answer;
use crate::sessions::Session;
use jit_wire::loopback::{Reply, Request};

/// An operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// Whether it is about the service, a bucket or an object.
    pub(crate) level: Level,
    /// The subresources, parameters and headers that it is recognized by.
    pub(crate) by: &'static [&'static str],
    /// The action that it needs, as policies name it.
    pub(crate) name: &'static str,
    pub(crate) carry_out: fn(&mut S3Call<'_>, &Operation) -> Result<Reply, Refusal>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Service,
    Bucket,
    Object,
}

impl Operation {
    /// Whether it is a management event for CloudTrail. The others are data events.
    pub(crate) fn is_management(&self) -> bool {
        self.level != Level::Object && !["s3:ListBucket", "s3:ListBucketVersions"].contains(&self.name)
    }
}

/// The target of a request.
pub(crate) struct Target {
    /// Empty for the service itself.
    pub(crate) bucket: String,
    /// Empty for the bucket itself.
    pub(crate) key: String,
    /// The query, without the values of signatures.
    pub(crate) query: HashMap<String, String>,
}

impl Target {
    /// `None` if the path is not UTF-8.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Some(Self {
            bucket: percent::decoded(bucket)?,
            key: percent::decoded(key)?,
            query: request.query.iter().cloned().collect(),
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// One call.
pub(crate) struct S3Call<'a> {
    pub(crate) gate: &'a Authorizer,
    pub(crate) cloud: &'a mut Cloud,
    /// `None`: it is not signed.
    pub(crate) caller: Option<&'a Session>,
    pub(crate) request: &'a Request,
    pub(crate) target: &'a Target,
}

impl<'a> S3Call<'a> {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.request.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn who(&self) -> Who<'a> {
        self.caller.map_or(Who::Nobody, Who::Session)
    }

    /// Whether the caller may do `action` to the whole service.
    pub(crate) fn check_service(&self, action: &str) -> Result<&'a Session, Refusal> {
        let caller = self.caller.ok_or_else(answer::anonymous)?;
        let action =
            Action { name: action, resource: "*", account: &caller.account, policy: None, keys: Vec::new() };
        self.gate.check(self.cloud, self.who(), action).map_err(answer::denied)?;
        Ok(caller)
    }

    /// The bucket, after checking that the caller may do `action` to it or to the object; with `keys` of the
    /// call. Everybody is told if a bucket does not exist.
    pub(crate) fn check(&mut self, action: &str, keys: Keys) -> Result<&mut CloudBucket, Refusal> {
        self.question(action, keys)?;
        self.bucket()
    }

    /// The bucket.
    pub(crate) fn bucket(&mut self) -> Result<&mut CloudBucket, Refusal> {
        let name = &self.target.bucket;
        self.cloud.buckets.get_mut(name).ok_or_else(|| answer::no_bucket(name))
    }

    /// Checks that the caller may do `action`.
    pub(crate) fn question(&self, action: &str, keys: Keys) -> Result<(), Refusal> {
        let Target { bucket: name, key: object, .. } = self.target;
        let bucket = self.cloud.buckets.get(name).ok_or_else(|| answer::no_bucket(name))?;
        let policy: Option<Policy> = match &bucket.policy {
            Some(text) => Some(read(name, Kind::Resource, text).map_err(|_| answer::broken())?),
            None => None,
        };
        let about_object = !object.is_empty() && !ABOUT_BUCKET.contains(&action);
        let resource = if about_object { format!("{}/{object}", bucket.arn()) } else { bucket.arn() };
        let mut all = self.keys();
        all.extend(keys);
        let action =
            Action { name: action, resource: &resource, account: &bucket.account, policy, keys: all };
        self.gate.check(self.cloud, self.who(), action).map_err(answer::denied)
    }

    /// The condition keys of every call to S3. `s3:if-none-match` is present if the header is.
    fn keys(&self) -> Keys {
        let mut keys =
            vec![key("s3:authType", "REST-HEADER"), key("s3:signatureversion", "AWS4-HMAC-SHA256")];
        for (header, name) in [
            ("if-none-match", "s3:if-none-match"),
            ("if-match", "s3:if-match"),
            ("x-amz-acl", "s3:x-amz-acl"),
            ("x-amz-content-sha256", "s3:x-amz-content-sha256"),
            ("x-amz-copy-source", "s3:x-amz-copy-source"),
            ("x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"),
            ("x-amz-storage-class", "s3:x-amz-storage-class"),
            ("x-amz-object-lock-mode", "s3:object-lock-mode"),
        ] {
            keys.extend(self.header(header).map(|value| key(name, value)));
        }
        for (parameter, name) in [
            ("prefix", "s3:prefix"),
            ("delimiter", "s3:delimiter"),
            ("max-keys", "s3:max-keys"),
            ("versionId", "s3:VersionId"),
        ] {
            keys.extend(self.target.get(parameter).map(|value| key(name, value)));
        }
        keys
    }
}

/// Actions on a bucket that are also authorized if the target is an object.
const ABOUT_BUCKET: [&str; 1] = ["s3:ListBucket"];
