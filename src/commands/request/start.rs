//! `--start`: when a grant is to begin.

use jit_access::decide::FARTHEST_START;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

use crate::commands::access::point_in_time;
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
    let at = point_in_time(text, clock).ok_or_else(|| NoStart::Unreadable(text.to_owned()))?;
    match at.0.saturating_sub(now.0) {
        ..=-60 => Err(NoStart::Past(text.to_owned())),
        ahead if ahead > FARTHEST_START => Err(NoStart::Far(text.to_owned())),
        _ => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NoonInBerlin;

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
            let found = start(text, &NoonInBerlin).map(Timestamp::to_rfc3339);
            assert_eq!(found.ok().as_deref(), wanted, "{text}");
        }
        let refused = |text: &str| start(text, &NoonInBerlin).unwrap_err();
        assert_eq!(refused("2020-01-01T09:00"), NoStart::Past("2020-01-01T09:00".to_owned()));
        assert_eq!(refused("-1h"), NoStart::Past("-1h".to_owned()));
        assert_eq!(refused("+8d"), NoStart::Far("+8d".to_owned()));
    }
}
