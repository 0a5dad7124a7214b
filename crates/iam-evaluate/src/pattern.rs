//! Text with wildcards and policy variables: `*` matches any text, `?` one character, `${key}` the value of a
//! condition key, `${key, 'default'}` the same with a default, and `${*}`, `${?}`, `${$}` the characters
//! themselves.

use crate::request::Request;

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    AnyText,
    OneCharacter,
    Variable { key: String, default: Option<String> },
}

/// How to read a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// `${…}` are variables (documents of version 2012-10-17).
    pub(crate) variables: bool,
}

/// A text as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Reads `text`.
    ///
    /// # Errors
    /// What is wrong with a variable in it.
    pub(crate) fn parse(text: &str, reading: Reading) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if reading.variables && rest.starts_with("${") {
                let end = end_of_variable(rest).ok_or("a policy variable has no `}`")?;
                match variable(&rest[2..end])? {
                    Ok(literal) => plain.push(literal),
                    Err(piece) => {
                        flush(&mut plain, &mut pieces);
                        pieces.push(piece);
                    }
                }
                rest = &rest[end + 1..];
                continue;
            }
            match character {
                '*' if reading.wildcards => {
                    flush(&mut plain, &mut pieces);
                    if pieces.last() != Some(&Piece::AnyText) {
                        pieces.push(Piece::AnyText);
                    }
                }
                '?' if reading.wildcards => {
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::OneCharacter);
                }
                other => plain.push(other),
            }
            rest = &rest[character.len_utf8()..];
        }
        flush(&mut plain, &mut pieces);
        Ok(Self(pieces))
    }

    /// Whether the whole of `text` matches. A variable without a default whose key is absent (or has several
    /// values) matches nothing.
    pub(crate) fn matches(&self, text: &str, request: &Request) -> bool {
        let pieces = &self.0;
        if let [] | [Piece::Text(_)] = &pieces[..] {
            return pieces.first().map_or("", |piece| if let Piece::Text(text) = piece { text } else { "" })
                == text;
        }
        // The loop may return before it reaches every variable, so those without a value are rejected first.
        if !pieces.iter().all(|piece| resolvable(piece, request)) {
            return false;
        }
        let mut piece = 0;
        let mut at = 0;
        // The piece after the last `*`, and where in the text it is tried next.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let step = match pieces.get(piece) {
                None if at == text.len() => return true,
                None => None,
                Some(Piece::AnyText) => {
                    retry = Some((piece + 1, at));
                    Some(at)
                }
                Some(Piece::OneCharacter) => text[at..].chars().next().map(|c| at + c.len_utf8()),
                Some(Piece::Text(plain)) => {
                    text[at..].starts_with(plain.as_str()).then_some(at + plain.len())
                }
                Some(Piece::Variable { key, default }) => request
                    .single_value(key)
                    .or(default.as_deref())
                    .and_then(|value| text[at..].starts_with(value).then_some(at + value.len())),
            };
            match (step, retry) {
                (Some(next), _) => (piece, at) = (piece + 1, next),
                (None, Some((behind, from))) => {
                    let Some(skipped) = text[from..].chars().next() else { return false };
                    let from = from + skipped.len_utf8();
                    retry = Some((behind, from));
                    (piece, at) = (behind, from);
                }
                (None, None) => return false,
            }
        }
    }

    /// The text with its variables resolved; `*` and `?` are kept as characters.
    pub(crate) fn resolve(&self, request: &Request) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Variable { key, default } => {
                    text.push_str(request.single_value(key).or(default.as_deref())?);
                }
                Piece::AnyText => text.push('*'),
                Piece::OneCharacter => text.push('?'),
            }
        }
        Some(text)
    }
}

fn resolvable(piece: &Piece, request: &Request) -> bool {
    !matches!(piece, Piece::Variable { key, default: None } if request.single_value(key).is_none())
}

fn flush(plain: &mut String, pieces: &mut Vec<Piece>) {
    if !plain.is_empty() {
        pieces.push(Piece::Text(std::mem::take(plain)));
    }
}

/// The position of the `}` of the variable that `text` begins with. A default may contain a `}`.
fn end_of_variable(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The content of `${` and `}`: a character that stands for itself, or a variable.
fn variable(text: &str) -> Result<Result<char, Piece>, &'static str> {
    if let "*" | "?" | "$" = text {
        return Ok(Ok(text.chars().next().unwrap_or('$')));
    }
    let (key, default) = match text.split_once(',') {
        None => (text, None),
        Some((key, default)) => {
            let default = default
                .trim()
                .strip_prefix('\'')
                .and_then(|default| default.strip_suffix('\''))
                .ok_or("the default of a policy variable is not in single quotes")?;
            (key.trim_end(), Some(default.to_owned()))
        }
    };
    if key.is_empty() || key.chars().any(|c| c.is_whitespace() || "${}*?'".contains(c)) {
        return Err("a policy variable names no condition key");
    }
    Ok(Err(Piece::Variable { key: key.to_lowercase(), default }))
}

/// Splits an ARN pattern at the first `limit` - 1 colons outside variables.
pub(crate) fn segments(text: &str, limit: usize, variables: bool) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    let mut at = 0;
    while at < text.len() && found.len() + 1 < limit {
        if variables && text[at..].starts_with("${") {
            at += end_of_variable(&text[at..]).map_or(2, |end| end + 1);
        } else {
            if text[at..].starts_with(':') {
                found.push(&text[begin..at]);
                begin = at + 1;
            }
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    found.push(&text[begin..]);
    found
}
