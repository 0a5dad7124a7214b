//! What a shared file says of access on request.

use super::Table;

/// Where requests for access are written, and under which roles.
pub(super) fn access_lines(old: Option<&Table>, new: Option<&Table>, lines: &mut Vec<String>) {
    let told = |access: &Table| {
        let roles = ["entry", "voter", "publisher"];
        let roles = roles.iter().filter_map(|key| Some(format!("{key} {}", access.text(key)?)));
        std::iter::once(ledger(access)).chain(roles).collect::<Vec<_>>().join(", ")
    };
    lines.extend(match (old, new) {
        (None, None) => None,
        (Some(old), None) => Some(format!("  access on request: removed (was {})", told(old))),
        (None, Some(new)) => Some(format!("  access on request: new ({})", told(new))),
        (Some(old), Some(new)) if old == new => Some("  access on request: unchanged".to_owned()),
        (Some(old), Some(new)) => Some(format!("  access on request: {} → {}", told(old), told(new))),
    });
}

pub(super) fn ledger(access: &Table) -> String {
    let text = |key: &str| access.text(key).unwrap_or("nothing");
    match access.text("region") {
        Some(region) => format!("{} in {region}", text("ledger")),
        None => text("ledger").to_owned(),
    }
}
