//! Values that several types of IdP have: one of a few words, a URL, a list of authentication contexts. Each
//! reader takes the key out of the section, and reports a bad value with its line and what to write instead.

use crate::config::limits::{self, RefusedSetting};
use crate::config::urls::Rule;
use jit_wire::section::{At, Mistake, Section};

/// One of the `known` words, each with its meaning.
pub(super) fn choice<T: Clone>(
    section: &mut Section<'_>,
    key: &'static str,
    known: &[(&str, T)],
) -> Result<Option<At<T>>, Mistake> {
    let Some(At { value: word, line }) = section.text(key)? else { return Ok(None) };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
        return Ok(Some(At { value: value.clone(), line }));
    }
    let names: Vec<String> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let suggestion = match names.split_last() {
        Some((last, others)) => format!("valid values: {} or {last}", others.join(", ")),
        None => String::new(),
    };
    Err(section.mistake_at(line, format!("`{word}` is not a value of `{key}`"), Some(suggestion)))
}

/// A list of authentication contexts.
pub(super) fn contexts(
    section: &mut Section<'_>,
    key: &'static str,
) -> Result<Option<At<Vec<String>>>, Mistake> {
    let found = section.list(key)?;
    match found.as_ref().and_then(|list| limits::contexts(key, list)) {
        Some(RefusedSetting { line, what, next, .. }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(found),
    }
}

/// A URL that `rule` accepts.
pub(super) fn url(
    section: &mut Section<'_>,
    key: &'static str,
    rule: &Rule<'_>,
) -> Result<Option<At<String>>, Mistake> {
    let found = section.text(key)?;
    if let Some(at) = &found {
        check_url(section, at, rule)?;
    }
    Ok(found)
}

/// Refuses a URL that `rule` does not accept.
pub(super) fn check_url(section: &Section<'_>, at: &At<String>, rule: &Rule<'_>) -> Result<(), Mistake> {
    match rule.refuse(at) {
        Some(RefusedSetting { line, what, next, .. }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(()),
    }
}

/// Refuses the first of `keys` that is set, because it would have no effect. `reason` completes the sentence
/// "`KEY` has no effect …". Call this before reading the values: nobody should correct a value and then be
/// told to delete it.
pub(super) fn refuse_without_effect(
    section: &Section<'_>,
    keys: &[&str],
    reason: &str,
    suggestion: &str,
) -> Result<(), Mistake> {
    for key in keys {
        if let Some(line) = section.line_of(key) {
            let what = format!("`{key}` has no effect {reason}");
            return Err(section.mistake_at(line, what, Some(suggestion.to_owned())));
        }
    }
    Ok(())
}
