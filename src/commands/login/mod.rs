//! `jit login`: signs in if needed, walks the chain, and stores every session.
//!
//! ```text
//! mod (one role) → choose (which role) → report (the result) ; all (every configured role) ; accounts (account names) ;
//! on_request (a role on request)
//! ```

mod accounts;
mod all;
mod choose;
mod on_request;
mod report;

use std::cell::RefCell;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::broker::{self, Broker, BrokerError, Interaction, Need};
use crate::config::resolve::Flags;
use crate::error::{CommandResult, Kind};
use crate::idp::LoginOptions;
use crate::plan::{FACTORS, Factor, Origin, Plan, ProofPlan, RoleId, Valued};
use crate::store::Store;
use crate::ui::Ui;
use crate::world::World;

use jit_wire::explain::{Explain, Next};
use jit_wire::timestamp::Timestamp;

use super::load::Configuration;
use super::{advice, nameable, pick, terminals};
use crate::commands::subject::{LOGIN_WITHIN, RoleArgs, confirm, typed_need};

/// Sign in and get a role's sessions
///
/// Signs in at the IdP if needed, assumes each role of the chain and stores the
/// sessions. Does nothing if they are all still valid. Without a role on a
/// terminal, lets you pick one.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct LoginArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// Every configured role, with one sign-in at each IdP
    #[arg(long, conflicts_with_all = ["role", "role_option"])]
    pub all: bool,
    /// Sign in at this IdP, then pick from the roles it offers
    #[arg(long, value_name = "NAME", conflicts_with_all = ["role", "role_option"])]
    pub idp: Option<String>,
    /// Sign in at the IdP again, even if there is a session
    #[arg(long)]
    pub force: bool,
    /// Sign in on another device with a code
    #[arg(long)]
    pub device: bool,
    /// Show the URL instead of opening a browser
    #[arg(long)]
    pub no_browser: bool,
    /// The second factor to use at Okta (default: the last one used)
    #[arg(long, value_name = "FACTOR", value_parser = factors())]
    pub factor: Option<Factor>,
    /// Store the password for Okta, sealed; `jit logout` deletes it
    #[arg(long)]
    pub keep_password: bool,
    /// Session lifetime, such as 2h
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub duration: Option<u32>,
    /// Print only errors and warnings
    #[arg(short, long)]
    pub quiet: bool,
}

fn factors() -> impl TypedValueParser<Value = Factor> {
    let of_name = |name: String| FACTORS.iter().find(|(_, one, _)| *one == name).map(|(factor, ..)| *factor);
    PossibleValuesParser::new(FACTORS.map(|(_, name, about)| PossibleValue::new(name).help(about)))
        .try_map(move |name| of_name(name).ok_or("no such factor"))
}

impl LoginArgs {
    /// `jit login ROLE`.
    pub fn of(role: &str) -> Self {
        Self {
            role: RoleArgs::named(role),
            all: false,
            idp: None,
            factor: None,
            keep_password: false,
            force: false,
            device: false,
            no_browser: false,
            duration: None,
            quiet: false,
        }
    }
}

/// Why `--duration` cannot be obeyed: something else decides how long the session lasts.
#[derive(Debug, thiserror::Error)]
enum NoDuration {
    #[error("{0} is a permission set, and Identity Center decides how long its sessions last")]
    PermissionSet(String),
    #[error("{0} has credentials of its own, and jit cannot choose how long they last")]
    OwnCredentials(String),
}

impl NoDuration {
    fn of(plan: &Plan) -> Self {
        match plan.target().role.value {
            RoleId::Assigned(_) => Self::PermissionSet(plan.role.clone()),
            RoleId::Arn(_) | RoleId::Itself(_) => Self::OwnCredentials(plan.role.clone()),
        }
    }
}

impl Explain for NoDuration {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::PermissionSet(_) => Next::list([
                "leave out --duration",
                "an administrator of Identity Center can change the session duration of the permission set",
            ]),
            Self::OwnCredentials(_) => Next::list(["leave out --duration"]),
        }
    }
}

/// What the parts of the command share.
struct Context<'a, 'w> {
    args: &'a LoginArgs,
    files: &'a Configuration<'w>,
    store: &'a Store<'w>,
    broker: &'a Broker<'a, 'w>,
    world: &'a World,
    ui: &'a Ui,
    /// The previous sign-in, if this command has already signed in again to list the roles.
    before: RefCell<Option<report::Before>>,
}

pub(super) fn run(args: &LoginArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = &Configuration::read(world)?.with_roles()?;
    let store = &files.open_store()?;
    let broker = &Broker::new(world, store);
    let context = Context { args, files, store, broker, world, ui, before: RefCell::default() };
    if args.all {
        context.every_role()?
    } else {
        context.one_role()?
    }
    // A session that could not be stored is lost when this process ends.
    broker.not_stored().map_or(Ok(()), |error| Err(advice::NotStored(error).into()))
}

impl Context<'_, '_> {
    fn one_role(&self) -> CommandResult {
        let Self { args, files, store, world, .. } = *self;
        let name = match args.role.name() {
            Some(name) => Valued::new(name.to_owned(), Origin::Flag("the command line")),
            None => self.choose_role()?,
        };
        let flags = Flags { role: None, duration: args.duration };
        let plan = match files.plan_if_known(&name.value, flags)? {
            Ok(plan) if self.on_request(&name.value, Some(&plan))? => return Ok(()),
            Ok(plan) => plan,
            Err(_) if self.on_request(&name.value, None)? => return Ok(()),
            Err(unknown) => {
                let known = nameable::all(files)?;
                let unknown = unknown.named_by(&name);
                files.plan(&pick::among(known, Some(unknown), store, world)?, flags)?
            }
        };
        if args.duration.is_some() && !plan.target().role.value.takes_duration() {
            return Err(advice::about(&plan, &NoDuration::of(&plan)));
        }
        self.get(&plan, None)
    }

    /// Gets the sessions of `plan` and reports them. The last one ends at `end`, if something else than AWS ends it.
    fn get(&self, plan: &Plan, end: Option<Timestamp>) -> CommandResult {
        let Self { store, broker, world, ui, .. } = *self;
        confirm(plan, world)?;
        let need = self.need(&plan.proof);
        let before = match self.before.take() {
            Some(before) => before,
            None => report::Before::of(store, &plan.proof)?,
        };
        let typed = advice::Typed::Login { force: need.force };
        let no_session = |error: BrokerError| advice::no_session(&error, plan, typed);
        let stored = broker::stored_session(store, plan, plan.legs.len() - 1)
            .map_err(|error| no_session(error.into()))?;
        if !matches!(broker.at_hand(plan, &need), Ok(Some(_))) {
            // Check the store before the person signs in.
            store.prepare().map_err(|error| no_session(error.into()))?;
        }
        let session = broker.session(plan, &need).map_err(no_session)?;
        terminals::remember(world, &plan.role);
        let key_id = &session.credentials.access_key_id;
        let unchanged = stored.is_some_and(|stored| stored.credentials.access_key_id == *key_id);
        report::session(store, plan, &session, end, unchanged, world, ui);
        before.compare(store, &plan.proof, need.force, ui);
        accounts::learn_names(&[plan], store, world);
        Ok(())
    }

    /// The options of the command line.
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
        // A person typed this command. With --no-browser or --device the URL is printed to stderr, on a
        // terminal or not.
        let shown = args.device || args.no_browser || world.browser.available();
        let may = world.person.can_be_asked() || shown || proof.may_be_silent();
        let interaction = if may { Interaction::Allowed(options) } else { Interaction::Never };
        Need { force: args.force, interaction, ..typed_need(world, None) }
    }
}
