//! References between the sections of a file: every role leads to an IdP that exists, without a loop, and
//! demands nothing of the sign-in that this type of IdP cannot report.

use super::layers::{Sources, Titles};
use super::{File, Parent, RoleSection};
use crate::config::limits::{self, RefusedSetting};
use jit_wire::section::{Mistake, closest};

/// Checks the way from each role to its IdP. `titles` has the table of each role.
pub(super) fn check(file: &File, sources: Sources<'_>, titles: &Titles<'_>) -> Result<(), Mistake> {
    for (name, role) in &file.roles {
        let title = titles.get(name);
        let place = title.map_or(0..0, |title| title.place.clone());
        let source = title.map_or(sources.own, |title| title.source);
        let at_title = |(what, suggestion)| source.mistake(place.clone(), what, suggestion);
        let text = title.map_or_else(|| format!("[role.{name}]"), |title| title.text.clone());
        check_parent(file, name, role, &text).map_err(at_title)?;
        let hub = hub(file, name).map_err(at_title)?;
        if let Some(Parent::Idp(idp)) = hub.map(|hub| &hub.parent)
            && let Some(section) = file.idps.get(&idp.value)
            && let Some(refused) = limits::of_sign_in(role, section)
        {
            let RefusedSetting { line, what, next, .. } = refused;
            return Err(sources.at_value(line, what, Some(next)));
        }
    }
    Ok(())
}

/// What is wrong, and what to write instead.
type Wrong = (String, Option<String>);

/// The IdP or the role that `role` is reached by is there.
fn check_parent(file: &File, name: &str, role: &RoleSection, title: &str) -> Result<(), Wrong> {
    match &role.parent {
        Parent::Idp(idp) if !file.idps.contains_key(&idp.value) => {
            Err(missing_idp(file, name, title, &idp.value))
        }
        Parent::Via(via) if !file.roles.contains_key(&via.value) && !file.may_be_listed(&via.value) => {
            Err(missing_role(file, name, title, &via.value))
        }
        Parent::Idp(_) | Parent::Via(_) => Ok(()),
    }
}

fn missing_idp(file: &File, name: &str, title: &str, idp: &str) -> Wrong {
    let suggestion = if file.roles.contains_key(idp) && !leads_through(file, idp, name) {
        Some(format!("that is a role: write via = \"{idp}\" instead of idp"))
    } else {
        suggest(idp, file.idps.keys())
    };
    (format!("{title} refers to [idp.{idp}], which does not exist"), suggestion)
}

fn missing_role(file: &File, name: &str, title: &str, via: &str) -> Wrong {
    let suggestion = if file.idps.contains_key(via) {
        Some(format!("that is an IdP: write idp = \"{via}\" instead of via"))
    } else {
        // A role that is reached through this one would close a loop.
        suggest(via, file.roles.keys().filter(|role| !leads_through(file, role, name)))
    };
    (format!("{title} refers to [role.{via}], which does not exist"), suggestion)
}

/// The first role on the path to the role called `name`; `None` if a role on that path does not exist, which
/// is reported at the reference to it.
fn hub<'f>(file: &'f File, name: &'f str) -> Result<Option<&'f RoleSection>, Wrong> {
    let mut way = vec![name];
    let mut role = file.roles.get(name);
    while let Some(Parent::Via(next)) = role.map(|role| &role.parent) {
        let is_loop = way.contains(&next.value.as_str());
        way.push(&next.value);
        if is_loop {
            let what = format!("the roles form a loop: {}", way.join(" → "));
            let suggestion = "start one of them at an IdP: idp = \"NAME\" instead of via";
            return Err((what, Some(suggestion.to_owned())));
        }
        role = file.roles.get(&next.value);
    }
    Ok(role)
}

/// Whether the path to `role` includes `other`; true if they are the same.
fn leads_through(file: &File, role: &str, other: &str) -> bool {
    let mut at = role;
    // No path without a loop is longer than the number of roles.
    for _ in 0..=file.roles.len() {
        if at == other {
            return true;
        }
        match file.roles.get(at).map(|role| &role.parent) {
            Some(Parent::Via(next)) => at = &next.value,
            _ => return false,
        }
    }
    false
}

/// The name that was probably meant, or else all names.
pub(super) fn suggest<'a>(typed: &str, names: impl Iterator<Item = &'a String> + Clone) -> Option<String> {
    if let Some(meant) = closest(typed, names.clone().map(String::as_str)) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let known: Vec<&str> = names.take(12).map(String::as_str).collect();
    if known.is_empty() { None } else { Some(format!("valid names: {}", known.join(", "))) }
}
