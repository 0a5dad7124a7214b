//! Progress of something that takes a while: one line that is rewritten on a terminal, else a line for each
//! tenth.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::Ui;
use super::out::Screen;
use super::text::{Shown, shown};
use crate::sys::terminal;
use jit_wire::timestamp::duration;

/// Fewer than this are not worth a line in a log.
const FEW: usize = 50;
/// How often the line is rewritten.
const EVERY: Duration = Duration::from_millis(100);

/// Progress from nothing to a number of things.
pub struct Progress {
    ui: Ui,
    /// What is done, such as `Asked acme about`.
    doing: Shown,
    /// What is counted, such as `accounts`.
    things: &'static str,
    /// When it began, and how many were done by then.
    began: Cell<Option<(Instant, usize)>>,
    tenth: Cell<usize>,
    /// When the line was last written; `None` if there is none.
    shown: RefCell<Option<Instant>>,
}

impl Progress {
    /// Nothing is printed yet.
    pub fn new(ui: Ui, doing: impl Into<Shown>, things: &'static str) -> Self {
        Self {
            ui,
            doing: doing.into(),
            things,
            began: Cell::default(),
            tenth: Cell::default(),
            shown: RefCell::default(),
        }
    }

    /// `done` of `total` are done.
    pub fn at(&self, done: usize, total: usize) {
        if self.ui.quiet || self.ui.json {
            return;
        }
        if self.began.get().is_none() {
            self.began.set(Some((Instant::now(), done)));
            self.tenth.set(tenth(done, total));
        }
        if self.ui.live {
            return self.rewrite(done, total);
        }
        let before = self.began.get().map_or(0, |(_, before)| before);
        if total - before >= FEW && tenth(done, total) > self.tenth.get() {
            self.tenth.set(tenth(done, total));
            self.ui.say(self.line(done, total));
        }
    }

    fn line(&self, done: usize, total: usize) -> Shown {
        shown!("{} {} of {} {}", self.doing, done, total, self.things)
    }

    fn rewrite(&self, done: usize, total: usize) {
        if done < total && self.shown.borrow().is_some_and(|shown| shown.elapsed() < EVERY) {
            return;
        }
        let mut line = self.line(done, total);
        let left = self
            .began
            .get()
            .and_then(|(began, before)| time_left(began.elapsed(), done - before, total - done));
        if let Some(left) = left {
            line.push(shown!(", {} left", duration(left)));
        }
        let columns = terminal::size().map_or(80, |(_, columns)| columns);
        Screen::new().rewrite_line(&line.cut(columns.saturating_sub(1), ""));
        self.shown.replace(Some(Instant::now()));
    }
}

impl Drop for Progress {
    /// Clears the line for whatever is printed next.
    fn drop(&mut self) {
        if self.shown.borrow().is_some() {
            Screen::new().rewrite_line(&Shown::default());
        }
    }
}

fn tenth(done: usize, total: usize) -> usize {
    (done * 10).checked_div(total).unwrap_or(10)
}

/// How long the rest takes at the speed so far; `None` while that is unreliable.
fn time_left(took: Duration, done: usize, rest: usize) -> Option<Duration> {
    let each = took.checked_div(u32::try_from(done).ok()?)?;
    let left = each.saturating_mul(u32::try_from(rest).ok()?);
    (took >= Duration::from_secs(1) && rest > 0).then(|| left.max(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_based_on_this_run() {
        let seconds = Duration::from_secs;
        let cases = [
            (seconds(10), 100, 50, Some(seconds(5))),
            (seconds(10), 100, 1, Some(seconds(1))),
            (seconds(10), 100, 0, None),
            (seconds(10), 0, 50, None),
            (Duration::from_millis(900), 100, 50, None),
        ];
        for (took, done, rest, left) in cases {
            assert_eq!(time_left(took, done, rest), left, "{took:?} {done} {rest}");
        }
    }
}
