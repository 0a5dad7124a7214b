//! The question before a role is used, where its configuration has `confirm = true`.

use super::Subject;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::world::World;

impl Subject<'_> {
    /// Asks the person for confirmation, if the configuration requires it.
    ///
    /// # Errors
    /// The person declined, or jit cannot ask here.
    pub(in crate::commands) fn confirm(&self) -> CommandResult {
        confirm(&self.plan, self.world)
    }
}

/// Asks the person for confirmation, if the configuration requires it for the role of `plan`.
///
/// # Errors
/// The person declined, or jit cannot ask here.
pub(in crate::commands) fn confirm(plan: &Plan, world: &World) -> CommandResult {
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
pub(in crate::commands) fn confirm_all(plans: &[Plan], world: &World) -> CommandResult {
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
