//! Compares a policy that AWS returns with the one that was rendered.
//!
//! Grants do not use this: they are compared byte for byte with the text in their decision. AWS returns trust
//! policies, ceilings and bucket policies in its own spelling: a list of one as a text, principals in another
//! order.

use serde_json::Value;

/// Whether two policy documents mean the same, apart from spelling. Text that is not JSON equals nothing.
pub fn same_meaning(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok().map(normal);
    matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}

/// Lists sorted, each value once, a list of one as its value; booleans and numbers as the text that IAM
/// converts them to.
pub(super) fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            items.sort_by_cached_key(ToString::to_string);
            items.dedup();
            match <[Value; 1]>::try_from(items) {
                Ok([one]) => one,
                Err(items) => Value::Array(items),
            }
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, normal(value))).collect())
        }
        Value::Bool(value) => Value::String(value.to_string()),
        Value::Number(value) => Value::String(value.to_string()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_meaning() {
        for (one, other, same) in [
            (r#"{"Action":["a","b"]}"#, r#"{ "Action": ["b", "a", "b"] }"#, true),
            (r#"{"Statement":[{"Action":"a"}]}"#, r#"{"Statement":{"Action":["a"]}}"#, true),
            (r#"{"Bool":{"k":true}}"#, r#"{"Bool":{"k":"true"}}"#, true),
            (r#"{"Action":"a"}"#, r#"{"Action":"A"}"#, false),
            (r#"{"Action":"a"}"#, r#"{"Action":["a","b"]}"#, false),
            (r#"{"Action":"a"}"#, r#"{"NotAction":"a"}"#, false),
            (r#"{"Action":"a"}"#, r#"{"Action":"a","Condition":{}}"#, false),
            ("", "", false),
        ] {
            assert_eq!(same_meaning(one, other), same, "{one} {other}");
        }
    }
}
