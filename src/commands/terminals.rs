//! The role last used in each terminal, so that after `jit login prod` a plain `jit exec -- …` uses prod
//! there; and how often each role is used, to sort the picker.

use std::collections::HashMap;

use crate::sys::state::Folder;
use crate::sys::terminal;
use crate::world::World;
use jit_wire::name;
use jit_wire::timestamp::Timestamp;

/// The most terminals that are remembered.
const MOST: usize = 50;
/// The most used roles that are remembered.
const MOST_USED: usize = 200;
/// The half-life of a use, in seconds.
const HALF_LIFE: f64 = 3.0 * 24.0 * 3600.0;

const TERMINALS: &str = "terminals";
const USED: &str = "used";
/// The largest size of each file, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The text of a file; empty if it cannot be read.
fn read(world: &World, name: &str) -> String {
    let content = Folder::open(&world.folders.state).and_then(|state| state.read(name, LARGEST));
    String::from_utf8(content.unwrap_or_default()).unwrap_or_default()
}

fn write(world: &World, name: &str, text: &str) -> std::io::Result<()> {
    Folder::make(&world.folders.state)?.write(name, text.as_bytes())
}

/// The terminals and their roles, the latest last; invalid lines are ignored.
fn notes(world: &World) -> Vec<(String, String)> {
    notes_in(&read(world, TERMINALS))
}

pub(super) fn notes_in(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, role)| can_be_meant(role))
        .map(|(id, role)| (id.to_owned(), role.to_owned()))
        .collect()
}

/// Whether this can be the name of a role. Other programs may have written to these files.
fn can_be_meant(role: &str) -> bool {
    // A configured name, `account/role`, a profile or an ARN.
    !role.is_empty() && role.chars().all(name::is_visible)
}

/// The role last used in this terminal.
pub(super) fn last_role(world: &World) -> Option<String> {
    let id = terminal::id()?;
    notes(world).into_iter().rev().find(|(terminal, _)| *terminal == id).map(|(_, role)| role)
}

/// Remembers `role` for this terminal. A failure is only logged.
pub(super) fn remember(world: &World, role: &str) {
    note_use(world, role);
    let Some(id) = terminal::id() else { return };
    let mut notes = notes(world);
    notes.retain(|(terminal, _)| *terminal != id);
    notes.push((id, role.to_owned()));
    if let Err(error) = write(world, TERMINALS, &notes_written(&notes)) {
        log::info!("could not remember the role for this terminal: {error}");
    }
}

/// The text of the file, with only the latest notes.
pub(super) fn notes_written(notes: &[(String, String)]) -> String {
    let from = notes.len().saturating_sub(MOST);
    notes[from..].iter().map(|(id, role)| format!("{id} {role}\n")).collect()
}

/// The used roles with their ranks: most used first, then most recent. A use counts one at first, and half
/// as much every three days.
pub(super) fn used(world: &World) -> HashMap<String, usize> {
    let now = world.clock.now();
    let mut uses = uses(world);
    uses.reverse();
    uses.sort_by(|one, other| worn(other.weight, other.at, now).total_cmp(&worn(one.weight, one.at, now)));
    uses.into_iter().enumerate().map(|(place, one)| (one.role, place)).collect()
}

/// How much a role had been used at its last use.
pub(super) struct Use {
    pub(super) role: String,
    pub(super) weight: f64,
    at: Timestamp,
}

fn uses(world: &World) -> Vec<Use> {
    uses_in(&read(world, USED))
}

pub(super) fn uses_in(text: &str) -> Vec<Use> {
    let parse = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let at = parts.next()?.parse().ok()?;
        let weight = parts.next()?.parse().ok()?;
        let role = parts.next()?;
        Some(Use { role: role.to_owned(), weight, at: Timestamp(at) })
            .filter(|one| one.weight.is_finite() && can_be_meant(&one.role))
    };
    text.lines().filter_map(parse).collect()
}

/// Counts a use of `role`. A failure is only logged.
pub(super) fn note_use(world: &World, role: &str) {
    let mut uses = uses(world);
    use_again(&mut uses, role, world.clock.now());
    let text = uses_written(&uses);
    if let Err(error) = write(world, USED, &text) {
        log::info!("could not record that the role was used: {error}");
    }
}

pub(super) fn use_again(uses: &mut Vec<Use>, role: &str, now: Timestamp) {
    let before = uses.iter().find(|one| one.role == role).map_or(0.0, |one| worn(one.weight, one.at, now));
    uses.retain(|one| one.role != role);
    uses.push(Use { role: role.to_owned(), weight: before + 1.0, at: now });
}

/// The text of the file, with only the latest uses.
pub(super) fn uses_written(uses: &[Use]) -> String {
    let from = uses.len().saturating_sub(MOST_USED);
    let line = |one: &Use| format!("{} {:.3} {}\n", one.at.0, one.weight, one.role);
    uses[from..].iter().map(line).collect()
}

fn worn(weight: f64, at: Timestamp, now: Timestamp) -> f64 {
    let seconds = u32::try_from(now.0.saturating_sub(at.0)).unwrap_or(0);
    weight * (-f64::from(seconds) / HALF_LIFE).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::doubles::world;

    #[test]
    fn frequent_or_recent_use_ranks_higher() {
        let folder = tempfile::tempdir().unwrap();
        let at = |hours: i64| world(folder.path(), 1_800_000_000 + hours * 3600);
        for role in ["daily", "daily", "daily", "once", "a b/c"] {
            note_use(&at(0), role);
        }
        let order = |hours: i64| {
            let mut used: Vec<(usize, String)> =
                used(&at(hours)).into_iter().map(|(role, place)| (place, role)).collect();
            used.sort();
            used.into_iter().map(|(_, role)| role).collect::<Vec<_>>()
        };
        assert_eq!(order(1), ["daily", "a b/c", "once"]);
        // A week later one new use weighs more than three old ones.
        note_use(&at(7 * 24), "once");
        assert_eq!(order(7 * 24), ["once", "daily", "a b/c"]);
        assert_eq!(order(0)[..2], ["daily", "once"], "a clock set back");
        let folder = Folder::open(&at(0).folders.state).unwrap();
        folder.write(USED, b"x 1 a\n1 NaN b\n1 1\n\xff").unwrap();
        assert!(used(&at(0)).is_empty());
        for n in 0..300 {
            note_use(&at(0), &format!("role-{n}"));
        }
        assert_eq!(used(&at(0)).len(), MOST_USED);
    }
}
