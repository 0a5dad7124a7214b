//! A company's shared file in `config.toml`: a copy between two comments, the first of which has its source
//! and its hash. The copy is what somebody reviewed and accepted; nothing is fetched without being asked for.
//!
//! A shared file may contain only what the table in [`keys`] allows. This is checked when it is added and
//! whenever `config.toml` is read, so edits of the copy by hand follow the same rules.

use std::ops::Range;

use toml::de::DeTable;

use super::file::File;
use jit_wire::section::{Lines, Mistake, SourceText};

mod head;
mod hold;
pub mod keys;
mod summary;

pub(super) use head::without_heads;
pub(super) use hold::hold;
pub use summary::{Summary, Surroundings, summary};

/// The start of a part's first line.
const BEGIN: &str = "# >>> shared by ";
/// The start of a part's last line.
const END: &str = "# <<< shared by ";
/// The text between the source and the hash.
const HASH: &str = " sha256:";
/// The longest line that a shared file may have, in characters. A session policy has at most 2048; nobody can
/// review anything longer.
const LONGEST_LINE: usize = 4096;

/// A part of `config.toml` that came from a shared file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The URL or path that it came from.
    pub from: String,
    /// The SHA-256 hash of the shared file, in hexadecimal.
    pub hash: String,
    /// The range of the part in the text, including its first and last line.
    range: Range<usize>,
    /// The range of the copy.
    content: Range<usize>,
}

impl Part {
    /// A shared file by itself, which is not in a configuration yet.
    fn whole(from: &str, content: &str) -> Self {
        let all = 0..content.len();
        Self { from: from.to_owned(), hash: String::new(), range: all.clone(), content: all }
    }

    /// The copy.
    pub fn content<'t>(&self, text: &'t str) -> &'t str {
        &text[self.content.clone()]
    }

    /// Whether the copy is unchanged.
    pub fn is_as_it_came(&self, text: &str) -> bool {
        hash(self.content(text).as_bytes()) == self.hash
    }
}

/// The SHA-256 hash, in hexadecimal.
pub fn hash(content: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The shared parts of a configuration, in order. A part without an end does not count.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Option<(Range<usize>, &str, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let line = line.trim_end_matches(['\n', '\r']);
        if let Some((from, hash)) = line.strip_prefix(BEGIN).and_then(|rest| rest.rsplit_once(HASH)) {
            open = Some((range, from, hash));
        } else if let Some(from) = line.strip_prefix(END)
            && let Some((first, of, hash)) = open.take()
            && of == from
        {
            parts.push(Part {
                from: from.to_owned(),
                hash: hash.to_owned(),
                content: first.end..range.start,
                range: first.start..range.end,
            });
        }
    }
    parts
}

/// `text` with `content` from the source `from`: in place of the previous copy from there, or else at the
/// end.
pub fn with(text: &str, from: &str, content: &str) -> String {
    match parts(text).into_iter().find(|part| part.from == from) {
        Some(old) => instead(text, &old, from, content),
        None => {
            let part = marked(from, content);
            match text {
                "" => part,
                text if text.ends_with('\n') => format!("{text}\n{part}"),
                text => format!("{text}\n\n{part}"),
            }
        }
    }
}

/// `text` with what came `from` there in place of `part`: the same file, which may have moved.
pub fn instead(text: &str, part: &Part, from: &str, content: &str) -> String {
    format!("{}{}{}", &text[..part.range.start], marked(from, content), &text[part.range.end..])
}

/// `text` without `part`, and without the blank line that was put before it.
pub fn without(text: &str, part: &Part) -> String {
    let before = &text[..part.range.start];
    let after = &text[part.range.end..];
    let before =
        before.strip_suffix('\n').filter(|rest| rest.is_empty() || rest.ends_with('\n')).unwrap_or(before);
    format!("{before}{after}")
}

/// What came, between its two comments.
fn marked(from: &str, content: &str) -> String {
    let content = match content.ends_with('\n') || content.is_empty() {
        true => content.to_owned(),
        false => format!("{content}\n"),
    };
    let hash = hash(content.as_bytes());
    format!("{BEGIN}{from}{HASH}{hash}\n{content}{END}{from}\n")
}

/// The default role that a configuration sets: its own, else that of its first shared part with one.
pub fn default_role(text: &str) -> Option<String> {
    let plain = without_heads(text);
    let document = DeTable::parse(plain.as_ref().map_or(text, |plain| plain.as_str())).ok();
    let own = document
        .and_then(|document| Some(document.get_ref().get("default_role")?.get_ref().as_str()?.to_owned()));
    own.or_else(|| parts(text).iter().find_map(|part| head::of_file(part.content(text))))
}

/// Whether this line is the first or last line of a shared part.
pub(super) fn is_marker(line: &str) -> bool {
    line.starts_with(BEGIN) || line.starts_with(END)
}

/// Checks a shared file: it must be a whole configuration of IdPs and roles, and of nothing else. `from` is
/// for messages, and tells whether the file is on this machine.
///
/// # Errors
/// The first mistake, with its place.
pub fn check(from: &str, content: &str) -> Result<(), Mistake> {
    let lines = Lines::of(content);
    let source = SourceText { path: from, text: content, lines: &lines };
    let mut offset = 0;
    for line in content.split_inclusive('\n') {
        let what = match line.chars().count() {
            _ if is_marker(line) => "this comment marks a shared part, so it cannot be inside one".to_owned(),
            length if length > LONGEST_LINE => {
                format!("this line has {length} characters, which is too long to review")
            }
            _ => {
                offset += line.len();
                continue;
            }
        };
        return Err(source.mistake(offset..offset, what, None));
    }
    // If it is no configuration at all, the parser's message is the best one.
    File::parse(from, content)?;
    let Ok(document) = DeTable::parse(content) else { return Ok(()) };
    hold::parts(source, document.get_ref(), &[Part::whole(from, content)]).map(drop)
}

#[cfg(test)]
mod tests;
