//! Groups and persons.

use std::collections::BTreeSet;

use jit_wire::section::{Mistake, Section, Value};

use super::check_person;
use crate::policy::{Members, Person, Place};

pub(super) fn members(value: &Value<'_>) -> Result<Members, Mistake> {
    let wrong =
        || value.wrong_type("a list of people, { identity_center = \"GROUP-ID\" } or { door = \"NAME\" }");
    if let Some(items) = value.items() {
        let mut people = BTreeSet::new();
        for item in items {
            let name = item.as_text().ok_or_else(wrong)?;
            check_person(name, |what, next| item.mistake(what, next))?;
            if !people.insert(name.to_owned()) {
                return Err(item.mistake(format!("`{name}` is in this group twice"), None));
            }
        }
        return Ok(Members::People(people));
    }
    let mut section = value.table().ok_or_else(wrong)?;
    let center = section.text("identity_center")?;
    let door = section.text("door")?;
    let members = match (center, door) {
        (Some(id), None) => {
            let fits = (1..=64).contains(&id.value.len())
                && id.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !fits {
                let what =
                    format!("`{}` is not the id of a group of Identity Center", id.value.escape_default());
                return Err(value.mistake(what, Some("its id has letters, digits and hyphens".into())));
            }
            Members::IdentityCenter(id.value)
        }
        (None, Some(door)) => Members::Door(door.value),
        _ => {
            return Err(section.missing(
                &["identity_center", "door"],
                wrong().what,
                "name one of the two".into(),
            ));
        }
    };
    section.finish()?;
    Ok(members)
}

pub(super) fn person(name: &str, value: &Value<'_>, place: Place) -> Result<Person, Mistake> {
    let example = format!("a table such as {{ names = [\"{name}@example.com\"] }}");
    let mut section = value.table().ok_or_else(|| value.wrong_type(&example))?;
    let mut names = BTreeSet::new();
    match section.value("names") {
        None => {
            let what = format!("`{name}` in [person] has no `names`");
            return Err(section.missing(&["names"], what, format!("add names = [\"{name}@example.com\"]")));
        }
        Some(list) => {
            let wrong = || list.wrong_type("a list of session names");
            for item in list.items().ok_or_else(wrong)? {
                let session = item.as_text().ok_or_else(wrong)?;
                check_person(session, |what, next| item.mistake(what, next))?;
                names.insert(session.to_owned());
            }
            if names.is_empty() {
                return Err(list.mistake(format!("`{name}` has no session name"), None));
            }
        }
    }
    let slack = contact(&mut section, "slack")?;
    let pagerduty = contact(&mut section, "pagerduty")?;
    let email = contact(&mut section, "email")?;
    let robot = section.boolean("robot")?.is_some_and(|robot| robot.value);
    section.finish()?;
    Ok(Person { names, slack, pagerduty, email, robot, place })
}

/// An id or address in another system: printable, without spaces.
fn contact(section: &mut Section<'_>, key: &'static str) -> Result<Option<String>, Mistake> {
    let Some(found) = section.text(key)? else { return Ok(None) };
    let fits =
        (1..=128).contains(&found.value.len()) && found.value.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        let what = format!("`{key}` in {} is empty, too long, or has spaces", section.title);
        return Err(section.mistake_at(found.line, what, None));
    }
    Ok(Some(found.value))
}
