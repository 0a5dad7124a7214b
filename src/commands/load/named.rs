//! What a name means: the role of `config.toml`, the profile, or the offered role, as a plan.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::config::aws;
use crate::config::resolve::{self, Flags, ResolveError};
use crate::error::CommandResult;
use crate::index;
use crate::plan::{DiscoveredRole, Plan, Valued};
use crate::ui::{Likeness, likeness};

use super::Configuration;
use crate::commands::nameable::{self, FoundIn, Nameable};
use crate::commands::organization::OrganizationError;
use crate::commands::terminals;
use crate::commands::unknown::UnknownRole;

impl Configuration<'_> {
    /// The role to use: the one given, else by the usual order.
    ///
    /// # Errors
    /// No role is given anywhere.
    pub(in crate::commands) fn role_name(&self, named: Option<&str>) -> Result<Valued<String>, ResolveError> {
        let world = self.world;
        // The last role of this terminal counts only if it still exists.
        let known = |role: &String| self.plan(role, Flags::default()).is_ok();
        let flags = Flags { role: named, duration: None };
        let last = || terminals::last_role(world).filter(known);
        let name = resolve::role_name(&self.file, flags, &world.env, last)?;
        log::debug!("the role is {} ({})", name.value, name.origin);
        Ok(name)
    }

    /// The plan for the role `name`: from `config.toml`, else a profile of AWS's files, else a role that an
    /// IdP offered.
    ///
    /// # Errors
    /// No such role exists, or it cannot be resolved.
    pub(in crate::commands) fn plan(&self, name: &str, flags: Flags<'_>) -> CommandResult<Plan> {
        Ok(self.plan_if_known(name, flags)??)
    }

    /// The same for a name that something may have given that was not typed, which is said if it is wrong.
    ///
    /// # Errors
    /// As for [`Self::plan`].
    pub(in crate::commands) fn plan_named(
        &self,
        name: &Valued<String>,
        flags: Flags<'_>,
    ) -> CommandResult<Plan> {
        Ok(self.plan_if_known(&name.value, flags)?.map_err(|unknown| unknown.named_by(name))?)
    }

    /// The same; that there is no such role is an answer, for a command that can let the person pick another one.
    ///
    /// # Errors
    /// The role cannot be resolved.
    pub(in crate::commands) fn plan_if_known(
        &self,
        name: &str,
        flags: Flags<'_>,
    ) -> CommandResult<Result<Plan, UnknownRole>> {
        let resolved = match self.resolved(name, flags)? {
            Some(plan) => Some(plan),
            None => match self.other_name(name) {
                Some(other) => self.resolved(&other, flags)?,
                None => None,
            },
        };
        let Some(plan) = resolved else {
            return Ok(Err(UnknownRole::new(name, None, &self.known())));
        };
        let steps = || plan.legs.iter().map(|leg| leg.name.as_str()).collect::<Vec<_>>().join(", then ");
        log::debug!("{}: from {} to {}", plan.role, plan.proof.name(), steps());
        self.trust(&plan);
        Ok(Ok(plan))
    }

    /// All later calls are for this plan.
    fn trust(&self, plan: &Plan) {
        let certificates = plan.ca_bundle.as_ref();
        let http = &self.world.http;
        http.trust(certificates.map(|at| (at.value.as_str(), format!("`ca_bundle` ({})", at.origin))));
    }

    /// The plans for all of `roles`, in their order. What IdPs offer is read once for all.
    pub(in crate::commands) fn plans(&self, roles: &[Nameable]) -> Vec<CommandResult<Plan>> {
        let mut offered: HashMap<String, Vec<DiscoveredRole>> = HashMap::new();
        if roles.iter().any(|role| role.found == FoundIn::Index) {
            for role in index::all(&self.world.folders.state) {
                offered.entry(role.account.clone()).or_default().push(role);
            }
        }
        let plan = |role: &Nameable| match role.found {
            FoundIn::Index => {
                let in_account = || offered.get(&role.account).cloned().unwrap_or_default();
                let plan =
                    resolve::plan(&self.file, &role.name, Flags::default(), &self.world.env, in_account)?;
                self.trust(&plan);
                Ok(plan)
            }
            _ => self.plan(&role.name, Flags::default()),
        };
        roles.iter().map(plan).collect()
    }

    /// The plan for `name`, if that is a name.
    fn resolved(&self, name: &str, flags: Flags<'_>) -> CommandResult<Option<Plan>> {
        let file = &self.file;
        let env = &self.world.env;
        let state = &self.world.folders.state;
        if !file.roles.contains_key(name)
            && let Some(profile) = self.profile(name)?
        {
            return Ok(Some(resolve::plan(&profile, name, flags, env, Vec::new)?));
        }
        let near = OnceCell::new();
        let offered = || near.get_or_init(|| index::near(state, name)).clone();
        let plan = match resolve::plan(file, name, flags, env, offered) {
            Err(ResolveError::UnknownRole { .. }) => match self.at_a_portal(name, flags, &offered)? {
                Some(plan) => plan,
                None => {
                    return OrganizationError::of_unknown(file, name)
                        .map_or(Ok(None), |error| Err(error.into()));
                }
            },
            plan => plan?,
        };
        if near.get().is_some_and(|near| is_misspelled(&plan, near)) {
            return Ok(None);
        }
        self.without_namesake(plan).map(Some)
    }

    /// The plan for a role that `name` means at a portal of `~/.aws/config`.
    fn at_a_portal(
        &self,
        name: &str,
        flags: Flags<'_>,
        offered: &impl Fn() -> Vec<DiscoveredRole>,
    ) -> CommandResult<Option<Plan>> {
        let portals = self.portals()?;
        if portals.idps.is_empty() {
            return Ok(None);
        }
        match resolve::plan(portals, name, flags, &self.world.env, offered) {
            Ok(plan) => Ok(Some(plan)),
            Err(error @ ResolveError::Ambiguous { .. }) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// An offered role goes by the name of its account, unless a profile has that very name and so is what it means.
    fn without_namesake(&self, plan: Plan) -> CommandResult<Plan> {
        let offered = !self.file.roles.contains_key(&plan.role);
        if !offered || self.profile(&plan.role)?.is_none() {
            return Ok(plan);
        }
        let mut plan = plan;
        plan.role = number_name(&plan);
        if let Some(leg) = plan.legs.last_mut() {
            leg.name.clone_from(&plan.role);
        }
        Ok(plan)
    }

    /// What a role is called that `name` means in another way: by its ARN, whatever names the role, or by a profile that
    /// asks `jit` for it.
    fn other_name(&self, name: &str) -> Option<String> {
        let other = if name.starts_with("arn:") {
            self.known().into_iter().find(|one| one.has_arn(name)).map(Nameable::sure_name)
        } else {
            aws::asks_jit_for(self.profiles().ok()?, name)
        };
        other.filter(|other| other != name)
    }

    /// Everything that can be named, as far as it can be read.
    fn known(&self) -> Vec<Nameable> {
        nameable::with_requests(self).unwrap_or_else(|_| nameable::of_configuration(&self.file, self.world))
    }
}

/// `account/role` of the role of `plan`, with the account's number.
fn number_name(plan: &Plan) -> String {
    let role = &plan.target().role.value;
    format!("{}/{}", role.account(), role.as_str().rsplit('/').next().unwrap_or_default())
}

/// Whether the role of `plan` is none of those that are `offered`, and almost called like one of them in its account.
/// Any other role that is not on the list is tried: it may be new.
fn is_misspelled(plan: &Plan, offered: &[DiscoveredRole]) -> bool {
    let name = number_name(plan);
    let is_listed = offered.iter().any(|role| role.name() == name);
    !is_listed && offered.iter().any(|role| likeness(&name, &role.name()) == Some(Likeness::Misspelled))
}
