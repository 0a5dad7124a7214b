//! An S3 bucket, and the versions of its objects.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

use jit_wire::timestamp::Timestamp;

/// An S3 bucket.
#[derive(Clone, Debug)]
pub struct CloudBucket {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its policy.
    pub policy: Option<String>,
    /// Whether overwriting or deleting an object keeps its earlier versions.
    pub versioned: bool,
    /// Whether new objects are locked by default (Object Lock). S3 then accepts them only with a checksum.
    pub locked: bool,
    /// Whether Block Public Access is switched off.
    pub public: bool,
    /// The objects: the versions of each key, the oldest first.
    pub(crate) objects: BTreeMap<String, Vec<StoredVersion>>,
    /// Multipart uploads that are not complete, by id.
    pub(crate) uploads: BTreeMap<String, Upload>,
    /// The number of versions ever written, for their ids.
    pub(crate) written: u64,
    pub(crate) created: Timestamp,
}

/// One version of an object, or the mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// `null` in a bucket without versions.
    pub id: String,
    /// The content; `None` for a delete marker.
    pub body: Option<Vec<u8>>,
    /// `LastModified`. For a multipart upload that is when it was started.
    pub modified: Timestamp,
    pub(crate) content_type: String,
}

/// A multipart upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) content_type: String,
    pub(crate) started: Timestamp,
    pub(crate) parts: BTreeMap<u32, Vec<u8>>,
}

/// The `ETag` of a body. AWS's is its MD5, which clients must not rely on.
pub(crate) fn etag_of(body: &[u8]) -> String {
    let hex: String = digest(&SHA256, body).as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

impl StoredVersion {
    /// The `ETag` of its content.
    pub(crate) fn etag(&self) -> String {
        etag_of(self.body.as_deref().unwrap_or_default())
    }
}

impl CloudBucket {
    /// An empty, versioned bucket in `region` without a policy.
    pub fn new(name: &str, account: &str, region: &str) -> Self {
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            policy: None,
            versioned: true,
            locked: false,
            public: false,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            written: 0,
            created: Timestamp(1_700_000_000),
        }
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.name)
    }

    /// The keys of its objects, in the order of S3's lists.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().filter(|key| self.current(key).is_some()).map(String::as_str)
    }

    /// The versions of a key, the oldest first.
    pub fn versions(&self, key: &str) -> &[StoredVersion] {
        self.objects.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The current version of a key, unless it was deleted.
    pub fn current(&self, key: &str) -> Option<&StoredVersion> {
        self.objects.get(key)?.last().filter(|version| version.body.is_some())
    }

    /// Writes a version without any authorization: with any content, at any time. `None` writes a delete
    /// marker. Returns the id of the version.
    pub fn write(&mut self, key: &str, body: Option<&[u8]>, content_type: &str, at: Timestamp) -> String {
        self.written += 1;
        let id = if self.versioned { format!("v{:019}", self.written) } else { "null".to_owned() };
        let versions = self.objects.entry(key.to_owned()).or_default();
        if !self.versioned {
            versions.retain(|version| version.id != "null");
        }
        versions.push(StoredVersion {
            id: id.clone(),
            body: body.map(<[u8]>::to_vec),
            modified: at,
            content_type: content_type.to_owned(),
        });
        id
    }

    /// Removes one version permanently.
    pub(crate) fn remove(&mut self, key: &str, id: &str) {
        if let Some(versions) = self.objects.get_mut(key) {
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                self.objects.remove(key);
            }
        }
    }
}
