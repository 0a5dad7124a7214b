//! The report of `jit login`: the user, the sessions, and what the IdP has changed about the person.

use std::time::Duration;

use crate::broker;
use crate::idp::{self, Attributes};
use crate::plan::{EntryKind, Origin, Plan, ProofPlan};
use crate::store::{Store, StoreError};
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::{World, clock_time};
use jit_wire::credentials::{Freshness, Session};
use jit_wire::timestamp::duration;

/// The most changes that are listed.
const MOST_CHANGES: usize = 20;

/// Reports the session of one role and those of the steps above it.
pub(super) fn session(
    store: &Store<'_>,
    plan: &Plan,
    session: &Session,
    unchanged: bool,
    world: &World,
    ui: &Ui,
) {
    let now = world.clock.now();
    if unchanged {
        let state = if session.freshness(now, Duration::ZERO) == Freshness::Fresh {
            "Still valid"
        } else {
            "Not renewed"
        };
        let until = until(session, world);
        let left = left(session, world);
        let note = limit_note(plan, plan.legs.len() - 1).map(|note| format!(", {note}")).unwrap_or_default();
        ui.done(shown!("{}: {} as {}, {}, {}{}", state, plan.role, session.user, until, left, note));
        return;
    }
    ui.done(shown!("Signed in as {} at {}", session.user, plan.proof.name()));
    // The sessions that were just stored. If one could not be written, the person has been told.
    let legs = (0..plan.legs.len()).filter_map(|index| {
        let leg = broker::stored_session(store, plan, index).ok().flatten()?;
        Some(row(&leg, limit_note(plan, index), world, ui))
    });
    ui.say_table(&legs.collect::<Vec<_>>());
}

/// A row for one session: role, account, expiry, time left, and a note if it is shorter than configured.
pub(super) fn row(session: &Session, note: Option<&'static str>, world: &World, ui: &Ui) -> Vec<Shown> {
    let role = shown!("  {}", ui.paint(Tone::Name, escape(&session.shown_role())));
    let account = shown!("account {}", session.account());
    let note = note.map(|note| ui.paint(Tone::Dim, note));
    [role, account, until(session, world), left(session, world)].into_iter().chain(note).collect()
}

fn until(session: &Session, world: &World) -> Shown {
    shown!("until {}", clock_time(session.credentials.expires_at, &*world.clock))
}

fn left(session: &Session, world: &World) -> Shown {
    shown!("{} left", duration(session.time_left(world.clock.now())))
}

/// The reason why a session is shorter than configured: AWS's limit for chained roles.
pub(super) fn limit_note(plan: &Plan, index: usize) -> Option<&'static str> {
    match &plan.legs[index].duration.origin {
        Origin::Rule(rule) => Some(rule),
        _ => None,
    }
}

/// The state before this sign-in, to report what the IdP has changed, and whether another person signed in.
#[derive(Default)]
pub(super) struct Before {
    login: Option<idp::IdpLogin>,
    /// The user of its sessions. The token of Identity Center does not name the user; sessions do.
    user: Option<String>,
}

impl Before {
    /// Reads the stored sign-in. An entry that cannot be read is ignored: the new sign-in replaces it.
    ///
    /// # Errors
    /// The store cannot be used.
    pub(super) fn of(store: &Store<'_>, proof: &ProofPlan) -> Result<Self, StoreError> {
        let login = match broker::stored_login(store, &proof.login_key()) {
            Err(error) if error.is_about_entry() => None,
            login => login?,
        };
        let name = login.as_ref().map(|login| login.identity().name.clone());
        let user = match (name.filter(|name| !name.is_empty()), &login) {
            (None, Some(_)) => user_of_sessions(store, proof),
            (name, _) => name,
        };
        Ok(Self { login, user })
    }

    /// Warns if another person is now signed in.
    fn compare_people(&self, now: &Self, proof: &ProofPlan, ui: &Ui) {
        let (Some(was), Some(is)) = (&self.user, &now.user) else { return };
        if was != is {
            ui.warn(shown!("you are now signed in at {} as {}; before, you were {}", proof.name(), is, was));
        }
    }

    /// Reports what a new sign-in has changed. With `forced`, it also says if nothing has changed.
    pub(super) fn compare(&self, store: &Store<'_>, proof: &ProofPlan, forced: bool, ui: &Ui) {
        let Ok(now) = Self::of(store, proof) else { return };
        self.compare_people(&now, proof, ui);
        let (Some(before), Some(now)) = (&self.login, now.login) else { return };
        let same_person = before.identity().subject == now.identity().subject;
        if !same_person || before.to_bytes() == now.to_bytes() {
            return;
        }
        let changes = changes(&before.attributes(), &now.attributes());
        match changes.as_slice() {
            [] if !forced => {}
            [] => ui.say(shown!("Your attributes at {} have not changed", proof.name())),
            changes => {
                ui.say(shown!("Changed since the last sign-in at {}:", proof.name()));
                for (sign, what) in changes.iter().take(MOST_CHANGES) {
                    let tone = if *sign == "lost" { Tone::Warning } else { Tone::Good };
                    ui.say(shown!("  {} {}", ui.paint(tone, escape(sign).padded(7)), what));
                }
                if changes.len() > MOST_CHANGES {
                    ui.say(shown!("  and {} more", changes.len() - MOST_CHANGES));
                }
            }
        }
    }
}

/// The user of the stored sessions of this sign-in.
fn user_of_sessions(store: &Store<'_>, proof: &ProofPlan) -> Option<String> {
    let login = proof.login_key().file_name();
    let keys = store.keys().ok()?.into_iter().filter(|key| key.kind == EntryKind::Session);
    let mut sessions = keys.filter_map(|key| Session::from_bytes(store.get(&key).ok()??.expose()).ok());
    sessions.find(|session| session.login == login).map(|session| session.user)
}

/// The differences: `gained`, `lost` or `changed`, and the attribute.
fn changes(before: &Attributes, now: &Attributes) -> Vec<(&'static str, String)> {
    let texts = |attributes: &Attributes| {
        let mut texts: Vec<(String, String)> =
            attributes.tags.iter().map(|(key, value)| (format!("tag {key}"), value.clone())).collect();
        let single = [
            ("source identity", attributes.source_identity.clone()),
            ("session name", attributes.session_name.clone()),
            (
                "session duration",
                attributes.session_duration.map(|seconds| duration(Duration::from_secs(seconds.into()))),
            ),
        ];
        texts.extend(single.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        texts.extend(
            attributes
                .transitive_tags
                .iter()
                .map(|key| (format!("tag {key} (also for spokes)"), String::new())),
        );
        texts
            .extend(attributes.roles.iter().map(|offer| (format!("role {}", offer.role_arn), String::new())));
        texts
    };
    let before = texts(before);
    let now = texts(now);
    let value_in = |list: &[(String, String)], name: &str| {
        list.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    };
    let named = |name: &str, value: &str| {
        if value.is_empty() { name.to_owned() } else { format!("{name} = {value}") }
    };
    let gained = now.iter().filter_map(|(name, value)| match value_in(&before, name) {
        None => Some(("gained", named(name, value))),
        Some(old) if old != *value => Some(("changed", format!("{name}: {old} → {value}"))),
        Some(_) => None,
    });
    let lost = before.iter().filter(|(name, _)| value_in(&now, name).is_none());
    gained.chain(lost.map(|(name, value)| ("lost", named(name, value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::SamlPair;

    #[test]
    fn changes_are_added_changed_and_removed() {
        let role = |name: &str| SamlPair {
            role_arn: format!("arn:aws:iam::111111111111:role/{name}"),
            provider_arn: "arn:aws:iam::111111111111:saml-provider/acme".to_owned(),
        };
        let of = |tags: &[(&str, &str)], roles: &[&str], duration| Attributes {
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            roles: roles.iter().map(|name| role(name)).collect(),
            session_duration: duration,
            ..Attributes::default()
        };
        let before = of(&[("team", "core"), ("floor", "3")], &["dev", "ops"], Some(3600));
        let now = of(&[("team", "edge"), ("oncall", "yes")], &["dev", "admin"], Some(3600));
        let expected = [
            ("gained", "tag oncall = yes"),
            ("changed", "tag team: core → edge"),
            ("gained", "role arn:aws:iam::111111111111:role/admin"),
            ("lost", "tag floor = 3"),
            ("lost", "role arn:aws:iam::111111111111:role/ops"),
        ];
        assert_eq!(changes(&before, &now), expected.map(|(sign, what)| (sign, what.to_owned())));
        assert_eq!(changes(&now, &now), []);
    }
}
