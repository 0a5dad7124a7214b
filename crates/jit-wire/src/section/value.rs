//! Values other than single strings: tables in a value, lists of tables, and tables whose keys are names.

use toml::Spanned;
use toml::de::DeValue;

use super::{At, Mistake, Section, SourceText, name_of_type};

/// One value of a table, not yet interpreted.
#[derive(Clone)]
pub struct Value<'a> {
    source: SourceText<'a>,
    /// The title of its table.
    title: String,
    /// Its key, or that of its list.
    key: String,
    found: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    /// Its line, counted from 1.
    pub fn line(&self) -> usize {
        self.source.line(self.found.span().start)
    }

    /// A mistake in this value, at its position.
    pub fn mistake(&self, what: String, suggestion: Option<String>) -> Mistake {
        self.source.mistake(self.found.span(), what, suggestion)
    }

    /// The mistake that its type should be `wanted`, such as `a text in quotes`.
    pub fn wrong_type(&self, wanted: &str) -> Mistake {
        let found = name_of_type(self.found.get_ref());
        self.mistake(format!("`{}` in {} must be {wanted}, not {found}", self.key, self.title), None)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&'a str> {
        self.found.get_ref().as_str()
    }

    /// The text.
    ///
    /// # Errors
    /// It is of another type.
    pub fn text(&self) -> Result<&'a str, Mistake> {
        self.as_text().ok_or_else(|| self.wrong_type("a string in quotes"))
    }

    /// Its items, if it is a list.
    pub fn items(&self) -> Option<Vec<Self>> {
        let items = self.found.get_ref().as_array()?;
        Some(items.iter().map(|found| Self { found, ..self.clone() }).collect())
    }

    /// Its content, if it is a table.
    pub fn table(&self) -> Option<Section<'a>> {
        let table = self.found.get_ref().as_table()?;
        let title = format!("`{}` in {}", self.key, self.title);
        Some(Section::new(self.source, title, self.found.span(), table))
    }
}

impl<'a> Section<'a> {
    /// A value of any type.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        let found = self.take(key)?;
        Some(Value { source: self.source, title: self.title.clone(), key: key.to_owned(), found })
    }

    /// A table: with a header of its own, or in braces.
    ///
    /// # Errors
    /// The value is of another type.
    pub fn table(&mut self, key: &'static str, example: &str) -> Result<Option<Section<'a>>, Mistake> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.table().map(Some).ok_or_else(|| value.wrong_type(&format!("a table such as {example}")))
    }

    /// A list of tables: `[[…]]`, or tables in braces.
    ///
    /// # Errors
    /// The value, or one in it, is of another type.
    pub fn list_of_tables(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Result<Option<At<Vec<Section<'a>>>>, Mistake> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let wrong = |value: &Value<'_>| value.wrong_type(&format!("a list of tables such as {example}"));
        let items = value.items().ok_or_else(|| wrong(&value))?;
        let tables =
            items.iter().map(|item| item.table().ok_or_else(|| wrong(item))).collect::<Result<_, _>>()?;
        Ok(Some(At { value: tables, line: value.line() }))
    }

    /// A whole number from `least` to `most`.
    ///
    /// # Errors
    /// The value is of another type, or out of these bounds.
    pub fn number(&mut self, key: &'static str, least: u32, most: u32) -> Result<Option<At<u32>>, Mistake> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.found.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(At { value: number, line: value.line() })),
            None if value.found.get_ref().is_integer() => {
                let what = format!("`{key}` in {} must be from {least} to {most}", self.title);
                Err(value.mistake(what, None))
            }
            None => Err(value.wrong_type(&format!("a whole number from {least} to {most}"))),
        }
    }

    /// All remaining keys, for a table whose keys are names that people chose. Mistakes in a value name its
    /// key.
    pub fn names(&mut self) -> Vec<(&'a str, Value<'a>)> {
        let left = std::mem::take(&mut self.left);
        let value = |key: &'a str, found| Value {
            source: self.source,
            title: self.title.clone(),
            key: key.to_owned(),
            found,
        };
        left.into_iter().map(|(key, found)| (&**key.get_ref(), value(key.get_ref(), found))).collect()
    }

    /// The line of the value of `key`, which is not taken.
    pub fn line_of(&self, key: &str) -> Option<usize> {
        let found = self.left.iter().find(|(left, _)| left.get_ref() == key)?;
        Some(self.source.line(found.1.span().start))
    }

    /// The line of the table's header, counted from 1.
    pub fn line(&self) -> usize {
        self.source.line(self.span.start)
    }
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;
    use crate::section::Lines;

    /// The result of `read` for `text`: `Ok`, or the mistake as `line:column what`.
    fn outcome(text: &str, read: impl Fn(&mut Section<'_>) -> Result<(), Mistake>) -> String {
        let lines = Lines::of(text);
        let source = SourceText { path: "f", text, lines: &lines };
        let table = DeTable::parse(text).unwrap();
        let mut section = Section::new(source, "the file".into(), 0..0, table.get_ref());
        match read(&mut section).and_then(|()| section.finish()) {
            Ok(()) => "fine".into(),
            Err(mistake) => format!("{}:{} {}", mistake.line, mistake.column, mistake.what),
        }
    }

    #[test]
    fn mistakes_in_nested_tables_have_their_position() {
        let read = |top: &mut Section<'_>| {
            for mut seat in
                top.list_of_tables("approve", "{ group = \"a\" }")?.map_or(Vec::new(), |found| found.value)
            {
                seat.required("group", "owners")?;
                seat.number("min", 1, 9)?;
                seat.finish()?;
            }
            if let Some(mut inner) = top.table("escalate", "{ after = \"1h\" }")? {
                inner.duration("after")?;
                inner.finish()?;
            }
            Ok(())
        };
        let cases = [
            ("approve = [{ group = \"a\" }, { group = \"b\", min = 2 }]\n[escalate]\nafter = \"1h\"", "fine"),
            ("approve = []", "fine"),
            ("[[approve]]\ngroup = \"a\"", "fine"),
            (
                "approve = [{ group = \"a\" },\n  { group = \"b\", mni = 2 }]",
                "2:18 unknown key `mni` in `approve` in the file",
            ),
            (
                "approve = [{ group = \"a\", min = 0 }]",
                "1:33 `min` in `approve` in the file must be from 1 to 9",
            ),
            (
                "approve = [{ group = \"a\", min = -1 }]",
                "1:33 `min` in `approve` in the file must be from 1 to 9",
            ),
            ("approve = [{}]", "1:12 `approve` in the file has no `group`"),
            (
                "approve = \"a\"",
                "1:11 `approve` in the file must be a list of tables such as { group = \"a\" }, not a string",
            ),
            (
                "approve = [\"a\"]",
                "1:12 `approve` in the file must be a list of tables such as { group = \"a\" }, not a string",
            ),
            (
                "escalate = 7",
                "1:12 `escalate` in the file must be a table such as { after = \"1h\" }, not a number",
            ),
            ("escalate = { afetr = \"1h\" }", "1:14 unknown key `afetr` in `escalate` in the file"),
        ];
        for (text, wanted) in cases {
            assert_eq!(outcome(text, read), wanted, "{text}");
        }
    }

    #[test]
    fn names_can_be_anything() {
        let read = |top: &mut Section<'_>| {
            let mut group = top.table("group", "{}")?.expect("a table");
            let names = group.names();
            assert_eq!(names.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(names[1].1.line(), 3);
            assert_eq!(names[0].1.items().map(|items| items.len()), Some(1));
            names[1].1.text().map(drop)
        };
        assert_eq!(
            outcome("[group]\na = [\"x\"]\nb = [\"y\"]", read),
            "3:5 `b` in `group` in the file must be a string in quotes, not a list"
        );
    }
}
