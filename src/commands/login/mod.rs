//! `jit login`: sign in if needed, walk the chain, store every session.
//!
//! ```text
//! mod (one role) → choose (which) → report (what came of it) ; all (every configured role) ; accounts (their names)
//! ```

mod accounts;
mod all;
mod choose;
mod report;

pub(super) use choose::Configured;

use std::cell::RefCell;

use crate::broker::{self, Broker, BrokerError, Interaction, Need};
use crate::cli::Login;
use crate::config::file::File;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::plan::ProofPlan;
use crate::store::Store;
use crate::ui::Ui;
use crate::world::World;

use super::{LOGIN_WITHIN, advice, confirm, load_or_profiles, open_store, plan, terminals, typed_need};

/// What every part of the command works with.
struct Context<'a, 'w> {
    args: &'a Login,
    file: &'a File,
    store: &'a Store<'w>,
    broker: &'a Broker<'a, 'w>,
    world: &'a World,
    ui: &'a Ui,
    /// The login before that of an IdP that was signed in at to see what it offers.
    before: RefCell<Option<report::Before>>,
}

pub(super) fn run(args: &Login, world: &World, ui: &Ui) -> CommandResult {
    let file = &load_or_profiles(world)?;
    let store = &open_store(world, file)?;
    let broker = &Broker::new(world, store);
    let context = Context { args, file, store, broker, world, ui, before: RefCell::default() };
    if args.all {
        context.every_role()?
    } else {
        context.one_role()?
    }
    // What could not be stored is there for this process alone, which ends here.
    broker.not_stored().map_or(Ok(()), |error| Err(advice::NotStored(error).into()))
}

impl Context<'_, '_> {
    fn one_role(&self) -> CommandResult {
        let Self { args, file, store, broker, world, ui, .. } = *self;
        let name = match args.role.name() {
            Some(name) => name.to_owned(),
            None => self.choose_role()?,
        };
        let plan = plan(file, &name, Flags { role: None, duration: args.duration }, world)?;
        confirm(&plan, world)?;
        let need = self.need(&plan.proof);
        let before = match self.before.take() {
            Some(before) => before,
            None => report::Before::of(store, &plan.proof)?,
        };
        let typed = advice::Typed::Login { force: need.force };
        let no_session = |error: BrokerError| advice::no_session(&error, &plan, typed);
        let stored = broker::stored_session(store, &plan, plan.legs.len() - 1)
            .map_err(|error| no_session(error.into()))?;
        if !matches!(broker.at_hand(&plan, &need), Ok(Some(_))) {
            // Nobody signs in for what could not be stored.
            store.prepare().map_err(|error| no_session(error.into()))?;
        }
        let session = broker.session(&plan, &need).map_err(no_session)?;
        terminals::remember(world, &plan.role);
        let key_id = &session.credentials.access_key_id;
        let unchanged = stored.is_some_and(|stored| stored.credentials.access_key_id == *key_id);
        report::session(store, &plan, &session, unchanged, world, ui);
        before.compare(store, &plan.proof, need.force, ui);
        accounts::learn_names(&[&plan], store, world);
        Ok(())
    }

    /// What the command line asks for.
    fn need(&self, proof: &ProofPlan) -> Need {
        let Self { args, world, .. } = *self;
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
}
