//! The role last chosen in each terminal, so that `jit login prod` makes `jit exec -- …` mean prod there.

use crate::sys::{fs, terminal};
use crate::world::World;

/// Terminals come and go; this many are remembered.
const MOST: usize = 50;

fn path(world: &World) -> std::path::PathBuf {
    world.folders.state.join("terminals")
}

/// Lines of terminal and role, the latest last. A note that cannot be read is as good as none.
fn notes(world: &World) -> Vec<(String, String)> {
    let content = fs::read_limited(&path(world), 64 * 1024).unwrap_or_default();
    let text = String::from_utf8(content).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(id, role)| (id.to_owned(), role.to_owned()))
        .collect()
}

/// The role last chosen in this terminal.
pub(super) fn last_role(world: &World) -> Option<String> {
    let id = terminal::id()?;
    notes(world).into_iter().rev().find(|(terminal, _)| *terminal == id).map(|(_, role)| role)
}

/// The roles last chosen in any terminal, the latest first, each once.
pub(super) fn recent(world: &World) -> Vec<String> {
    let mut recent: Vec<String> = Vec::new();
    for (_, role) in notes(world).into_iter().rev() {
        if !recent.contains(&role) {
            recent.push(role);
        }
    }
    recent
}

/// Remembers `role` for this terminal. That this fails is not worth failing for.
pub(super) fn remember(world: &World, role: &str) {
    let Some(id) = terminal::id() else { return };
    let mut notes = notes(world);
    notes.retain(|(terminal, _)| *terminal != id);
    notes.push((id, role.to_owned()));
    let from = notes.len().saturating_sub(MOST);
    let text: String = notes[from..].iter().map(|(id, role)| format!("{id} {role}\n")).collect();
    let written = fs::private_folder(&world.folders.state)
        .and_then(|()| fs::write_atomically(&path(world), text.as_bytes()));
    if let Err(error) = written {
        tracing::info!("the role could not be remembered for this terminal: {error}");
    }
}
