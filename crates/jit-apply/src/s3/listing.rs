//! A list of several pages, followed to its end. A server that repeats itself, leaves something out or never comes to an
//! end is noticed: a vote or a revocation that is silently missing from a list would be worse than an error.

use jit_wire::signed::{ObjectVersion, Versions};

/// More than a ledger of many years has, with 1,000 versions on a page.
pub(super) const MOST_PAGES: usize = 5_000;

/// The marker of a page: its last key, and the version of that.
pub(super) type Marker = (String, String);

/// A list of the versions of the keys that begin with `prefix` and sort after `after`.
pub(super) struct Listing<'l> {
    prefix: &'l str,
    from: Marker,
    pages_left: usize,
    found: Vec<ObjectVersion>,
}

impl<'l> Listing<'l> {
    pub(super) fn new(prefix: &'l str, after: &str, most_pages: usize) -> Self {
        let from = (after.to_owned(), String::new());
        Self { prefix, from, pages_left: most_pages, found: Vec::new() }
    }

    /// The marker of the next page to ask for; `None` asks for the first one.
    pub(super) fn from(&self) -> Option<(&str, &str)> {
        let (key, version) = &self.from;
        (!key.is_empty()).then_some((key, version))
    }

    /// Takes the page that was asked for. Whether there is another one; or what is wrong with this one.
    pub(super) fn take(&mut self, page: Versions) -> Result<bool, &'static str> {
        let (from_key, from_version) = &self.from;
        let last = page.next.as_ref().map(|(key, _)| key.as_str());
        for version in &page.versions {
            let key = version.key.as_str();
            let is_new = key > from_key.as_str() || (key == from_key && !from_version.is_empty());
            if !key.starts_with(self.prefix) {
                return Err("has keys that were not asked for");
            }
            if !is_new || last.is_some_and(|last| key > last) {
                return Err("is out of order");
            }
        }
        // Some servers that imitate S3 list the marks of deletions after the versions.
        for is_mark in [false, true] {
            let of_kind = page.versions.iter().filter(|version| version.is_delete_marker == is_mark);
            let (ours, next) = (of_kind.clone(), of_kind.skip(1));
            for (one, other) in ours.zip(next) {
                if one.key > other.key {
                    return Err("is out of order");
                }
                if one.key == other.key && one.version_id == other.version_id {
                    return Err("repeats itself");
                }
            }
        }
        self.found.extend(page.versions);
        self.pages_left = self.pages_left.saturating_sub(1);
        let Some(next) = page.next else { return Ok(false) };
        let goes_on = next.0 > *from_key || (next.0 == *from_key && next.1 != *from_version);
        if !goes_on {
            return Err("repeats itself");
        }
        if self.pages_left == 0 {
            return Err("does not end");
        }
        self.from = next;
        Ok(true)
    }

    pub(super) fn found(self) -> Vec<ObjectVersion> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use jit_wire::timestamp::Timestamp;

    use super::*;

    fn page(rows: &[(&str, &str)], next: Option<(&str, &str)>) -> Versions {
        let versions = rows.iter().map(|(key, version)| ObjectVersion {
            key: (*key).to_owned(),
            version_id: version.trim_start_matches('-').to_owned(),
            is_latest: false,
            is_delete_marker: version.starts_with('-'),
            written: Timestamp(0),
            size: 0,
        });
        let next = next.map(|(key, version)| (key.to_owned(), version.to_owned()));
        Versions { versions: versions.collect(), next }
    }

    #[test]
    fn a_list_is_whole_and_in_order_or_it_is_refused() {
        let first = || page(&[("f/b", "2"), ("f/b", "1"), ("f/c", "1")], Some(("f/c", "1")));
        for (second, wanted) in [
            (page(&[("f/d", "1")], None), Ok(false)),
            (page(&[("f/d", "1")], Some(("f/d", "1"))), Ok(true)),
            // The rest of a key's versions, an empty page, and marks of deletions apart.
            (page(&[("f/c", "0"), ("f/d", "1")], None), Ok(false)),
            (page(&[], Some(("f/e", ""))), Ok(true)),
            (page(&[("f/d", "1"), ("f/e", "1"), ("f/d", "-2")], None), Ok(false)),
            // The same page again, an earlier one, one in another order.
            (first(), Err("is out of order")),
            (page(&[("f/a", "1")], None), Err("is out of order")),
            (page(&[("f/e", "1"), ("f/d", "1")], None), Err("is out of order")),
            (page(&[("f/e", "-1"), ("f/d", "-1")], None), Err("is out of order")),
            (page(&[("f/e", "1")], Some(("f/d", "1"))), Err("is out of order")),
            (page(&[("f/d", "1"), ("f/d", "1")], None), Err("repeats itself")),
            (page(&[], Some(("f/c", "1"))), Err("repeats itself")),
            (page(&[], Some(("f/b", "1"))), Err("repeats itself")),
            (page(&[("g/a", "1")], None), Err("has keys that were not asked for")),
            (page(&[("f", "1")], None), Err("has keys that were not asked for")),
        ] {
            let mut listing = Listing::new("f/", "f/a", MOST_PAGES);
            assert_eq!(listing.take(first()), Ok(true));
            assert_eq!(listing.from(), Some(("f/c", "1")));
            assert_eq!(listing.take(second.clone()), wanted, "{second:?}");
        }
        assert_eq!(Listing::new("f/", "", 1).take(page(&[("f/a", "1")], None)), Ok(false));
        assert_eq!(Listing::new("f/", "f/a", 1).take(page(&[("f/a", "1")], None)), Err("is out of order"));
    }

    #[test]
    fn a_list_without_an_end_is_left() {
        let mut listing = Listing::new("f/", "", MOST_PAGES);
        for number in 1..MOST_PAGES {
            assert_eq!(listing.take(page(&[], Some((&format!("f/{number:09}"), "")))), Ok(true));
        }
        assert_eq!(listing.take(page(&[], Some(("f/9", "")))), Err("does not end"));
    }
}
