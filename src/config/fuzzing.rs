//! What people and tools wrote down, as functions of bytes.

use super::draft::Draft;
use super::file::File;
use super::import::{self, Imported, Text};
use super::resolve::{self, Flags};
use super::{part, shared, unified_diff};
use crate::sys::env::Env;

/// A `config.toml`, and the plan of each role in it.
pub fn config_toml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match File::parse("config.toml", text) {
        Ok(file) => {
            plans(&file);
            parts(text, &file);
        }
        Err(mistake) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&mistake.line) && mistake.column > 0, "{mistake}");
        }
    }
    let _ = unified_diff("", text, "config.toml");
}

/// A role that is found in its part is there what it is in the whole.
fn parts(text: &str, whole: &File) {
    let flags = Flags { role: None, duration: None };
    let plan = |file: &File, name: &String| {
        let plan = resolve::plan(file, name, flags, &Env::default(), Vec::new);
        format!("{plan:?} {:?} {:?} {:?}", file.default_role, file.key_cache, file.console_browser)
    };
    for name in whole.roles.keys() {
        let part = part::of_role(text, name).and_then(|part| File::parse("config.toml", &part).ok());
        if let Some(part) = part.filter(|part| part.roles.contains_key(name)) {
            assert_eq!(plan(&part, name), plan(whole, name), "{name}");
        }
    }
}

/// The plans of all roles of a file.
pub(super) fn plans(file: &File) {
    let flags = Flags { role: None, duration: None };
    for name in file.roles.keys() {
        let _ = resolve::plan(file, name, flags, &Env::default(), Vec::new);
    }
    for name in file.idps.keys() {
        let _ = resolve::proof(file, name, &Env::default());
    }
}

/// A shared file, and a `config.toml` that it is put into: what stands beside it stays as it is.
pub fn shared_config(data: &[u8]) {
    const FROM: &str = "https://intranet.example/jit.toml";
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (own, content) = text.split_once('\0').unwrap_or(("", text));
    let before = shared::parts(own);
    for part in &before {
        let _ = part.is_as_it_came(own);
    }
    if shared::check(FROM, content).is_err() {
        return;
    }
    let whole = shared::with(own, FROM, content);
    let parts = shared::parts(&whole);
    let Some(part) = parts.iter().find(|part| part.from == FROM) else {
        panic!("the part is not found again")
    };
    assert!(part.is_as_it_came(&whole), "what came is what stands there");
    assert!(part.content(&whole).starts_with(content));
    if before.iter().all(|part| part.from != FROM) {
        assert!(whole.starts_with(own), "what was there stays");
        assert_eq!(shared::with(&whole, FROM, content), whole, "the same again changes nothing");
        let without = shared::with(&whole, FROM, "");
        assert_eq!(shared::with(&without, FROM, content), whole, "and comes back to its place");
    }
}

/// What another tool wrote: every tool's reader reads it, and what it makes of it is a configuration.
pub fn import(data: &[u8]) {
    let text = Text { path: "f", content: data };
    let variables: Vec<(String, String)> = std::str::from_utf8(data)
        .map(|value| vec![("OKTA_AWSCLI_ORG_DOMAIN".to_owned(), value.to_owned())])
        .unwrap_or_default();
    let all: [Result<Imported, _>; 7] = [
        import::aws_okta(text, Some("acme")),
        import::saml2aws(text, Some(text)),
        import::aws_vault(text),
        import::granted(Some(text), None),
        import::granted(None, Some(text)),
        import::okta_aws_cli(Some(text), None, &variables, None),
        import::okta_aws_cli(None, Some(text), &[], Some(text)),
    ];
    for imported in all {
        match imported {
            Ok(imported) => {
                let toml = imported.draft.to_toml();
                let file = File::parse("config.toml", &toml);
                assert!(file.is_ok(), "{:?} of {}", file.err(), *toml);
                let first = imported.draft.merge(&Draft::default()).draft.to_toml();
                let again = imported.draft.merge(&Draft::of(&first)).draft;
                assert!(again.is_empty(), "a second import adds {}", *again.to_toml());
            }
            Err(error) => assert!(error.to_string().len() < 8192, "an error is short"),
        }
    }
    let _ = import::static_keys(text);
}
