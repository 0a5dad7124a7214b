//! One step of the chain: the settings of its role, what identifies it, and how long its session may be.

use super::endpoint::{region_of_environment, sts_endpoint};
use super::origin::{from_file, of_line};
use super::{DEFAULT_DURATION, Flags, ResolveError};
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::idp::IdpSection;
use crate::plan::{Assignment, CHAINED_LIMIT, Leg, Origin, Plan, RoleId, SignInDemand, Valued};
use jit_wire::arn::Partition;
use jit_wire::env::Env;
use jit_wire::section::At;

/// The step at `index` of the chain.
pub(super) fn leg(
    file: &File,
    name: &str,
    role: &RoleSection,
    index: usize,
    flags: Flags<'_>,
    env: &Env,
) -> Result<Leg, ResolveError> {
    let duration = duration(file, role, index, flags)?;
    let id = role_id(file, role, env);
    let region = role.region.as_ref().map(|at| from_file(file, at));
    Ok(Leg {
        name: name.to_owned(),
        provider_arn: optional(file, &role.provider_arn),
        duration,
        session_name: optional(file, &role.session_name),
        source_identity: optional(file, &role.source_identity),
        external_id: optional(file, &role.external_id),
        mfa_serial: optional(file, &role.mfa_serial),
        tags: optional(file, &role.tags),
        transitive_tags: optional(file, &role.transitive_tags),
        policy: optional(file, &role.policy),
        policy_arns: optional(file, &role.policy_arns),
        sts: sts_endpoint(file, id.value.partition(), region, env)?,
        sign_in: SignInDemand {
            age: optional(file, &role.sign_in_age),
            acr: optional(file, &role.acr),
            amr: optional(file, &role.amr),
        },
        role: id,
    })
}

fn optional<T: Clone>(file: &File, at: &Option<At<T>>) -> Option<Valued<T>> {
    at.as_ref().map(|at| from_file(file, at))
}

/// The duration from the command line, or else from the file. AWS has limits of its own, which apply in the
/// end.
fn duration(
    file: &File,
    role: &RoleSection,
    index: usize,
    flags: Flags<'_>,
) -> Result<Valued<u32>, ResolveError> {
    let mut duration = match (flags.duration()?, &role.duration) {
        (Some(by_flag), _) => by_flag,
        (None, Some(at)) => from_file(file, at),
        (None, None) => Valued::new(DEFAULT_DURATION, Origin::Default),
    };
    if Plan::is_chained(index) && duration.value > CHAINED_LIMIT {
        duration = Valued::new(CHAINED_LIMIT, Origin::Rule("AWS's limit for chained roles"));
    }
    if matches!(role.target, Target::Assigned { .. }) {
        duration.origin = Origin::Rule("set by the permission set");
    }
    Ok(duration)
}

/// What identifies the role, and the line that sets it.
fn role_id(file: &File, role: &RoleSection, env: &Env) -> Valued<RoleId> {
    let id = match &role.target {
        Target::Arn(arn) => RoleId::Arn(arn.value.clone()),
        Target::Assigned { account, permission_set } => {
            let partition = partition_of_portal(file, role);
            RoleId::Assigned(Assignment::new(&account.value, &permission_set.value, partition))
        }
        Target::Itself { .. } => RoleId::Itself(partition_of_profile(role, env)),
    };
    Valued::new(id, of_line(file, role.target.line()))
}

/// The partition of the Identity Center that the role comes from.
fn partition_of_portal(file: &File, role: &RoleSection) -> Partition {
    let section = match &role.parent {
        Parent::Idp(idp) => file.idps.get(&idp.value),
        Parent::Via(_) => None,
    };
    match section {
        Some(IdpSection::IdentityCenter(center)) => Partition::of_region(&center.region.value),
        _ => Partition::Aws,
    }
}

/// The partition of a profile that assumes no role. Its ARN would tell, but only AWS knows that.
fn partition_of_profile(role: &RoleSection, env: &Env) -> Partition {
    let of_environment = region_of_environment(env).map(|region| region.value);
    let region = of_environment.or_else(|| role.region.as_ref().map(|at| at.value.clone()));
    region.map_or(Partition::Aws, |region| Partition::of_region(&region))
}
