//! Requests in a list, one to a line.

use jit_access::fold::{Case, Phase, State};
use jit_wire::timestamp::{Timestamp, duration};

use crate::error::CommandResult;
use crate::ui::text::{Shown, escape};
use crate::ui::{Tone, Ui};

use super::Desk;
use super::words::moment;

/// The titles of the columns.
const TITLES: [&str; 5] = ["id", "who", "access", "state", "when"];

/// What matters most about when: how long it still waits or lasts, or when it ended.
pub(crate) fn when(case: &Case<'_>, state: &State, desk: &Desk<'_>) -> String {
    let left = |until: Timestamp| format!("{} left", duration(until.since(desk.now())));
    match state {
        State::Pending => {
            let ttl = i64::from(desk.policy.policy.limits.request_ttl);
            left(Timestamp(case.at.0.saturating_add(ttl)))
        }
        State::Granted { from, phase: Phase::Scheduled, .. } => format!("from {}", moment(*from, desk)),
        State::Granted { until, phase: Phase::Live { .. }, .. } => left(*until),
        State::Granted { phase: Phase::Ended { at, .. }, .. } => moment(*at, desk),
        _ => moment(case.at, desk),
    }
}

fn tone(state: &State) -> Tone {
    match state {
        State::Pending => Tone::Warning,
        State::Granted { phase: Phase::Scheduled | Phase::Live { .. }, .. } => Tone::Good,
        State::Granted { phase: Phase::Failed { .. }, .. } => Tone::Bad,
        _ => Tone::Dim,
    }
}

/// Writes `cases` as a table that fits the terminal.
///
/// # Errors
/// What stdout reports.
pub(crate) fn in_columns(cases: &[(Case<'_>, State)], desk: &Desk<'_>, ui: &Ui) -> CommandResult {
    let shorts = desk.shorts(cases.iter().map(|(case, _)| case.id));
    let row = |(case, state): &(Case<'_>, State)| -> Vec<Shown> {
        vec![
            ui.paint_data(Tone::Name, escape(&shorts[&case.id])),
            escape(desk.name_of(case.author)),
            escape(&case.request.access),
            ui.paint_data(tone(state), state.name()),
            escape(&when(case, state, desk)),
        ]
    };
    ui.table_with_titles(&TITLES, cases.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text::layout;

    /// A name that is cut could be somebody else's, so none is.
    #[test]
    fn a_list_fits_into_sixty_columns_and_is_whole() {
        let row = |cells: [&str; 5]| cells.map(escape).to_vec();
        let (long, access) =
            ("somebody.with.a.long.name@subsidiary.example.com", "payments-production-admin");
        let short = [
            row(TITLES),
            row(["4f2a91", "bob@example.com", "read", "live", "1 min left"]),
            row(["77ab31", "alice@example.com", "pay-admin", "scheduled", "from 2026-11-30 09:00"]),
        ];
        let wide = row(["0123456789ab", long, access, "scheduled", "3 h 59 min left"]);
        for (rows, is_wide) in [(short.to_vec(), false), ([&short[..], &[wide]].concat(), true)] {
            for columns in [60, 70, 80, 200] {
                let lines = layout::rows(&rows, Some(columns));
                let text: String = lines.iter().map(|line| format!("{}\n", line.as_str())).collect();
                assert!(
                    text.lines().all(|line| line.trim_end().chars().count() <= columns),
                    "{columns}: {text}"
                );
                for cell in rows.iter().flatten() {
                    assert!(cell.as_str().split(' ').all(|word| text.contains(word)), "{columns}: {text}");
                }
                let stacked = layout::is_stacked(&rows, Some(columns));
                assert_eq!(stacked, is_wide && columns < 100, "{columns}: {text}");
            }
        }
    }
}
