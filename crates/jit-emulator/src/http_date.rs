//! Times in headers (RFC 9110, section 5.6.7).

use time::UtcOffset;
use time::format_description::well_known::Rfc2822;

use jit_wire::timestamp::Timestamp;

/// `Fri, 20 Nov 2026 12:00:00 GMT`: RFC 2822 with HTTP's name for UTC.
pub(crate) fn of(time: Timestamp) -> String {
    time.at(UtcOffset::UTC).format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT")
}
