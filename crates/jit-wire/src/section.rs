//! One table of a TOML file, read key by key: each value with its line, each mistake with its place, and every key
//! that nobody asked for reported with the one that was probably meant.

mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

pub use value::Value;

use crate::explain::{Explain, Kind, Next};

/// A value and the line it stands on, counted from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line.
    pub line: usize,
}

/// A mistake in a configuration file: where, what, and what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as the user would write it.
    pub path: String,
    /// The line, counted from one.
    pub line: usize,
    /// The column in characters, counted from one.
    pub column: usize,
    /// The line's text, without what may be a secret.
    pub excerpt: Option<String>,
    /// What is wrong.
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

/// A file's text and name, to say where something stands in it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The file, as the person would write it.
    pub path: &'a str,
    /// All of its text.
    pub text: &'a str,
    /// Where each line of `text` starts.
    pub lines: &'a Lines,
}

/// Where each line of a text starts: every value has its line, and to count them for each would take the square of the time.
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of `text`.
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }
}

impl Source<'_> {
    /// The line of the byte at `offset`, counted from one.
    pub fn line(self, offset: usize) -> usize {
        self.lines.0.partition_point(|start| *start <= offset.min(self.text.len()))
    }

    /// A mistake at the bytes `at`, with the text of the line.
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
            line: self.line(offset),
            column: self.text[start..offset].chars().count() + 1,
            excerpt,
            what,
            suggestion,
        }
    }

    /// A mistake in the value that stands on `line`.
    pub fn at_value(self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        let offset: usize = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let line_text = self.text[offset..].lines().next().unwrap_or_default();
        let column = line_text.find('=').map_or(0, |equals| {
            equals + 1 + line_text[equals + 1..].chars().take_while(|c| c.is_whitespace()).count()
        });
        self.mistake(offset + column..offset + column, what, suggestion)
    }

    /// A mistake where it is not known what the text means, so that any value may be a client secret: the line is quoted
    /// only if it begins like one of TOML's, up to where a value may begin, and never inside of a text of several lines.
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

/// A table, its keys taken out one by one.
pub struct Section<'a> {
    source: Source<'a>,
    /// As the user wrote it, such as `[role.prod]`.
    pub title: String,
    /// Where the table's header stands.
    pub span: Range<usize>,
    /// Sorted, as the table is. There are few, so that looking through them is quicker than a map.
    left: Vec<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
    asked: Vec<&'static str>,
    /// Those that were asked for and there.
    taken: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The table `title`, which stands at the bytes `span` of `source`.
    pub fn new(source: Source<'a>, title: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source, title, span, left: table.iter().collect(), asked: Vec::new(), taken: Vec::new() }
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        let at = self.left.iter().position(|(left, _)| left.get_ref() == key)?;
        self.taken.push(key);
        Some(self.left.remove(at).1)
    }

    fn left_keys(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|(key, _)| &**key.get_ref())
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &Spanned<DeValue<'_>>) -> Mistake {
        let what =
            format!("`{key}` in {} must be {wanted}, not {}", self.title, name_of_type(found.get_ref()));
        self.source.mistake(found.span(), what, None)
    }

    /// A mistake in the value of a key.
    pub fn mistake_at(&self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        self.source.at_value(line, what, suggestion)
    }

    /// A mistake of the table as a whole, at its header.
    pub fn mistake(&self, what: String, suggestion: Option<String>) -> Mistake {
        self.source.mistake(self.span.clone(), what, suggestion)
    }

    /// That one of `keys` is missing, `what` in words; or that one of them was probably mistyped.
    pub fn missing(&self, keys: &[&'static str], what: String, suggestion: String) -> Mistake {
        let typo =
            self.left_keys().find_map(|left| closest(left, keys.iter().copied()).map(|meant| (left, meant)));
        match typo {
            Some((key, meant)) => self.unknown(key, format!("did you mean `{meant}`?")),
            None => self.mistake(what, Some(suggestion)),
        }
    }

    fn unknown(&self, key: &str, suggestion: String) -> Mistake {
        let left = self.left.iter().find(|(left, _)| left.get_ref() == key);
        let place = left.map_or_else(|| self.span.clone(), |(key, _)| key.span());
        self.source.mistake_without_value(
            place,
            format!("unknown key `{key}` in {}", self.title),
            Some(suggestion),
        )
    }

    /// A text.
    ///
    /// # Errors
    /// The value is of another type.
    pub fn text(&mut self, key: &'static str) -> Result<Option<At<String>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let Some(text) = found.get_ref().as_str() else {
            return Err(self.wrong_type(key, "a text in quotes", found));
        };
        Ok(Some(At { value: text.to_owned(), line: self.source.line(found.span().start) }))
    }

    /// A text that must be there.
    pub fn required(&mut self, key: &'static str, example: &str) -> Result<At<String>, Mistake> {
        match self.text(key)? {
            Some(found) if !found.value.is_empty() => Ok(found),
            _ => Err(self.missing(
                &[key],
                format!("{} has no `{key}`", self.title),
                format!("add a line such as {key} = \"{example}\""),
            )),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// The value is of another type.
    pub fn boolean(&mut self, key: &'static str) -> Result<Option<At<bool>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let Some(value) = found.get_ref().as_bool() else {
            return Err(self.wrong_type(key, "true or false", found));
        };
        Ok(Some(At { value, line: self.source.line(found.span().start) }))
    }

    /// A list of texts.
    ///
    /// # Errors
    /// The value, or one in it, is of another type.
    pub fn list(&mut self, key: &'static str) -> Result<Option<At<Vec<String>>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let items = found.get_ref().as_array().map(|array| {
            array
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect::<Option<Vec<String>>>()
        });
        let Some(Some(value)) = items else { return Err(self.wrong_type(key, "a list of texts", found)) };
        Ok(Some(At { value, line: self.source.line(found.span().start) }))
    }

    /// A table of texts.
    ///
    /// # Errors
    /// The value, or one in it, is of another type.
    pub fn map(&mut self, key: &'static str) -> Result<Option<At<BTreeMap<String, String>>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let pairs = found.get_ref().as_table().map(|table| {
            let pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                Some((name.to_string(), value.get_ref().as_str()?.to_owned()))
            };
            table.iter().map(pair).collect::<Option<BTreeMap<String, String>>>()
        });
        let Some(Some(value)) = pairs else {
            return Err(self.wrong_type(key, "a table of texts such as { team = \"core\" }", found));
        };
        Ok(Some(At { value, line: self.source.line(found.span().start) }))
    }

    /// A whole number, such as a port.
    pub fn port(&mut self, key: &'static str) -> Result<Option<At<u16>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let number = found.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        let Some(value) = number else { return Err(self.wrong_type(key, "a port from 0 to 65535", found)) };
        Ok(Some(At { value, line: self.source.line(found.span().start) }))
    }

    /// A length of time such as `"8h"`, in seconds.
    pub fn duration(&mut self, key: &'static str) -> Result<Option<At<u32>>, Mistake> {
        let Some(found) = self.text(key)? else { return Ok(None) };
        let seconds = parse_duration(&found.value)
            .map_err(|why| self.mistake_at(found.line, format!("`{key}` in {}: {why}", self.title), None))?;
        Ok(Some(At { value: seconds, line: found.line }))
    }

    /// The tables below this one, each with its name: `[role.prod]` below `[role]`.
    pub fn tables(&mut self, key: &'static str) -> Result<Vec<(String, Section<'a>)>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(Vec::new()) };
        let wanted = format!("a group of tables such as [{key}.NAME]");
        let Some(table) = found.get_ref().as_table() else {
            return Err(self.wrong_type(key, &wanted, found));
        };
        let section = |(name, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let text: &std::borrow::Cow<'_, str> = name.get_ref();
            match value.get_ref().as_table() {
                Some(inner) => {
                    let title = format!("[{key}.{text}]");
                    Ok((text.to_string(), Section::new(self.source, title, name.span(), inner)))
                }
                None => Err(self.source.mistake(
                    name.span(),
                    format!("`{text}` stands directly below [{key}]"),
                    Some(format!("give it a name of its own: [{key}.NAME]")),
                )),
            }
        };
        table.iter().map(section).collect()
    }

    /// Refuses whatever key was not asked for.
    pub fn finish(self) -> Result<(), Mistake> {
        let Some(key) = self.left_keys().next() else { return Ok(()) };
        let suggestion = closest(key, self.asked.iter().copied()).map_or_else(
            || format!("the keys here are {}", self.asked.join(", ")),
            |meant| match self.taken.contains(&meant) {
                // Twice would be refused next.
                true => format!("`{meant}` is there already; delete `{key}`"),
                false => format!("did you mean `{meant}`?"),
            },
        );
        Err(self.unknown(key, suggestion))
    }
}

fn name_of_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The candidate that `typed` was probably meant to be; `None` if nothing is near.
pub fn closest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The first measure knows long names that begin alike, the second swapped letters in short ones.
    let score = |candidate| {
        strsim::jaro_winkler(typed, candidate)
            .max(strsim::normalized_damerau_levenshtein(typed, candidate) + 0.2)
    };
    let scored = candidates.map(|candidate| (score(candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Reads a length of time: `90s`, `15m`, `8h`, `1h30m`, or plain seconds.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_duration(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a length of time; write 8h, 90m, 1h30m or 3600s");
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| wrong());
    }
    let (mut total, mut digits, mut last_unit) = (0u32, String::new(), u32::MAX);
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = match character {
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let number: u32 = digits.parse().map_err(|_| wrong())?;
        if unit >= last_unit {
            return Err(wrong());
        }
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        (digits, last_unit) = (String::new(), unit);
    }
    if digits.is_empty() && last_unit != u32::MAX { Ok(total) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let good =
            [("8h", 28_800), ("90m", 5400), ("1h30m", 5400), ("3600s", 3600), ("3600", 3600), ("1d", 86_400)];
        for (text, seconds) in good {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "h", "8x", "1h2", "30m1h", "-1h", "99999999999h", "1.5h", " 1h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn suggestions_are_near_or_none() {
        let keys = ["role_arn", "region", "duration"];
        assert_eq!(closest("rol_arn", keys.into_iter()), Some("role_arn"));
        assert_eq!(closest("regoin", keys.into_iter()), Some("region"));
        assert_eq!(closest("zzz", keys.into_iter()), None);
    }
}
