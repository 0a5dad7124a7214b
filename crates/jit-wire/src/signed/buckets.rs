//! `s3:ListBuckets`, which is about no bucket.

use roxmltree::Document;

use super::s3::child;
use super::{CallError, Caller, Service, UnsignedRequest};
use crate::secret::Secret;

/// The names of the caller's buckets: a call that shows whether somebody may do anything in S3 at all.
///
/// # Errors
/// [`CallError`].
pub async fn list_buckets(caller: &Caller<'_>) -> Result<Vec<String>, CallError> {
    let endpoint = caller.endpoint;
    if endpoint.service != Service::S3 {
        return Err(endpoint.cannot("ListBuckets", "that is another service"));
    }
    let action = endpoint.action("ListBuckets");
    let headers = Vec::new();
    let body = Secret::new(Vec::new());
    let url = endpoint.url.clone();
    let answer = caller.send(UnsignedRequest { action, method: "GET", url, headers, body }).await?;
    buckets(answer.body.expose()).ok_or_else(|| CallError::Answer {
        action: endpoint.action("ListBuckets"),
        why: "it is not an S3 bucket list",
    })
}

fn buckets(body: &[u8]) -> Option<Vec<String>> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root =
        Some(document.root_element()).filter(|root| root.tag_name().name() == "ListAllMyBucketsResult")?;
    let list = root.children().find(|child| child.tag_name().name() == "Buckets")?;
    let buckets = list.children().filter(|node| node.tag_name().name() == "Bucket");
    buckets.map(|bucket| child(bucket, "Name").map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_buckets_are_parsed() {
        let of = |inner: &str| format!("<ListAllMyBucketsResult><Owner/>{inner}</ListAllMyBucketsResult>");
        let two = "<Buckets><Bucket><Name>a</Name></Bucket><Bucket><Name>b</Name></Bucket></Buckets>";
        assert_eq!(buckets(of(two).as_bytes()), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(buckets(of("<Buckets/>").as_bytes()), Some(Vec::new()));
        for broken in [&of(""), &of("<Buckets><Bucket/></Buckets>"), "<x/>", ""] {
            assert_eq!(buckets(broken.as_bytes()), None, "{broken}");
        }
    }
}
