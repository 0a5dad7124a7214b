//! Requests in a list, one to a line.

use jit_access::fold::{Case, Phase, State};
use jit_wire::timestamp::{Timestamp, duration};

use crate::error::CommandResult;
use crate::sys::terminal;
use crate::ui::text::{Shown, escape, table};
use crate::ui::{Tone, Ui};

use super::Desk;
use super::words::moment;

/// A terminal that is narrower than this wraps the lines.
const NARROWEST: usize = 60;
/// What the columns of people and of what they ask for are cut to at least.
const SHORTEST: usize = 8;

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
    let title = |text: &'static str| ui.paint_data(Tone::Dim, text);
    let mut rows = vec![["id", "who", "access", "state", "when"].map(title).to_vec()];
    rows.extend(cases.iter().map(|(case, state)| {
        vec![
            ui.paint_data(Tone::Name, escape(&shorts[&case.id])),
            escape(desk.name_of(case.author)),
            escape(&case.request.access),
            ui.paint_data(tone(state), state.name()),
            escape(&when(case, state, desk)),
        ]
    }));
    if let Some((_, columns)) = terminal::size() {
        fit(&mut rows, columns.max(NARROWEST));
    }
    ui.text(table(&rows))
}

/// Cuts the columns `who` and `access` until a row has at most `columns`.
fn fit(rows: &mut [Vec<Shown>], columns: usize) {
    let width =
        |rows: &[Vec<Shown>], column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let whole: usize = (0..5).map(|column| width(rows, column)).sum::<usize>() + 4 * 2;
    let mut excess = whole.saturating_sub(columns);
    for column in [1, 2] {
        let wide = width(rows, column);
        let cut = excess.min(wide.saturating_sub(SHORTEST));
        if cut > 0 {
            rows.iter_mut().for_each(|row| row[column] = row[column].cut(wide - cut, "…"));
            excess -= cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_fits_into_sixty_columns() {
        let row = |cells: [&str; 5]| cells.map(escape).to_vec();
        let long = "somebody.with.a.long.name@subsidiary.example.com";
        let rows = vec![
            row(["id", "who", "access", "state", "when"]),
            row(["0123456789ab", long, "payments-production-admin", "scheduled", "3 h 59 min left"]),
            row(["4f2a91", "bob", "read", "live", "1 min left"]),
        ];
        for columns in [60, 70, 80, 200] {
            let mut fitted = rows.clone();
            fit(&mut fitted, columns);
            let text = table(&fitted);
            let widest = text.lines().map(|line| line.width()).max().unwrap_or(0);
            assert!(widest <= columns, "{columns}: {}", text.as_str());
            assert!(text.as_str().contains("bob") && text.as_str().contains("3 h 59 min left"));
            let is_cut = text.as_str().contains('…');
            assert_eq!(is_cut, columns < 120, "{columns}: {}", text.as_str());
        }
    }
}
