//! The tables of `docs/performance.md`, and the page that contains them.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use crate::measure::Times;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
/// The marks around a table in the page.
const END: &str = "<!-- end of figures -->\n";

/// Figures, and how many of them are over their limits.
pub(crate) struct Table {
    text: String,
    over: usize,
}

impl Table {
    /// A table with columns of text, then of figures, then of text again.
    pub(crate) fn new(what: &[&str], figures: &[&str], remarks: &[&str]) -> Self {
        let mut table = Self { text: String::new(), over: 0 };
        table.row([what, figures, remarks].concat());
        let line = |column: &[&str], line: &'static str| column.iter().map(|_| line).collect::<Vec<_>>();
        table.row([line(what, "---"), line(figures, "--:"), line(remarks, "---")].concat());
        table
    }

    /// A table of times and limits.
    pub(crate) fn timed() -> Self {
        Self::new(&["what"], &["runs", "median", "p99", "limit of the median"], &[""])
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        for cell in cells {
            let _ = write!(self.text, "| {} ", cell.as_ref());
        }
        self.text.push_str("|\n");
    }

    /// A time to compare with.
    pub(crate) fn fact(&mut self, what: &str, took: &Times) {
        self.time(what, took, "", "");
    }

    /// Why there is no figure.
    pub(crate) fn note(&mut self, what: &str, why: &str) {
        self.row([what, "–", "–", "–", why, ""]);
    }

    /// A time and the limit of its median; `rule` explains the limit.
    pub(crate) fn limit(&mut self, what: &str, took: &Times, limit: Duration, rule: &str) {
        let mark = self.mark(took.median() <= limit);
        self.time(what, took, &format!("{} ({rule})", ms(limit)), mark);
    }

    /// The mark after a figure with a limit.
    pub(crate) fn mark(&mut self, within: bool) -> &'static str {
        self.over += usize::from(!within);
        if within { "ok" } else { "**over**" }
    }

    fn time(&mut self, what: &str, took: &Times, limit: &str, mark: &str) {
        let (median, p99) = (ms(took.median()), ms(took.p99()));
        self.row([what, &took.runs().to_string(), &median, &p99, limit, mark]);
    }
}

/// What a run has measured.
pub(crate) struct Report {
    run: String,
    parts: Vec<(&'static str, String)>,
    over: usize,
}

impl Report {
    /// `run` says which program was measured, and when.
    pub(crate) fn of(run: String) -> Self {
        Self { run, parts: Vec::new(), over: 0 }
    }

    /// Takes a part of the page, and prints it.
    #[expect(clippy::print_stdout, reason = "the table is the product")]
    pub(crate) fn add(&mut self, name: &'static str, table: Table) {
        self.over += table.over;
        let text = format!("{}\n{}\n", table.text, self.run);
        print!("### {name}\n\n{text}\n");
        self.parts.push((name, text));
    }

    /// Writes `target/bench.md` and, on request, the page. Fails if a limit is exceeded.
    pub(crate) fn publish(self, write: bool) -> ExitCode {
        let all: String = self.parts.iter().map(|(name, text)| format!("### {name}\n\n{text}\n")).collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench.md"), all).unwrap();
        if write {
            let mut page = std::fs::read_to_string(PAGE).unwrap();
            for (name, text) in &self.parts {
                page = replaced(&page, name, text);
            }
            std::fs::write(PAGE, page).unwrap();
        }
        if self.over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The page with the figures of one table replaced.
fn replaced(page: &str, name: &str, text: &str) -> String {
    let mark = format!("<!-- figures: {name} -->\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("{PAGE} has no {mark}"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{PAGE}: {name} has no end"));
    format!("{before}{mark}{text}{END}{after}")
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(crate) fn size(bytes: u64) -> String {
    match bytes as f64 / 1024.0 {
        kib if kib < 1024.0 => format!("{kib:.0} KB"),
        kib => format!("{:.1} MB", kib / 1024.0),
    }
}

/// How many times as much.
pub(crate) fn ratio(this: Duration, that: Duration) -> String {
    let ratio = this.as_secs_f64() / that.as_secs_f64();
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

/// With commas between the thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
