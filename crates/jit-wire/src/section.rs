//! One table of a TOML file, read key by key: each value has its line, each mistake its place, and an unknown
//! key is reported with the one that was probably meant.

mod closest;
mod duration;
mod mistake;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

pub use closest::closest;
pub use duration::parse_duration;
pub use mistake::{Lines, Mistake, SourceText};
pub use value::Value;

/// A value and its line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line.
    pub line: usize,
}

/// A table from which keys are taken one by one.
pub struct Section<'a> {
    source: SourceText<'a>,
    /// As the user wrote it, such as `[role.prod]`.
    pub title: String,
    /// The position of the table's header.
    pub span: Range<usize>,
    /// The keys that were not asked for yet, in the table's order. A vector, because with few keys it is
    /// faster than a map.
    left: Vec<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
    /// The keys that were asked for.
    asked: Vec<&'static str>,
    /// Those of them that are in the table.
    taken: Vec<&'static str>,
}

impl SourceText<'_> {
    /// Parses `text`: that of the source, or a copy in which something is blanked out, so that every place is the same.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn document<'t>(self, text: &'t str) -> Result<Spanned<DeTable<'t>>, Mistake> {
        DeTable::parse(text).map_err(|error| {
            let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
            self.mistake_without_value(error.span().unwrap_or(0..0), what, None)
        })
    }
}

impl<'a> Section<'a> {
    /// The table `title`, at the bytes `span` of `source`.
    pub fn new(source: SourceText<'a>, title: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source, title, span, left: table.iter().collect(), asked: Vec::new(), taken: Vec::new() }
    }

    /// The text that the table is in.
    pub fn source(&self) -> SourceText<'a> {
        self.source
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        let at = self.left.iter().position(|(left, _)| left.get_ref() == key)?;
        self.taken.push(key);
        Some(self.left.remove(at).1)
    }

    /// Whether `key` is in the table, taken out or not.
    pub fn has(&self, key: &str) -> bool {
        self.taken.contains(&key) || self.left_keys().any(|left| left == key)
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

    /// A mistake in the whole table, at its header.
    pub fn mistake(&self, what: String, suggestion: Option<String>) -> Mistake {
        self.source.mistake(self.span.clone(), what, suggestion)
    }

    /// The mistake that one of `keys` is missing, described by `what`; or that one of them was probably
    /// mistyped.
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

    /// A string.
    ///
    /// # Errors
    /// The value is of another type.
    pub fn text(&mut self, key: &'static str) -> Result<Option<At<String>>, Mistake> {
        let Some(found) = self.take(key) else { return Ok(None) };
        let Some(text) = found.get_ref().as_str() else {
            return Err(self.wrong_type(key, "a string in quotes", found));
        };
        Ok(Some(At { value: text.to_owned(), line: self.source.line(found.span().start) }))
    }

    /// A required string.
    pub fn required(&mut self, key: &'static str, example: &str) -> Result<At<String>, Mistake> {
        match self.text(key)? {
            Some(found) if !found.value.is_empty() => Ok(found),
            // Do not suggest to add it: a second one would be refused.
            Some(found) => {
                let what = format!("`{key}` in {} is empty", self.title);
                Err(self.mistake_at(found.line, what, Some(format!("such as {example}"))))
            }
            None => Err(self.missing(
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

    /// A list of strings.
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
        let Some(Some(value)) = items else { return Err(self.wrong_type(key, "a list of strings", found)) };
        Ok(Some(At { value, line: self.source.line(found.span().start) }))
    }

    /// A table of strings.
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
            return Err(self.wrong_type(key, "a table of strings such as { team = \"core\" }", found));
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
                    format!("`{text}` is directly in [{key}]"),
                    Some(format!("put it into a table with a name: [{key}.NAME]")),
                )),
            }
        };
        table.iter().map(section).collect()
    }

    /// Refuses any key that was not asked for.
    pub fn finish(self) -> Result<(), Mistake> {
        self.finish_with(|_| None)
    }

    /// The same. `elsewhere` returns what to do with a key that other tables have; any other key is reported
    /// as a typo.
    pub fn finish_with(self, elsewhere: impl Fn(&str) -> Option<String>) -> Result<(), Mistake> {
        let Some(key) = self.left_keys().next() else { return Ok(()) };
        let typo = || match closest(key, self.asked.iter().copied()) {
            None => format!("valid keys are {}", self.asked.join(", ")),
            // Renaming it would only cause another mistake: a duplicate key.
            Some(meant) if self.taken.contains(&meant) => {
                format!("`{meant}` is already set; delete `{key}`")
            }
            Some(meant) => format!("did you mean `{meant}`?"),
        };
        Err(self.unknown(key, elsewhere(key).unwrap_or_else(typo)))
    }
}

fn name_of_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
