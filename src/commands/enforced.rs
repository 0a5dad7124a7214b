//! What the administrator of the machine enforces, as `jit status`, `jit explain` and `jit doctor` show it.

use serde_json::{Value, json};

use crate::config::enforced::Enforced;

/// `/etc/jit/enforced.toml: store = keychain, key_cache = off`; `None` if nothing is enforced.
pub(super) fn in_words(enforced: Option<&Enforced>) -> Option<String> {
    let enforced = enforced?;
    let settings = enforced.settings();
    let settings: Vec<String> =
        settings.into_iter().map(|(key, _, value)| format!("{key} = {value}")).collect();
    (!settings.is_empty()).then(|| format!("{} ({})", settings.join("; "), enforced.path))
}

/// Each setting with its value and its place.
pub(super) fn to_json(enforced: Option<&Enforced>) -> Value {
    let Some(enforced) = enforced else { return json!([]) };
    let setting = |(key, line, value): (&str, usize, String)| json!({ "key": key, "value": value, "path": enforced.path, "line": line });
    enforced.settings().into_iter().map(setting).collect()
}
