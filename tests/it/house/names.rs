//! How public types are called: each name is used once in a crate, and says what it is a name of.

use std::collections::BTreeMap;

use super::{code, sources};

/// Names that say nothing by themselves: whose answer, the source of what, kept by whom?
const SAY_NOTHING: [&str; 13] = [
    "Answer", "Around", "Became", "Because", "Found", "How", "Kept", "Meaning", "Merged", "Source", "Wanted",
    "Why", "Words",
];

/// Types that share a name because only one of them is ever compiled.
const ONE_FOR_EACH_SYSTEM: [(&str, [&str; 2]); 1] =
    [("Stamp", ["sys/state/elsewhere.rs", "sys/state/unix.rs"])];

/// The names of the public types in `text`.
fn public_types(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let words = ["struct ", "enum ", "trait ", "type ", "union "];
        let item = line.trim_start().strip_prefix("pub ")?;
        let rest = words.iter().find_map(|word| item.strip_prefix(word))?;
        Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
    };
    code(text).lines().filter_map(name).collect()
}

/// The crate that `file` belongs to.
fn crate_of(file: &str) -> &str {
    file.strip_prefix("crates/").map_or("jit", |path| path.split('/').next().unwrap())
}

/// Where each public type is defined, by its crate and its name.
fn definitions() -> BTreeMap<(String, String), Vec<String>> {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (file, text) in sources() {
        for name in public_types(&text) {
            found.entry((crate_of(&file).to_owned(), name)).or_default().push(file.clone());
        }
    }
    found
}

#[test]
fn no_two_public_types_of_a_crate_share_a_name() {
    let definitions = definitions();
    assert!(definitions.len() > 300, "the types are not seen: {definitions:?}");
    for (name, files) in ONE_FOR_EACH_SYSTEM {
        let found = definitions.get(&("jit".to_owned(), name.to_owned()));
        assert!(found.is_some_and(|found| *found == files), "{name} is not in {files:?} any more");
    }
    let wrong: Vec<String> = definitions
        .iter()
        .filter(|((_, name), files)| {
            files.len() > 1 && !ONE_FOR_EACH_SYSTEM.iter().any(|(one, _)| one == name)
        })
        .map(|((owner, name), files)| format!("{owner} has {name} in {}", files.join(" and ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_public_type_says_its_noun() {
    let wrong: Vec<String> = definitions()
        .into_iter()
        .filter(|((_, name), _)| SAY_NOTHING.contains(&name.as_str()))
        .map(|((_, name), files)| format!("{}: {name} of what?", files.join(" and ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn public_types_are_seen_in_every_form() {
    let text = "pub struct A<'a> {}\n    pub enum B {\npub trait C: D {}\npub type E = F;\npub struct G;\npub(super) struct H;\n// pub struct I;\npub fn struct_of() {}\n";
    assert_eq!(public_types(text), ["A", "B", "C", "E", "G"]);
}
