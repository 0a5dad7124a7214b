//! The documentation names the probes that there are, and only those.

use std::collections::BTreeSet;

use jit::broker::PROBES;

const UNTESTED: &str = include_str!("../../../docs/access/untested.md");

#[test]
fn every_probe_is_documented_and_every_documented_probe_exists() {
    let probes: BTreeSet<&str> = PROBES.iter().map(|probe| probe.name).collect();
    assert_eq!(probes.len(), PROBES.len(), "two probes share a name");
    let rows = UNTESTED.lines().filter(|line| line.starts_with("| "));
    let named: BTreeSet<&str> = rows
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert_eq!(named, probes);
}
