//! An AWS file as sections and keys, each with its lines.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::words::posix_words;

/// A whole AWS file, parsed. It may hold long-lived access keys, so it is wiped when dropped, `Debug` does
/// not show it, and values are copied out of it only on request.
#[derive(Default)]
pub struct Document {
    pub(super) text: Zeroizing<String>,
    /// The offset of each line, and after them the length of the text.
    pub(super) starts: Vec<usize>,
    pub(super) sections: Vec<Section>,
    /// The index of the last section of each kind. An index, because files with tens of thousands of profiles
    /// exist.
    pub(super) by_kind: HashMap<SectionKind, usize>,
    /// The indexes of the `[DEFAULT]` sections.
    pub(super) defaults: Vec<usize>,
}

/// A section: its header and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The text between the brackets, unchanged.
    pub header: String,
    /// What the header names, in a configuration file.
    pub kind: SectionKind,
    /// The keys, in file order.
    pub entries: Vec<Entry>,
    /// The index of the header's line.
    pub(super) first: usize,
}

/// What the header of a section of `~/.aws/config` names. In `~/.aws/credentials` the header itself is the
/// profile name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// `[profile NAME]`, or `[default]`.
    Profile(String),
    /// `[sso-session NAME]`.
    SsoSession(String),
    /// `[services NAME]`.
    Services(String),
    /// `[DEFAULT]`. Python's parser, and so botocore, copies it into every section; other tools ignore it.
    Defaults,
    /// Anything else, such as `[plugins]`.
    Other,
}

/// A key of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key in lower case: all tools ignore its case.
    pub key: String,
    /// The lines of the value, from the key's line to its last continuation line.
    pub(super) lines: Range<usize>,
    /// The offset of the value in the text.
    pub(super) value_at: usize,
}

impl SectionKind {
    pub(super) fn of(header: &str) -> Self {
        let header = header.trim_matches([' ', '\t']);
        match header {
            "default" => return Self::Profile(header.to_owned()),
            "DEFAULT" => return Self::Defaults,
            _ => {}
        }
        // botocore checks what the header starts with and takes the second of two words, without quotes.
        // Headers that only other tools accept (with spaces before the kind) name the same thing.
        let words = posix_words(header).unwrap_or_default();
        match words.as_slice() {
            [_, name] if header.starts_with("profile") => Self::Profile(name.clone()),
            [_, name] if header.starts_with("sso-session") => Self::SsoSession(name.clone()),
            [_, name] if header.starts_with("services") => Self::Services(name.clone()),
            _ => Self::Other,
        }
    }
}

impl Section {
    /// The line of the header, counted from 1.
    pub fn line(&self) -> usize {
        self.first + 1
    }

    /// The entry of `key` (in lower case).
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The lines from the header to the last line of the last value. Lines after that may belong to the next
    /// section.
    pub(super) fn lines(&self) -> Range<usize> {
        self.first..self.entries.last().map_or(self.first + 1, |entry| entry.lines.end)
    }
}

impl Entry {
    /// The line of the key, counted from 1.
    pub fn line(&self) -> usize {
        self.lines.start + 1
    }
}

impl Document {
    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The sections, in file order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The section with exactly this header, such as a name in a credentials file.
    pub fn section(&self, header: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.header == header)
    }

    /// The section of this `kind`. If several headers name the same thing in different spellings, the last
    /// one counts, as in botocore.
    pub fn named(&self, kind: &SectionKind) -> Option<&Section> {
        self.by_kind.get(kind).and_then(|index| self.sections.get(*index))
    }

    /// The entries of `[DEFAULT]`, which apply to every section without a key of that name.
    pub(super) fn default_entries(&self) -> impl Iterator<Item = &Entry> {
        self.defaults.iter().flat_map(|index| &self.sections[*index].entries)
    }

    /// The entry of `key` (in lower case) in `[DEFAULT]`.
    pub(super) fn default_entry(&self, key: &str) -> Option<&Entry> {
        self.default_entries().find(|entry| entry.key == key)
    }

    /// The value and the line of `key` (in lower case) in the section of this `kind`, or in `[DEFAULT]`.
    pub fn get(&self, kind: &SectionKind, key: &str) -> Option<(String, usize)> {
        let entry = self.named(kind)?.entry(key).or_else(|| self.default_entry(key))?;
        Some((self.value(entry), entry.line()))
    }

    /// The value of an entry of this document: its lines, trimmed and without comments.
    pub fn value(&self, entry: &Entry) -> String {
        let mut value = self.first_line(entry).to_owned();
        for index in entry.lines.start + 1..entry.lines.end {
            let line = self.line(index).trim_matches(is_space);
            if !is_comment(line) {
                value.push('\n');
                value.push_str(line);
            }
        }
        value
    }

    /// The ranges of the values of `keys` (in lower case) in all sections, to the ends of their last lines.
    pub(in crate::config) fn values_of(&self, keys: &[&str]) -> Vec<Range<usize>> {
        let entries = self.sections.iter().flat_map(|section| &section.entries);
        let secret = entries.filter(|entry| keys.contains(&entry.key.as_str()));
        secret
            .map(|entry| {
                let text = &self.text[entry.value_at..self.starts[entry.lines.end]];
                entry.value_at..entry.value_at + text.trim_end_matches(['\r', '\n']).len()
            })
            .collect()
    }

    /// The text after the `=` on the entry's first line.
    pub(super) fn first_line(&self, entry: &Entry) -> &str {
        self.text[entry.value_at..self.starts[entry.lines.start + 1]].trim_matches(is_space)
    }

    /// The line ending that this file uses.
    pub(super) fn line_ending(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    pub(super) fn line_count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The lines of `range` with their line endings.
    pub(super) fn raw(&self, range: Range<usize>) -> &str {
        &self.text[self.starts[range.start]..self.starts[range.end]]
    }

    /// A line without its line ending.
    pub(super) fn line(&self, index: usize) -> &str {
        self.raw(index..index + 1).trim_end_matches(['\r', '\n'])
    }

    /// A line by its number, counted from 1, without its line ending.
    pub(super) fn line_numbered(&self, line: usize) -> Option<&str> {
        let index = line.checked_sub(1).filter(|index| *index < self.line_count())?;
        Some(self.line(index))
    }

    /// The column, counted from 1, where the value on a line starts, or where the line's text starts if it
    /// has no value.
    pub(super) fn value_column(&self, line: usize) -> usize {
        let Some(text) = self.line_numbered(line) else { return 1 };
        let start = indent_of(text);
        let value = text.find(['=', ':']).filter(|_| !text[start..].starts_with('[')).map(|at| at + 1);
        let value = value.map(|at| at + indent_of(&text[at..])).filter(|at| *at < text.len());
        text[..value.unwrap_or(start)].chars().count() + 1
    }

    /// The whitespace at the start of a line.
    pub(super) fn indent(&self, index: usize) -> &str {
        let line = self.line(index);
        &line[..indent_of(line)]
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("sections", &self.sections).finish_non_exhaustive()
    }
}

/// Whitespace as Python's `str.isspace` defines it.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

pub(super) fn is_comment(trimmed: &str) -> bool {
    trimmed.starts_with(['#', ';'])
}

/// The length in bytes of the whitespace at the start of `line`.
pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(is_space).len()
}
