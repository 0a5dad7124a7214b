//! What a command waits for: one line that is rewritten on a terminal, else a line whenever it is something else.

use std::cell::RefCell;
use std::time::Duration;

use super::Ui;
use super::out::Screen;
use super::text::{Shown, shown};
use crate::sys::terminal;
use jit_wire::timestamp::duration;

/// The line that says what is waited for. It is cleared when this is dropped.
pub struct WaitingLine {
    ui: Ui,
    said: RefCell<Option<Shown>>,
}

impl WaitingLine {
    /// Nothing is printed yet.
    pub fn new(ui: Ui) -> Self {
        Self { ui, said: RefCell::default() }
    }

    /// Says `what` is waited for, and how long already.
    pub fn say(&self, what: Shown, already: Duration) {
        if self.ui.quiet || self.ui.json {
            return;
        }
        if self.ui.live {
            let line = shown!("{}, {} so far", what, duration(already));
            let columns = terminal::size().map_or(80, |(_, columns)| columns);
            Screen::new().rewrite_line(&line.cut(columns.saturating_sub(1), "…"));
        } else if self.said.borrow().as_ref() != Some(&what) {
            self.ui.say(&what);
        }
        self.said.replace(Some(what));
    }
}

impl Drop for WaitingLine {
    fn drop(&mut self) {
        if self.ui.live && self.said.borrow().is_some() {
            Screen::new().rewrite_line(&Shown::default());
        }
    }
}
