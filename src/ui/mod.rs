//! All output: data to stdout, messages to stderr. Text from outside is escaped before it reaches a
//! terminal: printing takes [`text::Shown`], and only [`text::escape`] makes one from a `String`.

mod digits;
mod json;
pub mod log;
mod out;
mod parser;
mod person;
mod pick;
mod progress;
pub mod qr;
pub mod text;
mod waiting;

use crate::error::{CommandError, Kind};
use jit_wire::env::{Env, NO_COLOR, TERM};
use serde_json::{Value, json};

use self::json::Answer;
use out::talk;
pub use parser::answer_parser;
pub use person::Terminal;
pub use pick::{Choice, Likeness, Picked, likeness, pick, pick_by};
pub use progress::Progress;
use text::{Shown, escape, escape_json, escape_json_indented, escape_lines, layout, shown};
pub use waiting::WaitingLine;

/// How a command prints: with colours, quietly, as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    color: bool,
    data_color: bool,
    /// Data goes to a terminal.
    data_seen: bool,
    /// Messages go to a terminal.
    talk_seen: bool,
    quiet: bool,
    json: bool,
    /// Lines can be rewritten, as for progress.
    live: bool,
}

/// The colours in use, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It may not be what the person wanted.
    Warning,
    /// It did not work.
    Bad,
    /// The name of something.
    Name,
    /// Less important.
    Dim,
}

impl Ui {
    /// Colour if stderr is a terminal and the user has not disabled it.
    pub fn new(env: &Env, quiet: bool, json: bool) -> Self {
        let (talk, data) = out::are_terminals();
        let live = talk && env.get(TERM) != Some("dumb");
        let wanted = env.get(NO_COLOR).is_none() && env.get(TERM) != Some("dumb");
        Self {
            color: wanted && talk,
            data_color: wanted && data,
            data_seen: data,
            talk_seen: talk,
            quiet,
            json,
            live,
        }
    }

    /// Writes data for programs to stdout, in one piece and unchanged; on a terminal, control characters are
    /// shown escaped.
    ///
    /// # Errors
    /// The error of stdout, such as a full disk behind a redirection; a reader that has gone away is not
    /// one.
    pub fn data(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let written = if self.data_seen { out::data_shown(bytes) } else { out::data(bytes) };
        written.map_err(not_written)
    }

    /// Writes text for people to stdout, in one piece. On a terminal, lines are broken between words.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn text(&self, text: impl Into<Shown>) -> Result<(), CommandError> {
        self.verbatim(layout::wrapped(&text.into(), 0, self.data_columns()))
    }

    /// Writes one line of text for people to stdout. On a terminal, it is broken between words.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn line(&self, line: impl Into<Shown>) -> Result<(), CommandError> {
        self.text(shown!("{}\n", line.into()))
    }

    /// Writes one line that a command printed, behind whose it is, to the stream where it came from. On a terminal, control
    /// characters are shown escaped; elsewhere every byte arrives.
    pub fn line_of_child(&self, prefix: &Shown, line: &[u8], to_stderr: bool) {
        let (seen, color) = match to_stderr {
            true => (self.talk_seen, self.color),
            false => (self.data_seen, self.data_color),
        };
        let mut whole = coded(color, &Shown::from("36"), prefix.clone()).as_str().as_bytes().to_vec();
        whole.extend_from_slice(b" | ");
        match seen {
            true => {
                let text = String::from_utf8_lossy(line);
                whole.extend_from_slice(escape_lines(text.trim_end_matches('\r')).as_str().as_bytes());
            }
            false => whole.extend_from_slice(line),
        }
        whole.push(b'\n');
        if to_stderr { out::talk_bytes(&whole) } else { drop(out::data(&whole)) }
    }

    /// The rows of a table for stdout, each in as many lines as it needs; see [`layout::rows`].
    pub fn rows(&self, rows: &[Vec<Shown>]) -> Vec<Shown> {
        layout::rows(rows, self.data_columns())
    }

    /// Writes a table to stdout, in one piece, as wide as the terminal; see [`layout::rows`].
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn table(&self, rows: &[Vec<Shown>]) -> Result<(), CommandError> {
        self.lines(self.rows(rows))
    }

    /// As [`Ui::table`], with the titles of the columns. A terminal that is too narrow for the columns gets no titles.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn table_with_titles(
        &self,
        titles: &[&'static str],
        mut rows: Vec<Vec<Shown>>,
    ) -> Result<(), CommandError> {
        let titles = titles.iter().map(|title| self.paint_data(Tone::Dim, *title)).collect();
        rows.insert(0, titles);
        let columns = self.data_columns();
        let stacked = layout::is_stacked(&rows, columns);
        self.lines(layout::rows(&rows, columns).into_iter().skip(usize::from(stacked)))
    }

    /// Writes lines to stdout, in one piece: ten thousand writes would be as many system calls.
    fn lines(&self, lines: impl IntoIterator<Item = Shown>) -> Result<(), CommandError> {
        let mut text = Shown::default();
        for line in lines {
            text.push(line.trim_end());
            text.push("\n");
        }
        self.verbatim(text)
    }

    /// Writes text to stdout that must not be broken differently, such as a diff.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn verbatim(&self, text: impl Into<Shown>) -> Result<(), CommandError> {
        out::data(text.into().as_str().as_bytes()).map_err(not_written)
    }

    /// Writes an answer for scripts, indented: the object `answer`, with a version. `docs/reference/json.md` documents
    /// the answer of each command.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json(&self, answer: &Value) -> Result<(), CommandError> {
        self.verbatim(shown!("{}\n", escape_json_indented(&Answer(answer))))
    }

    /// Writes a message to stderr, unless the user wants quiet.
    pub fn say(&self, line: impl Into<Shown>) {
        if !self.quiet && !self.json {
            self.instruct(line);
        }
    }

    /// Writes a paragraph to stderr, unless the user wants quiet: filled to the terminal, at most 80 columns wide.
    pub fn prose(&self, text: impl Into<Shown>) {
        if !self.quiet && !self.json {
            self.instruct_prose(text);
        }
    }

    /// As [`Ui::prose`], even when quiet.
    pub fn instruct_prose(&self, text: impl Into<Shown>) {
        talk(&layout::wrapped(&text.into(), 0, Some(self.prose_columns())));
    }

    /// Writes a table to stderr, unless the user wants quiet.
    pub fn say_table(&self, rows: &[Vec<Shown>]) {
        if !self.quiet && !self.json {
            layout::rows(rows, self.talk_columns()).iter().for_each(|row| talk(&row.trim_end()));
        }
    }

    /// Writes a step of a list to stderr, such as `1.` and its text, filled as by [`Ui::prose`].
    pub fn item(&self, number: &'static str, text: impl Into<Shown>) {
        if !self.quiet && !self.json {
            talk(&layout::labelled(&number.into(), &text.into(), Some(self.prose_columns())));
        }
    }

    /// As [`Ui::instruct_verbatim`], unless the user wants quiet.
    pub fn say_verbatim(&self, line: impl Into<Shown>) {
        if !self.quiet && !self.json {
            talk(&line.into());
        }
    }

    /// Writes a message to stderr that must not be broken differently, such as a diff, even when quiet.
    pub fn instruct_verbatim(&self, line: impl Into<Shown>) {
        talk(&line.into());
    }

    /// Writes what the person needs in order to continue, even when quiet.
    pub fn instruct(&self, line: impl Into<Shown>) {
        talk(&layout::wrapped(&line.into(), 0, self.talk_columns()));
    }

    /// Reports that something worked.
    pub fn done(&self, line: impl Into<Shown>) {
        if !self.quiet && !self.json {
            self.labelled(&self.paint(Tone::Good, "✓"), &line.into());
        }
    }

    /// Writes what to type next.
    pub fn next(&self, line: impl Into<Shown>) {
        if !self.quiet && !self.json {
            self.labelled(&self.paint(Tone::Name, "next:"), &line.into());
        }
    }

    /// Warns on stderr, even when quiet. If errors are JSON, a warning is another object on its own line.
    pub fn warn(&self, line: impl Into<Shown>) {
        let line = line.into();
        if self.json {
            return talk(&escape_json(&Answer(&json!({ "warning": line.as_str() }))));
        }
        self.labelled(&self.paint(Tone::Warning, "warning:"), &line);
    }

    /// Shows a failure: what happened, why, and what next.
    pub fn fail(&self, error: &CommandError) {
        if self.json {
            return talk(&escape_json(&Answer(&json!({ "error": error.to_json() }))));
        }
        self.labelled(&self.paint(Tone::Bad, "error:"), &escape(&error.what));
        if let Some(excerpt) = &error.excerpt {
            talk(&shown!("  {}", excerpt));
        }
        for cause in &error.causes {
            self.labelled(&shown!("  {}", self.paint(Tone::Dim, "because:")), &escape(cause));
        }
        for hint in error.hints() {
            self.labelled(&shown!("  {}", self.paint(Tone::Name, "next:")), &escape(hint));
        }
    }

    fn labelled(&self, label: &Shown, text: &Shown) {
        talk(&layout::labelled(label, text, self.talk_columns()));
    }

    /// Whether data goes to a terminal, where a person sees it.
    pub fn data_is_seen(&self) -> bool {
        self.data_seen
    }

    /// The width of paragraphs on stderr.
    fn prose_columns(&self) -> usize {
        const WIDEST: usize = 80;
        self.talk_columns().map_or(WIDEST, |columns| columns.min(WIDEST))
    }

    /// Asks a question on stderr. The answer is typed after it.
    fn ask(&self, question: &Shown) {
        let mut text = layout::wrapped(question, 0, self.talk_columns());
        text.push(" ");
        out::ask(&text);
    }

    /// The width of the terminal that messages go to.
    fn talk_columns(&self) -> Option<usize> {
        self.talk_seen.then(out::talk_columns).flatten()
    }

    /// The width of the terminal that data goes to.
    fn data_columns(&self) -> Option<usize> {
        self.data_seen.then(out::data_columns).flatten()
    }

    /// `text` in the colour of `tone`, for stderr, if colour is wanted.
    pub fn paint(&self, tone: Tone, text: impl Into<Shown>) -> Shown {
        painted(self.color, tone, text.into())
    }

    /// The name of a role, for stderr, in the `color` from the configuration.
    pub fn paint_role(&self, name: &str, color: Option<&str>) -> Shown {
        let position = color.and_then(|color| crate::plan::COLORS.iter().position(|one| *one == color));
        match position {
            Some(position) => coded(self.color, &shown!("1;{}", 31 + position), escape(name)),
            None => self.paint(Tone::Name, escape(name)),
        }
    }

    /// `text` in the colour with this code (SGR), for stderr, if colour is wanted.
    pub fn paint_code(&self, code: u8, text: impl Into<Shown>) -> Shown {
        coded(self.color, &shown!("{}", code), text.into())
    }

    /// As [`Ui::paint`], for stdout, which may be a file while stderr is a terminal.
    pub fn paint_data(&self, tone: Tone, text: impl Into<Shown>) -> Shown {
        painted(self.data_color, tone, text.into())
    }
}

fn not_written(error: std::io::Error) -> CommandError {
    CommandError::new(Kind::Failed, "cannot write to stdout").because(error)
}

fn painted(color: bool, tone: Tone, text: Shown) -> Shown {
    let code = match tone {
        Tone::Good => "32",
        Tone::Warning => "33",
        Tone::Bad => "1;31",
        Tone::Name => "36",
        Tone::Dim => "2",
    };
    coded(color, &code.into(), text)
}

fn coded(color: bool, code: &Shown, text: Shown) -> Shown {
    if color { shown!("\x1b[{}m{}\x1b[0m", code, text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_the_colour_it_was_given() {
        let ui = |color| Ui { color, ..Ui::default() };
        assert_eq!(ui(true).paint_role("prod", Some("red")).as_str(), "\x1b[1;31mprod\x1b[0m");
        assert_eq!(ui(true).paint_role("prod", Some("white")).as_str(), "\x1b[1;37mprod\x1b[0m");
        assert_eq!(ui(true).paint_role("prod", None), ui(true).paint(Tone::Name, "prod"));
        assert_eq!(ui(false).paint_role("prod\u{1b}[m", Some("red")).as_str(), "prod\\u{1b}[m");
    }
}
