//! `jit status`: sessions and the time left, without a network call and without a secret.

use std::collections::HashMap;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::broker;
use crate::config::resolve::Flags;
use crate::error::{CommandResult, Kind};
use crate::idp::IdpLogin;
use crate::plan::EntryKind;
use crate::store::{Description, Store, StoreError};
use crate::sys::folders;
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::{World, clock_time};
use jit_wire::credentials::{Freshness, Session, with_restrictions};
use jit_wire::env::{AWS_CREDENTIAL_EXPIRATION, JIT_RESTRICTED_BY, JIT_ROLE};
use jit_wire::explain::{Explain, Next};
use jit_wire::name;
use jit_wire::timestamp::{Timestamp, duration};

use super::access::{self, KeptRequest};
use super::advice;
use super::load::Configuration;
use super::nameable;

/// Show sessions, the time left, and the store in use
///
/// Makes no network call and shows no secret.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
    /// Exit with 3 if no session is valid
    #[arg(long)]
    pub check: bool,
    /// Print this terminal's role and its time left on one line, for a prompt
    #[arg(long, conflicts_with_all = ["json", "check"])]
    pub prompt: bool,
}

impl StatusArgs {
    /// `jit status`.
    pub fn plain() -> Self {
        Self { json: false, check: false, prompt: false }
    }
}

/// The entries of the store that this version can read, and the number of those it cannot.
struct Holdings {
    sessions: Vec<Session>,
    logins: Vec<IdpLogin>,
    unreadable: usize,
    /// The number of sessions and sign-ins whose key needs the person, or a keychain that does not answer.
    sealed: usize,
}

impl Holdings {
    fn read(store: &Store<'_>) -> Result<Self, StoreError> {
        let mut holdings = Self { sessions: Vec::new(), logins: Vec::new(), unreadable: 0, sealed: 0 };
        let mut no_key = false;
        for key in store.keys()? {
            let shown = usize::from(matches!(key.kind, EntryKind::Session | EntryKind::Login));
            // All entries are sealed with the same key.
            if no_key {
                holdings.sealed += shown;
                continue;
            }
            match (key.kind, store.get(&key)) {
                (_, Err(error)) if error.is_about_entry() => holdings.unreadable += 1,
                (_, Err(error)) if error.is_about_key() => {
                    no_key = true;
                    holdings.sealed += shown;
                }
                (_, Err(error)) => return Err(error),
                (_, Ok(None)) | (EntryKind::Durations | EntryKind::Person, _) => {}
                (EntryKind::Session, Ok(Some(bytes))) => match Session::from_bytes(bytes.expose()) {
                    Ok(session) => holdings.sessions.push(session),
                    Err(_) => holdings.unreadable += 1,
                },
                (EntryKind::Login, Ok(Some(bytes))) => match IdpLogin::from_bytes(bytes.expose()) {
                    Ok(login) => holdings.logins.push(login),
                    Err(_) => holdings.unreadable += 1,
                },
            }
        }
        holdings
            .sessions
            .sort_by(|a, b| (&a.role, a.credentials.expires_at).cmp(&(&b.role, b.credentials.expires_at)));
        Ok(holdings)
    }
}

pub(super) fn run(args: &StatusArgs, world: &World, ui: &Ui) -> CommandResult {
    if args.prompt {
        return prompt(world).map_or(Ok(()), |line| ui.line(line));
    }
    let store = Configuration::read(world)?.open_store()?;
    let description = store.describe();
    let now = world.clock.now();
    let holdings = match Holdings::read(&store) {
        Ok(holdings) => holdings,
        Err(error) => {
            ui.say(shown!("store  {}", description.why));
            return Err(error.into());
        }
    };
    if args.json {
        let access = access::kept_requests(&world.folders.state, now);
        ui.json(&to_json(&holdings, &access, &description, now))?;
    } else {
        show(&holdings, &description, world, ui)?;
    }
    let ended = |session: &Session| session.freshness(now, Duration::ZERO) == Freshness::Expired;
    if args.check && holdings.sealed > 0 {
        // It is not known whether a session is valid.
        let role = meant(&holdings, world);
        return Err(advice::for_role(role.as_deref(), &CheckError::Sealed(description.problem)));
    }
    if args.check && holdings.sessions.iter().all(ended) {
        return Err(advice::for_role(meant(&holdings, world).as_deref(), &CheckError::Expired));
    }
    Ok(())
}

/// Why `--check` could not find a valid session.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("no session is valid")]
    Expired,
    #[error("{}", .0.as_ref().map_or_else(|| "the store's key is not available now".to_owned(), advice::not_asked))]
    Sealed(Option<StoreError>),
}

impl Explain for CheckError {
    fn kind(&self) -> Kind {
        match self {
            Self::Expired => Kind::LoginNeeded,
            Self::Sealed(_) => Kind::Store,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Expired | Self::Sealed(None) => vec![Next::SignIn],
            Self::Sealed(Some(error)) => error.next(),
        }
    }
}

/// The role to sign in for: the default of other commands, else the one whose session was valid last, else
/// the only role.
fn meant(holdings: &Holdings, world: &World) -> Option<String> {
    let files = Configuration::read(world).and_then(Configuration::with_roles).ok()?;
    let named = files.role_name(None).ok().map(|role| role.value);
    let last = || holdings.sessions.iter().max_by_key(|session| session.credentials.expires_at);
    let mut roles = files.file.roles.keys();
    named.or_else(|| last().map(|session| session.role.clone())).or_else(|| {
        let first = roles.next()?.clone();
        roles.next().is_none().then_some(first)
    })
}

/// The default role of this terminal and its time left. A prompt shows no errors, so the text is shorter,
/// or empty, if something is missing.
fn prompt(world: &World) -> Option<Shown> {
    let now = world.clock.now();
    let left = |until: Timestamp| match until.since(now) {
        left if left.is_zero() => "ended".to_owned(),
        left => duration(left),
    };
    // Inside `jit exec`, the credentials of the environment count.
    let inherited = world.env.get(JIT_ROLE).zip(world.env.get(AWS_CREDENTIAL_EXPIRATION));
    if let Some((role, until)) = inherited {
        let restricted_by: Vec<String> =
            world.env.get(JIT_RESTRICTED_BY).map(name::in_prompt).into_iter().collect();
        let shown = with_restrictions(&name::in_prompt(role), &restricted_by);
        return Some(shown!("{} {}", shown, left(Timestamp::parse_expiration(until).ok()?)));
    }
    let files = Configuration::read(world).ok()?;
    let name = files.role_name(None).ok()?.value;
    let plan = files.plan(&name, Flags::default()).ok()?;
    let store = files.open_store().ok()?;
    let shown_name = name::in_prompt(&name);
    Some(match broker::stored_session(&store, &plan, plan.legs.len() - 1) {
        Ok(Some(session)) => shown!("{} {}", shown_name, left(session.credentials.expires_at)),
        Err(error) if error.is_about_key() => shown!("{} locked", shown_name),
        Ok(None) | Err(_) => escape(&shown_name),
    })
}

fn to_json(holdings: &Holdings, access: &[KeptRequest], description: &Description, now: Timestamp) -> Value {
    let sessions: Vec<_> = holdings.sessions.iter().map(|session| session.to_public_json(now)).collect();
    let login = |login: &IdpLogin| {
        json!({
            "issuer": login.identity().issuer,
            "user": login.identity().name,
            "renewable": login.renews_itself(),
            "obtained_at": login.obtained_at().to_rfc3339(),
            "sign_in": login.identity().sign_in.to_json(),
        })
    };
    json!({
        "store": {
            "kind": description.kind.map(|kind| kind.to_string()),
            "why": description.why,
            "problem": description.problem.as_ref().map(StoreError::in_one_line),
            "folder": description.folder.display().to_string(),
            "key_cached_seconds": description.key_cached_for.map(|left| left.as_secs()),
        },
        "sessions": sessions,
        "logins": holdings.logins.iter().map(login).collect::<Vec<_>>(),
        "unreadable_entries": holdings.unreadable,
        "sealed_entries": holdings.sealed,
        "access": access.iter().map(|kept| json!({
            "access": kept.access,
            "id": kept.short,
            "state": kept.state,
            "until": kept.until.to_rfc3339(),
        })).collect::<Vec<_>>(),
    })
}

/// What the person was granted or waits for, when the ledger of access on request was last read.
fn access_row(kept: &KeptRequest, world: &World) -> Vec<Shown> {
    let at = clock_time(kept.until, &*world.clock);
    let state = match kept.state.as_str() {
        "live" => shown!("granted until {}", at),
        "scheduled" => shown!("granted from {}", at),
        _ => shown!("pending, lapses at {}", at),
    };
    vec!["access".into(), shown!("{} {} ({})", kept.access, state, kept.short)]
}

fn show(holdings: &Holdings, description: &Description, world: &World, ui: &Ui) -> CommandResult {
    if holdings.sealed > 0 {
        let entries = if holdings.sealed == 1 { "entry is" } else { "entries are" };
        ui.line(shown!("{} {} sealed, and jit status does not ask for the key", holdings.sealed, entries))?;
    } else if holdings.sessions.is_empty() {
        ui.line("no sessions")?;
    } else {
        let names = nameable::account_names(world);
        let rows = holdings.sessions.iter().map(|session| row(session, &names, world, ui)).collect();
        ui.table_with_titles(&["role", "account", "left", "until", "user"], rows)?;
    }
    let mut rows = vec![Vec::new()];
    for login in &holdings.logins {
        let renewal = if login.renews_itself() { "renews itself" } else { "not renewed" };
        let name = Some(login.identity().name.as_str()).filter(|name| !name.is_empty());
        let name = name.unwrap_or("signed in");
        let issuer = &login.identity().issuer;
        let how = login.identity().sign_in.in_words(|at| clock_time(at, &*world.clock));
        let how = how.map(|how| format!(", {how}")).unwrap_or_default();
        rows.push(vec!["login".into(), shown!("{} at {}, {}{}", name, issuer, renewal, how)]);
    }
    let access = access::kept_requests(&world.folders.state, world.clock.now());
    rows.extend(access.iter().map(|kept| access_row(kept, world)));
    let kind = description.kind.map_or_else(|| "none".to_owned(), |kind| kind.to_string());
    let folder = folders::short(&description.folder, &world.folders.home);
    rows.push(vec!["store".into(), shown!("{} in {}: {}", kind, folder, description.why)]);
    if let Some(left) = description.key_cached_for {
        rows.push(vec!["key".into(), shown!("cached by the kernel for another {}", duration(left))]);
    }
    ui.table(&rows)?;
    if let Some(problem) = &description.problem {
        match problem {
            StoreError::Locked { .. } => ui.warn(escape(&advice::not_asked(problem))),
            problem => ui.warn(shown!("{}; run `jit doctor` for details", problem.in_one_line())),
        }
    }
    match holdings.unreadable {
        0 => {}
        1 => ui.warn("one entry cannot be read; run `jit doctor` for details"),
        count => ui.warn(shown!("{} entries cannot be read; run `jit doctor` for details", count)),
    }
    Ok(())
}

fn row(session: &Session, names: &HashMap<String, String>, world: &World, ui: &Ui) -> Vec<Shown> {
    let now = world.clock.now();
    // Where the role goes by the account's name, that is said already.
    let name = names.get(session.account());
    let name = name.filter(|name| !session.role.starts_with(&format!("{name}/")));
    let left = shown!("{}", duration(session.time_left(now)));
    let left = match session.freshness(now, Duration::ZERO) {
        Freshness::Fresh => ui.paint_data(Tone::Good, left),
        Freshness::Ending => ui.paint_data(Tone::Warning, left),
        Freshness::Expired => ui.paint_data(Tone::Dim, "ended"),
    };
    vec![
        ui.paint_data(Tone::Name, escape(&session.shown_role())),
        escape(&nameable::account_shown(session.account(), name)),
        left,
        escape(&clock_time(session.credentials.expires_at, &*world.clock)),
        escape(&session.user),
    ]
}
