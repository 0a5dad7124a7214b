//! Times in whole seconds, as AWS and OAuth count them.

mod expiration;

pub use expiration::NoMoment;

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{OffsetDateTime, UtcOffset};

/// Seconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339 with any offset; fractions of a second are dropped.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(|at| Self(at.unix_timestamp()))
    }

    /// Reads an HTTP `Date` header (RFC 9110, section 5.6.7; its preferred form is one of RFC 2822's).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc2822).ok().map(|at| Self(at.unix_timestamp()))
    }

    /// RFC 3339 in UTC with `Z` and whole seconds, the one form that every AWS SDK reads.
    pub fn to_rfc3339(self) -> String {
        self.at(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
    }

    /// The time on a clock with this `offset` from UTC. A time that no calendar of four-digit years has
    /// there, which only a broken server sends, is shown as 1970.
    pub fn at(self, offset: UtcOffset) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .and_then(|at| at.checked_to_offset(offset))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// How long from `now` until this time; zero once it has passed.
    pub fn since(self, now: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(now.0)).unwrap_or(0))
    }
}

/// A duration in its two largest units: `7 h 59 min`, `12 min`, `45 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let days = seconds / 86_400;
    let hours = seconds / 3600 % 24;
    let minutes = seconds / 60 % 60;
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_secs()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_what_aws_and_http_use() {
        let noon = Timestamp(1_795_176_000);
        assert_eq!(noon.to_rfc3339(), "2026-11-20T12:00:00Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-20T12:00:00Z"), Some(noon));
        assert_eq!(Timestamp::parse_rfc3339("2026-11-20T13:00:00.25+01:00"), Some(noon));
        assert_eq!(Timestamp::parse_http_date("Fri, 20 Nov 2026 12:00:00 GMT"), Some(noon));
        assert_eq!(Timestamp::parse_rfc3339("2026-11-20T12:00:00"), None);
    }

    #[test]
    fn a_time_beyond_the_calendar_does_not_panic() {
        let last = Timestamp::parse_rfc3339("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(last.to_rfc3339(), "9999-12-31T23:59:59Z");
        let east = UtcOffset::from_hms(1, 0, 0).unwrap();
        for beyond in [last, Timestamp(i64::MAX), Timestamp(i64::MIN)] {
            assert_eq!(beyond.at(east), OffsetDateTime::UNIX_EPOCH, "{beyond:?}");
        }
    }

    #[test]
    fn a_past_time_has_no_time_left() {
        let now = Timestamp(1000);
        assert_eq!((now - Duration::from_secs(5)).since(now), Duration::ZERO);
        assert_eq!((now + Duration::from_secs(5)).since(now), Duration::from_secs(5));
    }

    #[test]
    fn durations_read_well() {
        let cases = [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (28_740, "7 h 59 min"),
            (90_000, "1 d 1 h"),
            (86_400, "1 d"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }
}
