//! The only printer: data to stdout, talk to stderr. Text from outside is escaped before a terminal sees it.

mod digits;
pub mod log;
mod person;
mod pick;
mod progress;
pub mod qr;
pub mod text;

use std::io::{self, IsTerminal as _, Write as _};

use crate::error::{CommandError, Kind};
use crate::sys::env::{Env, NO_COLOR, TERM};
use crate::timestamp::Timestamp;
use crate::world::Clock;

pub use person::Terminal;
pub use pick::{Choice, Picked, pick};
pub use progress::Progress;
use text::{escape, escape_json};

/// How talkative a command is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    color: bool,
    data_color: bool,
    quiet: bool,
    json: bool,
    /// Lines can be rewritten.
    live: bool,
}

/// The colours that are used, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It may not be what was wanted.
    Warning,
    /// It did not work.
    Bad,
    /// The name of something.
    Name,
    /// Of less weight.
    Dim,
}

impl Ui {
    /// Colour where stderr is a terminal and nobody declined it.
    pub fn new(env: &Env, quiet: bool, json: bool) -> Self {
        let (talk, data) = (io::stderr().is_terminal(), io::stdout().is_terminal());
        let live = talk && env.get(TERM) != Some("dumb");
        let wanted = env.get(NO_COLOR).is_none() && env.get(TERM) != Some("dumb");
        Self { color: wanted && talk, data_color: wanted && data, quiet, json, live }
    }

    /// Writes data to stdout in one piece. A reader that has gone away is no failure of ours.
    ///
    /// # Errors
    /// Whatever else stdout says, such as a full disk behind a redirection.
    pub fn data(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CommandError::new(Kind::Failed, "cannot write to stdout").because(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes one line of data; text from outside is escaped.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn line(&self, line: &str) -> Result<(), CommandError> {
        self.data(format!("{}\n", escape(line)).as_bytes())
    }

    /// Writes a JSON value, indented, as data.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json(&self, value: &serde_json::Value) -> Result<(), CommandError> {
        self.data(format!("{}\n", escape_json(&format!("{value:#}"))).as_bytes())
    }

    /// Says something on stderr, unless the user wants quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet && !self.json {
            talk(line);
        }
    }

    /// Says what the person has to know to go on, even when quiet.
    pub fn instruct(&self, line: &str) {
        talk(line);
    }

    /// Says that something worked.
    pub fn done(&self, line: &str) {
        self.say(&format!("{} {}", self.paint(Tone::Good, "✓"), escape(line)));
    }

    /// Says what to type next.
    pub fn next(&self, line: &str) {
        self.say(&format!("{} {}", self.paint(Tone::Name, "next:"), escape(line)));
    }

    /// Warns on stderr, also when quiet. Where errors are JSON, a warning is one more object on a line of its own.
    pub fn warn(&self, line: &str) {
        if self.json {
            return talk(&escape_json(&serde_json::json!({ "warning": line }).to_string()));
        }
        talk(&format!("{} {}", self.paint(Tone::Warning, "warning:"), escape(line)));
    }

    /// Shows a failure: what, why, what next.
    pub fn fail(&self, error: &CommandError) {
        if self.json {
            talk(&escape_json(&error.to_json().to_string()));
            return;
        }
        talk(&format!("{} {}", self.paint(Tone::Bad, "error:"), escape(&error.what)));
        if let Some(excerpt) = &error.excerpt {
            talk(&format!("  {}", escape(excerpt)));
        }
        for cause in &error.causes {
            talk(&format!("  {} {}", self.paint(Tone::Dim, "because:"), escape(cause)));
        }
        for hint in &error.hints {
            talk(&format!("  {} {}", self.paint(Tone::Name, "next:"), escape(hint)));
        }
    }

    /// `text` in the colour of `tone`, for stderr, where colour is wanted.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        painted(self.color, tone, text)
    }

    /// The name of a role, for stderr, in the `color` that the configuration gives it.
    pub fn paint_role(&self, name: &str, color: Option<&str>) -> String {
        let position = color.and_then(|color| crate::plan::COLORS.iter().position(|one| *one == color));
        match position {
            Some(position) => coded(self.color, &format!("1;{}", 31 + position), name),
            None => self.paint(Tone::Name, name),
        }
    }

    /// `text` in the colour with this code (SGR), for stderr, where colour is wanted.
    pub fn paint_code(&self, code: u8, text: &str) -> String {
        coded(self.color, &code.to_string(), text)
    }

    /// As [`Ui::paint`] for stdout, which may be a file while stderr is a terminal.
    pub fn paint_data(&self, tone: Tone, text: &str) -> String {
        painted(self.data_color, tone, text)
    }
}

fn painted(color: bool, tone: Tone, text: &str) -> String {
    let code = match tone {
        Tone::Good => "32",
        Tone::Warning => "33",
        Tone::Bad => "1;31",
        Tone::Name => "36",
        Tone::Dim => "2",
    };
    coded(color, code, text)
}

fn coded(color: bool, code: &str, text: &str) -> String {
    if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Says on stderr that a command line cannot be understood, or prints the help that was asked for; the exit code is
/// clap's, 2 for what is wrong. Scripts that wrote `--json` get the same object as for every other failure.
pub fn answer_parser(answer: &clap::Error, json: bool) -> u8 {
    if json && answer.use_stderr() {
        let text = answer.to_string();
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let what = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let error = lines.fold(CommandError::new(Kind::Usage, what), |error, line| error.hint(line.trim()));
        talk(&escape_json(&error.to_json().to_string()));
    } else {
        let _ = answer.print();
    }
    u8::try_from(answer.exit_code()).unwrap_or(2)
}

/// One line on stderr. A closed stderr is nothing to stop for.
fn talk(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A moment on the user's wall clock, as `14:05`, with the date if it is not today.
pub fn clock_time(at: Timestamp, clock: &dyn Clock) -> String {
    let (then, now) = (at.at(clock.offset()), clock.now().at(clock.offset()));
    let time = format!("{:02}:{:02}", then.hour(), then.minute());
    if then.date() == now.date() { time } else { format!("{} {time}", then.date()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_the_colour_it_was_given() {
        let ui = |color| Ui { color, ..Ui::default() };
        assert_eq!(ui(true).paint_role("prod", Some("red")), "\x1b[1;31mprod\x1b[0m");
        assert_eq!(ui(true).paint_role("prod", Some("white")), "\x1b[1;37mprod\x1b[0m");
        assert_eq!(ui(true).paint_role("prod", None), ui(true).paint(Tone::Name, "prod"));
        assert_eq!(ui(false).paint_role("prod", Some("red")), "prod");
    }
}
