//! `jit logout`: deletes sessions here, signs out at the IdP, and says how long issued credentials stay
//! valid.

mod all;

use std::path::PathBuf;

use clap::Args;

use crate::broker;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::idp::saml::forget_profiles;
use crate::idp::{self, EndedLogin, IdpLogin};
use crate::plan::{EntryKey, EntryKind, Plan, ProofPlan};
use crate::store::Store;
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::{Note, World, clock_time};
use jit_wire::credentials::Session;
use jit_wire::secret::Secret;
use jit_wire::timestamp::duration;

use super::load::Configuration;
use super::subject::{RoleArgs, WAIT};

/// Delete sessions here and sign out at the IdP
///
/// With a role, ends the sign-in that the role depends on and deletes all of its
/// sessions. AWS cannot revoke sessions that it has issued; the output says how
/// long they stay valid.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct LogoutArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// Destroy every sign-in, session and key, then sign out at the IdPs
    #[arg(long, conflicts_with_all = ["role", "role_option"])]
    pub all: bool,
    /// Show the sign-out URL instead of opening it
    #[arg(long)]
    pub no_browser: bool,
}

impl LogoutArgs {
    /// `jit logout --all --no-browser`.
    pub fn everything() -> Self {
        Self { role: RoleArgs::default(), all: true, no_browser: true }
    }
}

pub(super) fn run(args: &LogoutArgs, world: &World, ui: &Ui) -> CommandResult {
    if args.all {
        return all::run(args, world, ui);
    }
    let files = Configuration::read(world)?.with_roles()?;
    let store = files.open_store()?;
    let name = files.role_name(args.role.name())?;
    let plan = files.plan_named(&name, Flags::default())?;
    let mut ended = Vec::new();
    for key in sessions_of(&store, &plan.proof.login_key())? {
        let session = read(&store, &key);
        store.delete(&key)?;
        ended.extend(session);
    }
    let was_signed_in = end_login(args, &plan, &store, world, ui)?;
    if was_signed_in || !ended.is_empty() {
        renew_key(&store, ui);
    }
    let idp = plan.proof.name();
    ui.done(match (ended.as_slice(), was_signed_in) {
        ([], false) => shown!("Nothing was stored for {}", idp),
        (sessions, _) => {
            let mut roles: Vec<String> = sessions.iter().map(Session::shown_role).collect();
            roles.sort_unstable();
            let forgot =
                if roles.is_empty() { String::new() } else { format!(", forgot {}", roles.join(", ")) };
            shown!("Signed out of {}{}", idp, forgot)
        }
    });
    still_valid(&ended, world, ui);
    Ok(())
}

/// Replaces the store's key, so that copies of the deleted entries cannot be decrypted. The sign-out
/// continues if this fails.
fn renew_key(store: &Store<'_>, ui: &Ui) {
    if let Err(error) = store.renew_key() {
        ui.warn(shown!(
            "could not replace the store's key, so copies of the deleted entries can still be decrypted: {}",
            error.in_one_line()
        ));
    }
}

/// The sessions that were obtained with `login`, and those that cannot be read, because they are useless.
fn sessions_of(store: &Store<'_>, login: &EntryKey) -> CommandResult<Vec<EntryKey>> {
    let name = login.file_name();
    let keys = store.keys()?.into_iter().filter(|key| key.kind == EntryKind::Session);
    Ok(keys.filter(|key| read(store, key).is_none_or(|session| session.login == name)).collect())
}

fn read(store: &Store<'_>, key: &EntryKey) -> Option<Session> {
    let bytes = store.get(key).ok().flatten()?;
    Session::from_bytes(bytes.expose()).ok()
}

/// Deletes the sign-in here, then asks the IdP to revoke it: nothing stays on this machine if the network
/// fails. Returns whether a sign-in was stored.
fn end_login(
    args: &LogoutArgs,
    plan: &Plan,
    store: &Store<'_>,
    world: &World,
    ui: &Ui,
) -> CommandResult<bool> {
    let key = plan.proof.login_key();
    let login = broker::stored_login(store, &key);
    let was_there = store.delete(&key)?;
    forget_password(plan, store, world)?;
    // An entry that could not be read has been deleted too.
    let Ok(Some(login)) = login else { return Ok(was_there) };
    let name = plan.proof.name();
    match process::block_on(idp::end(&plan.proof, world, &login)) {
        Ok(EndedLogin::There(what)) => ui.done(shown!("{} revoked {}", name, what)),
        Ok(EndedLogin::Later(what)) => {
            ui.say(shown!("{} does not support revocation; {} stays valid until it expires", name, what));
        }
        Ok(EndedLogin::Nothing) => {}
        Err(error) => ui.warn(shown!("{} did not revoke {}: {}", name, login.renewal(), error)),
    }
    end_session(args, &plan.proof, &login, world);
    Ok(was_there)
}

/// Deletes a stored password. The other data about the person is kept: it gives no access.
fn forget_password(plan: &Plan, store: &Store<'_>, world: &World) -> CommandResult {
    let key = plan.proof.person_key();
    let Ok(Some(stored)) = store.get(&key) else { return Ok(()) };
    if let Some(rest) = idp::okta::without_password(&stored) {
        let lock = store.lock(&key, &*world.person, "your attributes there", WAIT)?;
        store.put(&lock, &key, &rest)?;
    }
    Ok(())
}

/// The IdP's own session is in the browser, so the person ends it there.
fn end_session(args: &LogoutArgs, proof: &ProofPlan, login: &IdpLogin, world: &World) {
    let Some(url) = idp::end_session_url(proof, login) else { return };
    let person = &world.person;
    // The URL may contain the user's name, and other users can see the arguments of a browser.
    let target = Secret::from(url.as_str());
    let hand_over = || process::block_on(idp::hand_over(world, target, |page| world.browser.open(page)));
    let opened =
        !args.no_browser && person.can_be_asked() && world.browser.available() && hand_over().is_ok();
    if !opened {
        person.tell(Note::OpenYourself {
            url: url.as_str(),
            why: "Your browser may still be signed in there. To sign out there too, open this URL:",
            can_paste: false,
        });
    }
}

/// The browser profiles of sign-ins contain the IdPs' cookies.
fn forget_browsers(world: &World, ui: &Ui) -> Vec<PathBuf> {
    forget_profiles(&world.folders.state).unwrap_or_else(|error| {
        ui.warn(shown!("could not remove the browser profiles: {}", error));
        Vec::new()
    })
}

/// jit removes only its own files from the state folder, and reports others.
fn say_what_was_left(left: &[PathBuf], world: &World, ui: &Ui) {
    for path in left {
        let path = folders::short(path, &world.folders.home);
        ui.warn(shown!("left {}: it was not created by jit, or belongs to another user", path));
    }
}

/// AWS cannot revoke a session, so say how long it stays valid.
fn still_valid(ended: &[Session], world: &World, ui: &Ui) {
    let now = world.clock.now();
    let last = ended.iter().max_by_key(|session| session.credentials.expires_at);
    if let Some(last) = last.filter(|last| !last.time_left(now).is_zero()) {
        let at = clock_time(last.credentials.expires_at, &*world.clock);
        let left = duration(last.time_left(now));
        ui.say(shown!(
            "Credentials already handed out stay valid until {}, {}; AWS cannot revoke them",
            at,
            left
        ));
    }
}
