//! The picker for roles: roles that were used often and recently come first.

use std::collections::HashMap;
use std::time::Duration;

use super::load::Configuration;
use super::nameable::{self, Nameable};
use super::terminals;
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
    let words: [&str; 9] =
        [&role.name, " ", &role.account, "/", &role.role, " ", &role.about, " ", &role.tags];
    Choice {
        cells: vec![escape(&role.name), escape(&role.account), escape(&role.about), left],
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
    let name = one_of(nameable::all(files)?, None, store, world)?;
    terminals::note_use(world, &name);
    Ok(name)
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
) -> CommandResult<String> {
    let sessions = sessions(store, world);
    let used = terminals::used(world);
    candidates.sort_by_cached_key(|one| {
        let used = used.get(&one.name).copied().unwrap_or(usize::MAX);
        (Some(one.name.as_str()) != first, used, !sessions.contains_key(&one.name))
    });
    let choices: Vec<Choice> =
        candidates.iter().map(|one| choice(one, sessions.get(&one.name).copied())).collect();
    match ui::pick("Role", &choices, &nameable::of_arn, &Ui::new(&world.env, false, false)) {
        Picked::One(index) => Ok(candidates.swap_remove(index).name),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "no role was chosen")),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "no role was chosen")),
    }
}

/// The time left of each role's session. If the store cannot be read, none is shown.
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
