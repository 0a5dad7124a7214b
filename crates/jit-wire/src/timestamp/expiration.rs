//! The expiry of credentials as other programs write it: what botocore's `dateutil.parser` reads, in the
//! forms that occur.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::Timestamp;

/// Why a text is not an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMoment {
    /// A date and a time, but without a time zone. botocore refuses that too.
    #[error("has no time zone")]
    NoZone,
    /// Anything else.
    #[error("is not a date and time")]
    NotATime,
}

const MONTHS: [(&str, Month); 12] = [
    ("january", Month::January),
    ("february", Month::February),
    ("march", Month::March),
    ("april", Month::April),
    ("may", Month::May),
    ("june", Month::June),
    ("july", Month::July),
    ("august", Month::August),
    ("september", Month::September),
    ("october", Month::October),
    ("november", Month::November),
    ("december", Month::December),
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Timestamp {
    /// Reads an `Expiration`: ISO 8601 with `-`, `/` or nothing between the parts, the dates of mail and of
    /// HTTP, and the output of `date`; with the zone `Z`, `UTC`, `GMT` or an offset. Fractions of a second
    /// are dropped.
    ///
    /// # Errors
    /// [`NoMoment`].
    pub fn parse_expiration(text: &str) -> Result<Self, NoMoment> {
        let mut rest = Rest(text.trim());
        let (date, time, zone) = if rest.0.starts_with(|first: char| first.is_ascii_digit()) {
            match rest.digital_date() {
                Some(date) => (Some(date), rest.time_after(" tT").ok_or(NoMoment::NotATime)?, rest.zone()),
                None => rest.worded(),
            }
        } else {
            rest.worded()
        };
        let (Some(date), true) = (date, rest.0.is_empty()) else { return Err(NoMoment::NotATime) };
        let offset = zone?.ok_or(NoMoment::NoZone)?;
        let at = OffsetDateTime::new_in_offset(date, time, offset);
        Ok(Self(at.unix_timestamp()))
    }
}

type Zone = Result<Option<UtcOffset>, NoMoment>;

/// The text that is left to read.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    /// Takes the characters for which `fits` is true.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|c: char| !fits(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Takes `digits` digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let taken = self.0.get(..digits).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = &self.0[digits..];
        taken.parse().ok()
    }

    fn skip(&mut self, one_of: &str) -> bool {
        let found = self.0.starts_with(|c| one_of.contains(c));
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn spaces(&mut self) {
        self.take(|c| c == ' ');
    }

    /// `2026-11-20`, `2026/11/20` or `20261120`. Takes nothing if there is none.
    fn digital_date(&mut self) -> Option<Date> {
        let mut ahead = Rest(self.0);
        let year = ahead.number(4)?;
        let separator = ahead.0.chars().next().filter(|c| "-/".contains(*c));
        let between = |rest: &mut Rest<'t>| separator.is_none_or(|c| rest.skip(c.encode_utf8(&mut [0; 4])));
        if !between(&mut ahead) {
            return None;
        }
        let month = ahead.number(2)?;
        if !between(&mut ahead) {
            return None;
        }
        let day = ahead.number(2)?;
        let date = date(year, Month::try_from(u8::try_from(month).ok()?).ok()?, day)?;
        *self = ahead;
        Some(date)
    }

    /// The time after one of `separators`, or, if digits alone, directly.
    fn time_after(&mut self, separators: &str) -> Option<Time> {
        if self.skip(separators) {
            self.spaces();
        } else if !self.0.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        self.time()
    }

    /// `12`, `12:00`, `12:00:00`, `1200`, `120000`; the longest forms may have a fraction.
    fn time(&mut self) -> Option<Time> {
        let hour = self.number(2)?;
        let colons = self.skip(":");
        let mut minute = 0;
        let mut second = 0;
        let more = |rest: &Self| rest.0.starts_with(|first: char| first.is_ascii_digit());
        if colons || more(self) {
            minute = self.number(2)?;
            if if colons { self.skip(":") } else { more(self) } {
                second = self.number(2)?;
                if self.skip(".,") && self.take(|c| c.is_ascii_digit()).is_empty() {
                    return None;
                }
            }
        }
        let part = |number: u32| u8::try_from(number).ok();
        Time::from_hms(part(hour)?, part(minute)?, part(second)?).ok()
    }

    /// `Z`, `UTC`, `GMT`, `+01:00`, `-0130`, `+01`. An empty text is no zone.
    fn zone(&mut self) -> Zone {
        self.spaces();
        let name = self.take(|c| c.is_ascii_alphabetic());
        let utc = match name {
            "" => None,
            "Z" | "z" | "UTC" | "GMT" => Some(UtcOffset::UTC),
            // dateutil knows no other names, and leaves the time without a zone.
            _ if name.len() <= 5 && name.bytes().all(|b| b.is_ascii_uppercase()) => {
                return Err(NoMoment::NoZone);
            }
            _ => return Err(NoMoment::NotATime),
        };
        let sign = match self.0.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Ok(utc),
        };
        self.0 = &self.0[1..];
        let offset = || -> Option<UtcOffset> {
            let hours = self.number(2).or_else(|| self.number(1))?;
            let minutes = match self.skip(":") || !self.0.is_empty() && !self.0.starts_with(' ') {
                true => self.number(2)?,
                false => 0,
            };
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            let within = hours < 24 && minutes < 60;
            // After a name the sign is that of POSIX: `UTC+3` is three hours behind.
            let sign = if utc.is_some() && name.len() == 3 { -sign } else { sign };
            UtcOffset::from_whole_seconds(sign * seconds).ok().filter(|_| within)
        }();
        offset.map(Some).ok_or(NoMoment::NotATime)
    }

    /// A date with the month in letters, as in mail (`Fri, 20 Nov 2026 12:00:00 GMT`), older HTTP (`Friday,
    /// 20-Nov-26 …`) and the output of `date` (`Fri Nov 20 12:00:00 UTC 2026`).
    fn worded(&mut self) -> (Option<Date>, Time, Zone) {
        let none = (None, Time::MIDNIGHT, Err(NoMoment::NotATime));
        let between = |rest: &mut Self| _ = rest.take(|c| " ,-".contains(c));
        let mut word = self.take(|c| c.is_ascii_alphabetic());
        if named(word, DAYS.iter().copied()).is_some() {
            between(self);
            word = self.take(|c| c.is_ascii_alphabetic());
        }
        let month_first = !word.is_empty();
        let mut day = None;
        if !month_first {
            day = Some(self.take(|c| c.is_ascii_digit()));
            between(self);
            word = self.take(|c| c.is_ascii_alphabetic());
        }
        let Some(month) = named(word, MONTHS.iter().map(|(name, _)| *name)).map(|at| MONTHS[at].1) else {
            return none;
        };
        between(self);
        let day = day.unwrap_or_else(|| {
            let day = self.take(|c| c.is_ascii_digit());
            between(self);
            day
        });
        // The year is here, or after the zone.
        let digits = self.0.len() - self.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut year = "";
        if !(month_first && self.0[digits..].starts_with(':')) {
            year = self.take(|c| c.is_ascii_digit());
            self.spaces();
        }
        let Some(time) = self.time() else { return none };
        let zone = self.zone();
        if year.is_empty() {
            self.spaces();
            year = self.take(|c| c.is_ascii_digit());
        }
        let year = match (year.len(), year.parse::<u32>()) {
            (4, Ok(year)) => Some(year),
            // As in dateutil: no session ends half a century from now.
            (2, Ok(year)) => Some(2000 + year).filter(|year| *year < 2070),
            _ => None,
        };
        let day = Some(day).filter(|day| day.len() <= 2).and_then(|day| day.parse().ok());
        let date = year.zip(day).and_then(|(year, day)| date(year, month, day));
        (date, time, zone)
    }
}

fn date(year: u32, month: Month, day: u32) -> Option<Date> {
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

/// Which of `names` is `word`, in full or its first three letters, in any case.
fn named(word: &str, names: impl Iterator<Item = &'static str>) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    let is = |name: &str| word == name || (word.len() == 3 && name.starts_with(&word));
    names.into_iter().position(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_176_000;

    /// The expected results are botocore's; `tests/counterparts/expiration.rs` asks it.
    #[test]
    fn an_expiry_is_read_in_every_common_form() {
        for text in [
            "2026-11-20T12:00:00Z",
            "2026-11-20t12:00:00z",
            "2026-11-20T12:00:00+00:00",
            "2026-11-20T12:00:00-00:00",
            "2026-11-20T12:00:00+0000",
            "2026-11-20T12:00:00+00",
            "2026-11-20T12:00:00UTC",
            "2026-11-20T12:00:00 UTC",
            "2026-11-20T12:00:00 GMT",
            "2026-11-20T12:00:00.123456789Z",
            "2026-11-20T12:00:00,5Z",
            "2026-11-20T13:00:00+0100",
            "2026-11-20T10:30:00 -01:30",
            "2026-11-20T09:00:00UTC+3",
            "20261120T120000Z",
            "20261120T120000.5+0000",
            "20261120T1200Z",
            "20261120120000Z",
            "2026-11-20 12:00:00+00:00",
            "2026-11-20T12:00Z",
            "2026-11-20T12Z",
            "2026/11/20 12:00:00Z",
            " 2026-11-20T12:00:00Z\n",
            "Fri, 20 Nov 2026 12:00:00 GMT",
            "Fri, 20 Nov 2026 13:00:00 +0100",
            "20 November 2026 12:00:00 UTC",
            "Friday, 20-Nov-26 12:00:00 GMT",
            "Fri Nov 20 12:00:00 UTC 2026",
            "Nov 20 2026 12:00:00 Z",
        ] {
            assert_eq!(Timestamp::parse_expiration(text), Ok(Timestamp(NOON)), "{text}");
        }
    }

    #[test]
    fn an_invalid_expiry_says_what_is_missing() {
        for text in ["2026-11-20T12:00:00", "20261120T120000", "2026-11-20 12:00:00 EST"] {
            assert_eq!(Timestamp::parse_expiration(text), Err(NoMoment::NoZone), "{text}");
        }
        for text in [
            "",
            "soon",
            "1795176000",
            "2026-11-20Z",
            "2026-13-20T12:00:00Z",
            "2026-11-31T12:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T12:00:60Z",
            "2026-11-20T12:00:00+25:00",
            "2026-11-20T12:00:00+00:00:00",
            "2026-11-20T12:00:00Z[UTC]",
            "2026-11-20T12:00:00utc",
            "2026-11-20 12:00:00 +0000 UTC",
            "2026-324T12:00:00Z",
            "2026-W47-5T12:00:00Z",
            "2026-11-20T12:00:00\u{2212}00:00",
            "\u{0662}026-11-20T12:00:00Z",
            "Fri Nov 20 12:00:00 UTC",
            "T12:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_expiration(text), Err(NoMoment::NotATime), "{text}");
        }
    }
}
