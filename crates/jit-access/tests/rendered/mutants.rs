//! Everything that can be changed in a policy document, one change at a time.

use serde_json::Value;

/// A changed document.
pub(crate) struct Mutant {
    /// Which document it was.
    pub(crate) document: &'static str,
    /// The statement's `Sid`, or its number.
    pub(crate) sid: String,
    /// What was changed.
    pub(crate) change: String,
    /// The document now.
    pub(crate) value: Value,
}

/// Every mutant of a document.
pub(crate) fn of(document: &'static str, original: &Value) -> Vec<Mutant> {
    let mut out = Vec::new();
    let statements = original["Statement"].as_array().expect("statements");
    for (number, statement) in statements.iter().enumerate() {
        let sid = statement["Sid"].as_str().map_or_else(|| number.to_string(), str::to_owned);
        let mut push = |change: String, edit: &dyn Fn(&mut Vec<Value>)| {
            let mut value = original.clone();
            edit(value["Statement"].as_array_mut().expect("statements"));
            if value != *original {
                out.push(Mutant { document, sid: sid.clone(), change, value });
            }
        };
        push("the statement removed".to_owned(), &|all| {
            all.remove(number);
        });
        for (change, edited) in statement_changes(statement) {
            push(change, &|all| all[number] = edited.clone());
        }
    }
    out
}

fn statement_changes(statement: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for element in ["Action", "NotAction", "Resource", "NotResource"] {
        if let Some(value) = statement.get(element) {
            let widen = if element.ends_with("Action") { wider_action } else { wider_pattern };
            for (change, value) in list_changes(value, &widen) {
                out.push((format!("{element}: {change}"), with(statement, &[element], value)));
            }
        }
    }
    if let Some(principal) = statement.get("Principal") {
        for (kind, value) in principal.as_object().expect("kinds") {
            for (change, value) in list_changes(value, &|_| vec!["*".to_owned()]) {
                out.push((format!("Principal: {change}"), with(statement, &["Principal", kind], value)));
            }
        }
    }
    let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else { return out };
    for (operator, keys) in conditions {
        for (key, values) in keys.as_object().expect("keys") {
            let without = || {
                let mut edited = statement.clone();
                let own = edited["Condition"].as_object_mut().expect("conditions");
                let keys = own[operator].as_object_mut().expect("keys");
                keys.remove(key);
                if keys.is_empty() {
                    own.remove(operator);
                }
                edited
            };
            out.push((format!("{operator} {key}: removed"), without()));
            for other in other_operators(operator) {
                let mut edited = without();
                edited["Condition"][&other][key] = values.clone();
                out.push((format!("{operator} {key}: {other} instead"), edited));
            }
            for (change, value) in list_changes(values, &|text| wider_value(operator, text)) {
                let edited = with(statement, &["Condition", operator, key], value);
                out.push((format!("{operator} {key}: {change}"), edited));
            }
            // "Equal to this value" becomes "like anything".
            if operator.contains("StringEquals") {
                let mut edited = without();
                edited["Condition"][operator.replace("Equals", "Like")][key] = Value::from("*");
                out.push((format!("{operator} {key}: anything instead"), edited));
            }
        }
    }
    out
}

fn with(statement: &Value, path: &[&str], value: Value) -> Value {
    let mut edited = statement.clone();
    let mut at = &mut edited;
    for step in path {
        at = &mut at[*step];
    }
    *at = value;
    edited
}

/// Each text of a list removed, changed and widened.
fn list_changes(value: &Value, widen: &dyn Fn(&str) -> Vec<String>) -> Vec<(String, Value)> {
    let texts: Vec<String> = match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().expect("a text").to_owned()).collect(),
        one => vec![one.as_str().expect("a text").to_owned()],
    };
    let mut out = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let mut replaced = |change: String, by: Option<String>| {
            let mut edited = texts.clone();
            match by {
                Some(by) => edited[at] = by,
                None => {
                    edited.remove(at);
                }
            }
            out.push((change, Value::from(edited)));
        };
        if texts.len() > 1 {
            replaced(format!("`{text}` removed"), None);
        }
        if !matches!(text.as_str(), "true" | "false" | "*") {
            replaced(format!("`{text}` changed"), Some(changed(text)));
        }
        for wide in widen(text) {
            if wide != *text {
                replaced(format!("`{text}` → `{wide}`"), Some(wide));
            }
        }
    }
    out
}

/// Another text of the same form.
fn changed(text: &str) -> String {
    match text.as_bytes() {
        [b'2', b'0', _, _, b'-', ..] if text.ends_with('Z') => format!("2001{}", &text[4..]),
        [b'2', b'0', b'3', b'.', ..] => text.replace("203", "9"),
        [.., b'*'] => format!("{}zz*", &text[..text.len() - 1]),
        _ => format!("{text}x"),
    }
}

fn wider_action(action: &str) -> Vec<String> {
    match action.split_once(':') {
        Some((service, _)) => vec![format!("{service}:*"), "*".to_owned()],
        None => Vec::new(),
    }
}

/// Every segment as `*`, every run of `?` one shorter or with a `*` in it, and the whole as `*`.
fn wider_pattern(pattern: &str) -> Vec<String> {
    let mut out = vec!["*".to_owned()];
    let bounds: Vec<usize> = pattern.match_indices([':', '/']).map(|(at, _)| at).collect();
    // A `:` inside a variable is not a separator.
    let outside = |at: &usize| pattern[..*at].rfind("${").is_none_or(|open| pattern[open..*at].contains('}'));
    let mut from = 0;
    for to in bounds.into_iter().filter(outside).chain([pattern.len()]) {
        if pattern[from..to] != *"*" {
            out.push(format!("{}*{}", &pattern[..from], &pattern[to..]));
        }
        from = to + 1;
    }
    if let Some(at) = pattern.find('?') {
        out.push(format!("{}{}", &pattern[..at], &pattern[at + 1..]));
        out.push(format!("{}*{}", &pattern[..at], &pattern[at + 1..]));
        out.push(format!("{}?{}", &pattern[..at], &pattern[at..]));
    }
    out
}

fn wider_value(operator: &str, value: &str) -> Vec<String> {
    let plain = operator.rsplit(':').next().unwrap_or(operator).trim_end_matches("IfExists");
    let flipped = || vec![if value == "true" { "false" } else { "true" }.to_owned()];
    match plain {
        "StringLike" | "StringNotLike" | "ArnLike" | "ArnNotLike" => wider_pattern(value),
        "ArnEquals" => wider_pattern(value),
        "StringEquals" => Vec::new(),
        "DateLessThan" => vec![format!("2999{}", &value[4..])],
        "DateGreaterThanEquals" => vec![format!("1999{}", &value[4..])],
        "IpAddress" => vec!["0.0.0.0/0".to_owned()],
        "Bool" | "Null" => flipped(),
        other => panic!("how is {other} widened?"),
    }
}

/// Other operators that could be confused with this one.
fn other_operators(operator: &str) -> Vec<String> {
    let (set, plain) = operator.split_once(':').map_or((None, operator), |(set, rest)| (Some(set), rest));
    let mut out = Vec::new();
    let prefix = set.map(|set| format!("{set}:")).unwrap_or_default();
    match plain.strip_suffix("IfExists") {
        Some(rest) => out.push(format!("{prefix}{rest}")),
        None if plain != "Null" => out.push(format!("{prefix}{plain}IfExists")),
        None => {}
    }
    if let Some(rest) = plain.strip_prefix("StringEquals") {
        out.push(format!("{prefix}StringEqualsIgnoreCase{rest}"));
    }
    if set == Some("ForAllValues") {
        out.extend([format!("ForAnyValue:{plain}"), plain.to_owned()]);
    }
    out
}
