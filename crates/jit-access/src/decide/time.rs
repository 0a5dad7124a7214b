//! Granted time in any 24 hours.

const DAY: i64 = 86_400;

/// The most seconds granted in any 24 hours that overlap `new`, counting `new` and all of `past`. Overlapping
/// grants count once.
pub(super) fn most_in_a_day(past: &[(i64, i64)], new: (i64, i64)) -> i64 {
    let near = |span: &&(i64, i64)| span.1 > new.0.saturating_sub(DAY) && span.0 < new.1.saturating_add(DAY);
    let mut spans: Vec<(i64, i64)> = past.iter().filter(near).copied().chain([new]).collect();
    spans.retain(|(from, until)| from < until);
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (from, until) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => merged.push((from, until)),
        }
    }
    // The slope of the sum changes only where a window begins or ends with a span, so one of these windows
    // has the maximum.
    let starts = merged.iter().flat_map(|(from, until)| [*from, until.saturating_sub(DAY)]);
    let windows = starts.map(|start| (start, start.saturating_add(DAY)));
    let touching = windows.filter(|(from, until)| *from < new.1 && *until > new.0);
    let sum = |(from, until): (i64, i64)| -> i64 {
        merged.iter().map(|span| (span.1.min(until) - span.0.max(from)).max(0)).sum()
    };
    touching.map(sum).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const H: i64 = 3600;

    #[test]
    fn the_24_hour_window_slides() {
        type Row = (&'static [(i64, i64)], (i64, i64), i64);
        let cases: &[Row] = &[
            (&[], (0, H), H),
            (&[(0, H)], (2 * H, 3 * H), 2 * H),
            // Overlapping: an extension.
            (&[(0, 2 * H)], (H, 3 * H), 3 * H),
            // A day and more ago.
            (&[(0, H)], (25 * H, 26 * H), H),
            (&[(0, 2 * H)], (24 * H, 25 * H), 2 * H),
            // Scheduled for later.
            (&[(10 * H, 12 * H)], (0, H), 3 * H),
            // Two that do not share a window, but each shares one with the new one.
            (&[(0, H), (30 * H, 31 * H)], (20 * H, 21 * H), 2 * H),
            // Longer than a day.
            (&[], (0, 30 * H), 24 * H),
        ];
        for (past, new, most) in cases {
            assert_eq!(most_in_a_day(past, *new), *most, "{past:?} {new:?}");
        }
    }

    proptest! {
        #[test]
        fn no_window_has_more(
            past in proptest::collection::vec((-40i64..40, 0i64..10), 0..6),
            from in -5i64..5,
            length in 1i64..10,
        ) {
            let past: Vec<(i64, i64)> = past.into_iter().map(|(from, length)| (from * H, (from + length) * H)).collect();
            let new = (from * H, (from + length) * H);
            let covered = |hour: i64| past.iter().chain([&new]).any(|(from, until)| *from <= hour * H && hour * H < *until);
            // In whole hours everything can be tried.
            let windows = (from - 24 + 1)..(from + length);
            let most = windows.map(|start| (start..start + 24).filter(|hour| covered(*hour)).count()).max().unwrap_or(0);
            prop_assert_eq!(most_in_a_day(&past, new), i64::try_from(most).unwrap() * H);
        }
    }
}
