//! The index of roles as a function of bytes.

use super::{lines, parse, written};
use crate::plan::DiscoveredRole;

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
