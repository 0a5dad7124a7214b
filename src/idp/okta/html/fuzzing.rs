//! Compares the tokenizer with a slow model: the states of WHATWG HTML's tokenization, one character at a
//! time.

use super::{Attributes, Part, TEXT_ONLY, is_space, named, parts};

/// A page, split by the reader and by the model.
pub fn okta_html(data: &[u8]) {
    let page = String::from_utf8_lossy(data);
    let found: Vec<Part> = parts(&page).take(page.len() + 1).collect();
    assert!(found.len() <= page.len(), "each part takes at least a byte");
    let length: usize = found.iter().map(length_of).sum();
    assert!(length <= page.len(), "no part is longer than what it stands for");
    assert_eq!(joined(found), joined(Model::of(&page)), "the reader and the model agree");
}

fn length_of(part: &Part) -> usize {
    match part {
        Part::Start(name, Attributes(all)) => {
            name.len() + all.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
        }
        Part::End => 0,
        Part::Text(text) => text.len(),
    }
}

/// Adjacent texts joined: it does not matter where the tokenizer splits text.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(more)) => before.push_str(&more),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => all.push(part),
        }
    }
    all
}

/// The states that a page can end in. States that differ only in their parse errors are merged.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Data,
    TagOpen,
    EndTagOpen,
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Value(Option<char>),
    AfterValue,
    Bogus,
    Comment,
}

/// A tag, as far as it was read.
#[derive(Default)]
struct Tag {
    is_end: bool,
    name: String,
    attributes: Vec<(String, String)>,
}

#[derive(Default)]
struct Model {
    parts: Vec<Part>,
    text: String,
    tag: Tag,
}

impl Model {
    fn of(page: &str) -> Vec<Part> {
        let page: Vec<char> = page.chars().collect();
        let mut model = Model::default();
        let mut state = State::Data;
        let mut at = 0;
        // Where the text of the comment starts.
        let mut begun = 0;
        while let Some(&c) = page.get(at) {
            at += 1;
            state = match state {
                // No reference continues after a comment.
                State::Data if c == '<' => {
                    model.end_text(true);
                    State::TagOpen
                }
                State::Data => model.in_text(c),
                State::TagOpen if c.is_ascii_alphabetic() => {
                    at -= 1;
                    model.tag = Tag::default();
                    State::TagName
                }
                State::TagOpen if c == '/' => State::EndTagOpen,
                State::TagOpen if c == '!' && page[at..].starts_with(&['-', '-']) => {
                    at += 2;
                    begun = at;
                    State::Comment
                }
                State::TagOpen if matches!(c, '!' | '?') => State::Bogus,
                State::TagOpen => {
                    at -= 1;
                    model.text.push('<');
                    State::Data
                }
                State::EndTagOpen if c.is_ascii_alphabetic() => {
                    at -= 1;
                    model.tag = Tag { is_end: true, ..Tag::default() };
                    State::TagName
                }
                State::EndTagOpen if c == '>' => State::Data,
                State::EndTagOpen => State::Bogus,
                State::Bogus if c == '>' => State::Data,
                State::Comment if c == '>' && ends_comment(&page[begun..at - 1]) => State::Data,
                State::Bogus | State::Comment => state,
                // Every state of a tag except a quoted value ends with it.
                State::Value(Some(quote)) if c == quote => State::AfterValue,
                State::Value(Some(_)) => model.in_value(c, state),
                _ if c == '>' => {
                    at = model.end_tag(&page, at);
                    State::Data
                }
                State::TagName if is_space(c) || c == '/' => State::BeforeName,
                State::TagName => {
                    model.tag.name.push(c.to_ascii_lowercase());
                    state
                }
                State::BeforeName | State::AfterValue if is_space(c) || c == '/' => State::BeforeName,
                State::AfterName if is_space(c) => state,
                State::AfterName if c == '/' => State::BeforeName,
                State::Name if is_space(c) => State::AfterName,
                State::Name if c == '/' => State::BeforeName,
                State::Name | State::AfterName if c == '=' => State::BeforeValue,
                State::BeforeName | State::AfterName | State::AfterValue => {
                    model.tag.attributes.push((c.to_ascii_lowercase().to_string(), String::new()));
                    State::Name
                }
                State::Name => {
                    let (name, _) = model.tag.attributes.last_mut().expect("a name has begun");
                    name.push(c.to_ascii_lowercase());
                    state
                }
                State::BeforeValue if is_space(c) => state,
                State::BeforeValue if matches!(c, '"' | '\'') => State::Value(Some(c)),
                State::Value(None) if is_space(c) => State::BeforeName,
                State::BeforeValue | State::Value(None) => model.in_value(c, State::Value(None)),
            };
        }
        // An unfinished end of the page is text only if it is neither a tag nor a comment.
        model.text.push_str(match state {
            State::TagOpen => "<",
            State::EndTagOpen => "</",
            _ => "",
        });
        model.end_text(true);
        model.parts
    }

    fn in_text(&mut self, c: char) -> State {
        self.text.push(c);
        State::Data
    }

    fn in_value(&mut self, c: char, state: State) -> State {
        let (_, value) = self.tag.attributes.last_mut().expect("a value has a name");
        value.push(c);
        state
    }

    fn end_text(&mut self, refers: bool) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.parts.push(Part::Text(if refers { replaced(&text, false) } else { text }));
        }
    }

    /// Takes the tag that has ended, with the text of an element that contains nothing else. Returns where
    /// the page continues.
    fn end_tag(&mut self, page: &[char], at: usize) -> usize {
        self.end_text(true);
        let tag = std::mem::take(&mut self.tag);
        if tag.is_end {
            self.parts.push(Part::End);
            return at;
        }
        let mut attributes = Attributes::default();
        for (name, value) in tag.attributes {
            attributes.set(name, replaced(&value, true));
        }
        let text_only = TEXT_ONLY.iter().find(|(name, _)| *name == tag.name);
        self.parts.push(Part::Start(tag.name, attributes));
        let Some((name, refers)) = text_only else { return at };
        let end = (at..page.len()).find(|from| is_end_of(name, &page[*from..])).unwrap_or(page.len());
        self.text.extend(&page[at..end]);
        self.end_text(*refers);
        end
    }
}

/// Whether a `>` after these characters of a comment ends it.
fn ends_comment(before: &[char]) -> bool {
    matches!(before, [] | ['-'] | [.., '-', '-'] | [.., '-', '-', '!'])
}

fn is_end_of(name: &str, rest: &[char]) -> bool {
    let [before @ .., last] = rest.get(..name.len() + 3).unwrap_or_default() else { return false };
    let before: String = before.iter().collect();
    before.eq_ignore_ascii_case(&format!("</{name}")) && (is_space(*last) || matches!(last, '/' | '>'))
}

/// `text` with its character references replaced, by trying every length that one may have.
fn replaced(text: &str, in_attribute: bool) -> String {
    let text: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&c) = text.get(at) {
        at += 1;
        let found = if c == '&' { referred(&text[at..], in_attribute) } else { None };
        let (character, length) = found.unwrap_or((c, 0));
        out.push(character);
        at += length;
    }
    out
}

fn referred(rest: &[char], in_attribute: bool) -> Option<(char, usize)> {
    if rest.first() == Some(&'#') {
        let radix = if matches!(rest.get(1), Some('x' | 'X')) { 16 } else { 10 };
        let start = if radix == 16 { 2 } else { 1 };
        let digits = rest[start..].iter().map_while(|c| c.to_digit(radix));
        let (mut code, mut end) = (0_u32, start);
        for digit in digits {
            code = code.saturating_mul(radix).saturating_add(digit);
            end += 1;
        }
        let semicolon = usize::from(rest.get(end) == Some(&';'));
        let character = char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{fffd}');
        return (end > start).then_some((character, end + semicolon));
    }
    let length = rest.iter().take_while(|c| c.is_ascii_alphanumeric()).count();
    let name = |length: usize| rest[..length].iter().collect::<String>();
    if rest.get(length) == Some(&';') {
        return named(&name(length)).map(|c| (c, length + 1));
    }
    // The shortest first: none of the old names begins with another one.
    let old = (2..=length.min(4)).find(|length| {
        matches!(name(*length).as_str(), "amp" | "AMP" | "lt" | "LT" | "gt" | "GT" | "quot" | "QUOT")
    })?;
    let goes_on = rest.get(old).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '=');
    if in_attribute && goes_on { None } else { named(&name(old)).map(|c| (c, old)) }
}
