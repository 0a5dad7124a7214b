//! `jit lock`: removes the kernel's copy of the data key, so that the next command asks the keychain again.

use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

use super::load::Configuration;

pub(super) fn run(world: &World, ui: &Ui) -> CommandResult {
    let dropped = Configuration::read(world)?.open_store()?.drop_cached_key()?;
    ui.done(if dropped {
        "Removed the kernel's copy of the key"
    } else {
        "The kernel had no copy of the key"
    });
    Ok(())
}
