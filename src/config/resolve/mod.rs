//! From the file, the flags and the environment to a [`Plan`]: every step, and for every value where it was
//! set.
//!
//! A role is `configured`, or `offered` by an IdP; both lead to the same kind of plan. `proof` has the
//! settings and defaults of the sign-in, `leg` each role of the chain, `endpoint` the regions and URLs.
//! `aws_settings` reads what AWS's tools read from the environment and from profiles.

mod aws_settings;
mod configured;
mod endpoint;
mod error;
mod leg;
mod offered;
mod origin;
mod proof;

use crate::plan::{DURATION_RANGE, DiscoveredRole, Origin, Plan, ProofPlan, Valued};
use jit_wire::env::{AWS_PROFILE, Env, JIT_ROLE};

use super::file::{File, Target};
use origin::from_file;

pub use endpoint::named_endpoint;
pub use error::ResolveError;

/// The default for `DurationSeconds`: every role allows that much.
const DEFAULT_DURATION: u32 = 3600;

/// The options of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags<'a> {
    /// The role, as an argument or `--role`.
    pub role: Option<&'a str>,
    /// `--duration` in seconds.
    pub duration: Option<u32>,
}

impl Flags<'_> {
    /// `--duration`, checked.
    fn duration(self) -> Result<Option<Valued<u32>>, ResolveError> {
        match self.duration {
            Some(seconds) if !DURATION_RANGE.contains(&seconds) => Err(ResolveError::Duration(seconds)),
            Some(seconds) => Ok(Some(Valued::new(seconds, Origin::Flag("--duration")))),
            None => Ok(None),
        }
    }
}

/// Which role is meant, and what names it: the command line, `JIT_ROLE`, `AWS_PROFILE`, the last sign-in in this terminal,
/// or `default_role`.
///
/// # Errors
/// [`ResolveError::NoRole`] with the candidates if none of these names a role.
pub fn role_name(
    file: &File,
    flags: Flags<'_>,
    env: &Env,
    last_in_terminal: impl FnOnce() -> Option<String>,
) -> Result<Valued<String>, ResolveError> {
    if let Some(role) = flags.role {
        return Ok(Valued::new(role.to_owned(), Origin::Flag("the command line")));
    }
    for variable in [JIT_ROLE, AWS_PROFILE] {
        if let Some(role) = env.get(variable) {
            return Ok(Valued::new(role.to_owned(), Origin::Variable(variable)));
        }
    }
    if let Some(role) = last_in_terminal() {
        return Ok(Valued::new(role, Origin::Rule("the last role used in this terminal")));
    }
    match &file.default_role {
        Some(role) => Ok(from_file(file, role)),
        None => Err(ResolveError::NoRole { candidates: file.roles.keys().cloned().collect() }),
    }
}

/// The plan for the role that matches `name`, by name or by ARN: a role of the file, or else one that an IdP
/// has offered, or else a permission set in an account where another one has been offered.
///
/// # Errors
/// [`ResolveError`] if there is no such role, or flags or variables are out of range.
pub fn plan(
    file: &File,
    name: &str,
    flags: Flags<'_>,
    env: &Env,
    discovered: impl FnOnce() -> Vec<DiscoveredRole>,
) -> Result<Plan, ResolveError> {
    let has_arn = |target: &Target| matches!(target, Target::Arn(arn) if arn.value.as_str() == name);
    let by_arn = file.roles.iter().find(|(_, role)| has_arn(&role.target));
    let name = by_arn.map_or(name, |(own_name, _)| own_name.as_str());
    match file.roles.get(name) {
        Some(role) => configured::plan(file, name, role, flags, env),
        None => offered::plan(file, name, flags, env, &discovered()),
    }
}

/// How a person signs in at `[idp.NAME]`.
///
/// # Errors
/// [`ResolveError::UnknownIdp`].
pub fn proof(file: &File, name: &str, env: &Env) -> Result<ProofPlan, ResolveError> {
    let section = file.idps.get(name).ok_or_else(|| ResolveError::UnknownIdp {
        name: name.to_owned(),
        path: file.path.clone(),
        candidates: file.idps.keys().cloned().collect(),
    })?;
    proof::settings(file, name, section, env)
}

#[cfg(test)]
mod tests;
