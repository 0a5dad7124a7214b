//! `allow`: an IAM policy document that allows less than the ceiling.

use jit_wire::explain::{Explain, Kind, Next};
use serde_json::{Map, Value};

/// What a grant of this access allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The document as it was read, on one line.
    text: String,
    /// Its statements. At least one.
    pub statements: Vec<Statement>,
}

/// One statement of it. All of them have the effect `Allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Such as `s3:Get*`; never a bare `*`.
    pub actions: Vec<String>,
    /// Such as `*` or `arn:aws:s3:::bucket/*`.
    pub resources: Vec<String>,
    /// `Condition`, as it was written: operator → key → one text or several.
    pub conditions: Map<String, Value>,
}

/// Why a text is not such a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// Not JSON, or a duplicate key.
    #[error("the document is not JSON: {0}")]
    Json(String),
    /// Something that an `allow` document must not have.
    #[error("{0}")]
    Content(String),
}

impl Explain for AllowError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Json(_) => "write it as AWS does: {\"Statement\": [{\"Effect\": \"Allow\", …}]}",
            Self::Content(_) => {
                "use only Allow statements with actions, resources and conditions: the grant itself adds the person and the end"
            }
        })]
    }
}

/// The keys that the grant itself uses.
const OWN_KEYS: [&str; 2] = ["aws:userid", "aws:currenttime"];

impl Allow {
    /// Reads a document.
    ///
    /// # Errors
    /// [`AllowError`].
    pub fn parse(text: &str) -> Result<Self, AllowError> {
        let content = |text: String| AllowError::Content(text);
        let value = crate::strict_json::parse(text.as_bytes())
            .map_err(|error| AllowError::Json(error.to_string()))?;
        let Value::Object(document) = &value else {
            return Err(content("the document is not an object".into()));
        };
        only(document, &["Version", "Id", "Statement"], "the document")?;
        if !matches!(document.get("Version"), None | Some(Value::String(_)))
            || document.get("Version").is_some_and(|version| version != "2012-10-17")
        {
            return Err(content("`Version` must be \"2012-10-17\"".into()));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err(content("the document has no `Statement`".into())),
        };
        let statements = statements.into_iter().map(Statement::read).collect::<Result<_, _>>()?;
        Ok(Self { text: value.to_string(), statements })
    }

    /// The document on one line, for a published policy.
    pub fn as_json(&self) -> &str {
        &self.text
    }
}

impl Statement {
    fn read(value: &Value) -> Result<Self, AllowError> {
        let content = |text: &str| Err(AllowError::Content(text.to_owned()));
        let Value::Object(statement) = value else { return content("a statement is not an object") };
        only(statement, &["Sid", "Effect", "Action", "Resource", "Condition"], "a statement")?;
        if statement.get("Effect").is_none_or(|effect| effect != "Allow") {
            return content("every statement has `\"Effect\": \"Allow\"`; the denies are in the ceiling");
        }
        let actions = texts(statement, "Action")?;
        let is_action = |action: &String| {
            action.split_once(':').is_some_and(|(service, name)| {
                let plain = |text: &str, more: &str| {
                    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
                };
                plain(service, "-") && plain(name, "*?")
            })
        };
        if let Some(action) = actions.iter().find(|action| !is_action(action)) {
            return Err(AllowError::Content(format!(
                "`{}` is not an action such as s3:GetObject or ec2:*",
                action.escape_default()
            )));
        }
        let resources = texts(statement, "Resource")?;
        let conditions = match statement.get("Condition") {
            None => Map::new(),
            Some(Value::Object(conditions)) => conditions.clone(),
            Some(_) => return content("`Condition` is not an object"),
        };
        for (operator, keys) in &conditions {
            let Value::Object(keys) = keys else {
                return Err(AllowError::Content(format!(
                    "`{}` in `Condition` is not an object",
                    operator.escape_default()
                )));
            };
            if let Some(key) = keys.keys().find(|key| OWN_KEYS.contains(&key.to_ascii_lowercase().as_str())) {
                return Err(AllowError::Content(format!("`{key}` is set by the grant itself; leave it out")));
            }
            let fits = |value: &Value| match value {
                Value::Array(items) => !items.is_empty() && items.iter().all(is_scalar),
                value => is_scalar(value),
            };
            if let Some((key, _)) = keys.iter().find(|(_, value)| !fits(value)) {
                return Err(AllowError::Content(format!(
                    "the value of `{}` is neither a string nor a list of strings",
                    key.escape_default()
                )));
            }
        }
        Ok(Self { actions, resources, conditions })
    }
}

fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_boolean() || value.is_number()
}

fn only(object: &Map<String, Value>, known: &[&str], whose: &str) -> Result<(), AllowError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(AllowError::Content(format!(
            "{whose} cannot have `{}`; it has {}",
            key.escape_default(),
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

fn texts(statement: &Map<String, Value>, key: &str) -> Result<Vec<String>, AllowError> {
    let wrong = || AllowError::Content(format!("a statement needs `{key}`: a string or a list of strings"));
    match statement.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(vec![text.clone()]),
        Some(Value::Array(items)) if !items.is_empty() => items
            .iter()
            .map(|item| item.as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":["s3:Get*","ec2:*"],"Resource":"*",
            "Condition":{"StringLike":{"s3:prefix":["a/*"]}}}]}"#;
        let allow = Allow::parse(good).unwrap();
        assert_eq!(allow.statements[0].actions, ["s3:Get*", "ec2:*"]);
        assert_eq!(Allow::parse(allow.as_json()).unwrap(), allow);
        let single = Allow::parse(
            r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#,
        );
        assert_eq!(single.unwrap().statements[0].resources, ["arn:aws:s3:::b/*"]);
        let wrong = [
            r#"{"Statement":[]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*:*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","NotResource":"x"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:UserId":"x"}}}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Action":"ec2:*","Resource":"*"}]}"#,
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Version":7,"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            "[]",
            "",
            "{",
        ];
        for text in wrong {
            assert!(Allow::parse(text).is_err(), "{text}");
        }
    }
}
