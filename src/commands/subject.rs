//! The role that a command is about: its arguments, how it is chosen, its plan and its session.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::broker::{Broker, BrokerError, Interaction, Need};
use crate::config::file::AuditLog;
use crate::config::resolve::{Flags, ResolveError};
use crate::config::restriction::{Restriction, restricted};
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::LoginOptions;
use crate::plan::{Origin, Plan, Valued};
use crate::store::Store;
use crate::sys::fs;
use crate::world::World;
use jit_wire::credentials::Session;

use super::audit_log::{self, Taker};
use super::load::Configuration;
use super::unknown::UnknownRole;
use super::{access, advice, nameable, pick, region};

/// The largest session policy that is read, in bytes. STS accepts 2 KB without whitespace.
const LARGEST_POLICY: u64 = 256 * 1024;
/// How long a person may take to sign in.
pub(super) const LOGIN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// How long to wait for another process that does the same: a person may be signing in there.
pub(super) const WAIT: Duration = Duration::from_secs(5 * 60 + 30);

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

/// Options that restrict a session to less than the role allows.
#[derive(Args, Clone, Debug, Default)]
pub struct RestrictionArgs {
    /// Restrict the session to read-only access
    #[arg(long)]
    pub read_only: bool,
    /// Restrict the session to what this policy allows too: a file or an ARN
    #[arg(long, value_name = "FILE|ARN")]
    pub policy: Vec<String>,
    /// Maximum session lifetime
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub max: Option<u32>,
}

impl RestrictionArgs {
    /// The restriction, with the files of `--policy` read.
    ///
    /// # Errors
    /// A file cannot be read, or several are given.
    pub(super) fn read(&self) -> CommandResult<Restriction> {
        let mut wanted = Restriction { read_only: self.read_only, max: self.max, ..Restriction::default() };
        for policy in &self.policy {
            if policy.starts_with("arn:") {
                wanted.policy_arns.push(policy.clone());
                continue;
            }
            let content = fs::read_limited(Path::new(policy), LARGEST_POLICY).map_err(|error| {
                CommandError::new(Kind::Usage, format!("cannot read `{policy}`: {error}"))
            })?;
            if wanted.policy.replace(String::from_utf8_lossy(&content).into_owned()).is_some() {
                return Err(CommandError::new(Kind::Usage, "STS accepts only one policy that is not an ARN"));
            }
        }
        Ok(wanted)
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
    pub(super) audit_log: Option<AuditLog>,
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
        let picked = |name: String| Valued::new(name, Origin::Rule("the list"));
        let name = match files.role_name(role.name()) {
            Err(ResolveError::NoRole { .. }) if world.person.can_be_asked() => {
                picked(pick::any(&files, &store)?)
            }
            name => name?,
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
        let ((plan, from_part), named_by) = match planned(&name.value)? {
            Ok(found) => (found, name.origin),
            Err(unknown) => {
                let known = nameable::with_requests(&files)?;
                let name = picked(pick::instead(unknown.named_by(&name), known, &store, world)?);
                (planned(&name.value)??, name.origin)
            }
        };
        Ok(Self {
            plan,
            named_by,
            store,
            console_browser: files.file.console_browser.as_ref().map(|words| words.value.clone()),
            audit_log: files.file.audit_log.clone(),
            from_part,
            world,
        })
    }

    /// Restricts the sessions to less than the role allows.
    ///
    /// # Errors
    /// `restriction` cannot be read, or STS would not accept it.
    pub(super) fn restricted(self, restriction: &RestrictionArgs) -> CommandResult<Self> {
        let plan = restricted(self.plan, &restriction.read()?)?;
        Ok(Self { plan, ..self })
    }

    /// With the region of the command line for what gets the session.
    ///
    /// # Errors
    /// It is not a region, or none where the role can be used.
    pub(super) fn in_region(mut self, region: Option<&str>) -> CommandResult<Self> {
        region::set(&mut self.plan, region)?;
        Ok(self)
    }

    /// Asks the person for confirmation, if the configuration requires it.
    ///
    /// # Errors
    /// The person declined, or jit cannot ask here.
    pub(super) fn confirm(&self) -> CommandResult {
        confirm(&self.plan, self.world)
    }

    /// A session of the role for `taker`: stored, renewed, or after a sign-in. Mistakes elsewhere in the files are
    /// reported before anybody is called or asked.
    ///
    /// # Errors
    /// No session is stored, and jit could not get one.
    pub(super) fn session(&self, need: &Need, taker: Taker<'_>) -> CommandResult<Session> {
        let session = self.any_session(need)?;
        self.note(taker, &session);
        Ok(session)
    }

    /// Writes down who took `session`, where the configuration wants that.
    pub(super) fn note(&self, taker: Taker<'_>, session: &Session) {
        audit_log::note(self.audit_log.as_ref(), taker, &self.plan, session, self.world);
    }

    fn any_session(&self, need: &Need) -> CommandResult<Session> {
        let no_session = |error: BrokerError| advice::no_session(&error, &self.plan, advice::Typed::Another);
        let broker = Broker::new(self.world, &self.store);
        if let Some(session) = broker.at_hand(&self.plan, need).map_err(no_session)? {
            return Ok(session);
        }
        if self.from_part {
            Configuration::read(self.world)?.with_roles()?.plan(&self.plan.role, Flags::default())?;
        }
        broker.session(&self.plan, need).map_err(no_session)
    }
}

/// Asks the person for confirmation, if the configuration requires it for the role of `plan`.
///
/// # Errors
/// The person declined, or jit cannot ask here.
pub(super) fn confirm(plan: &Plan, world: &World) -> CommandResult {
    if !plan.confirm {
        return Ok(());
    }
    let account = plan.target().role.value.account();
    match world.person.confirm(&format!("Use {} in account {account}?", plan.role)) {
        Some(true) => Ok(()),
        Some(false) => Err(CommandError::new(Kind::Failed, format!("cancelled: {} was not used", plan.role))),
        None => Err(CommandError::new(
            Kind::Usage,
            format!("{} needs a confirmation, and jit cannot ask for it here", plan.role),
        )
        .because("the role has confirm = true")),
    }
}

/// The same for several roles: one question about all that want it.
///
/// # Errors
/// The answer is no, or nobody can be asked.
pub(super) fn confirm_all(plans: &[Plan], world: &World) -> CommandResult {
    let asking: Vec<&Plan> = plans.iter().filter(|plan| plan.confirm).collect();
    let names: Vec<&str> = asking.iter().map(|plan| plan.role.as_str()).collect();
    match asking.as_slice() {
        [] => Ok(()),
        [one] => confirm(one, world),
        several => match world.person.confirm(&format!("Use {}?", names.join(", "))) {
            Some(true) => Ok(()),
            Some(false) => Err(CommandError::new(Kind::Failed, "cancelled: no role was used")),
            None => Err(CommandError::new(
                Kind::Usage,
                format!("{} roles need a confirmation, and jit cannot ask for it here", several.len()),
            )
            .because(format!("these have confirm = true: {}", names.join(", ")))),
        },
    }
}

/// The needs of a command that a person typed: a sign-in if necessary, where the person can be asked.
/// `min_ttl` is in seconds.
pub(super) fn typed_need(world: &World, min_ttl: Option<u32>) -> Need {
    let options = LoginOptions { within: LOGIN_WITHIN, ..LoginOptions::by_browser() };
    Need {
        min_ttl: Duration::from_secs(min_ttl.unwrap_or(0).into()),
        force: false,
        interaction: if world.person.can_be_asked() {
            Interaction::Allowed(options)
        } else {
            Interaction::Never
        },
        wait: WAIT,
    }
}
