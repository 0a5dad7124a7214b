//! Lists of objects and of their versions, as S3 sends them.

use roxmltree::{Document, Node};

use crate::timestamp::Timestamp;

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
    /// Bytes. A mark that it was deleted has none.
    pub size: u64,
}

/// A page of a list of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The versions, by key, the latest first.
    pub versions: Vec<ObjectVersion>,
    /// The key and version after which the next page begins, if there is one.
    pub next: Option<(String, String)>,
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

pub(super) fn page(body: &[u8]) -> Option<Page> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let (root, read) = list(&document, "ListBucketResult")?;
    let objects = root.children().filter(|node| node.tag_name().name() == "Contents").map(|node| {
        Some(Listed { key: read(child(node, "Key")?)?, size: child(node, "Size")?.parse().ok()? })
    });
    let more = child(root, "IsTruncated")? == "true";
    let next = if more { Some(child(root, "NextContinuationToken")?.to_owned()) } else { None };
    Some(Page { objects: objects.collect::<Option<_>>()?, next })
}

pub(super) fn versions(body: &[u8]) -> Option<Versions> {
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
            size: match node.tag_name().name() {
                "DeleteMarker" => 0,
                _ => child(node, "Size")?.parse().ok()?,
            },
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
