//! Text that may be shown on a terminal, and its layout.

pub mod layout;

use std::borrow::Cow;
use std::fmt;

use dialoguer::console::{measure_text_width, truncate_str};
use serde::Serialize;

use jit_wire::unseen::is_unseen;

/// More combining marks than this on one letter are not a language, but a tower that covers the lines above.
const MOST_MARKS: usize = 4;

/// Text that may go to a terminal: literals of this program, and text from outside that went through
/// [`escape`]. Everything that prints takes this type, so that text that nobody escaped does not compile:
///
/// ```compile_fail,E0277
/// let name = String::from("\u{1b}[2J");
/// jit::ui::Ui::default().say(name);
/// ```
/// ```compile_fail,E0277
/// let name = String::from("\u{1b}[2J");
/// jit::ui::Ui::default().warn(&name);
/// ```
/// ```compile_fail,E0597
/// let name = String::from("\u{1b}[2J");
/// jit::ui::Ui::default().instruct(name.as_str());
/// ```
/// ```compile_fail,E0277
/// let name = String::from("\u{1b}[2J");
/// jit::ui::Ui::default().done(format!("Signed in as {name}"));
/// ```
/// ```compile_fail,E0277
/// let name = String::from("\u{1b}[2J");
/// let _ = jit::ui::Ui::default().line(name);
/// ```
/// Nor does a name inside the braces of [`shown!`], which would be inserted unescaped:
/// ```compile_fail,E0080
/// let name = String::from("\u{1b}[2J");
/// jit::ui::Ui::default().next(jit::shown!("jit login {name}"));
/// ```
/// These do:
/// ```
/// use jit::{shown, ui::{Ui, text::escape}};
/// let (ui, name) = (Ui::default(), String::from("\u{1b}[2J"));
/// ui.say("a literal");
/// ui.say(escape(&name));
/// ui.say(shown!("Signed in as {} at {}", name, "acme"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(Cow<'static, str>);

impl From<&'static str> for Shown {
    /// A literal: the program's own text.
    fn from(literal: &'static str) -> Self {
        Self(Cow::Borrowed(literal))
    }
}

impl From<&Shown> for Shown {
    fn from(shown: &Shown) -> Self {
        shown.clone()
    }
}

impl Shown {
    /// The text. To print the result, convert it to `Shown` again.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As [`Shown::as_str`], owned.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many columns it takes; colours take none.
    pub fn width(&self) -> usize {
        if self.0.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.0.len()
        } else {
            measure_text_width(&self.0)
        }
    }

    /// Appends `more`.
    pub fn push(&mut self, more: impl Into<Shown>) {
        self.0.to_mut().push_str(&more.into().0);
    }

    /// Padded with spaces to `width` columns.
    #[must_use]
    pub fn padded(mut self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width());
        self.0.to_mut().extend(std::iter::repeat_n(' ', missing));
        self
    }

    /// Cut to `columns`, with `end` if something was cut off.
    #[must_use]
    pub fn cut(&self, columns: usize, end: &'static str) -> Self {
        Self(Cow::Owned(truncate_str(&self.0, columns, end).into_owned()))
    }

    /// The end of it that fits into `columns`.
    #[must_use]
    pub fn end(&self, columns: usize) -> Self {
        let mut rest = self.0.as_ref();
        while measure_text_width(rest) > columns {
            let mut characters = rest.chars();
            characters.next();
            rest = characters.as_str();
        }
        Self(Cow::Owned(rest.to_owned()))
    }

    /// Without trailing spaces.
    #[must_use]
    pub fn trim_end(&self) -> Self {
        Self(Cow::Owned(self.0.trim_end().to_owned()))
    }

    /// Its lines: only literals and tables have more than one.
    pub fn lines(&self) -> impl Iterator<Item = Shown> + '_ {
        self.0.lines().map(|line| Self(Cow::Owned(line.to_owned())))
    }

    /// All of `pieces`, separated by `between`.
    pub fn join(pieces: impl IntoIterator<Item = Shown>, between: &'static str) -> Self {
        let mut joined = Self::default();
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                joined.push(between);
            }
            joined.push(piece);
        }
        joined
    }

    /// `format` with its `{}` replaced by `pieces`, in order; use [`shown!`], which counts them.
    pub fn assemble(format: &'static str, pieces: &[Shown]) -> Self {
        let mut parts = format.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (piece, part) in pieces.iter().zip(parts) {
            text.push_str(&piece.0);
            text.push_str(part);
        }
        Self(Cow::Owned(text))
    }
}

/// What [`shown!`] inserts into a text: unchanged if it may be shown, else escaped.
pub trait Piece {
    /// The piece, as it may be shown.
    fn piece(&self) -> Shown;
}

impl Piece for Shown {
    fn piece(&self) -> Shown {
        self.clone()
    }
}

// `Shown` does not implement `Display`, so that it cannot get into a `String` unnoticed; and so it can have
// its own implementation.
impl<T: fmt::Display + ?Sized> Piece for T {
    fn piece(&self) -> Shown {
        escape(&self.to_string())
    }
}

/// How many `{}` are in `format`; anything else between braces stops the build.
pub const fn holes(format: &str) -> usize {
    let bytes = format.as_bytes();
    let mut at = 0;
    let mut count = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                assert!(
                    at + 1 < bytes.len() && bytes[at + 1] == b'}',
                    "braces are filled in by the arguments that follow, and stand alone"
                );
                count += 1;
                at += 1;
            }
            b'}' => panic!("a brace without its partner"),
            _ => {}
        }
        at += 1;
    }
    count
}

/// A literal with a `{}` for each argument that follows. Each argument that is not [`Shown`] is escaped.
#[macro_export]
macro_rules! shown {
    ($format:literal $(, $piece:expr)* $(,)?) => {{
        #[allow(unused_imports, reason = "a text may have no piece")]
        use $crate::ui::text::Piece as _;
        const _: () = assert!(
            $crate::ui::text::holes($format) == <[&str]>::len(&[$(stringify!($piece)),*]),
            "one argument for each pair of braces"
        );
        $crate::ui::text::Shown::assemble($format, &[$((&$piece).piece()),*])
    }};
}
#[doc(inline)]
pub use shown;

/// `text` without anything that a terminal would act on or nobody would see: control characters (including
/// line feeds, so that nobody else writes lines that look like ours), characters that change the direction of
/// what follows, and invisible ones become `\u{…}`. So do combining marks that would change one of our
/// characters, or cover other lines.
pub fn escape(text: &str) -> Shown {
    // Fast path for printable ASCII; noticeable with ten thousand roles.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Shown(Cow::Owned(text.to_owned()));
    }
    let mut escaped = String::with_capacity(text.len());
    // As if in the middle of a tower: a mark at the beginning would be drawn on what we wrote before.
    let mut marks = MOST_MARKS;
    for character in text.chars() {
        let mark = is_mark(character);
        if is_unseen(character) || mark && marks >= MOST_MARKS {
            escaped.extend(character.escape_unicode());
            marks = MOST_MARKS;
            continue;
        }
        marks = if mark { marks + 1 } else { 0 };
        escaped.push(character);
    }
    Shown(Cow::Owned(escaped))
}

/// Whether `character` is drawn onto the one before it.
fn is_mark(character: char) -> bool {
    character >= '\u{300}' && measure_text_width(character.encode_utf8(&mut [0; 4])) == 0
}

/// JSON with the same characters as `\uXXXX`, which means the same to every parser. serde_json escapes only
/// those below U+0020, and some terminals treat U+009B as the start of a command. The line feeds and spaces
/// of its own layout stay.
pub fn escape_json(json: &impl Serialize) -> Shown {
    shown_json(&serde_json::to_string(json).unwrap_or_default())
}

/// As [`escape_json`], indented.
pub fn escape_json_indented(json: &impl Serialize) -> Shown {
    shown_json(&serde_json::to_string_pretty(json).unwrap_or_default())
}

fn shown_json(json: &str) -> Shown {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Shown(Cow::Owned(json.to_owned()));
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unseen(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    Shown(Cow::Owned(escaped))
}

/// Text of several lines, such as a file or a help text, with its line feeds and tabs; the rest is escaped as
/// by [`escape`].
pub fn escape_lines(text: &str) -> Shown {
    let mut escaped = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let line = piece.trim_end_matches(['\n', '\t']);
        // A Windows line ending is no attack.
        let line = if piece.ends_with('\n') { line.strip_suffix('\r').unwrap_or(line) } else { line };
        escaped.push_str(&escape(line).0);
        escaped.extend(piece.chars().next_back().filter(|last| matches!(last, '\n' | '\t')));
    }
    Shown(Cow::Owned(escaped))
}

#[cfg(test)]
mod tests;
