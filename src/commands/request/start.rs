//! `--start`: when a grant is to begin.

use jit_access::decide::FARTHEST_START;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::section::parse_duration;
use jit_wire::timestamp::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::world::Clock;

/// What was typed is no time to start at.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoStart {
    #[error("`{0}` is not a time to start at")]
    Unreadable(String),
    #[error("{0} is in the past")]
    Past(String),
    #[error("{0} is more than 7 days ahead")]
    Far(String),
}

impl Explain for NoStart {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unreadable(_) => {
                vec![Next::words(
                    "write a time of day (14:30), a time from now (+2h), or both date and time (2026-11-30T09:00)",
                )]
            }
            Self::Past(_) => vec![Next::words("leave --start out to begin at once")],
            Self::Far(_) => vec![Next::words("ask again in the week before it starts")],
        }
    }
}

/// The moment that `text` means on the person's clock: a time of day that is still to come, a time from now, or a date and a
/// time.
///
/// # Errors
/// [`NoStart`].
pub(super) fn start(text: &str, clock: &dyn Clock) -> Result<Timestamp, NoStart> {
    let now = clock.now();
    let unreadable = || NoStart::Unreadable(text.to_owned());
    let at = if let Some(later) = text.strip_prefix('+') {
        let seconds = parse_duration(later).map_err(|_| unreadable())?;
        Timestamp(now.0.saturating_add(seconds.into()))
    } else if let Some(time) = time_of_day(text) {
        let offset = clock.offset();
        let today = PrimitiveDateTime::new(now.at(offset).date(), time).assume_offset(offset);
        let at = Timestamp(today.unix_timestamp());
        if at > now { at } else { Timestamp(at.0.saturating_add(86_400)) }
    } else if let Some(at) = Timestamp::parse_rfc3339(text) {
        at
    } else {
        let (date, time) = text.split_once(['T', ' ']).ok_or_else(unreadable)?;
        let (date, time) = date_of(date).zip(time_of_day(time)).ok_or_else(unreadable)?;
        Timestamp(PrimitiveDateTime::new(date, time).assume_offset(clock.offset()).unix_timestamp())
    };
    match at.0.saturating_sub(now.0) {
        ..=-60 => Err(NoStart::Past(text.to_owned())),
        ahead if ahead > FARTHEST_START => Err(NoStart::Far(text.to_owned())),
        _ => Ok(at),
    }
}

/// `14:30`
fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let is_whole = (1..=2).contains(&hour.len()) && minute.len() == 2;
    is_whole.then(|| Time::from_hms(number(hour)?, number(minute)?, 0).ok())?
}

/// `2026-11-30`
fn date_of(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?;
    let month = parts.next()?;
    let day = parts.next()?;
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use time::UtcOffset;

    use super::*;

    /// In Berlin, at 13:00 there.
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::parse_rfc3339("2026-11-28T12:00:00Z").unwrap()
        }
        fn offset(&self) -> UtcOffset {
            UtcOffset::from_hms(1, 0, 0).unwrap()
        }
    }

    #[test]
    fn starts() {
        for (text, wanted) in [
            ("+2h", Some("2026-11-28T14:00:00Z")),
            ("+90m", Some("2026-11-28T13:30:00Z")),
            ("14:30", Some("2026-11-28T13:30:00Z")),
            ("9:05", Some("2026-11-29T08:05:00Z")),
            ("13:00", Some("2026-11-29T12:00:00Z")),
            ("2026-11-30T09:00", Some("2026-11-30T08:00:00Z")),
            ("2026-11-30 09:00", Some("2026-11-30T08:00:00Z")),
            ("2026-11-30T09:00:00Z", Some("2026-11-30T09:00:00Z")),
            ("2026-11-30T09:00:00+01:00", Some("2026-11-30T08:00:00Z")),
            ("2026-11-28T12:59", None),
            ("2026-11-28T11:59:30Z", Some("2026-11-28T11:59:30Z")),
            ("2026-12-06T09:00", None),
            ("+8d", None),
            ("", None),
            ("+", None),
            ("soon", None),
            ("25:00", None),
            ("12:60", None),
            ("+1:30", None),
            ("-1:30", None),
            ("1:3", None),
            ("2026-02-30T09:00", None),
            ("2026-13-01T09:00", None),
            ("2026-11-30", None),
        ] {
            let found = start(text, &Noon).map(Timestamp::to_rfc3339);
            assert_eq!(found.ok().as_deref(), wanted, "{text}");
        }
        let refused = |text: &str| start(text, &Noon).unwrap_err();
        assert_eq!(refused("2020-01-01T09:00"), NoStart::Past("2020-01-01T09:00".to_owned()));
        assert_eq!(refused("+8d"), NoStart::Far("+8d".to_owned()));
    }
}
