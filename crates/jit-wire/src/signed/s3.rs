//! An S3 bucket: objects that are created once and never overwritten, read, and listed.

mod harmless;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::request::escaped;
use super::s3_list::{Page, Versions, page, versions};
use super::{CallError, Caller, Endpoint, Service, UnsignedRequest};
use crate::http::{AnswerKind, HttpAnswer};
use crate::name::is_bucket;
use crate::secret::Secret;
use crate::trusted_url::{Purpose, TrustedUrl};

pub use harmless::BucketSetting;

/// Where the bucket's name goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// In the path: for servers that imitate S3.
    Path,
    /// In the host, as AWS requires. A name with dots, for which there is no certificate, and an endpoint set
    /// by somebody are still called by path.
    VirtualHost,
}

/// Has S3 send the checksum that the object was stored with.
const CHECKSUM_MODE: &str = "x-amz-checksum-mode";
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket<'a> {
    endpoint: &'a Endpoint,
    /// The URL without a trailing slash.
    base: TrustedUrl,
    path: String,
}

impl<'a> Bucket<'a> {
    /// The bucket `name` at `endpoint`, which is an S3 endpoint.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid bucket name.
    pub fn new(endpoint: &'a Endpoint, name: &str, addressing: Addressing) -> Result<Self, CallError> {
        if endpoint.service != Service::S3 || !is_bucket(name) {
            return Err(endpoint.cannot("Bucket", "that is not the name of an S3 bucket"));
        }
        let in_host = addressing == Addressing::VirtualHost && !endpoint.custom && !name.contains('.');
        if in_host {
            let url = format!("https://{name}.{}", endpoint.url.authority());
            let base = TrustedUrl::parse(&url, Purpose::AwsEndpoint)
                .map_err(|_| endpoint.cannot("Bucket", "its name does not fit into a URL"))?;
            return Ok(Self { endpoint, base, path: String::new() });
        }
        let path = format!("{}/{name}", endpoint.url.path().trim_end_matches('/'));
        Ok(Self { endpoint, base: endpoint.url.clone(), path })
    }

    fn request(
        &self,
        action: &str,
        method: &'static str,
        key: &str,
        query: &[(&str, &str)],
    ) -> Result<UnsignedRequest, CallError> {
        let pairs: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name, b""), escaped(value, b"")))
            .collect();
        let joint = if pairs.is_empty() { "" } else { "?" };
        let path = format!("{}/{}{joint}{}", self.path, escaped(key, b"/"), pairs.join("&"));
        let url = self
            .base
            .at(&path)
            .map_err(|_| self.endpoint.cannot(action, "its key does not fit into a URL"))?;
        let (action, headers, body) = (self.endpoint.action(action), Vec::new(), Secret::new(Vec::new()));
        let answer = if key.is_empty() { AnswerKind::List } else { AnswerKind::Object };
        Ok(UnsignedRequest { action, method, url, headers, body, answer })
    }

    fn object(&self, action: &str, method: &'static str, key: &str) -> Result<UnsignedRequest, CallError> {
        if !(1..=1024).contains(&key.len()) {
            return Err(self.endpoint.cannot(action, "a key has 1 to 1,024 bytes"));
        }
        self.request(action, method, key, &[])
    }

    /// Creates `key`, and is refused if it exists. It carries a checksum, without which a bucket with Object Lock takes
    /// nothing (Amazon S3 User Guide, "Managing Object Lock").
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn create_request(
        &self,
        key: &str,
        content_type: &str,
        body: Secret<Vec<u8>>,
    ) -> Result<UnsignedRequest, CallError> {
        let checksum = STANDARD.encode(Sha256::digest(body.expose()));
        let headers = vec![
            ("content-type", content_type.to_owned()),
            ("if-none-match", "*".to_owned()),
            (CHECKSUM, checksum),
        ];
        let answer = AnswerKind::Message;
        Ok(UnsignedRequest { headers, body, answer, ..self.object("PutObject", "PUT", key)? })
    }

    /// Reads `key`.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn get_request(&self, key: &str) -> Result<UnsignedRequest, CallError> {
        Ok(with_checksum(self.object("GetObject", "GET", key)?))
    }

    /// Reads one version of `key`.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn get_version_request(&self, key: &str, version: &str) -> Result<UnsignedRequest, CallError> {
        self.object("GetObjectVersion", "GET", key)?;
        Ok(with_checksum(self.request("GetObjectVersion", "GET", key, &[("versionId", version)])?))
    }

    /// Lists the keys that begin with `prefix`, starting at `from` (see [`Page::next`]).
    ///
    /// # Errors
    /// [`CallError::Request`].
    pub fn list_request(&self, prefix: &str, from: Option<&str>) -> Result<UnsignedRequest, CallError> {
        let mut query = vec![("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)];
        query.extend(from.map(|from| ("continuation-token", from)));
        self.request("ListBucket", "GET", "", &query)
    }

    /// Lists the versions of the keys that begin with `prefix`, starting after `from` (see
    /// [`Versions::next`]).
    ///
    /// # Errors
    /// [`CallError::Request`].
    pub fn versions_request(
        &self,
        prefix: &str,
        from: Option<(&str, &str)>,
    ) -> Result<UnsignedRequest, CallError> {
        let mut query =
            vec![("encoding-type", "url"), ("max-keys", "1000"), ("prefix", prefix), ("versions", "")];
        if let Some((key, version)) = from {
            query.push(("key-marker", key));
            query.extend(Some(("version-id-marker", version)).filter(|(_, version)| !version.is_empty()));
        }
        self.request("ListBucketVersions", "GET", "", &query)
    }

    /// Creates `key`. If it exists already, its content stays, and AWS refuses with `PreconditionFailed`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create(
        &self,
        caller: &Caller<'_>,
        key: &str,
        content_type: &str,
        body: Secret<Vec<u8>>,
    ) -> Result<(), CallError> {
        caller.send(self.create_request(key, content_type, body)?).await.map(drop)
    }

    /// The content of `key`; `None` if there is no such object.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get(&self, caller: &Caller<'_>, key: &str) -> Result<Option<Secret<Vec<u8>>>, CallError> {
        match caller.send(self.get_request(key)?).await {
            Ok(answer) => self.checked("GetObject", answer).map(Some),
            Err(error) if error.is("NoSuchKey") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The content of one version of `key`; `None` if there is no such version.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get_version(
        &self,
        caller: &Caller<'_>,
        key: &str,
        version: &str,
    ) -> Result<Option<Secret<Vec<u8>>>, CallError> {
        match caller.send(self.get_version_request(key, version)?).await {
            Ok(answer) => self.checked("GetObjectVersion", answer).map(Some),
            Err(error) if error.is("NoSuchKey") || error.is("NoSuchVersion") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the keys that begin with `prefix`, starting at `from` (see [`Page::next`]).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn list(
        &self,
        caller: &Caller<'_>,
        prefix: &str,
        from: Option<&str>,
    ) -> Result<Page, CallError> {
        let answer = caller.send(self.list_request(prefix, from)?).await?;
        page(answer.body.expose()).ok_or_else(|| self.unreadable("ListBucket"))
    }

    /// Lists the versions of the keys that begin with `prefix`, starting after `from` (see
    /// [`Versions::next`]).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn versions(
        &self,
        caller: &Caller<'_>,
        prefix: &str,
        from: Option<(&str, &str)>,
    ) -> Result<Versions, CallError> {
        let answer = caller.send(self.versions_request(prefix, from)?).await?;
        versions(answer.body.expose()).ok_or_else(|| self.unreadable("ListBucketVersions"))
    }

    /// The content, if it has the checksum that S3 says it has. An object that was not stored by `jit` may have none.
    fn checked(&self, action: &str, answer: HttpAnswer) -> Result<Secret<Vec<u8>>, CallError> {
        let said = answer.headers.get(CHECKSUM);
        // That of a multipart upload is a checksum of checksums, and has a number at its end.
        match said.filter(|said| !said.contains('-')) {
            Some(said) if said != STANDARD.encode(Sha256::digest(answer.body.expose())) => {
                Err(CallError::Changed { action: self.endpoint.action(action) })
            }
            _ => Ok(answer.body),
        }
    }

    fn unreadable(&self, action: &str) -> CallError {
        CallError::Answer { action: self.endpoint.action(action), why: "it is not an S3 object list" }
    }
}

fn with_checksum(mut request: UnsignedRequest) -> UnsignedRequest {
    request.headers.push((CHECKSUM_MODE, "ENABLED".to_owned()));
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;
    use crate::signed::Variant;

    #[test]
    fn content_that_was_changed_on_the_way_is_noticed() {
        let endpoint = Endpoint::of_aws(Service::S3, "eu-west-1", Variant::default()).unwrap();
        let bucket = Bucket::new(&endpoint, "ledger", Addressing::Path).unwrap();
        let own = STANDARD.encode(Sha256::digest(b"one"));
        let composite = format!("{own}-2");
        for (said, body, fits) in [
            (Some(own.as_str()), "one", true),
            (Some(own.as_str()), "two", false),
            (Some(own.as_str()), "", false),
            (Some(""), "one", false),
            (Some(composite.as_str()), "two", true),
            (None, "two", true),
        ] {
            let headers: Vec<_> = said.map(|said| (CHECKSUM, said)).into_iter().collect();
            let (status, content_type) = (200, String::new());
            let (headers, body) = (Headers::of(&headers), Secret::new(body.as_bytes().to_vec()));
            let answer = HttpAnswer { status, content_type, headers, body };
            let checked = bucket.checked("GetObject", answer);
            assert_eq!(checked.is_ok(), fits, "{said:?}");
            assert!(checked.map_or_else(|error| error.retry() == crate::signed::Retry::Soon, |_| true));
        }
    }

    #[test]
    fn the_bucket_is_in_the_host_or_in_the_path() {
        let own = Endpoint::of_aws(Service::S3, "eu-west-1", Variant::default()).unwrap();
        let url = TrustedUrl::parse("http://127.0.0.1:9/x/", Purpose::AwsEndpoint).unwrap();
        let custom = Endpoint::at(Service::S3, "eu-west-1", url).unwrap();
        use Addressing::{Path, VirtualHost};
        for (endpoint, name, addressing, expected) in [
            (&own, "ledger", VirtualHost, "https://ledger.s3.eu-west-1.amazonaws.com/a%20b//../c"),
            (&own, "ledger", Path, "https://s3.eu-west-1.amazonaws.com/ledger/a%20b//../c"),
            (&own, "led.ger", VirtualHost, "https://s3.eu-west-1.amazonaws.com/led.ger/a%20b//../c"),
            (&custom, "ledger", VirtualHost, "http://127.0.0.1:9/x/ledger/a%20b//../c"),
        ] {
            let bucket = Bucket::new(endpoint, name, addressing).unwrap();
            assert_eq!(bucket.get_request("a b//../c").unwrap().url.as_str(), expected);
        }
        for name in ["", "ab", "a/b", "evil.example/", "A-b", "-ab", "a..b", "a@b"] {
            assert!(Bucket::new(&own, name, Path).is_err(), "{name}");
        }
        let bucket = Bucket::new(&own, "ledger", Path).unwrap();
        assert!(bucket.get_request("").is_err() && bucket.get_request(&"k".repeat(1025)).is_err());
    }
}
