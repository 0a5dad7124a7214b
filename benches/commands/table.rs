//! The table of figures.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Figures, and whether all of them are within their limits.
#[derive(Default)]
pub(crate) struct Table {
    rows: String,
    over: usize,
}

impl Table {
    /// A time to compare with.
    pub(crate) fn fact(&mut self, what: &str, took: Duration) {
        self.row(what, &milliseconds(took), "", "");
    }

    /// Why there is no figure.
    pub(crate) fn note(&mut self, what: &str, why: &str) {
        self.row(what, "–", why, "");
    }

    /// A time and its limit; `rule` says where that comes from.
    pub(crate) fn limit(&mut self, what: &str, took: Duration, limit: Duration, rule: &str) {
        let mark = self.mark(took <= limit);
        self.row(what, &milliseconds(took), &format!("{} ({rule})", milliseconds(limit)), mark);
    }

    /// A size in bytes and its limit.
    pub(crate) fn size(&mut self, what: &str, bytes: u64, limit: u64) {
        let mark = self.mark(bytes <= limit);
        self.row(what, &mebibytes(bytes), &mebibytes(limit), mark);
    }

    fn mark(&mut self, within: bool) -> &'static str {
        self.over += usize::from(!within);
        if within { "ok" } else { "**over**" }
    }

    fn row(&mut self, what: &str, figure: &str, limit: &str, mark: &str) {
        let _ = writeln!(self.rows, "| {what} | {figure} | {limit} | {mark} |");
    }

    /// Prints the table and writes it to `target/bench.md`.
    #[expect(clippy::print_stdout, reason = "the table is the product")]
    pub(crate) fn publish(self) -> ExitCode {
        let table = format!("| what | median | limit | |\n|---|--:|--:|---|\n{}", self.rows);
        print!("{table}");
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench.md"), table).unwrap();
        if self.over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1024.0 / 1024.0)
}
