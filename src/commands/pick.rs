//! Which role is meant where none was named: a list to type into, what was used last at its head.

use std::collections::HashMap;
use std::time::Duration;

use super::{roles, terminals};
use crate::config::file::File;
use crate::credentials::Session;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::EntryKind;
use crate::store::Store;
use crate::ui;
use crate::ui::text::{duration, escape, table};
use crate::world::World;

/// A line of the list.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// What to call the role.
    pub(super) name: String,
    /// Twelve digits.
    pub(super) account: String,
    /// The description, the account's name, or how it is reached.
    pub(super) about: String,
}

/// Lets the person pick one of every role that can be named.
///
/// # Errors
/// There is none, nothing was picked, or nobody can be asked.
pub(super) fn any(file: &File, store: &Store<'_>, world: &World) -> CommandResult<String> {
    let candidates = roles::named(file, world)?.into_iter().map(|role| role.candidate).collect();
    one_of(candidates, None, store, world)
}

/// Lets the person pick one of `candidates`; `first` stands before all others.
///
/// # Errors
/// Nothing was picked, or nobody can be asked.
pub(super) fn one_of(
    mut candidates: Vec<Candidate>,
    first: Option<&str>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<String> {
    let sessions = sessions(store, world);
    let recent: HashMap<String, usize> =
        terminals::recent(world).into_iter().enumerate().map(|(place, role)| (role, place)).collect();
    candidates.sort_by_cached_key(|one| {
        let used = recent.get(&one.name).copied().unwrap_or(usize::MAX);
        (Some(one.name.as_str()) != first, used, !sessions.contains_key(&one.name))
    });
    let row = |one: &Candidate| {
        let left = sessions.get(&one.name).map(|left| format!("{} left", duration(*left)));
        vec![escape(&one.name), one.account.clone(), escape(&one.about), left.unwrap_or_default()]
    };
    let rows: Vec<Vec<String>> = candidates.iter().map(row).collect();
    let items: Vec<String> = table(&rows).lines().map(|line| line.trim_end().to_owned()).collect();
    let picked =
        ui::pick("Role", &items).ok_or_else(|| CommandError::new(Kind::Failed, "no role was chosen"))?;
    Ok(candidates.swap_remove(picked).name)
}

/// How long the session of each role still lives. A store that cannot be read is none: this is for the eye.
fn sessions(store: &Store<'_>, world: &World) -> HashMap<String, Duration> {
    let now = world.clock.now();
    let keys = store.keys().unwrap_or_default().into_iter().filter(|key| key.kind == EntryKind::Session);
    let alive = |key| {
        let session = Session::from_bytes(store.get(&key).ok()??.expose()).ok()?;
        let left = session.time_left(now);
        (!left.is_zero()).then_some((session.role, left))
    };
    keys.filter_map(alive).collect()
}
