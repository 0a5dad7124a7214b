//! The index of roles, and the file that it is built from, as functions of bytes.

use super::crawl;
use super::file::{lines, parse, written};
use crate::plan::DiscoveredRole;
use jit_wire::timestamp::Timestamp;

fn read_text(text: &str) -> Vec<DiscoveredRole> {
    lines(text).filter_map(|line| parse("acme/eu", line)).collect()
}

/// A file of the index.
pub fn role_index(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let roles = read_text(&text);
    let again = read_text(&written(&roles));
    assert_eq!(roles.len(), again.len(), "no role is lost, and none becomes two");
    assert_eq!(written(&again), written(&roles), "what was written is read as it was");
}

/// What was stored about the accounts of an IdP, and a refresh that continues with it.
pub fn accounts_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(known) = crawl::parse("acme/eu", &text) else { return };
    let written = known.written();
    let Some(again) = crawl::parse("acme/eu", &written) else { panic!("it is not read again: {written}") };
    // Accounts whose numbers differ only in what is not stored become one.
    let twice = again.written();
    assert_eq!(crawl::parse("acme/eu", &twice).as_ref(), Some(&again), "what was written is read as it was");
    let accounts: Vec<_> = ["111111111111", "2"].map(|id| (id.to_owned(), None)).into();
    for everything in [false, true] {
        let mut crawl = known.clone();
        let open = crawl.begin(Timestamp(1_795_176_000), everything, &accounts);
        assert!(open.iter().all(|id| accounts.iter().any(|(one, _)| one == id)), "nobody listed that one");
        for id in &open {
            crawl.said(id, Timestamp(1_795_176_000), vec!["Read".to_owned()]);
        }
        crawl.end();
        assert!(crawl.begin(Timestamp(1_795_176_000), false, &accounts).is_empty(), "it was just said");
    }
}
