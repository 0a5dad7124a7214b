//! References between the files: doors and groups must exist, and every name has one meaning.

use std::collections::BTreeMap;

use jit_wire::section::{Mistake, SourceText, closest};

use crate::policy::{Members, Place, Policy};

pub(super) fn check(policy: &Policy, sources: &[SourceText<'_>]) -> Result<(), Mistake> {
    let at = At { sources };
    words(policy, &at)?;
    names(policy, &at)?;
    doors(policy, &at)?;
    groups(policy, &at)
}

struct At<'s> {
    sources: &'s [SourceText<'s>],
}

impl At<'_> {
    fn mistake(&self, place: &Place, what: String, suggestion: Option<String>) -> Mistake {
        let source = self.sources.iter().find(|source| source.path == place.path);
        match source {
            Some(source) => source.at_value(place.line.max(1), what, suggestion),
            None => Mistake {
                path: place.path.clone(),
                line: place.line,
                column: 1,
                excerpt: None,
                what,
                suggestion,
            },
        }
    }
}

/// No two doors, groups or accesses differ only by case.
fn words(policy: &Policy, at: &At<'_>) -> Result<(), Mistake> {
    twins("door", policy.doors.iter().map(|(name, door)| (name, &door.place)), at)?;
    twins("group", policy.groups.iter().map(|(name, group)| (name, &group.place)), at)?;
    twins("access", policy.access.iter().map(|(name, access)| (name, &access.place)), at)
}

fn twins<'p>(
    kind: &str,
    names: impl Iterator<Item = (&'p String, &'p Place)>,
    at: &At<'_>,
) -> Result<(), Mistake> {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for (name, place) in names {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            let what = format!("the {kind} names `{other}` and `{name}` differ only in case");
            return Err(at.mistake(place, what, Some("use different names".into())));
        }
    }
    Ok(())
}

/// Every name of people: each is claimed once, spelled in one way, and not retired.
fn names(policy: &Policy, at: &At<'_>) -> Result<(), Mistake> {
    let mut spelled: BTreeMap<String, &str> = BTreeMap::new();
    let mut claimed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut all: Vec<(&str, &Place)> =
        policy.retired.iter().map(|(name, place)| (name.as_str(), place)).collect();
    for (person, entry) in &policy.people {
        all.push((person, &entry.place));
        for name in &entry.names {
            all.push((name, &entry.place));
            if let Some(other) = claimed.insert(name, person) {
                let what = format!("`{name}` is a session name of both `{other}` and `{person}`");
                return Err(at.mistake(&entry.place, what, Some("give it to one of them".into())));
            }
        }
    }
    for (person, entry) in &policy.people {
        if let Some(other) = claimed.get(person.as_str()).filter(|other| *other != person) {
            let what = format!("`{person}` is also a session name of `{other}`");
            return Err(at.mistake(&entry.place, what, Some("use another canonical name".into())));
        }
    }
    for group in policy.groups.values() {
        let Members::People(members) = &group.members else { continue };
        for member in members {
            if let Some(person) = claimed.get(member.as_str()).filter(|person| *person != member) {
                let what = format!("`{member}` is a session name of `{person}`");
                return Err(at.mistake(&group.place, what, Some(format!("write `{person}` in the group"))));
            }
            all.push((member, &group.place));
        }
    }
    for (name, place) in &all {
        let first = spelled.entry(name.to_ascii_lowercase()).or_insert(name);
        if first != name {
            let what = format!("`{first}` and `{name}` differ only in case");
            return Err(at.mistake(
                place,
                what,
                Some("AWS distinguishes upper and lower case; use one spelling".into()),
            ));
        }
        let is_retired_entry = policy.retired.get(*name).is_some_and(|retired| std::ptr::eq(retired, *place));
        if policy.retired.contains_key(*name) && !is_retired_entry {
            let what = format!("`{name}` is retired, and a retired name is never used again");
            return Err(at.mistake(place, what, Some("give the person another session name".into())));
        }
    }
    Ok(())
}

fn doors(policy: &Policy, at: &At<'_>) -> Result<(), Mistake> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, door) in &policy.doors {
        for id in &door.ids {
            if let Some(other) = owners.insert(id, name) {
                let what = format!("the role id {id} is in both [door.{other}] and [door.{name}]");
                return Err(at.mistake(&door.place, what, None));
            }
        }
    }
    for group in policy.groups.values() {
        let Members::Door(door) = &group.members else { continue };
        if !policy.doors.contains_key(door) {
            let suggestion = suggest(door, policy.doors.keys());
            return Err(at.mistake(
                &group.place,
                format!("there is no [door.{}]", door.escape_default()),
                suggestion,
            ));
        }
    }
    Ok(())
}

/// Every group that is named exists.
fn groups(policy: &Policy, at: &At<'_>) -> Result<(), Mistake> {
    let known = |name: &str, place: Place| -> Result<(), Mistake> {
        if policy.groups.contains_key(name) {
            return Ok(());
        }
        let what = format!("there is no group `{}`", name.escape_default());
        let is_person = policy.people.contains_key(name)
            || policy.people.values().any(|person| person.names.contains(name));
        let suggestion = suggest(name, policy.groups.keys()).or_else(|| {
            is_person.then(|| "access is given to groups; add a group with one person to [group]".to_owned())
        });
        Err(at.mistake(&place, what, suggestion))
    };
    for name in &policy.deployment.security {
        known(name, policy.deployment.place.clone())?;
    }
    for access in policy.access.values() {
        for name in &access.who {
            known(name, access.place_of("who"))?;
        }
        for name in &access.not {
            known(name, access.place_of("not"))?;
        }
        for seat in &access.approve {
            known(&seat.group, access.place_of("approve"))?;
        }
        if let Some(escalate) = &access.escalate {
            known(&escalate.group, access.place_of("escalate"))?;
        }
        for seat in access.oncall.iter().flat_map(|oncall| &oncall.approve) {
            known(&seat.group, access.place_of("oncall"))?;
        }
        if let Some(review) = &access.review {
            known(&review.group, access.place_of("review"))?;
        }
    }
    Ok(())
}

fn suggest<'p>(name: &str, known: impl Iterator<Item = &'p String>) -> Option<String> {
    closest(name, known.map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"))
}
