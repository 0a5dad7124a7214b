//! The role that a command is about, and each step from its name to its session.
//!
//! ```text
//! subject (the arguments, and which role is meant) → restriction → confirm → session
//! ```

mod confirm;
mod restriction;
mod session;

use std::time::Duration;

use clap::Args;

use crate::config::file::AuditLog;
use crate::config::resolve::{Flags, ResolveError};
use crate::error::CommandResult;
use crate::plan::{Origin, Plan, Valued};
use crate::store::Store;
use crate::world::World;

use super::access::{self, Grant, Manner, OnRequest};
use super::load::Configuration;
use super::pick;
use super::unknown::UnknownRole;

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

/// A plan, whether it is from a part of the files, and the grant if the role is on request.
type Planned = (Plan, bool, Option<Grant>);

/// The role that a command is about.
pub(super) struct Subject<'w> {
    pub(super) plan: Plan,
    /// The name that it was found by.
    pub(super) called: String,
    /// Where the role's name comes from.
    pub(super) named_by: Origin,
    /// The store of its sessions.
    pub(super) store: Store<'w>,
    /// `console_browser` of the configuration.
    pub(super) console_browser: Option<Vec<String>>,
    /// `audit_log` of the configuration.
    pub(super) audit_log: Option<AuditLog>,
    /// What the person was granted, for a role on request.
    pub(super) grant: Option<Grant>,
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
        Self::in_files(Configuration::read(world)?, role, Manner::Person, world)
    }

    /// As [`Self::find`], for commands that provide credentials. Usually a session is stored, so only what
    /// the role depends on is read.
    ///
    /// # Errors
    /// As for [`Self::find`].
    pub(super) fn find_fast(role: &RoleArgs, world: &'w World) -> CommandResult<Self> {
        Self::in_files(Configuration::read_for(role.name(), world)?, role, Manner::Person, world)
    }

    /// As [`Self::find_fast`], for a command that AWS's tools call: for a role on request that the person waits for, it waits
    /// for at most this long.
    ///
    /// # Errors
    /// As for [`Self::find`].
    pub(super) fn find_for_program(role: &RoleArgs, wait: Duration, world: &'w World) -> CommandResult<Self> {
        let files = Configuration::read_for(role.name(), world)?;
        Self::in_files(files, role, Manner::Program { wait }, world)
    }

    fn in_files(
        files: Configuration<'w>,
        role: &RoleArgs,
        manner: Manner,
        world: &'w World,
    ) -> CommandResult<Self> {
        let files = files.with_roles()?;
        let store = files.open_store()?;
        let mut name = match files.role_name(role.name()) {
            Err(ResolveError::NoRole { .. }) if world.person.can_be_asked() => None,
            name => Some(name?),
        };
        let planned = |name: &str| -> CommandResult<Result<Planned, UnknownRole>> {
            Ok(match files.plan_if_known(name, Flags::default())? {
                Ok(plan) if access::is_under_jit(&plan) => {
                    Ok(match access::checked(&files, &plan, manner, &store)? {
                        Some(OnRequest { plan, grant }) => (plan, false, Some(grant)),
                        None => (plan, files.is_part(), None),
                    })
                }
                Ok(plan) => Ok((plan, files.is_part(), None)),
                // Most roles on request are named by the policy alone, and in no file that is left to read.
                Err(unknown) => access::role_on_request(&files, name, manner, &store)?
                    .map(|OnRequest { plan, grant }| (plan, false, Some(grant)))
                    .ok_or(unknown),
            })
        };
        // A name that means no role leads to the list, and what is picked there is looked up like a name.
        let ((plan, from_part, grant), name) = loop {
            let unknown = match name {
                None => None,
                Some(name) => match planned(&name.value)? {
                    Ok(found) => break (found, name),
                    Err(unknown) => Some(unknown.named_by(&name)),
                },
            };
            let picked = pick::role(unknown, &files, &store)?;
            name = Some(Valued::new(picked, Origin::Rule("the list")));
        };
        Ok(Self {
            plan,
            called: name.value,
            named_by: name.origin,
            store,
            console_browser: files.file.console_browser.as_ref().map(|words| words.value.clone()),
            audit_log: files.file.audit_log.clone(),
            grant,
            from_part,
            world,
        })
    }
}
