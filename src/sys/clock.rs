//! The system's clock and time zone.

use std::time::{SystemTime, UNIX_EPOCH};

use time::UtcOffset;

use crate::world::Clock;
use jit_wire::timestamp::Timestamp;

/// The real clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    fn offset(&self) -> UtcOffset {
        UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC)
    }
}
