//! Names and values as TOML.

use super::{Table, Value};

/// A table with its header, one line for each value.
pub(super) fn table(kind: &str, table: &Table) -> String {
    let width = table.settings.iter().map(|(key, _)| self::key(key).chars().count()).max().unwrap_or(0);
    let mut text = format!("[{kind}.{}]\n", key(&table.name));
    for (name, setting) in &table.settings {
        text.push_str(&format!("{:width$} = {}\n", key(name), value(setting, false)));
    }
    text
}

/// A value; secrets only if not `hidden`.
pub(super) fn value(value: &Value, hidden: bool) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Secret(_) if hidden => "***".to_owned(),
        Value::Secret(secret) => quoted(secret.expose()),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", "))
        }
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Map(map) if map.is_empty() => "{}".to_owned(),
        Value::Map(map) => {
            let pairs: Vec<_> =
                map.iter().map(|(name, one)| format!("{} = {}", key(name), quoted(one))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Other => "…".to_owned(),
    }
}

/// A key, in quotes if it needs them.
pub(super) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A quoted string. Characters that a terminal or an editor would act on are escaped too, even if TOML allows
/// them.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if jit_wire::unseen::is_unseen(character) => escape(&mut quoted, character),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(text: &mut String, character: char) {
    text.push_str(&format!("\\U{:08X}", u32::from(character)));
}
