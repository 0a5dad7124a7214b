//! All output: data to stdout, messages to stderr. Text from outside is escaped before it reaches a
//! terminal: printing takes [`text::Shown`], and only [`text::escape`] makes one from a `String`.

mod digits;
pub mod log;
mod out;
mod person;
mod pick;
mod progress;
pub mod qr;
pub mod text;
mod waiting;

use std::ffi::OsString;

use crate::error::{CommandError, Kind};
use jit_wire::env::{Env, NO_COLOR, TERM};
use jit_wire::unseen::is_unseen;

use out::talk;
pub use person::Terminal;
pub use pick::{Choice, Likeness, Picked, likeness, pick, pick_by};
pub use progress::Progress;
use text::{Shown, escape, escape_json, escape_json_indented, escape_lines, shown};
pub use waiting::WaitingLine;

/// How a command prints: with colours, quietly, as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    color: bool,
    data_color: bool,
    /// Data goes to a terminal.
    data_seen: bool,
    /// Talk goes to a terminal.
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

    /// Writes text for people to stdout, in one piece.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn text(&self, text: impl Into<Shown>) -> Result<(), CommandError> {
        out::data(text.into().as_str().as_bytes()).map_err(not_written)
    }

    /// Writes one line of text for people to stdout.
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

    /// Writes a JSON value, indented, as data.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json(&self, value: &serde_json::Value) -> Result<(), CommandError> {
        self.line(escape_json_indented(value))
    }

    /// Writes a message to stderr, unless the user wants quiet.
    pub fn say(&self, line: impl Into<Shown>) {
        if !self.quiet && !self.json {
            talk(&line.into());
        }
    }

    /// Writes what the person needs in order to continue, even when quiet.
    pub fn instruct(&self, line: impl Into<Shown>) {
        talk(&line.into());
    }

    /// Reports that something worked.
    pub fn done(&self, line: impl Into<Shown>) {
        self.say(shown!("{} {}", self.paint(Tone::Good, "✓"), line.into()));
    }

    /// Writes what to type next.
    pub fn next(&self, line: impl Into<Shown>) {
        self.say(shown!("{} {}", self.paint(Tone::Name, "next:"), line.into()));
    }

    /// Warns on stderr, even when quiet. If errors are JSON, a warning is another object on its own line.
    pub fn warn(&self, line: impl Into<Shown>) {
        let line = line.into();
        if self.json {
            return talk(&escape_json(&serde_json::json!({ "warning": line.as_str() })));
        }
        talk(&shown!("{} {}", self.paint(Tone::Warning, "warning:"), line));
    }

    /// Shows a failure: what happened, why, and what next.
    pub fn fail(&self, error: &CommandError) {
        if self.json {
            return talk(&escape_json(&error.to_json()));
        }
        talk(&shown!("{} {}", self.paint(Tone::Bad, "error:"), error.what));
        if let Some(excerpt) = &error.excerpt {
            talk(&shown!("  {}", excerpt));
        }
        for cause in &error.causes {
            talk(&shown!("  {} {}", self.paint(Tone::Dim, "because:"), cause));
        }
        for hint in error.hints() {
            talk(&shown!("  {} {}", self.paint(Tone::Name, "next:"), hint));
        }
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

/// Reports on stderr that the command line `words` cannot be parsed, or prints the help that was requested;
/// the exit code is clap's, 2 for errors. Scripts that passed `--json` get the same object as for every other
/// failure.
///
/// clap quotes arguments unchanged. So if one contains control characters, `read` is called again, with the
/// arguments escaped.
pub fn answer_parser(
    answer: clap::Error,
    json: bool,
    words: &[OsString],
    read: impl FnOnce(&[OsString]) -> Option<clap::Error>,
) -> u8 {
    let exit_code = u8::try_from(answer.exit_code()).unwrap_or(2);
    let shown: Vec<OsString> =
        words.iter().map(|word| escape(&word.to_string_lossy()).into_string().into()).collect();
    let answer =
        if shown.iter().skip(1).eq(words.iter().skip(1)) { answer } else { read(&shown).unwrap_or(answer) };
    let text = answer.to_string();
    if json && answer.use_stderr() {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let what = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let hints = lines.map(|line| line.trim().to_owned()).collect();
        let error = CommandError::advised(Kind::Usage, what, hints);
        talk(&escape_json(&error.to_json()));
    } else if text.chars().all(|c| c == '\n' || !is_unseen(c)) {
        out::parser_answer(&answer);
    } else {
        // What clap read from elsewhere than the arguments.
        talk(&escape_lines(text.trim_end()));
    }
    exit_code
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
