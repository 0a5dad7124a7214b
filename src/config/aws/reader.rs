//! The reader: which lines are sections and keys, by the rules of botocore, which uses Python's
//! `configparser.RawConfigParser` and its own parser for nested blocks.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::document::{Document, Entry, Section, SectionKind, indent_of, is_comment, is_space};

/// Why and where a file is not valid. Tools built on botocore reject such a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {why}{}", if text.is_empty() { String::new() } else { format!(": {text}") })]
pub struct Broken {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The header, the key, or the first word of the line; never a value, which may be a secret.
    pub text: String,
    /// What is wrong.
    pub why: BrokenReason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenReason {
    /// Bytes that are not UTF-8.
    #[error("these bytes are not UTF-8")]
    NotUtf8,
    /// A byte order mark, which botocore takes for a key.
    #[error("the file starts with a byte order mark; save it as UTF-8 without one")]
    ByteOrderMark,
    /// A key before the first section.
    #[error("this key comes before the first section")]
    NoSection,
    /// A duplicate section.
    #[error("this section is a duplicate of the one on line {first}")]
    DuplicateSection {
        /// The line of the first one.
        first: usize,
    },
    /// A duplicate key.
    #[error("this key is a duplicate of the one on line {first}")]
    DuplicateKey {
        /// The line of the first one.
        first: usize,
    },
    /// `[` without `]`, or with nothing between them.
    #[error("this section header has no name or no closing bracket")]
    UnterminatedHeader,
    /// A line that is neither a section nor a key nor a comment.
    #[error("this line has no `=`")]
    NoEquals,
    /// A value without a key.
    #[error("a value without a key")]
    NoKey,
}

const DEFAULTS: &str = "DEFAULT";

impl Document {
    /// Parses a file.
    ///
    /// # Errors
    /// The first thing for which botocore would reject the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, Broken> {
        let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
        if text.starts_with('\u{feff}') {
            return Err(Broken { line: 1, column: 1, text: String::new(), why: BrokenReason::ByteOrderMark });
        }
        let text = Zeroizing::new(text.to_owned());
        let document = Self { starts: line_starts(&text), text, ..Self::default() };
        let mut reader = Reader { document, headers: HashMap::new(), keys: HashMap::new(), level: 0 };
        for index in 0..reader.document.line_count() {
            reader.read_line(index)?;
        }
        let mut document = reader.document;
        let kinds =
            document.sections.iter().enumerate().map(|(index, section)| (section.kind.clone(), index));
        document.by_kind = kinds.collect();
        let sections = document.sections.iter().enumerate();
        let defaults = sections.filter(|(_, section)| section.header == DEFAULTS);
        document.defaults = defaults.map(|(index, _)| index).collect();
        Ok(document)
    }
}

struct Reader {
    document: Document,
    /// The line of each header, and of each key below a header, counted from 1.
    headers: HashMap<String, usize>,
    keys: HashMap<(usize, String), usize>,
    /// The indentation of the last header or key; a line that is indented further continues a value.
    level: usize,
}

impl Reader {
    fn read_line(&mut self, index: usize) -> Result<(), Broken> {
        let document = &mut self.document;
        let line = document.line(index);
        let trimmed = line.trim_matches(is_space);
        if trimmed.is_empty() || is_comment(trimmed) {
            return Ok(());
        }
        let indent = line[..indent_of(line)].chars().count();
        let broken = |text: String, why| Broken { line: index + 1, column: indent + 1, text, why };
        let open_entry = document.sections.last().and_then(|section| section.entries.last());
        if let Some(entry) = open_entry.filter(|_| indent > self.level) {
            // A key with nothing after its `=` opens a nested block, in which every line is a key.
            if document.first_line(entry).is_empty() {
                let mut pieces = trimmed.split(is_line_break).map(|piece| piece.trim_matches(is_space));
                if let Some(piece) = pieces.find(|piece| !piece.is_empty() && !piece.contains('=')) {
                    return Err(broken(first_word(piece), BrokenReason::NoEquals));
                }
            }
            if let Some(entry) = document.sections.last_mut().and_then(|section| section.entries.last_mut()) {
                entry.lines.end = index + 1;
            }
            return Ok(());
        }
        self.level = indent;
        if let Some(header) = header_of(trimmed) {
            let header = header.to_owned();
            // Python's section of defaults may be repeated.
            if let Some(&first) = self.headers.get(&header).filter(|_| header != DEFAULTS) {
                return Err(broken(
                    excerpt(&format!("[{header}]")),
                    BrokenReason::DuplicateSection { first },
                ));
            }
            self.headers.entry(header.clone()).or_insert(index + 1);
            let kind = SectionKind::of(&header);
            document.sections.push(Section { header, kind, entries: Vec::new(), first: index });
            return Ok(());
        }
        let Some(section) = document.sections.last() else {
            let why = if trimmed.starts_with('[') {
                BrokenReason::UnterminatedHeader
            } else {
                BrokenReason::NoSection
            };
            return Err(broken(first_word(trimmed), why));
        };
        let Some(delimiter) = trimmed.find(['=', ':']) else {
            let why = if trimmed.starts_with('[') {
                BrokenReason::UnterminatedHeader
            } else {
                BrokenReason::NoEquals
            };
            return Err(broken(first_word(trimmed), why));
        };
        let key = trimmed[..delimiter].trim_end_matches(is_space).to_lowercase();
        if key.is_empty() {
            return Err(broken(String::new(), BrokenReason::NoKey));
        }
        let header = self.headers.get(&section.header).copied().unwrap_or_default();
        if let Some(first) = self.keys.insert((header, key.clone()), index + 1) {
            return Err(broken(excerpt(&key), BrokenReason::DuplicateKey { first }));
        }
        let value_at = document.starts[index] + indent_of(line) + delimiter + 1;
        let entry = Entry { key, lines: index..index + 1, value_at };
        if let Some(section) = document.sections.last_mut() {
            section.entries.push(entry);
        }
        Ok(())
    }
}

/// The text between the first bracket of a line and its last one.
fn header_of(trimmed: &str) -> Option<&str> {
    let inner = trimmed.strip_prefix('[')?;
    inner.rfind(']').filter(|&end| end > 0).map(|end| &inner[..end])
}

/// Characters at which Python's `str.splitlines` splits, besides the line endings that this reader handles
/// itself.
fn is_line_break(character: char) -> bool {
    matches!(character, '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Lines end with `\n`, `\r\n` or a lone `\r`, as in Python.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = (0..bytes.len()).filter(|&at| match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    let mut starts: Vec<usize> = std::iter::once(0).chain(ends.map(|at| at + 1)).collect();
    if starts.last() != Some(&bytes.len()) {
        starts.push(bytes.len());
    }
    starts
}

/// The start of `text`, short enough for a message.
fn excerpt(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first word of a line that could not be parsed: enough to find the line, too little to reveal a secret.
fn first_word(text: &str) -> String {
    const MOST: usize = 12;
    let end_of_word = |character| is_space(character) || matches!(character, '=' | ':');
    let word = text.split(end_of_word).next().unwrap_or_default();
    match word.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Broken {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let starts = line_starts(&before);
    let complete = before.is_empty() || before.ends_with(['\r', '\n']);
    let line = if complete { starts.len() } else { starts.len() - 1 };
    let start = if complete { before.len() } else { starts[line - 1] };
    let column = before[start..].chars().count() + 1;
    Broken { line, column, text: String::new(), why: BrokenReason::NotUtf8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Document {
        Document::parse(text.as_bytes()).unwrap()
    }

    fn values(document: &Document) -> Vec<(String, String, usize)> {
        let sections = document.sections().iter().flat_map(|section| &section.entries);
        sections.map(|entry| (entry.key.clone(), document.value(entry), entry.line())).collect()
    }

    #[test]
    fn keys_values_and_lines() {
        type Keys = &'static [(&'static str, &'static str, usize)];
        let cases: [(&str, Keys); 14] = [
            ("[a]\nx = 1\n", &[("x", "1", 2)]),
            ("[a]\r\nX=1=2\r\n\r\n; c\r\ny : 3", &[("x", "1=2", 2), ("y", "3", 5)]),
            ("[a]\rx = 1\ry = 2", &[("x", "1", 2), ("y", "2", 3)]),
            ("[a]\n\tx\t=\t1\t\n", &[("x", "1", 2)]),
            ("[a]\nx =\n", &[("x", "", 2)]),
            ("[a]\nx = 1 # kept\n", &[("x", "1 # kept", 2)]),
            ("[a]\nx = 1\n  2\n  # no\n\n\t3\n# end\n", &[("x", "1\n2\n\n3", 2)]),
            ("[a]\ns3 =\n  p = 1\n  q = 2\nx = 3\n", &[("s3", "\np = 1\nq = 2", 2), ("x", "3", 5)]),
            ("[a]\n  x = 1\n  y = 2\n z = 3\n", &[("x", "1", 2), ("y", "2", 3), ("z", "3", 4)]),
            ("[a]\nx = 1\n  [b]\n  y = 2\n", &[("x", "1\n[b]\ny = 2", 2)]),
            ("[a]\n  [b]\nx = 1\n", &[("x", "1", 3)]),
            ("[a]\n[profile x = y\n", &[("[profile x", "y", 2)]),
            ("[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n", &[("x", "1", 2), ("y", "2", 4)]),
            ("# nothing\n\n", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|&(key, value, line)| (key.to_owned(), value.to_owned(), line)).collect();
            assert_eq!(values(&parse(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn headers_name_profiles_as_botocore_and_the_sdks_read_them() {
        let profile = |name: &str| SectionKind::Profile(name.to_owned());
        let cases = [
            ("[default]", profile("default")),
            ("[ default ]", profile("default")),
            ("[profile default]", profile("default")),
            ("[profile a] # note", profile("a")),
            ("[profile\ta-b/c@d]", profile("a-b/c@d")),
            ("[profile \"a b\"]", profile("a b")),
            ("[profile 'a']", profile("a")),
            ("[ profile a ]", profile("a")),
            ("[profile a b]", SectionKind::Other),
            ("[profile]", SectionKind::Other),
            ("[profile \"a]", SectionKind::Other),
            ("[sso-session s]", SectionKind::SsoSession("s".to_owned())),
            ("[services s]", SectionKind::Services("s".to_owned())),
            ("[DEFAULT]", SectionKind::Defaults),
            ("[plugins]", SectionKind::Other),
        ];
        for (header, kind) in cases {
            assert_eq!(parse(header).sections()[0].kind, kind, "{header}");
        }
    }

    #[test]
    fn the_later_definition_of_a_profile_wins() {
        let document = parse("[profile a]\nx = 1\n[profile 'a']\ny = 2\n");
        let kind = SectionKind::Profile("a".to_owned());
        assert_eq!(document.get(&kind, "y"), Some(("2".to_owned(), 4)));
        assert_eq!(document.get(&kind, "x"), None);
        assert_eq!(
            document.section("profile a").and_then(|section| section.entry("x")).map(Entry::line),
            Some(2)
        );
    }

    /// What botocore rejects; `tests/counterparts/aws_config.rs` checks such a table against botocore itself.
    #[test]
    fn broken_files_are_refused_with_the_place() {
        let long = format!("[a]\n{}\n", "k".repeat(500));
        let cases: [(&[u8], usize, usize, &str, BrokenReason); 15] = [
            (b"[a]\n[b]\n[a]\n", 3, 1, "[a]", BrokenReason::DuplicateSection { first: 1 }),
            (b"[a]\nx = 1\nX = 2\n", 3, 1, "x", BrokenReason::DuplicateKey { first: 2 }),
            (
                b"[DEFAULT]\nx = 1\n[b]\n[DEFAULT]\nx = 2\n",
                5,
                1,
                "x",
                BrokenReason::DuplicateKey { first: 2 },
            ),
            (b"\n x = 1\n[a]\n", 2, 2, "x", BrokenReason::NoSection),
            (b"junk\n", 1, 1, "junk", BrokenReason::NoSection),
            (b"[a\n", 1, 1, "[a", BrokenReason::UnterminatedHeader),
            (b"[a]\n[profile x\n", 2, 1, "[profile", BrokenReason::UnterminatedHeader),
            (b"[a]\n[]\n", 2, 1, "[]", BrokenReason::UnterminatedHeader),
            (
                b"[a]\naws_secret_access_key wJalrXUtnFEMI\n",
                2,
                1,
                "aws_secret_a\u{2026}",
                BrokenReason::NoEquals,
            ),
            (b"[a]\n = x\n", 2, 2, "", BrokenReason::NoKey),
            (b"[a]\ns3 =\n  x\n", 3, 3, "x", BrokenReason::NoEquals),
            (b"[a]\ns3 =\n  x = 1\x0cy\n", 3, 3, "y", BrokenReason::NoEquals),
            (b"\xef\xbb\xbf[a]\n", 1, 1, "", BrokenReason::ByteOrderMark),
            (b"[a]\r\nx = \xc3\xa9\xff\r\n", 2, 6, "", BrokenReason::NotUtf8),
            (long.as_bytes(), 2, 1, "kkkkkkkkkkkk\u{2026}", BrokenReason::NoEquals),
        ];
        for (bytes, line, column, text, why) in cases {
            let shown = String::from_utf8_lossy(bytes);
            let broken = Document::parse(bytes).expect_err(&shown);
            assert_eq!(broken, Broken { line, column, text: text.to_owned(), why }, "{shown:?}");
        }
    }

    #[test]
    fn the_place_of_bytes_that_are_not_utf8() {
        for (bytes, place) in
            [(&b"\xff"[..], (1, 1)), (b"a\n\xff", (2, 1)), (b"a\r\nb\xff", (2, 2)), (b"a\rb\n\n\xff", (4, 1))]
        {
            let broken = Document::parse(bytes).unwrap_err();
            assert_eq!((broken.line, broken.column), place, "{bytes:?}");
        }
    }

    #[test]
    fn values_are_not_shown_by_debug_or_by_errors() {
        let text = "[a]\naws_secret_access_key = hidden\n";
        assert!(!format!("{:?}", parse(text)).contains("hidden"));
        let broken = Document::parse(b"aws_secret_access_key=hidden\n").unwrap_err();
        assert!(!format!("{broken} {broken:?}").contains("hidden"));
    }
}
