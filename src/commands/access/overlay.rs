//! What the person's own files say about a role on request: its region, colour, name and so on. The way to it is that of the
//! access, whatever the files say.

use crate::commands::load::Configuration;
use crate::config::file::Target;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::plan::{CHAINED_LIMIT, Leg, Plan};

/// `plan`, the way to a role on request, with what `[role.NAME]` says if one has the same ARN. It keeps the access's name.
///
/// # Errors
/// That role cannot be resolved.
pub(super) fn of_files(plan: Plan, files: &Configuration<'_>) -> CommandResult<Plan> {
    let arn = plan.target().role.value.as_str();
    let is_same = |target: &Target| matches!(target, Target::Arn(own) if own.value.as_str() == arn);
    let Some((name, _)) = files.file.roles.iter().find(|(_, role)| is_same(&role.target)) else {
        return Ok(plan);
    };
    let Ok(own) = files.plan_if_known(name, Flags::default())? else { return Ok(plan) };
    let called = plan.role.clone();
    let mut whole = with_settings(plan, &own);
    if let Some(leg) = whole.legs.last_mut() {
        leg.name.clone_from(&called);
    }
    Ok(Plan { role: called, ..whole })
}

/// `plan`, the way to a role on request, with the name and the settings of `own`, a plan for the same role.
pub(super) fn with_settings(plan: Plan, own: &Plan) -> Plan {
    let (way, target) = (&plan.legs[..plan.legs.len() - 1], plan.target());
    let mut duration = own.target().duration.clone();
    duration.value = duration.value.min(CHAINED_LIMIT);
    // The role lets people in under their own name alone.
    let leg = Leg { session_name: target.session_name.clone(), duration, ..own.target().clone() };
    let legs: Vec<Leg> = way.iter().cloned().chain([leg]).collect();
    Plan { sign_in: Plan::demand_of(&legs), legs, proof: plan.proof, ..own.clone() }
}
