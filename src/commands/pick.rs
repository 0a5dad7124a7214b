//! The picker for roles: who may be asked, and for what. `sessions` has the time left of each, `list` the order and the
//! lines.

mod list;
mod sessions;

use super::load::Configuration;
use super::nameable::{self, FoundIn, Nameable};
use super::terminals;
use super::unknown::UnknownRole;
use crate::error::{CommandError, CommandResult, Kind};
use crate::store::Store;
use crate::ui::text::shown;
use crate::ui::{self, Picked, Ui};
use crate::world::World;

use list::RoleList;
use sessions::time_left;

/// Lets the person pick a role: one of all that they have, or, for a name that means no role, one that is like it.
///
/// # Errors
/// As for [`among`].
pub(super) fn role(
    unknown: Option<UnknownRole>,
    files: &Configuration<'_>,
    store: &Store<'_>,
) -> CommandResult<String> {
    let mut candidates = nameable::with_requests(files)?;
    if unknown.is_none() {
        candidates.retain(|one| one.found != FoundIn::Policy);
    }
    among(candidates, unknown, store, files.world())
}

/// Lets the person pick one of `candidates`. If a name means no role, this is as if they had typed that into the list.
///
/// # Errors
/// None was picked, or jit cannot ask here; or `unknown`, if nothing in the list is like it.
pub(super) fn among(
    mut candidates: Vec<Nameable>,
    unknown: Option<UnknownRole>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<String> {
    let typed = match unknown.as_ref().map(|unknown| (unknown, unknown.typed())) {
        None => String::new(),
        Some((unknown, Some(typed))) if world.person.can_be_asked() => {
            Ui::new(&world.env, false, false).say(shown!("{}; did you mean one of these?", unknown));
            typed
        }
        Some((unknown, _)) => return Err(unknown.clone().into()),
    };
    let Some(index) = choose(&candidates, None, &typed, store, world)? else {
        return Err(unknown.map_or_else(none_chosen, Into::into));
    };
    let one = candidates.swap_remove(index);
    terminals::note_use(world, &one.name);
    Ok(one.sure_name())
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
    let index = choose(&candidates, first, "", store, world)?.ok_or_else(none_chosen)?;
    Ok(candidates.swap_remove(index))
}

fn none_chosen() -> CommandError {
    CommandError::new(Kind::Failed, "no role was chosen")
}

/// Shows the list of `candidates`, filtered by what was `typed`; the answer is an index into them.
fn choose(
    candidates: &[Nameable],
    first: Option<&str>,
    typed: &str,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<Option<usize>> {
    let left = time_left(store, world);
    let used = terminals::used(world);
    let list = RoleList::of(candidates, first, &left, &used);
    match ui::pick_by("Role", &list.choices, typed, &nameable::of_arn, &Ui::new(&world.env, false, false)) {
        Picked::One(place) => Ok(Some(list.order[place])),
        Picked::Nothing => Ok(None),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "no role was chosen")),
    }
}
