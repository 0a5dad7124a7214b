//! An S3 bucket: objects that are created once and never overwritten, read, and listed.

mod harmless;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use sha2::{Digest as _, Sha256};

use super::request::escaped;
use super::{CallError, Caller, Endpoint, Service, UnsignedRequest};
use crate::name::is_bucket;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
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

/// How many versions a page has at most: with long keys, all that S3 would send are more than the client reads.
const VERSIONS: &str = "500";

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket<'a> {
    endpoint: &'a Endpoint,
    /// The URL without a trailing slash.
    base: TrustedUrl,
    path: String,
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// Its key.
    pub key: String,
    /// Which one.
    pub version_id: String,
    /// It is the newest version.
    pub is_latest: bool,
    /// It marks the object as deleted.
    pub is_delete_marker: bool,
    /// When S3 stored it, by its own clock.
    pub written: Timestamp,
}

/// A page of a list of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The versions, by key, the latest first.
    pub versions: Vec<ObjectVersion>,
    /// The key and version after which the next page begins, if there is one.
    pub next: Option<(String, String)>,
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
        let action = self.endpoint.action(action);
        let headers = Vec::new();
        let body = Secret::new(Vec::new());
        Ok(UnsignedRequest { action, method, url, headers, body })
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
            ("x-amz-checksum-sha256", checksum),
        ];
        Ok(UnsignedRequest { headers, body, ..self.object("PutObject", "PUT", key)? })
    }

    /// Reads `key`.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn get_request(&self, key: &str) -> Result<UnsignedRequest, CallError> {
        self.object("GetObject", "GET", key)
    }

    /// Reads one version of `key`.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not a valid key.
    pub fn get_version_request(&self, key: &str, version: &str) -> Result<UnsignedRequest, CallError> {
        self.object("GetObjectVersion", "GET", key)?;
        self.request("GetObjectVersion", "GET", key, &[("versionId", version)])
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
            vec![("encoding-type", "url"), ("max-keys", VERSIONS), ("prefix", prefix), ("versions", "")];
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
            Ok(answer) => Ok(Some(answer.body)),
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
            Ok(answer) => Ok(Some(answer.body)),
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

    fn unreadable(&self, action: &str) -> CallError {
        CallError::Answer { action: self.endpoint.action(action), why: "it is not an S3 object list" }
    }
}

pub(super) fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<&'a str> {
    let found = node.children().find(|child| child.tag_name().name() == name)?;
    Some(found.text().unwrap_or_default())
}

/// A list, and whether its keys are escaped.
fn list<'a>(
    document: &'a Document<'a>,
    name: &str,
) -> Option<(Node<'a, 'a>, impl Fn(&str) -> Option<String>)> {
    let root = Some(document.root_element()).filter(|root| root.tag_name().name() == name)?;
    let escaped = child(root, "EncodingType") == Some("url");
    let read = move |text: &str| if escaped { unescaped(text) } else { Some(text.to_owned()) };
    Some((root, read))
}

/// Escaped as in a form. A key that is not UTF-8 was not written by `jit`.
fn unescaped(text: &str) -> Option<String> {
    let pair = format!("k={}", text.replace('&', "%26"));
    let (_, value) = form_urlencoded::parse(pair.as_bytes()).next()?;
    (!value.contains('\u{fffd}')).then(|| value.into_owned())
}

fn page(body: &[u8]) -> Option<Page> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let (root, read) = list(&document, "ListBucketResult")?;
    let objects = root.children().filter(|node| node.tag_name().name() == "Contents").map(|node| {
        Some(Listed { key: read(child(node, "Key")?)?, size: child(node, "Size")?.parse().ok()? })
    });
    let more = child(root, "IsTruncated")? == "true";
    let next = if more { Some(child(root, "NextContinuationToken")?.to_owned()) } else { None };
    Some(Page { objects: objects.collect::<Option<_>>()?, next })
}

fn versions(body: &[u8]) -> Option<Versions> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let (root, read) = list(&document, "ListVersionsResult")?;
    let found = root.children().filter(|node| ["Version", "DeleteMarker"].contains(&node.tag_name().name()));
    let found = found.map(|node| {
        Some(ObjectVersion {
            key: read(child(node, "Key")?)?,
            version_id: child(node, "VersionId")?.to_owned(),
            is_latest: child(node, "IsLatest")? == "true",
            is_delete_marker: node.tag_name().name() == "DeleteMarker",
            written: Timestamp::parse_rfc3339(child(node, "LastModified")?)?,
        })
    });
    let more = child(root, "IsTruncated")? == "true";
    let next = match more {
        true => {
            let version = child(root, "NextVersionIdMarker").unwrap_or_default();
            Some((read(child(root, "NextKeyMarker")?)?, version.to_owned()))
        }
        false => None,
    };
    Some(Versions { versions: found.collect::<Option<_>>()?, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::Variant;

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

    #[test]
    fn lists_are_parsed_completely_or_refused() {
        let of = |inner: &str| format!("<ListBucketResult>{inner}</ListBucketResult>");
        let one = "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>a+b%0A%26&amp;</Key><Size>3</Size></Contents>";
        let found = page(of(one).as_bytes()).unwrap();
        assert_eq!(found.objects, [Listed { key: "a b\n&&".to_owned(), size: 3 }]);
        assert_eq!(found.next.as_deref(), Some("t"));
        for broken in [
            "",
            "<IsTruncated>true</IsTruncated>",
            "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>",
            "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>x</Size></Contents>",
            "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>%FF</Key><Size>1</Size></Contents>",
        ] {
            assert_eq!(page(of(broken).as_bytes()), None, "{broken}");
        }
        let text = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker><DeleteMarker><Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-28T12:00:00.000Z</LastModified></DeleteMarker></ListVersionsResult>";
        let found = versions(text.as_bytes()).unwrap();
        assert_eq!(found.next, Some(("k".to_owned(), "v".to_owned())));
        assert!(found.versions[0].is_delete_marker && found.versions[0].is_latest);
        assert_eq!(found.versions[0].written.to_rfc3339(), "2026-11-28T12:00:00Z");
        assert_eq!(
            versions(text.replace(".000Z", "").as_bytes()),
            None,
            "when it was stored is known, or nothing is"
        );
    }
}
