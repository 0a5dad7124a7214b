//! Positions in the text of a file, and a mistake there: its line, its column, the part of the line that is
//! quoted, and what never is, because it may be a secret.

use std::fmt;
use std::ops::Range;

use crate::explain::{Explain, Kind, Next};

/// A mistake in a configuration file: where it is, what it is, and what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as the user would write it.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The line's text, without parts that may be secret.
    pub excerpt: Option<String>,
    /// What is wrong with it.
    pub what: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.what)
    }
}

impl std::error::Error for Mistake {}

impl Explain for Mistake {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn excerpt(&self) -> Option<String> {
        self.excerpt.as_ref().map(|text| format!("{:>4} | {text}", self.line))
    }

    fn next(&self) -> Vec<Next> {
        self.suggestion.iter().cloned().map(Next::words).collect()
    }
}

/// A file's text and name, to report positions in it.
#[derive(Clone, Copy)]
pub struct SourceText<'a> {
    /// The file, as the person would write it.
    pub path: &'a str,
    /// All of its text.
    pub text: &'a str,
    /// The offset of each line of `text`.
    pub lines: &'a Lines,
}

/// The offset of each line of a text. Every value has a line number, and counting line breaks for each of
/// them would take quadratic time.
pub struct Lines {
    starts: Vec<usize>,
    /// How many lines of another file come before these, if both are read as one.
    before: usize,
}

impl Lines {
    /// The lines of `text`.
    pub fn of(text: &str) -> Self {
        Self::after(text, 0)
    }

    /// The lines of `text`, numbered after `before` lines of another file that is read together with it. A
    /// [`Mistake`] still has the line in its own file.
    pub fn after(text: &str, before: usize) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect(), before }
    }

    /// The number of the last line.
    pub fn last(&self) -> usize {
        self.before + self.starts.len()
    }
}

impl SourceText<'_> {
    /// The line of the byte at `offset`, counted from 1, or from the last line of the file before this one.
    pub fn line(self, offset: usize) -> usize {
        self.lines.before + self.line_here(offset)
    }

    fn line_here(self, offset: usize) -> usize {
        self.lines.starts.partition_point(|start| *start <= offset.min(self.text.len()))
    }

    /// A mistake at the bytes `at`. The line is quoted unless it mentions a secret.
    pub fn mistake(self, at: Range<usize>, what: String, suggestion: Option<String>) -> Mistake {
        let offset =
            (0..=at.start.min(self.text.len())).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0);
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = self.text[start..].lines().next().unwrap_or_default();
        let tells_secret = line_text.to_ascii_lowercase().contains("secret");
        let excerpt =
            (!tells_secret && !line_text.trim().is_empty()).then(|| line_text.chars().take(160).collect());
        Mistake {
            path: self.path.to_owned(),
            line: self.line_here(offset),
            column: self.text[start..offset].chars().count() + 1,
            excerpt,
            what,
            suggestion,
        }
    }

    /// A mistake in the value on `line`.
    pub fn at_value(self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        let before = line.saturating_sub(self.lines.before).saturating_sub(1);
        let offset: usize = self.text.split_inclusive('\n').take(before).map(str::len).sum();
        let line_text = self.text[offset..].lines().next().unwrap_or_default();
        let column = line_text.find('=').map_or(0, |equals| {
            equals + 1 + line_text[equals + 1..].chars().take_while(|c| c.is_whitespace()).count()
        });
        self.mistake(offset + column..offset + column, what, suggestion)
    }

    /// A mistake in text that cannot be parsed, so that any value may be a client secret. The line is quoted
    /// only if it begins like a line of TOML, only up to where a value may begin, and never inside a
    /// multi-line string.
    pub fn mistake_without_value(
        self,
        at: Range<usize>,
        what: String,
        suggestion: Option<String>,
    ) -> Mistake {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let inside = ["\"\"\"", "'''"].iter().any(|quotes| before.matches(quotes).count() % 2 == 1);
        let mut mistake = self.mistake(at, what, suggestion);
        mistake.excerpt =
            mistake.excerpt.filter(|_| !inside).and_then(|line| match line.find(['=', '"', '\'']) {
                Some(end) if line[end..].starts_with('=') => Some(format!("{}= …", &line[..end])),
                Some(end) => line.trim_start().starts_with('[').then(|| format!("{}…", &line[..end])),
                None => line.trim_start().starts_with('[').then_some(line),
            });
        mistake
    }
}
