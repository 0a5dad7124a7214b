//! `hours`: the times at which an access can be held, in a time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];
const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// `Mon-Fri 08:00-18:00 Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    text: String,
    /// Starting with Monday.
    days: [bool; 7],
    /// In minutes since midnight.
    from: u16,
    /// In minutes since the same midnight as `from`; more than a day's if it ends on the next day.
    to: u16,
    zone: TimeZone,
}

/// Why a text is not `hours`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not three words.
    #[error("hours are days, times and a time zone: \"Mon-Fri 08:00-18:00 Europe/Berlin\"")]
    Shape,
    /// An unknown day.
    #[error("`{}` is not a day: write Mon, Tue, Wed, Thu, Fri, Sat, Sun, a range (Mon-Fri) or a list (Mon,Wed)", .0.escape_default())]
    Day(String),
    /// Not a time.
    #[error("`{}` is not a time between 00:00 and 24:00", .0.escape_default())]
    Time(String),
    /// Begins and ends at the same minute.
    #[error("the hours begin and end at the same minute")]
    Empty,
    /// Not in the IANA database.
    #[error("there is no time zone `{}`; zones are written Europe/Berlin or UTC", .0.escape_default())]
    Zone(String),
}

impl Explain for HoursError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Shape => "write days, times and a time zone, as in \"Mon-Fri 08:00-18:00 Europe/Berlin\"",
            Self::Day(_) => "write days by their first three letters: Mon-Fri, or Mon,Wed",
            Self::Time(_) => "write times with hours and minutes, from 00:00 to 24:00",
            Self::Empty => "for the whole day, write 00:00-24:00",
            Self::Zone(_) => "write the zone as the IANA database names it, as in Europe/Berlin",
        })]
    }
}

impl Hours {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// If `now` is within these hours, when they end. Adjacent days (`00:00-24:00`) count as one period,
    /// which is followed for a week.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = self.end_of_stretch(now)?;
        for _ in 0..7 {
            match self.end_of_stretch(end) {
                Some(later) if later > end => end = later,
                _ => break,
            }
        }
        Some(end)
    }

    fn end_of_stretch(&self, now: Timestamp) -> Option<Timestamp> {
        let at = jiff::Timestamp::from_second(now.0).ok()?;
        let today = self.zone.to_datetime(at).date();
        let dates = [today, today.yesterday().ok()?];
        dates.into_iter().find_map(|date| {
            let index = date.weekday().to_monday_zero_offset();
            if !self.days[usize::try_from(index).ok()?] {
                return None;
            }
            let start = self.moment(date, self.from)?;
            let end = self.moment(date, self.to)?;
            (start <= now && now < end).then_some(end)
        })
    }

    /// The time `minutes` after the midnight that begins `date`, by the local clock there.
    fn moment(&self, date: jiff::civil::Date, minutes: u16) -> Option<Timestamp> {
        let date = if minutes >= MINUTES_OF_A_DAY { date.tomorrow().ok()? } else { date };
        let minutes = i8::try_from(minutes % 60).ok().zip(i8::try_from(minutes % MINUTES_OF_A_DAY / 60).ok());
        let (minute, hour) = minutes?;
        let time = Time::new(hour, minute, 0, 0).ok()?;
        let moment = self.zone.to_timestamp(date.to_datetime(time)).ok()?;
        Some(Timestamp(moment.as_second()))
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [days, times, zone] = words[..] else { return Err(HoursError::Shape) };
        let days = parse_days(days)?;
        let (from, to) = times.split_once('-').ok_or(HoursError::Shape)?;
        let from = parse_time(from)?;
        let to = parse_time(to)?;
        if from == to || from == MINUTES_OF_A_DAY {
            return Err(HoursError::Empty);
        }
        let to = if to < from { to + MINUTES_OF_A_DAY } else { to };
        let wrong = || HoursError::Zone(zone.to_owned());
        // The database accepts names in any case; the policy does not, so that each zone has one spelling.
        let found = TimeZone::get(zone).map_err(|_| wrong())?;
        if found.iana_name() != Some(zone) {
            return Err(wrong());
        }
        Ok(Self { text: words.join(" "), days, from, to, zone: found })
    }
}

fn parse_days(text: &str) -> Result<[bool; 7], HoursError> {
    let wrong = || HoursError::Day(text.to_owned());
    let index = |name: &str| DAYS.iter().position(|(day, _)| *day == name).ok_or_else(wrong);
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let mut day = index(first)?;
        let last = index(last)?;
        loop {
            days[day] = true;
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Ok(days)
}

fn parse_time(text: &str) -> Result<u16, HoursError> {
    let wrong = || HoursError::Time(text.to_owned());
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten().ok_or_else(wrong)
    };
    let hour = number(hour)?;
    let minute = number(minute)?;
    let minutes = hour * 60 + minute;
    if minute > 59 || minutes > MINUTES_OF_A_DAY { Err(wrong()) } else { Ok(minutes) }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn hours_follow_the_local_time_zone() {
        let cases = [
            // 2026-11-27 is a Friday; Berlin is one hour ahead of UTC in winter and two in summer.
            ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T07:00:00Z", Some("2026-11-27T17:00:00Z")),
            ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T06:59:59Z", None),
            ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T17:00:00Z", None),
            ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-28T09:00:00Z", None),
            ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-07-03T06:00:00Z", Some("2026-07-03T16:00:00Z")),
            // Over midnight: the day is the one on which it begins.
            ("Fri 22:00-06:00 UTC", "2026-11-28T05:59:00Z", Some("2026-11-28T06:00:00Z")),
            ("Fri 22:00-06:00 UTC", "2026-11-27T05:00:00Z", None),
            // All day, several days: one period.
            ("Fri-Sun 00:00-24:00 UTC", "2026-11-27T10:00:00Z", Some("2026-11-30T00:00:00Z")),
            // The night on which the clocks go back in Berlin (25 October 2026) is an hour longer.
            ("Sun 00:00-06:00 Europe/Berlin", "2026-10-24T22:00:00Z", Some("2026-10-25T05:00:00Z")),
            // A range may go over the weekend.
            ("Sat-Mon 10:00-11:00 UTC", "2026-11-30T10:30:00Z", Some("2026-11-30T11:00:00Z")),
            ("Mon,Fri 10:00-11:00 UTC", "2026-11-27T10:30:00Z", Some("2026-11-27T11:00:00Z")),
            ("Mon,Fri 10:00-11:00 UTC", "2026-11-26T10:30:00Z", None),
        ];
        for (hours, now, until) in cases {
            let parsed: Hours = hours.parse().unwrap_or_else(|error| panic!("{hours}: {error}"));
            assert_eq!(parsed.until(at(now)), until.map(at), "{hours} at {now}");
        }
    }

    #[test]
    fn invalid_hours_are_refused() {
        for wrong in [
            "",
            "Mon-Fri",
            "Mon-Fri 08:00-18:00",
            "Mon-Fri 8:00-18:00 UTC",
            "Mon-Fri 08:00-24:01 UTC",
            "Mon-Fri 08:60-18:00 UTC",
            "Mon-Fri 08:00-08:00 UTC",
            "mon-Fri 08:00-18:00 UTC",
            "Mon-Fri 08:00-18:00 Europe/Berlon",
            "Mon-Fri 08:00-18:00 europe/berlin",
            "Mon-Fri 08:00-18:00 ../etc/passwd",
        ] {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
    }
}
