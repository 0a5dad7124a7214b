//! What all counterparts share: the empty room that a test runs in, the servers, the programs they need.

mod journal;
#[path = "../../it/support/leaks.rs"]
mod leaks;
mod room;
mod servers;
mod tools;

pub(crate) use journal::Journal;
pub(crate) use room::{Outcome, Room, Running};
pub(crate) use servers::{Ministack, Moto, OidcProvider, PASSWORD, SamlProvider, Sts, free_port};
pub(crate) use tools::{cli2, fixture, on_path, python, tool};

use std::time::{Duration, Instant};

/// How long anything may take on a very busy machine: whatever takes longer hangs. No test expects to wait
/// that long, so none is slower for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Polls until `ready` returns something.
///
/// # Panics
/// If it does not happen; `what` is named.
pub(crate) fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
