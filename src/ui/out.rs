//! The only file that writes to stdout, stderr and the terminal. It accepts only [`Shown`], except for
//! data, which programs get byte for byte.

use std::io::{self, IsTerminal as _, Write as _};

use dialoguer::console::{Key, Term};
use zeroize::Zeroizing;

use super::text::{Shown, escape_lines, layout};
use jit_wire::secret::Secret;

/// Whether stderr and stdout are terminals.
pub(super) fn are_terminals() -> (bool, bool) {
    (io::stderr().is_terminal(), io::stdout().is_terminal())
}

/// Writes to stdout in one piece. It is not an error if the reader has gone away.
pub(super) fn data(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// As [`data`], for a terminal: control characters are shown escaped.
pub(super) fn data_shown(bytes: &[u8]) -> io::Result<()> {
    // It may contain secrets, for the person who asked for them here.
    let shown = Zeroizing::new(escape_lines(&String::from_utf8_lossy(bytes)).into_string());
    data(shown.as_bytes())
}

/// One line on stderr. A closed stderr is no reason to stop.
pub(super) fn talk(line: &Shown) {
    let _ = writeln!(io::stderr().lock(), "{}", line.as_str());
}

/// A line for stderr as it is, its end included, in one piece.
pub(super) fn talk_bytes(line: &[u8]) {
    let _ = io::stderr().lock().write_all(line);
}

/// A question on stderr; the answer is typed after it.
pub(super) fn ask(question: &Shown) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{}", question.as_str()).and_then(|()| stderr.flush());
}

/// Asks for a secret without showing it; `None` if the terminal has gone or the person cancelled.
pub(super) fn ask_secretly(prompt: &Shown) -> Option<Secret<String>> {
    let theme = dialoguer::theme::SimpleTheme;
    dialoguer::Password::with_theme(&theme).with_prompt(prompt.as_str()).interact().ok().map(Secret::new)
}

/// The message of clap: its own `text`, with the arguments, which the caller has escaped.
pub(super) fn parser_answer(answer: &clap::Error, text: &str) {
    let columns = if answer.use_stderr() { talk_columns() } else { data_columns() };
    let whole = layout::help(&escape_lines(text), columns);
    if answer.use_stderr() {
        talk(&whole.trim_end());
    } else {
        let _ = data(whole.as_str().as_bytes());
    }
}

/// The width of the terminal that stderr is; `None` if it is none, or does not know.
pub(super) fn talk_columns() -> Option<usize> {
    columns_of(&Term::stderr())
}

/// The width of the terminal that stdout is; `None` if it is none, or does not know.
pub(super) fn data_columns() -> Option<usize> {
    columns_of(&Term::stdout())
}

fn columns_of(terminal: &Term) -> Option<usize> {
    terminal.size_checked().map(|(_, columns)| columns.into()).filter(|columns| *columns > 0)
}

/// A part of the terminal that can be rewritten.
pub(super) struct Screen(Term);

impl Screen {
    /// That of stderr.
    pub(super) fn new() -> Self {
        Self(Term::stderr())
    }

    /// The next key; Escape if the terminal has gone away.
    pub(super) fn key(&self) -> Key {
        self.0.read_key_raw().unwrap_or(Key::Escape)
    }

    /// Replaces the current line with `line`.
    pub(super) fn rewrite_line(&self, line: &Shown) {
        let _ = self.0.clear_line().and_then(|()| self.0.write_str(line.as_str()));
    }

    /// Writes `line`, and moves to the next.
    pub(super) fn line(&self, line: &Shown) {
        let _ = self.0.write_line(line.as_str());
    }

    /// Replaces the last text with `text`, of which `below` lines are below the first, with the cursor at
    /// column `cursor` of the first line, so that the next output clears the rest. It uses the calls of
    /// `console`, because not every Windows console understands escape codes.
    pub(super) fn replace(&self, text: &Shown, below: usize, cursor: usize) {
        let term = &self.0;
        let _ = term
            .write_str("\r")
            .and_then(|()| term.clear_to_end_of_screen())
            .and_then(|()| term.write_str(text.as_str()))
            .and_then(|()| term.move_cursor_up(below))
            .and_then(|()| term.write_str("\r"))
            .and_then(|()| term.move_cursor_right(cursor));
    }
}
