//! The inputs that commands parse themselves, as functions of bytes.

use clap::ValueEnum as _;

use super::completions::CompletionShell;
use super::completions::shells;
use super::{completions, terminals};
use crate::config::aws::{AwsProfiles, Document};
use crate::config::file::File;
use crate::index;
use jit_wire::name;
use jit_wire::timestamp::Timestamp;

pub use super::configure::fuzzing::profile_names;
pub use super::exec::fuzzing::container_request;

/// The files with the last role of each terminal and with the roles in use.
pub fn terminal_notes(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let notes = terminals::notes_in(&text);
    let again = terminals::notes_in(&terminals::notes_written(&notes));
    assert_eq!(again.len(), notes.len().min(50), "no note is lost");
    let mut uses = terminals::uses_in(&text);
    terminals::use_again(&mut uses, "a b/c", Timestamp(1_795_176_000));
    let written = terminals::uses_written(&uses);
    let again = terminals::uses_in(&written);
    assert_eq!(again.last().map(|one| one.role.as_str()), Some("a b/c"), "the last use is known");
    assert!(uses.len() > 200 || again.len() == uses.len(), "no use is lost");
    assert!(again.iter().all(|one| one.weight.is_finite()));
}

/// A word to complete, then `config.toml`, `~/.aws/config` and the index, separated by zero bytes.
pub fn completion_words(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0).map(String::from_utf8_lossy);
    let mut next = || parts.next().unwrap_or_default();
    let (typed, config, profiles, offered) = (next(), next(), next(), next());
    let file = File::parse("", &config).unwrap_or_default();
    let profiles = (Document::parse(profiles.as_bytes()).unwrap_or_default(), String::new());
    let profiles = AwsProfiles::new(profiles, (Document::default(), String::new()));
    let names = index::names_in([&*offered]);
    let offered = index::completions_of(&offered, "acme", &typed, &names);
    for candidate in completions::candidates(&typed, &file, &profiles, offered) {
        let value = candidate.get_value().to_string_lossy();
        assert!(value.starts_with(&*typed), "{value:?} does not go on from {typed:?}");
        assert!(name::is_plain_word(&value), "a shell would take it for something else");
        for shell in CompletionShell::value_variants() {
            let line = shells::line(*shell, &candidate, &typed).unwrap_or_default().replacen('\t', " ", 1);
            assert_eq!(crate::ui::text::escape(&line).as_str(), line, "a terminal would act on it");
        }
    }
}
