//! Policy documents as values, and how they become text.
//!
//! The text is canonical: keys in a fixed order, no white space, a list wherever a list was given. The same
//! input always gives the same bytes, so the reconciler can compare a policy in IAM with the text in a
//! decision byte for byte.

use std::borrow::Cow;
use std::fmt;

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// A value that IAM allows as one text or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    /// Written as a text.
    One(String),
    /// Written as a list, even if there is only one.
    Many(Vec<String>),
}

impl Texts {
    fn write(&self, out: &mut String) {
        match self {
            Self::One(text) => quote(text, out),
            Self::Many(texts) => {
                out.push('[');
                separated(texts, out, |text, out| quote(text, out));
                out.push(']');
            }
        }
    }
}

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for Texts {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Self {
        Self::Many(texts)
    }
}

impl<const N: usize> From<[&str; N]> for Texts {
    fn from(texts: [&str; N]) -> Self {
        Self::Many(texts.map(str::to_owned).to_vec())
    }
}

impl From<&[&str]> for Texts {
    fn from(texts: &[&str]) -> Self {
        Self::Many(texts.iter().map(|text| (*text).to_owned()).collect())
    }
}

/// One condition: an operator, a key and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    operator: String,
    key: String,
    values: Texts,
}

/// One statement, built step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    sid: Option<Cow<'static, str>>,
    effect: Effect,
    principal: Option<(&'static str, Texts)>,
    action: Option<(&'static str, Texts)>,
    resource: Option<(&'static str, Texts)>,
    conditions: Vec<Condition>,
}

impl Statement {
    /// A statement that allows. Without `sid` if every character counts.
    pub(super) fn allow(sid: Option<&'static str>) -> Self {
        let principal = None;
        let action = None;
        let resource = None;
        Self {
            sid: sid.map(Cow::Borrowed),
            effect: Effect::Allow,
            principal,
            action,
            resource,
            conditions: Vec::new(),
        }
    }

    /// A statement that denies.
    pub(super) fn deny(sid: &'static str) -> Self {
        Self { effect: Effect::Deny, ..Self::allow(Some(sid)) }
    }

    /// `"Principal": {"AWS": …}`.
    pub(super) fn aws(mut self, principals: impl Into<Texts>) -> Self {
        self.principal = Some(("AWS", principals.into()));
        self
    }

    /// `"Principal": {"Federated": …}`.
    pub(super) fn federated(mut self, provider: String) -> Self {
        self.principal = Some(("Federated", provider.into()));
        self
    }

    /// `"Action"`.
    pub(super) fn action(mut self, actions: impl Into<Texts>) -> Self {
        self.action = Some(("Action", actions.into()));
        self
    }

    /// `"NotAction"`.
    pub(super) fn not_action(mut self, actions: impl Into<Texts>) -> Self {
        self.action = Some(("NotAction", actions.into()));
        self
    }

    /// `"Resource"`.
    pub(super) fn on(mut self, resources: impl Into<Texts>) -> Self {
        self.resource = Some(("Resource", resources.into()));
        self
    }

    /// `"NotResource"`.
    pub(super) fn not_on(mut self, resources: impl Into<Texts>) -> Self {
        self.resource = Some(("NotResource", resources.into()));
        self
    }

    /// One more condition. All of them must hold.
    pub(super) fn when(mut self, operator: &str, key: impl Into<String>, values: impl Into<Texts>) -> Self {
        self.conditions.push(Condition {
            operator: operator.to_owned(),
            key: key.into(),
            values: values.into(),
        });
        self
    }

    /// Whether there is a condition with this operator and key, which AWS compares case-insensitively.
    pub(super) fn has(&self, operator: &str, key: &str) -> bool {
        self.conditions
            .iter()
            .any(|own| own.operator.eq_ignore_ascii_case(operator) && own.key.eq_ignore_ascii_case(key))
    }

    /// The statement with `prefix` before its `Sid`, for a document with other statements of that name.
    pub(super) fn prefixed(mut self, prefix: &str) -> Self {
        self.sid = self.sid.map(|sid| Cow::Owned(format!("{prefix}{sid}")));
        self
    }

    /// Its `Sid`.
    pub(super) fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        if let Some(sid) = &self.sid {
            member("Sid", out);
            quote(sid, out);
            out.push(',');
        }
        member("Effect", out);
        quote(if self.effect == Effect::Allow { "Allow" } else { "Deny" }, out);
        if let Some((kind, principals)) = &self.principal {
            out.push_str(",\"Principal\":{");
            member(kind, out);
            principals.write(out);
            out.push('}');
        }
        for (name, texts) in [&self.action, &self.resource].into_iter().flatten() {
            out.push(',');
            member(name, out);
            texts.write(out);
        }
        if !self.conditions.is_empty() {
            out.push_str(",\"Condition\":{");
            let mut operators: Vec<&str> = Vec::new();
            for condition in &self.conditions {
                if !operators.contains(&condition.operator.as_str()) {
                    operators.push(&condition.operator);
                }
            }
            separated(&operators, out, |operator, out| {
                member(operator, out);
                out.push('{');
                let own: Vec<&Condition> =
                    self.conditions.iter().filter(|condition| condition.operator == **operator).collect();
                separated(&own, out, |condition, out| {
                    member(&condition.key, out);
                    condition.values.write(out);
                });
                out.push('}');
            });
            out.push('}');
        }
        out.push('}');
    }
}

/// A policy document as the text that AWS is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    pub(super) fn of(statements: &[Statement]) -> Self {
        let mut out = String::from("{\"Version\":\"2012-10-17\",\"Statement\":[");
        separated(statements, &mut out, Statement::write);
        out.push_str("]}");
        Self(out)
    }

    /// A file for a tool with policies in it, or a policy that was read from elsewhere.
    pub fn of_value(value: &serde_json::Value) -> Self {
        Self(value.to_string())
    }

    /// The text. The same input gives the same bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for people and for files in a repository: indented.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        let mut depth = 0;
        let mut quoted = false;
        let mut escaped = false;
        for character in self.0.chars() {
            if quoted {
                out.push(character);
                quoted = escaped || character != '"';
                escaped = !escaped && character == '\\';
                continue;
            }
            let line = |out: &mut String, depth: usize| {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
            };
            match character {
                '{' | '[' => {
                    depth += 1;
                    out.push(character);
                    line(&mut out, depth);
                }
                '}' | ']' => {
                    depth -= 1;
                    line(&mut out, depth);
                    out.push(character);
                }
                ',' => {
                    out.push(character);
                    line(&mut out, depth);
                }
                ':' => out.push_str(": "),
                character => {
                    quoted = character == '"';
                    out.push(character);
                }
            }
        }
        out
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn member(name: &str, out: &mut String) {
    quote(name, out);
    out.push(':');
}

/// A JSON string. Everything except printable ASCII is escaped, so the bytes are the same however they are
/// sent.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

fn separated<T>(items: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_json_in_a_fixed_order() {
        let statement = Statement::allow(Some("A"))
            .when("StringLike", "b", ["x"])
            .when("Bool", "c", "true")
            .when("StringLike", "a", "y")
            .on("*")
            .action(["s3:*"])
            .aws("*");
        let document =
            Document::of(&[statement, Statement::deny("B").not_action("a:\"\\\u{7}é😀").not_on("r")]);
        assert_eq!(
            document.as_str(),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Principal":{"AWS":"*"},"Action":["s3:*"],"Resource":"*","Condition":{"StringLike":{"b":["x"],"a":"y"},"Bool":{"c":"true"}}},{"Sid":"B","Effect":"Deny","NotAction":"a:\"\\\u0007\u00e9\ud83d\ude00","NotResource":"r"}]}"#
        );
        let value: serde_json::Value = serde_json::from_str(document.as_str()).unwrap();
        assert_eq!(value["Statement"][1]["NotAction"], "a:\"\\\u{7}é😀");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document.pretty()).unwrap(), value);
        assert!(
            document.pretty().starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n")
        );
    }
}
