//! `jit logout --all`: deletes everything here first, even if parts are damaged; then revokes the sign-ins
//! at the IdPs.
//!
//! Neither the configuration nor a setting is read before the keys and entries are deleted, so that a
//! mistake there cannot prevent it. Each entry contains what is needed to revoke its sign-in.

use std::collections::HashMap;
use std::time::Duration;

use crate::commands::load::Configuration;
use crate::config::resolve::{self, Flags};
use crate::error::CommandResult;
use crate::idp::{self, EndedLogin, IdpLogin};
use crate::plan::{EntryKey, EntryKind, ProofPlan};
use crate::store::{RemovedStore, Store};
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::http::host_of;
use jit_wire::secret::Secret;
use jit_wire::timestamp::duration;

use super::{LogoutArgs, end_session, forget_browsers, say_what_was_left, still_valid};

/// How long an IdP may take to answer; all are asked in parallel.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

pub(super) fn run(args: &LogoutArgs, world: &World, ui: &Ui) -> CommandResult {
    let store = Store::of_every_kind(world);
    let mut taken = store.take_everything();
    taken.left.extend(forget_browsers(world, ui));
    say_what_was_left(&taken.left, world, ui);
    for (kind, error) in &taken.keys_left {
        let error = error.in_one_line();
        ui.warn(shown!(
            "could not destroy the key in the {} store ({}). No entry sealed with it is left here; run this \
             command again when the store is available",
            kind,
            error
        ));
    }
    match (taken.not_removed.is_empty(), taken.keys_left.is_empty()) {
        (true, true) => ui.done("Deleted every sign-in and session, and destroyed the key that sealed them"),
        (true, false) => ui.done("Deleted every sign-in and session"),
        // Reported at the end, with the exit code.
        (false, _) => {}
    }
    if taken.has_passphrase() && world.person.can_be_asked() {
        ui.instruct(
            "To revoke the sign-ins at the IdPs too, enter the passphrase that sealed them; Ctrl-C skips this.",
        );
        taken.ask();
    }
    let sessions: Vec<Session> = taken
        .opened(EntryKind::Session)
        .iter()
        .filter_map(|(_, bytes)| Session::from_bytes(bytes.expose()).ok())
        .collect();
    tell_idps(args, &taken, world, ui);
    still_valid(&sessions, world, ui);
    taken.not_removed.into_iter().next().map_or(Ok(()), |error| Err(error.into()))
}

/// Revokes the stored sign-ins at all IdPs in parallel, and reports the results.
fn tell_idps(args: &LogoutArgs, taken: &RemovedStore<'_>, world: &World, ui: &Ui) {
    if let Some(why) = taken.sealed() {
        ui.warn(shown!(
            "could not revoke the sign-ins at their IdPs ({}); they stay valid there until they expire",
            why.in_one_line()
        ));
    }
    if taken.with_key(EntryKind::Login) == 0 {
        return;
    }
    let opened = taken.opened(EntryKind::Login);
    let configured = configured(world);
    let read = |(key, bytes): &(EntryKey, Secret<Vec<u8>>)| {
        IdpLogin::from_bytes(bytes.expose()).map(|login| Entry::of(login, configured.get(key)))
    };
    let logins: Vec<Entry> = opened.iter().filter_map(|entry| read(entry).ok()).collect();
    let damaged = taken.with_key(EntryKind::Login) - logins.len();
    if damaged > 0 {
        let sign_ins = if damaged == 1 { "sign-in" } else { "sign-ins" };
        ui.warn(shown!("could not revoke {} {} at their IdPs: the entries are damaged", damaged, sign_ins));
    }
    let asked = logins.iter().map(|entry| entry.end(world));
    let told = process::block_on(futures_util::future::join_all(asked));
    for (entry, told) in logins.iter().zip(told) {
        entry.say(told, ui);
        if let Some(plan) = &entry.plan {
            end_session(args, plan, &entry.login, world);
        }
    }
}

/// A stored sign-in, and how to revoke it.
struct Entry {
    login: IdpLogin,
    /// The name of the IdP.
    name: String,
    /// From the entry, else from the configuration.
    plan: Option<ProofPlan>,
}

/// The result for one IdP.
enum Told {
    EndedLogin(EndedLogin),
    Refused(String),
    Unknown,
    Late,
}

impl Entry {
    fn of(login: IdpLogin, configured: Option<&ProofPlan>) -> Self {
        let name =
            configured.map_or_else(|| host_of(&login.identity().issuer), |plan| plan.name().to_owned());
        let plan = login.own_plan().or_else(|| configured.cloned());
        Self { login, name, plan }
    }

    async fn end(&self, world: &World) -> Told {
        if !self.login.lasts() {
            return Told::EndedLogin(EndedLogin::Nothing);
        }
        let Some(plan) = &self.plan else { return Told::Unknown };
        match tokio::time::timeout(TOLD_WITHIN, idp::end(plan, world, &self.login)).await {
            Ok(Ok(ended)) => Told::EndedLogin(ended),
            Ok(Err(error)) => Told::Refused(error.to_string()),
            Err(_) => Told::Late,
        }
    }

    fn say(&self, told: Told, ui: &Ui) {
        let name = escape(&self.name);
        let renewal = self.login.renewal();
        match told {
            Told::EndedLogin(EndedLogin::There(what)) => ui.done(shown!("{} revoked {}", name, what)),
            Told::EndedLogin(EndedLogin::Later(what)) => {
                ui.say(shown!("{} does not support revocation; {} stays valid until it expires", name, what));
            }
            Told::EndedLogin(EndedLogin::Nothing) => {}
            Told::Refused(why) => ui.warn(shown!("{} did not revoke {}: {}", name, renewal, why)),
            Told::Late => ui.warn(shown!(
                "{} did not revoke {}: no answer within {}",
                name,
                renewal,
                duration(TOLD_WITHIN)
            )),
            Told::Unknown => ui.warn(shown!(
                "could not ask {} to revoke {}: an older version of jit stored the sign-in without the URL for that",
                name,
                renewal
            )),
        }
    }
}

/// The configured IdPs, if the configuration can be read: for their names, and for older entries that lack
/// the URLs.
fn configured(world: &World) -> HashMap<EntryKey, ProofPlan> {
    let Ok(files) = Configuration::read(world) else { return HashMap::new() };
    let file = &files.file;
    let idps = file.idps.keys().filter_map(|idp| resolve::proof(file, idp, &world.env).ok());
    let roles = file.roles.keys().filter_map(|role| Some(files.plan(role, Flags::default()).ok()?.proof));
    idps.chain(roles).map(|proof| (proof.login_key(), proof)).collect()
}
