//! The person at the terminal: what is shown to them and how they are asked.

use std::future::Future;
use std::pin::Pin;

use crate::sys::terminal;
use crate::world::{Confirmation, Limit, Note, Person};
use jit_wire::secret::Secret;
use jit_wire::timestamp::duration;

use super::text::{Shown, escape, shown};
use super::{Choice, Picked, Tone, Ui, digits, out, pick, qr};

/// The lines of a device sign-in above and below its QR code.
const AROUND_PICTURE: usize = 9;

/// The terminal that the command was started on.
pub struct Terminal {
    ui: Ui,
    may_ask: bool,
}

impl Terminal {
    /// `may_ask` is false for commands that other programs call: they never ask, with or without a terminal.
    pub fn new(ui: Ui, may_ask: bool) -> Self {
        Self { ui, may_ask }
    }

    fn device_code(&self, user_code: &str, url: &str, complete_url: Option<&str>) {
        let spaced: String = user_code.chars().flat_map(|c| [c, ' ']).collect();
        let spaced = escape(spaced.trim_end());
        let ui = &self.ui;
        ui.instruct(shown!("On any device, open  {}", ui.paint(Tone::Name, escape(url))));
        ui.instruct("and enter this code, or check that the page shows the same:");
        ui.instruct("");
        ui.instruct(shown!("    {}", ui.paint(Tone::Good, spaced)));
        ui.instruct("");
        // A QR code is noise on anything but a terminal, and one that pushes the code off the screen is
        // worse.
        let (rows, columns) = terminal::size().unwrap_or((0, 0));
        let picture = complete_url.and_then(|url| qr::render(url, columns));
        if let Some(code) = picture.filter(|code| code.lines().count() + AROUND_PICTURE <= rows) {
            ui.instruct("or scan:");
            code.lines().for_each(|line| ui.instruct(line));
        }
    }
}

impl Person for Terminal {
    fn can_be_asked(&self) -> bool {
        self.may_ask && terminal::interactive()
    }

    fn tell(&self, note: Note<'_>) {
        let ui = &self.ui;
        match note {
            Note::OpeningBrowser { host, url } => {
                ui.say(shown!("Opening your browser to sign in at {}", ui.paint(Tone::Name, escape(host))));
                ui.say("If it does not open, visit:");
                ui.say(ui.paint(Tone::Dim, escape(url)));
            }
            Note::OpenYourself { url, why, can_paste } => {
                ui.instruct(escape(why));
                ui.instruct("");
                // At the start of the line, so that a URL that the terminal wraps can be selected whole.
                ui.instruct(ui.paint(Tone::Name, escape(url)));
                ui.instruct("");
                if can_paste {
                    ui.instruct_prose(
                        "If the browser ends on a page of 127.0.0.1 that does not load, paste the URL of that page here:",
                    );
                }
            }
            Note::DeviceCode { user_code, url, complete_url, lifetime } => {
                self.device_code(user_code, url, complete_url);
                ui.say(shown!("Waiting for you, at most {}", duration(lifetime)));
            }
            Note::BrowserWindow { browser, host, at_most } => ui.instruct(shown!(
                "Sign in at {} in the {} window that has opened, within {}",
                ui.paint(Tone::Name, escape(host)),
                browser,
                duration(at_most)
            )),
            Note::Push { device, at_most } => ui.instruct(shown!(
                "Sent a push{}; waiting for your answer, at most {}",
                to(device),
                duration(at_most)
            )),
            Note::PushNumber { number } => {
                ui.instruct("Choose this number on your phone:");
                ui.instruct("");
                digits::large(number)
                    .lines()
                    .for_each(|line| ui.instruct(shown!("    {}", ui.paint(Tone::Good, line))));
                ui.instruct("");
            }
            Note::CodeSent { factor, to: phone } => {
                ui.instruct(shown!("Sent a code by {}{}", factor, to(phone)));
            }
            Note::Pausing { host, pause } => {
                ui.say(shown!("{} is rate-limiting requests; waiting {}", host, duration(pause)));
            }
            Note::Waiting { what } => {
                ui.say(shown!("Waiting for another jit process that is busy with {}", what));
            }
            Note::Unlocking { what, at_most } => {
                ui.instruct(shown!("Waiting for you to unlock {}, at most {}", what, duration(at_most)));
            }
            Note::ShorterSession { role, wanted, given, limit } => {
                let wanted = duration(wanted);
                let given = duration(given);
                ui.warn(match limit {
                    Limit::Role => shown!(
                        "{} does not allow sessions of {}; this one lasts {}. An administrator can raise \
                         the role's maximum session duration",
                        role,
                        wanted,
                        given
                    ),
                    Limit::Idp(name) => shown!(
                        "{} does not allow {} sessions of {}; this one lasts {} (SessionDuration)",
                        name,
                        role,
                        wanted,
                        given
                    ),
                });
            }
            Note::SignInAnew { why } => ui.instruct(escape(why)),
            Note::Warning { text } => ui.warn(escape(text)),
        }
    }

    fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        if self.can_be_asked() { Box::pin(terminal::next_line()) } else { Box::pin(std::future::pending()) }
    }

    fn password(&self, prompt: &str) -> Option<Secret<String>> {
        if !self.can_be_asked() {
            return None;
        }
        let _modes = terminal::keep_modes();
        out::ask_secretly(&escape(prompt))
    }

    fn answer(&self, prompt: &str) -> Option<String> {
        if !self.can_be_asked() {
            return None;
        }
        self.ui.ask(&shown!("{}:", prompt));
        Some(terminal::read_answer()?.expose().trim().to_owned())
    }

    fn choose(&self, title: &str, items: &[String]) -> Option<usize> {
        if !self.can_be_asked() {
            return None;
        }
        let choices: Vec<Choice> = items.iter().map(|item| Choice::plain(item)).collect();
        match pick(escape(title), &choices, &|_| None, &self.ui) {
            Picked::One(index) => Some(index),
            Picked::Nothing | Picked::Interrupted => None,
        }
    }

    fn confirm(&self, question: &str) -> Option<bool> {
        if !self.can_be_asked() {
            return None;
        }
        self.ui.ask(&shown!("{} [y/N]", question));
        let answer = terminal::read_answer()?;
        Some(matches!(answer.expose().trim(), "y" | "Y" | "yes"))
    }

    fn confirm_or_yes(&self, question: &str) -> Option<bool> {
        if !self.can_be_asked() {
            return None;
        }
        out::ask(&shown!("{} [Y/n] ", question));
        let answer = terminal::read_answer()?;
        Some(matches!(answer.expose().trim(), "" | "y" | "Y" | "yes"))
    }

    fn decide(&self, question: &str) -> Option<Confirmation> {
        if !self.can_be_asked() {
            return None;
        }
        self.ui.ask(&shown!("{} [y/N, d for the diff]", question));
        Some(match terminal::read_answer()?.expose().trim() {
            "y" | "Y" | "yes" => Confirmation::Yes,
            "d" | "D" | "diff" => Confirmation::Show,
            _ => Confirmation::No,
        })
    }
}

/// Whom something was sent to, if that is known.
fn to(whom: Option<&str>) -> Shown {
    whom.map(|whom| shown!(" to {}", whom)).unwrap_or_default()
}
