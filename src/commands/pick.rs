//! The picker for roles: roles that were used often and recently come first.

use std::collections::HashMap;
use std::time::Duration;

use super::load::Configuration;
use super::nameable::{self, Nameable};
use super::terminals;
use super::unknown::UnknownRole;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::{COLORS, EntryKind};
use crate::store::Store;
use crate::ui::text::{escape, shown};
use crate::ui::{self, Choice, Picked, Ui};
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::timestamp::duration;

/// The line of the list for `role`.
fn choice(role: &Nameable, left: Option<Duration>) -> Choice {
    let left = left.map(|left| shown!("{} left", duration(left))).unwrap_or_default();
    // `account/role` is a word of its own, so that an ARN finds it.
    let account_name = role.account_name.as_deref().unwrap_or_default();
    let words: [&str; 11] = [
        &role.name,
        " ",
        &role.account,
        "/",
        &role.role,
        " ",
        account_name,
        " ",
        &role.about,
        " ",
        &role.tags,
    ];
    Choice {
        cells: vec![escape(&role.name), escape(&role.account_shown()), escape(&role.about), left],
        words: words.concat().to_lowercase(),
        color: Some(color(role.color.as_deref(), &role.account)),
    }
}

/// The configured colour, else one that depends on the account.
fn color(own: Option<&str>, account: &str) -> u8 {
    let own = own.and_then(|own| COLORS.iter().position(|color| *color == own));
    // White is left out, because it does not distinguish accounts.
    let sum = account.bytes().fold(0_usize, |sum, digit| sum.wrapping_mul(31).wrapping_add(digit.into()));
    31 + u8::try_from(own.unwrap_or(sum % (COLORS.len() - 1))).unwrap_or(0)
}

/// Lets the person pick one of all known roles.
///
/// # Errors
/// No role is known, none was picked, or jit cannot ask here.
pub(super) fn any(files: &Configuration<'_>, store: &Store<'_>) -> CommandResult<String> {
    let world = files.world();
    let one = one_of(nameable::all(files)?, None, store, world)?;
    terminals::note_use(world, &one.name);
    Ok(one.sure_name())
}

/// Lets the person pick one of `candidates` for a name that means no role, as if they had typed that into the list.
///
/// # Errors
/// `unknown`, if nobody can be asked, nothing in the list is like it, or nothing was picked.
pub(super) fn instead(
    unknown: UnknownRole,
    mut candidates: Vec<Nameable>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<String> {
    let Some(typed) = unknown.typed().filter(|_| world.person.can_be_asked()) else {
        return Err(unknown.into());
    };
    Ui::new(&world.env, false, false).say(shown!("{}; did you mean one of these?", unknown));
    match choose(&candidates, None, &typed, store, world) {
        Picked::One(index) => {
            let one = candidates.swap_remove(index);
            terminals::note_use(world, &one.name);
            Ok(one.sure_name())
        }
        Picked::Nothing => Err(unknown.into()),
        Picked::Interrupted => Err(interrupted()),
    }
}

/// Lets the person pick one of `candidates`; `first` is at the top.
///
/// # Errors
/// No role was picked, or jit cannot ask here.
pub(super) fn one_of(
    mut candidates: Vec<Nameable>,
    first: Option<&str>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<Nameable> {
    match choose(&candidates, first, "", store, world) {
        Picked::One(index) => Ok(candidates.swap_remove(index)),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "no role was chosen")),
        Picked::Interrupted => Err(interrupted()),
    }
}

fn interrupted() -> CommandError {
    CommandError::new(Kind::Interrupted, "no role was chosen")
}

/// Shows the list of `candidates`, filtered by what was `typed`; the answer is an index into them.
fn choose(
    candidates: &[Nameable],
    first: Option<&str>,
    typed: &str,
    store: &Store<'_>,
    world: &World,
) -> Picked {
    let sessions = sessions(store, world);
    let used = terminals::used(world);
    // Sessions and uses from before an account had a name are noted with its number.
    let by_either_name = |one: &Nameable| [one.name.clone(), one.number_name()];
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_cached_key(|index| {
        let one = &candidates[*index];
        let names = by_either_name(one);
        let used = names.iter().filter_map(|name| used.get(name)).min().copied().unwrap_or(usize::MAX);
        (Some(one.name.as_str()) != first, used, !names.iter().any(|name| sessions.contains_key(name)))
    });
    let line = |index: &usize| {
        let one = &candidates[*index];
        choice(one, by_either_name(one).iter().find_map(|name| sessions.get(name)).copied())
    };
    let choices: Vec<Choice> = order.iter().map(line).collect();
    match ui::pick_by("Role", &choices, typed, &nameable::of_arn, &Ui::new(&world.env, false, false)) {
        Picked::One(place) => Picked::One(order[place]),
        nothing => nothing,
    }
}

/// The time left of each role's session. If the store cannot be read, none is shown.
fn sessions(store: &Store<'_>, world: &World) -> HashMap<String, Duration> {
    let now = world.clock.now();
    let keys = store.keys().unwrap_or_default().into_iter().filter(|key| key.kind == EntryKind::Session);
    let alive = |key| {
        let session = Session::from_bytes(store.get(&key).ok()??.expose()).ok()?;
        // A restricted session is not what the role is picked for.
        if !session.restricted_by.is_empty() {
            return None;
        }
        let left = session.time_left(now);
        (!left.is_zero()).then_some((session.role, left))
    };
    keys.filter_map(alive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_colour_and_the_configuration_has_the_last_word() {
        assert_eq!(color(Some("red"), "111111111111"), 31);
        assert_eq!(color(Some("white"), "111111111111"), 37);
        assert_eq!(color(None, "111111111111"), color(None, "111111111111"));
        let colors: std::collections::HashSet<u8> =
            (0..100).map(|n| color(None, &format!("{n:012}"))).collect();
        assert!(colors.len() == 6 && !colors.contains(&37), "{colors:?}");
    }
}
