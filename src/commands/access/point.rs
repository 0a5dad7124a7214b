//! A point in time, as people type it: `--start` of a request and `--at` of an explanation.

use jit_wire::section::parse_duration;
use jit_wire::timestamp::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::world::Clock;

/// The moment that `text` means on the person's clock: a time from now (`+2h`, `-30m`), a time of day that is still to
/// come (`14:30`), or a date and a time (`2026-11-30T09:00`, with or without an offset).
pub(crate) fn point_in_time(text: &str, clock: &dyn Clock) -> Option<Timestamp> {
    let now = clock.now();
    let moved = |text: &str| parse_duration(text).ok().map(i64::from);
    if let Some(later) = text.strip_prefix('+') {
        return Some(Timestamp(now.0.saturating_add(moved(later)?)));
    }
    if let Some(earlier) = text.strip_prefix('-') {
        return Some(Timestamp(now.0.saturating_sub(moved(earlier)?)));
    }
    if let Some(time) = time_of_day(text) {
        let offset = clock.offset();
        let today = PrimitiveDateTime::new(now.at(offset).date(), time).assume_offset(offset);
        let at = Timestamp(today.unix_timestamp());
        return Some(if at > now { at } else { Timestamp(at.0.saturating_add(86_400)) });
    }
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let (date, time) = date_of(date).zip(time_of_day(time))?;
    Some(Timestamp(PrimitiveDateTime::new(date, time).assume_offset(clock.offset()).unix_timestamp()))
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
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NoonInBerlin;

    #[test]
    fn times_from_now_and_far_from_it() {
        for (text, wanted) in [
            ("+2h", Some("2026-11-28T14:00:00Z")),
            ("-30m", Some("2026-11-28T11:30:00Z")),
            ("14:30", Some("2026-11-28T13:30:00Z")),
            ("+60d", Some("2027-01-27T12:00:00Z")),
            ("2020-01-01T09:00", Some("2020-01-01T08:00:00Z")),
            ("2027-03-01T09:00:00Z", Some("2027-03-01T09:00:00Z")),
            ("", None),
            ("+", None),
            ("-", None),
            ("-1:30", None),
            ("+-2h", None),
            ("2h", None),
            ("noon", None),
            ("2026-11-31T09:00", None),
            ("99999999999999999999-01-01T09:00", None),
        ] {
            let found = point_in_time(text, &NoonInBerlin).map(Timestamp::to_rfc3339);
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }
}
