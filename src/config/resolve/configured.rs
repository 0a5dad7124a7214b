//! The plan for a role of the file: the chain from its IdP to it, and what is set on the role, on the roles
//! before it, or on the IdP.

use super::origin::from_file;
use super::{Flags, ResolveError, aws_settings, endpoint, leg, offered, proof};
use crate::config::file::{File, Parent, RoleSection};
use crate::plan::{Origin, Plan, Valued};
use jit_wire::env::Env;

/// The plan for `role`, which is called `name`.
pub(super) fn plan(
    file: &File,
    name: &str,
    role: &RoleSection,
    flags: Flags<'_>,
    env: &Env,
) -> Result<Plan, ResolveError> {
    let RoleChain { roles, idp } = RoleChain::to(file, name)?;
    let mut legs = Vec::with_capacity(roles.len());
    for (index, (role_name, role)) in roles.iter().enumerate() {
        // The command line's options apply to the last role only.
        let flags = if index + 1 == roles.len() { flags } else { Flags::default() };
        legs.push(leg::leg(file, role_name, role, index, flags, env)?);
    }
    // In order of precedence: the role itself, the roles before it, the IdP, the file.
    let auto_login = roles.iter().rev().find_map(|(_, role)| role.auto_login.as_ref());
    let auto_login = auto_login.or_else(|| file.idps.get(idp)?.auto_login());
    Ok(Plan {
        role: name.to_owned(),
        proof: proof(file, idp, env)?,
        sign_in: Plan::demand_of(&legs),
        legs,
        region: region(file, role, env),
        variables: aws_settings::variables(file, env)?,
        ca_bundle: ca_bundle(file, env)?,
        description: role.description.clone(),
        color: role.color.clone(),
        confirm: role.confirm,
        auto_login: auto_login.is_some_and(|at| at.value),
        restricted_by: Vec::new(),
    })
}

/// The roles from the hub to the target, each with its name, and the name of their IdP.
struct RoleChain<'f> {
    roles: Vec<(&'f str, &'f RoleSection)>,
    idp: &'f str,
}

impl<'f> RoleChain<'f> {
    fn to(file: &'f File, name: &str) -> Result<Self, ResolveError> {
        let mut roles: Vec<(&str, &RoleSection)> = Vec::new();
        let mut next = name;
        // `File::parse` has checked that the chain ends at an IdP.
        loop {
            let found = file.roles.get_key_value(next);
            let (name, role) = found.ok_or_else(|| offered::unknown_role(file, next))?;
            roles.push((name, role));
            match &role.parent {
                Parent::Via(via) => next = &via.value,
                Parent::Idp(idp) => {
                    roles.reverse();
                    return Ok(Self { roles, idp: &idp.value });
                }
            }
        }
    }
}

/// The region for the programs that get the session. As in AWS's tools, the variable takes precedence over
/// the profile.
fn region(file: &File, role: &RoleSection, env: &Env) -> Option<Valued<String>> {
    let of_environment = if file.is_of_profiles() { endpoint::region_of_environment(env) } else { None };
    of_environment.or_else(|| role.region.as_ref().map(|at| from_file(file, at)))
}

/// The certificates that the profile names, unless the variable overrides them.
fn ca_bundle(file: &File, env: &Env) -> Result<Option<Valued<String>>, ResolveError> {
    let decided = aws_settings::CA_BUNDLE.text(file, env)?;
    Ok(decided.filter(|at| !matches!(at.origin, Origin::Variable(_))))
}
