//! Lists of objects and of their versions, in pages.

use std::collections::BTreeSet;

use crate::cloud::{CloudBucket, StoredVersion};
use crate::faults::Refusal;
use crate::percent;
use crate::s3::answer;
use crate::s3::buckets::time;
use crate::s3::call::{Operation, S3Call, Target};
use crate::xml;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jit_wire::loopback::Reply;

/// The parameters of a list.
struct Wanted {
    prefix: String,
    delimiter: String,
    /// Only keys after this one.
    after: String,
    most: usize,
    escaped: bool,
}

impl Wanted {
    fn of(call: &S3Call<'_>) -> Result<Self, Refusal> {
        let target = call.target;
        let most = match target.get("max-keys") {
            None => 1000,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| answer::argument("Provided max-keys not an integer or within integer range"))?,
        };
        let most = if most == 0 { 0 } else { call.gate.shared.page_size(most.min(1000)) };
        let escaped = match target.get("encoding-type") {
            None => false,
            Some("url") => true,
            Some(_) => return Err(answer::argument("Invalid Encoding Method specified in Request")),
        };
        let text = |name: &str| target.get(name).unwrap_or_default().to_owned();
        Ok(Self { prefix: text("prefix"), delimiter: text("delimiter"), after: String::new(), most, escaped })
    }

    fn shown(&self, text: &str) -> String {
        if self.escaped { percent::encoded(text, b"/") } else { text.to_owned() }
    }

    fn text(&self, name: &str, text: &str) -> String {
        xml::text(name, &self.shown(text))
    }

    /// The common prefix that represents a key in the list, if any.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let rest = &key[self.prefix.len()..];
        let end = rest.find(&self.delimiter).filter(|_| !self.delimiter.is_empty())?;
        Some(&key[..self.prefix.len() + end + self.delimiter.len()])
    }

    /// The elements that every list begins with.
    fn head(&self, bucket: &str, more: bool) -> Vec<String> {
        let mut head = vec![
            xml::text("Name", bucket),
            self.text("Prefix", &self.prefix),
            xml::text("MaxKeys", &self.most.to_string()),
            xml::text("IsTruncated", &more.to_string()),
        ];
        if !self.delimiter.is_empty() {
            head.push(self.text("Delimiter", &self.delimiter));
        }
        if self.escaped {
            head.push(xml::text("EncodingType", "url"));
        }
        head
    }
}

/// The contents of a page, the last entry on it, and whether there are more.
struct Page<'b> {
    contents: Vec<(&'b str, &'b StoredVersion)>,
    groups: BTreeSet<&'b str>,
    last: String,
    more: bool,
}

fn page<'b>(bucket: &'b CloudBucket, wanted: &Wanted) -> Page<'b> {
    let mut page = Page { contents: Vec::new(), groups: BTreeSet::new(), last: String::new(), more: false };
    for key in bucket.keys().filter(|key| key.starts_with(&wanted.prefix)) {
        let group = wanted.group(key);
        let place = group.unwrap_or(key);
        if place <= wanted.after.as_str() || group.is_some_and(|group| page.groups.contains(group)) {
            continue;
        }
        if page.contents.len() + page.groups.len() >= wanted.most {
            page.more = wanted.most > 0;
            break;
        }
        match (group, bucket.current(key)) {
            (Some(group), _) => drop(page.groups.insert(group)),
            (None, Some(version)) => page.contents.push((key, version)),
            (None, None) => continue,
        }
        page.last = place.to_owned();
    }
    page
}

impl Page<'_> {
    fn elements(&self, wanted: &Wanted) -> Vec<String> {
        let object = |(key, version): &(&str, &StoredVersion)| {
            let mut parts = vec![wanted.text("Key", key)];
            parts.extend(facts(version));
            xml::element("Contents", &parts)
        };
        let group = |group: &&str| xml::element("CommonPrefixes", &[wanted.text("Prefix", group)]);
        self.contents.iter().map(object).chain(self.groups.iter().map(group)).collect()
    }
}

/// A version as a list shows it.
fn facts(version: &StoredVersion) -> [String; 4] {
    [
        xml::text("LastModified", &time(version.modified)),
        xml::text("ETag", &version.etag()),
        xml::text("Size", &version.body.as_ref().map_or(0, Vec::len).to_string()),
        xml::text("StorageClass", "STANDARD"),
    ]
}

/// `ListObjectsV2`.
pub(crate) fn objects(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let mut wanted = Wanted::of(call)?;
    let start = call.target.get("start-after").unwrap_or_default().to_owned();
    let token = call.target.get("continuation-token").map(str::to_owned);
    wanted.after = match &token {
        Some(token) => {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok();
            let incorrect = || answer::argument("The continuation token provided is incorrect");
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(incorrect)?
        }
        None => start.clone(),
    };
    let bucket = call.check(operation.name, Vec::new())?;
    let page = page(bucket, &wanted);
    let mut inner = wanted.head(&bucket.name, page.more);
    inner.push(xml::text("KeyCount", &(page.contents.len() + page.groups.len()).to_string()));
    if !start.is_empty() {
        inner.push(wanted.text("StartAfter", &start));
    }
    inner.extend(token.map(|token| xml::text("ContinuationToken", &token)));
    if page.more {
        inner.push(xml::text("NextContinuationToken", &URL_SAFE_NO_PAD.encode(&page.last)));
    }
    inner.extend(page.elements(&wanted));
    Ok(answer::document("ListBucketResult", &inner))
}

/// `ListObjects`, which older programs use.
pub(crate) fn objects_first_way(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let mut wanted = Wanted::of(call)?;
    wanted.after = call.target.get("marker").unwrap_or_default().to_owned();
    let bucket = call.check(operation.name, Vec::new())?;
    let page = page(bucket, &wanted);
    let mut inner = wanted.head(&bucket.name, page.more);
    inner.push(wanted.text("Marker", &wanted.after));
    if page.more {
        inner.push(wanted.text("NextMarker", &page.last));
    }
    inner.extend(page.elements(&wanted));
    Ok(answer::document("ListBucketResult", &inner))
}

/// Whether a version comes after the one that the call names: by key, the latest first.
fn is_after(target: &Target, bucket: &CloudBucket, key: &str, id: &str) -> bool {
    let after = target.get("key-marker").unwrap_or_default();
    match target.get("version-id-marker").filter(|_| key == after) {
        None => key > after,
        Some(marker) => {
            let place = |id: &str| bucket.versions(key).iter().position(|version| version.id == id);
            place(id).zip(place(marker)).is_some_and(|(own, marker)| own < marker)
        }
    }
}

/// `ListObjectVersions`.
pub(crate) fn versions(call: &mut S3Call<'_>, operation: &Operation) -> Result<Reply, Refusal> {
    let wanted = Wanted::of(call)?;
    let target = call.target;
    let bucket = call.check(operation.name, Vec::new())?;
    let every = bucket.objects.iter().filter(|(key, _)| key.starts_with(&wanted.prefix));
    let every = every.flat_map(|(key, versions)| versions.iter().rev().map(move |version| (key, version)));
    let mut rest = every.filter(|(key, version)| is_after(target, bucket, key, &version.id));
    let shown: Vec<(&String, &StoredVersion)> = rest.by_ref().take(wanted.most).collect();
    let more = wanted.most > 0 && rest.next().is_some();
    let mut inner = wanted.head(&bucket.name, more);
    if let Some((key, version)) = shown.last().filter(|_| more) {
        inner.push(wanted.text("NextKeyMarker", key));
        inner.push(xml::text("NextVersionIdMarker", &version.id));
    }
    inner.extend(shown.into_iter().map(|(key, version)| {
        let is_latest = bucket.versions(key).last().is_some_and(|last| last.id == version.id);
        let mut parts = vec![
            wanted.text("Key", key),
            xml::text("VersionId", &version.id),
            xml::text("IsLatest", &is_latest.to_string()),
        ];
        match version.body {
            Some(_) => {
                parts.extend(facts(version));
                xml::element("Version", &parts)
            }
            None => {
                parts.push(xml::text("LastModified", &time(version.modified)));
                xml::element("DeleteMarker", &parts)
            }
        }
    }));
    Ok(answer::document("ListVersionsResult", &inner))
}
