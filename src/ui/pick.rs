//! The picker: a list that is filtered by typing. Every typed word must match a line: literally, as a
//! misspelling or a part of a name in it, or as letters that appear in this order in one word of it (`score`).
//! Literal matches come first, those in the name before all others; equal matches keep their order.

mod score;

use dialoguer::console::Key;

use score::score;
pub use score::{Likeness, likeness};

use super::out::Screen;
use super::text::{Shown, escape, shown};
use super::{Tone, Ui};
use crate::sys::terminal;

/// A line of the list.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What is shown, column by column.
    pub cells: Vec<Shown>,
    /// Other text that finds it, in lower case; words are separated by spaces.
    pub words: String,
    /// The terminal's code for the colour of the first two columns (ECMA-48, SGR); none for the default.
    pub color: Option<u8>,
}

impl Choice {
    /// A line of one column.
    pub fn plain(text: &str) -> Self {
        Self { cells: vec![escape(text)], words: text.to_lowercase(), color: None }
    }
}

/// How the picker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// This line was picked.
    One(usize),
    /// Nothing was picked, or jit cannot ask here.
    Nothing,
    /// Ctrl-C.
    Interrupted,
}

/// Lets the person pick one of `choices`, typing to filter them. `meant` translates a typed word, such as an
/// ARN.
pub fn pick(
    prompt: impl Into<Shown>,
    choices: &[Choice],
    meant: &dyn Fn(&str) -> Option<String>,
    ui: &Ui,
) -> Picked {
    pick_by(prompt, choices, "", meant, ui)
}

/// Like [`pick`], with `typed` as if the person had typed it into the list already.
pub fn pick_by(
    prompt: impl Into<Shown>,
    choices: &[Choice],
    typed: &str,
    meant: &dyn Fn(&str) -> Option<String>,
    ui: &Ui,
) -> Picked {
    if !terminal::interactive() || choices.is_empty() {
        return Picked::Nothing;
    }
    let _modes = terminal::keep_modes();
    let screen = Screen::new();
    let mut list = List::new(prompt.into(), choices, meant);
    list.query = typed.chars().filter(|c| !c.is_control()).collect();
    list.search();
    loop {
        let size = terminal::size().unwrap_or((24, 80));
        let frame = list.frame(size, ui);
        screen.replace(&frame.text, frame.below, frame.cursor);
        let picked = match screen.key() {
            Key::Enter if list.fits.is_empty() => continue,
            Key::Enter => Picked::One(list.fits[list.at]),
            Key::Escape => Picked::Nothing,
            Key::CtrlC | Key::Char('\x03') => Picked::Interrupted,
            key => {
                list.takes(&key, size.0);
                continue;
            }
        };
        screen.replace(&Shown::default(), 0, 0);
        if let Picked::One(index) = picked {
            let mark = ui.paint(Tone::Good, "✓");
            screen.line(&shown!("{} {}  {}", mark, list.prompt, choices[index].cells[0]));
        }
        return picked;
    }
}

/// Everything that is shown at one time.
struct Frame {
    /// The input line, and the lines below it.
    text: Shown,
    /// How many lines are below it.
    below: usize,
    /// The column of the cursor: after the typed text.
    cursor: usize,
}

struct List<'a> {
    prompt: Shown,
    choices: &'a [Choice],
    meant: &'a dyn Fn(&str) -> Option<String>,
    /// The widths of the columns.
    widths: Vec<usize>,
    query: String,
    /// The matching lines, best first.
    fits: Vec<usize>,
    /// Which of these is selected.
    at: usize,
    /// Which of these is the first one shown.
    top: usize,
}

impl<'a> List<'a> {
    fn new(prompt: Shown, choices: &'a [Choice], meant: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let columns = choices.iter().map(|choice| choice.cells.len()).max().unwrap_or(0);
        let cells = |column: usize| choices.iter().filter_map(move |choice| choice.cells.get(column));
        let widths = (0..columns).map(|column| cells(column).map(Shown::width).max().unwrap_or(0));
        let fits = (0..choices.len()).collect();
        Self { prompt, choices, meant, widths: widths.collect(), query: String::new(), fits, at: 0, top: 0 }
    }

    fn takes(&mut self, key: &Key, rows: usize) {
        let last = self.fits.len().saturating_sub(1);
        let page = visible(rows);
        match key {
            Key::ArrowUp | Key::BackTab | Key::Char('\x10') => {
                self.at = self.at.checked_sub(1).unwrap_or(last)
            }
            Key::ArrowDown | Key::Tab | Key::Char('\x0e') => {
                self.at = if self.at < last { self.at + 1 } else { 0 }
            }
            Key::PageUp => self.at = self.at.saturating_sub(page),
            Key::PageDown => self.at = (self.at + page).min(last),
            Key::Home => self.at = 0,
            Key::End => self.at = last,
            Key::Backspace if self.query.pop().is_some() => self.search(),
            // Ctrl-U and Ctrl-W.
            Key::Char('\x15') => {
                self.query.clear();
                self.search();
            }
            Key::Char('\x17') => {
                let kept = self.query.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.query.truncate(kept);
                self.search();
            }
            Key::Char(typed) if !typed.is_control() => {
                self.query.push(*typed);
                self.search();
            }
            _ => {}
        }
    }

    fn search(&mut self) {
        let meant =
            self.query.split_whitespace().map(|word| (self.meant)(word).unwrap_or_else(|| word.to_owned()));
        let query = meant.collect::<Vec<_>>().join(" ").to_lowercase();
        let words: Vec<&str> = query.split(' ').filter(|word| !word.is_empty()).collect();
        let scored = self.choices.iter().enumerate();
        let scored = scored.filter_map(|(index, choice)| Some((score(&choice.words, &words)?, index)));
        let mut scored: Vec<(usize, usize)> = scored.collect();
        scored.sort_by_key(|(score, index)| (usize::MAX - score, *index));
        self.fits = scored.into_iter().map(|(_, index)| index).collect();
        self.at = 0;
        self.top = 0;
    }

    fn frame(&mut self, (rows, columns): (usize, usize), ui: &Ui) -> Frame {
        let page = visible(rows);
        let columns = columns.saturating_sub(1).max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(page), self.at);
        let shown = &self.fits[self.top..(self.top + page).min(self.fits.len())];
        // Pasted text may be from outside as well.
        let mut text = shown!("{}: {}", self.prompt, self.query).end(columns);
        let cursor = text.width();
        for (place, index) in shown.iter().enumerate() {
            let mark = if self.top + place == self.at { ui.paint(Tone::Good, "❯") } else { " ".into() };
            let line = shown!("{} {}", mark, self.line(&self.choices[*index], ui));
            text.push("\n");
            text.push(line.trim_end().cut(columns, "…"));
        }
        let mut below = shown.len();
        let hidden = self.fits.len() - shown.len();
        if (hidden > 0 || self.fits.is_empty()) && rows > 2 {
            let note = shown!("  {} of {}", self.fits.len(), self.choices.len());
            text.push("\n");
            text.push(ui.paint(Tone::Dim, note.cut(columns, "")));
            below += 1;
        }
        Frame { text, below, cursor }
    }

    fn line(&self, choice: &Choice, ui: &Ui) -> Shown {
        let mut line = Shown::default();
        for (column, cell) in choice.cells.iter().enumerate() {
            line.push(match choice.color.filter(|_| column < 2) {
                Some(code) => ui.paint_code(code, cell),
                None => cell.clone(),
            });
            line.push(Shown::default().padded(self.widths[column] - cell.width() + 2));
        }
        line
    }
}

/// How many lines of the list are shown: one line is for the input, one for the count.
fn visible(rows: usize) -> usize {
    rows.saturating_sub(2).max(1)
}

#[cfg(test)]
mod tests {
    use dialoguer::console::measure_text_width;

    use super::*;

    fn choices(lines: &[&str]) -> Vec<Choice> {
        lines.iter().map(|line| Choice::plain(line)).collect()
    }

    fn found(lines: &[&str], query: &str) -> Vec<usize> {
        let choices = choices(lines);
        let meant = |word: &str| word.strip_prefix("arn:").map(str::to_owned);
        let mut list = List::new("Role".into(), &choices, &meant);
        query.chars().for_each(|c| list.takes(&Key::Char(c), 24));
        list.fits
    }

    #[test]
    fn every_word_must_fit_and_the_better_fit_comes_first() {
        let lines = ["subprod 1111", "prod-admin 2222 Billing", "p-r-o-d 3333", "dev 4444 Prod"];
        let cases: [(&str, &[usize]); 10] = [
            ("", &[0, 1, 2, 3]),
            ("prod", &[1, 0, 3, 2]),
            ("PROD", &[1, 0, 3, 2]),
            ("prod 22", &[1]),
            ("bil adm", &[1]),
            ("pa", &[1]),
            ("prod  44 ", &[3]),
            ("pr 9", &[]),
            ("arn:4444", &[3]),
            ("ü", &[]),
        ];
        for (query, wanted) in cases {
            assert_eq!(found(&lines, query), wanted, "{query}");
        }
    }

    #[test]
    fn keys_move_and_edit() {
        let choices = choices(&["one", "two", "three", "four", "five"]);
        let none = |_: &str| None;
        let mut list = List::new("Role".into(), &choices, &none);
        let mut after = |keys: &[Key]| {
            keys.iter().for_each(|key| list.takes(key, 4));
            (list.query.clone(), list.fits.get(list.at).copied())
        };
        let state = |query: &str, at| (query.to_owned(), at);
        assert_eq!(after(&[Key::ArrowUp]), state("", Some(4)));
        assert_eq!(after(&[Key::Tab, Key::ArrowDown]), state("", Some(1)));
        assert_eq!(after(&[Key::PageDown, Key::PageDown, Key::PageDown]), state("", Some(4)));
        assert_eq!(after(&[Key::PageUp, Key::Char('\x10')]), state("", Some(1)));
        assert_eq!(after(&[Key::Char('f'), Key::Char('o')]), state("fo", Some(3)));
        assert_eq!(after(&[Key::Char('q')]), state("foq", None));
        assert_eq!(after(&[Key::ArrowDown, Key::ArrowUp, Key::End, Key::PageDown]), state("foq", None));
        assert_eq!(
            after(&[Key::Backspace, Key::Char(' '), Key::Char('x'), Key::Char('\x17')]),
            state("fo ", Some(3))
        );
        assert_eq!(after(&[Key::Char('\x15'), Key::End, Key::Home, Key::Unknown]), state("", Some(0)));
    }

    #[test]
    fn a_frame_fits_its_terminal_and_the_cursor_follows_the_input() {
        let lines: Vec<String> = (0..100).map(|n| format!("role-{n:03} 日本 of a long tale")).collect();
        let mut choices: Vec<Choice> = lines.iter().map(|line| Choice::plain(line)).collect();
        choices[0].color = Some(31);
        let none = |_: &str| None;
        let mut list = List::new("Role".into(), &choices, &none);
        for (rows, columns) in [(24, 80), (5, 20), (3, 4), (1, 1), (0, 0)] {
            for color in [true, false] {
                let ui = Ui { color, ..Ui::default() };
                let frame = list.frame((rows, columns), &ui);
                let shown: Vec<&str> = frame.text.as_str().lines().collect();
                assert!(shown.len() <= rows.max(2), "{rows} {columns}: {shown:?}");
                for line in &shown {
                    assert!(measure_text_width(line) <= columns.max(1), "{columns}: {line:?}");
                }
                assert_eq!(color, frame.text.as_str().contains('m'), "{shown:?}");
                assert!(!color || columns < 20 || frame.text.as_str().contains("\x1b[31m"), "{shown:?}");
                assert_eq!(frame.below, shown.len() - 1, "{shown:?}");
            }
        }
        list.takes(&Key::End, 5);
        let frame = list.frame((5, 80), &Ui::default());
        let lines: Vec<&str> = frame.text.as_str().lines().collect();
        assert_eq!((lines[0], lines.len(), frame.cursor), ("Role: ", 5, 6));
        assert!(lines[1].starts_with("  role-097") && lines[3].starts_with("❯ role-099"), "{lines:?}");
        assert_eq!(lines[4], "  100 of 100");
    }
}
