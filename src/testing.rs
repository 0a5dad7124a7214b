//! What tests of several modules share.

use jit_wire::timestamp::Timestamp;
use time::UtcOffset;

use crate::world::Clock;

/// 28 November 2026 in Berlin, at 13:00 there.
pub(crate) struct NoonInBerlin;

impl Clock for NoonInBerlin {
    fn now(&self) -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-28T12:00:00Z").unwrap()
    }

    fn offset(&self) -> UtcOffset {
        UtcOffset::from_hms(1, 0, 0).unwrap()
    }
}

/// The hostile names of `tests/names.json`: something else to a shell or a terminal.
pub(crate) fn hostile_names() -> Vec<String> {
    let names: serde_json::Value = serde_json::from_str(include_str!("../tests/names.json")).unwrap();
    serde_json::from_value(names["hostile"].clone()).unwrap()
}
