//! A subset of HTML for sign-in pages: tags with their attributes, and text, tokenized by the same rules as
//! in browsers (WHATWG HTML, tokenization).
//!
//! It knows only the character references for ASCII, which are all that an assertion in base64 can need. A
//! table of all 2,231 names was a fifth of what the loader had to relocate at every start of the program
//! (`docs/performance.md`).

#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;

use std::collections::BTreeMap;

/// A part of a page, in order. Comments, doctypes and processing instructions are left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A start tag, its name in lower case.
    Start(String, Attributes),
    /// An end tag.
    End,
    /// Text, with its character references replaced if the element has any.
    Text(String),
}

/// The attributes of a start tag: names in lower case, values with character references replaced. A map,
/// because a page may put a million attributes into one tag, and each is checked for duplicates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// The value of an attribute. If two have the same name, the first counts.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn set(&mut self, name: String, value: String) {
        self.0.entry(name).or_insert(value);
    }
}

/// The parts of `page`.
pub(super) fn parts(page: &str) -> Parts<'_> {
    Parts { rest: page, within: None }
}

/// Walks over a page.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    rest: &'a str,
    /// The element whose content is text up to its own end tag.
    within: Option<&'static str>,
}

/// Elements that contain only text, and whether character references are replaced there.
const TEXT_ONLY: [(&str, bool); 8] = [
    ("title", true),
    ("textarea", true),
    ("script", false),
    ("style", false),
    ("xmp", false),
    ("iframe", false),
    ("noembed", false),
    ("noframes", false),
];

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if let Some(element) = self.within.take() {
            let text = self.cut(end_of(self.rest, element));
            if !text.is_empty() {
                let refers = TEXT_ONLY.contains(&(element, true));
                return Some(Part::Text(if refers { resolved(text, false) } else { text.to_owned() }));
            }
        }
        loop {
            let mut after = self.rest.chars();
            match (after.next()?, after.next(), after.next()) {
                ('<', Some('/'), Some(letter)) if letter.is_ascii_alphabetic() => {
                    self.cut(2);
                    self.tag()?;
                    return Some(Part::End);
                }
                ('<', Some(letter), _) if letter.is_ascii_alphabetic() => {
                    self.cut(1);
                    let (name, attributes) = self.tag()?;
                    self.within = TEXT_ONLY.iter().map(|(its, _)| *its).find(|its| *its == name);
                    return Some(Part::Start(name, attributes));
                }
                // At the end of the page, `</` is text.
                ('<', Some('!' | '?'), _) | ('<', Some('/'), Some(_)) => self.skip_comment(),
                (first, ..) => {
                    let length = first.len_utf8();
                    let end = self.rest[length..].find('<').map_or(self.rest.len(), |at| length + at);
                    return Some(Part::Text(resolved(self.cut(end), false)));
                }
            }
        }
    }
}

impl<'a> Parts<'a> {
    /// Takes that many bytes.
    fn cut(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// Takes everything before the first character of a kind.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        self.cut(self.rest.find(ends).unwrap_or(self.rest.len()))
    }

    /// Takes a character, if it is the wanted one.
    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest.strip_prefix(wanted);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Takes a tag from its name to its end. A tag that is cut off by the end of the page does not count.
    fn tag(&mut self) -> Option<(String, Attributes)> {
        let name = self.until(|c| is_space(c) || c == '/' || c == '>').to_ascii_lowercase();
        let mut attributes = Attributes::default();
        loop {
            self.until(|c| !is_space(c) && c != '/');
            let first = self.rest.chars().next()?;
            if self.take('>') {
                return Some((name, attributes));
            }
            // A name may begin with an equals sign, but not contain one later.
            let length = first.len_utf8();
            let ends = |c| is_space(c) || matches!(c, '/' | '>' | '=');
            let end = self.rest[length..].find(ends).map_or(self.rest.len(), |at| length + at);
            let key = self.cut(end).to_ascii_lowercase();
            self.until(|c| !is_space(c));
            let value = if self.take('=') { self.value()? } else { "" };
            attributes.set(key, resolved(value, true));
        }
    }

    fn value(&mut self) -> Option<&'a str> {
        self.until(|c| !is_space(c));
        for quote in ['"', '\''] {
            if self.take(quote) {
                let value = self.until(|c| c == quote);
                return self.take(quote).then_some(value);
            }
        }
        Some(self.until(|c| is_space(c) || c == '>'))
    }

    fn skip_comment(&mut self) {
        let end = match self.rest.strip_prefix("<!--") {
            Some(comment) if comment.starts_with('>') => Some(5),
            Some(comment) if comment.starts_with("->") => Some(6),
            // One search for both ends: two searches would read the rest of the page twice at every comment.
            Some(comment) => {
                let is_end = |at: &usize| comment[..*at].ends_with("--") || comment[..*at].ends_with("--!");
                comment.match_indices('>').map(|(at, _)| at).find(is_end).map(|at| 4 + at + 1)
            }
            None => self.rest.find('>').map(|at| at + 1),
        };
        self.cut(end.unwrap_or(self.rest.len()));
    }
}

/// The offset of the end tag of `element`, or else of the end of the text.
fn end_of(text: &str, element: &str) -> usize {
    let is_end = |at: &usize| {
        let tag = &text.as_bytes()[at + 2..];
        let (name, after) = tag.split_at(element.len().min(tag.len()));
        name.eq_ignore_ascii_case(element.as_bytes())
            && after.first().is_some_and(|byte| is_space(char::from(*byte)) || matches!(byte, b'/' | b'>'))
    };
    text.match_indices("</").map(|(at, _)| at).find(is_end).unwrap_or(text.len())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// `text` with its character references replaced. Unknown ones stay as they are.
fn resolved(text: &str, in_attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (character, length) = reference(part, in_attribute).unwrap_or(('&', 0));
        out.push(character);
        out.push_str(&part[length..]);
    }
    out
}

/// The character of a reference without its `&`, and how long the reference is.
fn reference(part: &str, in_attribute: bool) -> Option<(char, usize)> {
    if let Some(number) = part.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let count = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let end = part.len() - digits.len() + count;
        let length = end + usize::from(part[end..].starts_with(';'));
        // A number that is too large overflows, and is not a character either.
        let code = (count > 0).then(|| u32::from_str_radix(&digits[..count], radix).unwrap_or(u32::MAX))?;
        let character = char::from_u32(code).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER);
        return Some((character, length));
    }
    let length = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
    if part[length..].starts_with(';') {
        return Some((named(&part[..length])?, length + 1));
    }
    // Old names need no semicolon; in an attribute they do, unless the next character is not part of a word.
    let old = ["amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT"]
        .into_iter()
        .find(|old| part.starts_with(old))?;
    let goes_on = part[old.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '=');
    (!in_attribute || !goes_on).then_some((named(old)?, old.len()))
}

/// The names of ASCII characters. A `match`, because its names are in code and need no relocation.
fn named(name: &str) -> Option<char> {
    Some(match name {
        "Tab" => '\t',
        "NewLine" => '\n',
        "excl" => '!',
        "quot" | "QUOT" => '"',
        "num" => '#',
        "dollar" => '$',
        "percnt" => '%',
        "amp" | "AMP" => '&',
        "apos" => '\'',
        "lpar" => '(',
        "rpar" => ')',
        "ast" | "midast" => '*',
        "plus" => '+',
        "comma" => ',',
        "period" => '.',
        "sol" => '/',
        "colon" => ':',
        "semi" => ';',
        "lt" | "LT" => '<',
        "equals" => '=',
        "gt" | "GT" => '>',
        "quest" => '?',
        "commat" => '@',
        "lsqb" | "lbrack" => '[',
        "bsol" => '\\',
        "rsqb" | "rbrack" => ']',
        "Hat" => '^',
        "lowbar" | "UnderBar" => '_',
        "grave" | "DiacriticalGrave" => '`',
        "lcub" | "lbrace" => '{',
        "verbar" | "vert" | "VerticalLine" => '|',
        "rcub" | "rbrace" => '}',
        "nbsp" | "NonBreakingSpace" => '\u{a0}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name key=[value] …` for a start tag, `/` for an end tag, `"…"` for text.
    fn shown(page: &str) -> String {
        let parts = parts(page).map(|part| match part {
            Part::Start(name, Attributes(all)) => {
                all.iter().fold(name, |line, (key, value)| format!("{line} {key}=[{value}]"))
            }
            Part::End => "/".to_owned(),
            Part::Text(text) => format!("{text:?}"),
        });
        parts.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn pages_are_split_as_browsers_split_them() {
        let cases = [
            ("", ""),
            ("a < b <3 </ x>c", r#""a " | "< b " | "<3 " | "c""#),
            (
                "<A HREF=x/y Checked = 'a>b' checked=2 =z /b>t</A x>",
                r#"a =z=[] b=[] checked=[a>b] href=[x/y] | "t" | /"#,
            ),
            ("<a b= >c", r#"a b=[] | "c""#),
            ("<a\u{e9} \u{e9}\n=\n\"\u{e9}\">", "a\u{e9} \u{e9}=[\u{e9}]"),
            (
                "<!doctype html><?x y?>a<!-- <b> --!>c<!-->d<!--->e<![CDATA[f]]></>g",
                r#""a" | "c" | "d" | "e" | "g""#,
            ),
            ("<script>a&amp;<b></scriptx></SCRIPT ><b>", r#"script | "a&amp;<b></scriptx>" | / | b"#),
            ("<title>&lt;<b></title>", r#"title | "<<b>" | /"#),
            ("<style></style><textarea>", "style | / | textarea"),
            // Without an end it is neither a tag nor a comment.
            ("a<", r#""a" | "<""#),
            ("a</", r#""a" | "</""#),
            ("a<b c='d", r#""a""#),
            ("a<b c", r#""a""#),
            ("a<!-- b", r#""a""#),
            ("<script>a</script", r#"script | "a</script""#),
        ];
        for (page, expected) in cases {
            assert_eq!(shown(page), expected, "{page}");
        }
    }

    #[test]
    fn character_references_are_replaced() {
        let cases = [
            ("a&plus;b&sol;c&equals;&#x3D;&#61;&#X3d", "a+b/c====", "a+b/c===="),
            (
                "&amp;amp;&AMP &lt&unknown;&plus &;&",
                "&amp;& <&unknown;&plus &;&",
                "&amp;& <&unknown;&plus &;&",
            ),
            // The next parameter of a link, which is not a reference in an attribute.
            ("?a&lt=b&ampc", "?a<=b&c", "?a&lt=b&ampc"),
            (
                "&#0;&#xD800;&#x110000;&#99999999999;&#;&#x;&#xg",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}&#;&#x;&#xg",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}&#;&#x;&#xg",
            ),
            ("\u{e9}&\u{e9};&nbsp;", "\u{e9}&\u{e9};\u{a0}", "\u{e9}&\u{e9};\u{a0}"),
        ];
        for (text, in_text, in_attribute) in cases {
            assert_eq!(resolved(text, false), in_text, "{text}");
            assert_eq!(resolved(text, true), in_attribute, "{text}");
        }
    }

    /// Pages for which the tokenizer once took quadratic time.
    #[test]
    fn parsing_time_is_linear_in_the_page() {
        let many = 50_000;
        let attributes: String = (0..many).map(|number| format!(" a{number}")).collect();
        let Some(Part::Start(_, Attributes(all))) = parts(&format!("<a{attributes}>")).next() else {
            panic!("no tag")
        };
        assert_eq!(all.len(), many);
        for (piece, count) in [
            ("<!---->", 0),
            ("<!-- -- > -->", 0),
            ("<a>", many),
            ("&#0", 1),
            ("</", 0),
            ("<script></script>", 2 * many),
        ] {
            assert_eq!(parts(&piece.repeat(many)).count(), count, "{piece}");
        }
    }

    #[test]
    fn every_truncated_page_is_read_to_its_end() {
        let page = "\u{0}<!-- \u{e9} --><a \u{e9}='&#x\u{e9};&plus;'>&\u{e9}<title>\u{e9}&amp;</title><script></script><!x>";
        for end in (0..page.len()).filter(|end| page.is_char_boundary(*end)) {
            assert!(parts(&page[..end]).count() <= end);
        }
    }
}
