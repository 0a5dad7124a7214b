//! What is left of the stored sessions.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::EntryKind;
use crate::store::Store;
use crate::world::World;
use jit_wire::credentials::Session;

/// The time left of each role's session. If the store cannot be read, none is shown.
pub(super) fn time_left(store: &Store<'_>, world: &World) -> HashMap<String, Duration> {
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
