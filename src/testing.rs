//! What tests of several modules share.

/// The hostile names of `tests/names.json`: something else to a shell or a terminal.
pub(crate) fn hostile_names() -> Vec<String> {
    let names: serde_json::Value = serde_json::from_str(include_str!("../tests/names.json")).unwrap();
    serde_json::from_value(names["hostile"].clone()).unwrap()
}
