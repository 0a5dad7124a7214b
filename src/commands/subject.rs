//! The role that a command is about, and each step from its name to its session.
//!
//! ```text
//! subject (the arguments, and which role is meant) → restriction → confirm → session
//! ```

mod confirm;
mod restriction;
mod session;

use clap::Args;

use crate::config::enforced::Enforced;
use crate::config::file::AuditLog;
use crate::config::resolve::{Flags, ResolveError};
use crate::config::restriction::Restriction;
use crate::error::CommandResult;
use crate::plan::{Origin, Plan, Valued};
use crate::store::Store;
use crate::world::World;

use super::load::Configuration;
use super::unknown::UnknownRole;
use super::{access, pick};

pub(super) use confirm::{confirm, confirm_all};
pub use restriction::RestrictionArgs;
pub(super) use session::{LOGIN_WITHIN, WAIT, typed_need};

/// A role, as an argument or an option.
#[derive(Args, Clone, Debug, Default)]
pub struct RoleArgs {
    /// The role (default: JIT_ROLE, this terminal's last one, default_role)
    #[arg(value_name = "ROLE", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    role: Option<String>,
    /// The role, as an option
    #[arg(long = "role", value_name = "ROLE", conflicts_with = "role", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    role_option: Option<String>,
}

impl RoleArgs {
    /// The role that was given.
    pub fn name(&self) -> Option<&str> {
        self.role.as_deref().or(self.role_option.as_deref())
    }

    /// The arguments for `name`, for calls by other commands.
    pub fn named(name: &str) -> Self {
        Self { role: Some(name.to_owned()), role_option: None }
    }
}

/// The role that a command is about.
pub(super) struct Subject<'w> {
    pub(super) plan: Plan,
    /// Where the role's name comes from.
    pub(super) named_by: Origin,
    /// The store of its sessions.
    pub(super) store: Store<'w>,
    /// `console_browser` of the configuration.
    pub(super) console_browser: Option<Vec<String>>,
    /// `audit_log` of the configuration.
    audit_log: Option<AuditLog>,
    /// What the administrator of the machine enforces, if all files were read.
    pub(super) enforced: Option<Enforced>,
    /// What the command line restricts the session to, and its region.
    restriction: Restriction,
    pub(super) region: Option<String>,
    /// Whether the files were read in part, so that there may be other mistakes.
    from_part: bool,
    world: &'w World,
}

impl<'w> Subject<'w> {
    /// The role, after reading all files.
    ///
    /// # Errors
    /// There is no such role, or the files have a mistake.
    pub(super) fn find(role: &RoleArgs, world: &'w World) -> CommandResult<Self> {
        Self::in_files(Configuration::read(world)?, role, world)
    }

    /// As [`Self::find`], for commands that provide credentials. Usually a session is stored, so only what
    /// the role depends on is read.
    ///
    /// # Errors
    /// As for [`Self::find`].
    pub(super) fn find_fast(role: &RoleArgs, world: &'w World) -> CommandResult<Self> {
        Self::in_files(Configuration::read_for(role.name(), world)?, role, world)
    }

    fn in_files(files: Configuration<'w>, role: &RoleArgs, world: &'w World) -> CommandResult<Self> {
        let files = files.with_roles()?;
        let store = files.open_store()?;
        let mut name = match files.role_name(role.name()) {
            Err(ResolveError::NoRole { .. }) if world.person.can_be_asked() => None,
            name => Some(name?),
        };
        let planned = |name: &str| -> CommandResult<Result<(Plan, bool), UnknownRole>> {
            Ok(match files.plan_if_known(name, Flags::default())? {
                Ok(plan) => Ok((plan, files.is_part())),
                // Roles on request are named by the policy alone, and in no file that is left to read.
                Err(unknown) => access::role_on_request(&files, name, &store, world)?
                    .map(|plan| (plan, false))
                    .ok_or(unknown),
            })
        };
        // A name that means no role leads to the list, and what is picked there is looked up like a name.
        let (plan, from_part, named_by) = loop {
            let unknown = match name {
                None => None,
                Some(name) => match planned(&name.value)? {
                    Ok((plan, from_part)) => break (plan, from_part, name.origin),
                    Err(unknown) => Some(unknown.named_by(&name)),
                },
            };
            let picked = pick::role(unknown, &files, &store)?;
            name = Some(Valued::new(picked, Origin::Rule("the list")));
        };
        Ok(Self {
            plan,
            named_by,
            store,
            console_browser: files.file.console_browser.as_ref().map(|words| words.value.clone()),
            audit_log: files.audit_log().cloned(),
            enforced: files.enforced().cloned(),
            restriction: Restriction::default(),
            region: None,
            from_part,
            world,
        })
    }
}
