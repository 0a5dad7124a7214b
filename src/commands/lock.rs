//! `jit lock`: drop the copy of the data key that the kernel keeps, so that the keychain is asked again.

use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

use super::{load_if_there, open_store};

pub(super) fn run(world: &World, ui: &Ui) -> CommandResult {
    let dropped = open_store(world, &load_if_there(world)?)?.drop_cached_key()?;
    ui.done(if dropped {
        "The kernel's copy of the key is gone"
    } else {
        "The kernel kept no copy of the key"
    });
    Ok(())
}
