//! What the person is told before the command starts: role, account and time left, the region if two could be meant,
//! and how to leave a shell.

use std::ffi::OsStr;
use std::path::Path;

use crate::commands::region;
use crate::plan::Plan;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::credentials::{Session, with_restrictions};
use jit_wire::env::{Env, JIT_ACCOUNT_ID, JIT_RESTRICTED_BY, JIT_ROLE};
use jit_wire::timestamp::duration;

/// Announces the command, or the `shell` that runs instead of one.
pub(super) fn announce(plan: &Plan, session: &Session, shell: Option<&OsStr>, world: &World, ui: &Ui) {
    let left = duration(session.time_left(world.clock.now()));
    let role = ui.paint_role(&plan.shown_name(), plan.color.as_deref());
    ui.say(shown!("{}  account {}  {} left", role, session.account(), left));
    region::say_which(plan, &world.env, ui);
    let Some(shell) = shell else { return };
    let program = Path::new(shell).file_name().unwrap_or(shell).to_string_lossy();
    ui.say(shown!(
        "Starting {} with this role. `exit` ends it; JIT_ROLE has the role for your prompt",
        program
    ));
    if let Some(outer) = outer(&world.env) {
        let inner = plan.shown_name();
        ui.say(shown!("It replaces {} by {} until you exit", outer, inner));
    }
}

/// The role of the shell or command that this one was started in.
fn outer(env: &Env) -> Option<String> {
    let (role, _) = env.get(JIT_ROLE).zip(env.get(JIT_ACCOUNT_ID))?;
    let restricted_by: Vec<String> = env.get(JIT_RESTRICTED_BY).map(str::to_owned).into_iter().collect();
    Some(with_restrictions(role, &restricted_by))
}
