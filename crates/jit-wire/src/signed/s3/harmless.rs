//! Requests that show whether S3 would let the caller write, and that write nothing even if it would.
//!
//! S3 authorizes a request before it looks at what the request contains. Each of these contains something that S3 cannot carry
//! out, so a caller who may do it gets another error than `AccessDenied`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Bucket;
use crate::secret::Secret;
use crate::signed::{CallError, UnsignedRequest};

/// What a writing request here contains. Nobody would take it for a fact, an act or a policy.
const BODY: &[u8] = b"written to find out whether it is refused; it means nothing\n";
/// An upload and a version that do not exist.
const NO_SUCH_UPLOAD: &str = "jit-doctor.no-such-upload";
const NO_SUCH_VERSION: &str = "3L4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY";

/// A setting of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketSetting {
    /// Its policy, as JSON.
    Policy,
    /// Whether a new version keeps the old one, as XML.
    Versioning,
    /// Object Lock, as XML.
    ObjectLock,
    /// Block Public Access, as XML.
    PublicAccess,
}

impl Bucket<'_> {
    /// Puts `key`, with the checksum of other bytes: S3 refuses to store it (`BadDigest`; Amazon S3 User Guide, "Checking
    /// object integrity"). `create_only` as in [`Bucket::create_request`].
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn impossible_put_request(&self, key: &str, create_only: bool) -> Result<UnsignedRequest, CallError> {
        let mut headers = vec![
            ("content-type", "text/plain".to_owned()),
            ("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(b"other bytes"))),
        ];
        headers.extend(create_only.then(|| ("if-none-match", "*".to_owned())));
        Ok(UnsignedRequest {
            headers,
            body: Secret::new(BODY.to_vec()),
            ..self.object("PutObject", "PUT", key)?
        })
    }

    /// Uploads a part of `key` to an upload that does not exist (`NoSuchUpload`). Starting one takes the same permission, and
    /// would leave something behind.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn impossible_part_request(&self, key: &str) -> Result<UnsignedRequest, CallError> {
        self.object("UploadPart", "PUT", key)?;
        let query = [("partNumber", "1"), ("uploadId", NO_SUCH_UPLOAD)];
        let request = self.request("UploadPart", "PUT", key, &query)?;
        Ok(UnsignedRequest { body: Secret::new(BODY.to_vec()), ..request })
    }

    /// Deletes a version of `key` that does not exist. Deleting without a version would leave a delete marker.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn impossible_delete_request(&self, key: &str) -> Result<UnsignedRequest, CallError> {
        self.object("DeleteObjectVersion", "DELETE", key)?;
        self.request("DeleteObjectVersion", "DELETE", key, &[("versionId", NO_SUCH_VERSION)])
    }

    /// Reads a setting.
    ///
    /// # Errors
    /// [`CallError::Request`].
    pub fn setting_request(&self, setting: BucketSetting) -> Result<UnsignedRequest, CallError> {
        let (action, name) = match setting {
            BucketSetting::Policy => ("GetBucketPolicy", "policy"),
            BucketSetting::Versioning => ("GetBucketVersioning", "versioning"),
            BucketSetting::ObjectLock => ("GetBucketObjectLockConfiguration", "object-lock"),
            BucketSetting::PublicAccess => ("GetBucketPublicAccessBlock", "publicAccessBlock"),
        };
        self.request(action, "GET", "", &[(name, "")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::{Addressing, Endpoint, Service, Variant};

    #[test]
    fn nothing_that_is_sent_could_be_carried_out() {
        let endpoint = Endpoint::of_aws(Service::S3, "eu-west-1", Variant::default()).unwrap();
        let bucket = Bucket::new(&endpoint, "acme-ledger", Addressing::VirtualHost).unwrap();
        for create_only in [true, false] {
            let put = bucket.impossible_put_request("f/x", create_only).unwrap();
            let said = put.headers.iter().find(|(name, _)| *name == "x-amz-checksum-sha256").unwrap();
            assert_ne!(said.1, STANDARD.encode(Sha256::digest(put.body.expose())));
            assert_eq!(put.headers.iter().any(|(name, _)| *name == "if-none-match"), create_only);
        }
        let part = bucket.impossible_part_request("f/x").unwrap();
        assert!(part.url.as_str().ends_with("/f/x?partNumber=1&uploadId=jit-doctor.no-such-upload"));
        let delete = bucket.impossible_delete_request("f/x").unwrap();
        assert!(delete.url.as_str().contains("/f/x?versionId="), "without it there would be a delete marker");
        for setting in [
            BucketSetting::Policy,
            BucketSetting::Versioning,
            BucketSetting::ObjectLock,
            BucketSetting::PublicAccess,
        ] {
            assert_eq!(bucket.setting_request(setting).unwrap().method, "GET");
        }
    }
}
