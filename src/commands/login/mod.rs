//! `jit login`: sign in if needed, walk the chain, store every session.
//!
//! ```text
//! mod (one role) → choose (which) → report (what came of it) ; all (every configured role) ; accounts (their names)
//! ```

mod accounts;
mod all;
mod choose;
mod report;

use crate::broker::{self, Broker, Interaction, Need};
use crate::cli::Login;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::plan::ProofPlan;
use crate::ui::Ui;
use crate::world::World;

use super::{LOGIN_WITHIN, confirm, hints, load, open_store, plan, terminals, typed_need};

pub(super) fn run(args: &Login, world: &World, ui: &Ui) -> CommandResult {
    let file = load(world)?;
    let store = open_store(world, &file)?;
    let broker = Broker::new(world, &store);
    if args.all {
        return all::run(args, &file, &store, &broker, world, ui);
    }
    let name = match args.role.name() {
        Some(name) => name.to_owned(),
        None => choose::role(args, &file, &store, &broker, world, ui)?,
    };
    let plan = plan(&file, &name, Flags { role: None, duration: args.duration }, world)?;
    confirm(&plan, world)?;
    let need = need(args, &plan.proof, world);
    let before = report::Before::of(&store, &plan.proof)?;
    let stored = broker::stored_session(&store, &plan, plan.legs.len() - 1)?;
    let session =
        broker.session(&plan, &need).map_err(|error| hints::no_session(&error, &plan, need.force))?;
    terminals::remember(world, &plan.role);
    let key_id = &session.credentials.access_key_id;
    let unchanged = stored.is_some_and(|stored| stored.credentials.access_key_id == *key_id);
    report::session(&store, &plan, &session, unchanged, world, ui);
    before.compare(&store, &plan.proof, need.force, ui);
    accounts::learn_names(&[&plan], &store, world);
    Ok(())
}

/// What the command line asks for.
fn need(args: &Login, proof: &ProofPlan, world: &World) -> Need {
    let options = LoginOptions {
        device: args.device,
        open_browser: !args.no_browser,
        force: args.force,
        factor: args.factor,
        keep_password: args.keep_password,
        within: LOGIN_WITHIN,
    };
    // Somebody typed this. With --no-browser or --device the address goes to stderr, terminal or not.
    let shown = args.device || args.no_browser || world.browser.available();
    let may = world.person.can_be_asked() || shown || proof.may_be_silent();
    let interaction = if may { Interaction::Allowed(options) } else { Interaction::Never };
    Need { force: args.force, interaction, ..typed_need(world, None) }
}
