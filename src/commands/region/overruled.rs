//! What is said where the person has set another region in the environment than the configuration has.

use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION, Env, JIT_ROLE};
use jit_wire::name;

use crate::plan::{Origin, Plan};
use crate::ui::Ui;
use crate::ui::text::shown;

/// Says which region is used where the person has set another one in the environment than the configuration has.
pub(in crate::commands) fn say_which(plan: &Plan, env: &Env, ui: &Ui) {
    if let Some((used, origin, variable, other)) = overruled(plan, env) {
        let role = name::in_command(&plan.role);
        ui.say(shown!(
            "region {} ({}), not {} ({}); to change that: --region {}, or `jit explain {}`",
            used,
            origin,
            other,
            variable,
            other,
            role
        ));
    }
}

/// The region that is used and what decided it, and the variable with another one, which does not count.
fn overruled<'a>(plan: &'a Plan, env: &'a Env) -> Option<(&'a str, &'a Origin, &'static str, &'a str)> {
    let used = plan.region.as_ref().filter(|region| matches!(region.origin, Origin::File { .. }))?;
    // In a shell of `jit exec`, or where `jit env` was evaluated, the variables are those of the role before.
    if env.get(JIT_ROLE).is_some() {
        return None;
    }
    let variables = [AWS_REGION, AWS_DEFAULT_REGION];
    let (variable, other) = variables.into_iter().find_map(|name| Some((name, env.get(name)?)))?;
    (other != used.value).then_some((used.value.as_str(), &used.origin, variable, other))
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn it_is_said_which_of_two_regions_counts() {
        let none = ("OTHER", "x");
        let west = [("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "us-west-2")];
        let same = ("AWS_REGION", "eu-west-1");
        for (role, variables, said) in [
            ("here", [west[0], none], Some(west[0])),
            ("here", [west[1], none], Some(west[1])),
            ("here", [same, west[1]], None),
            ("here", [same, none], None),
            ("here", [("AWS_REGION", ""), none], None),
            ("here", [west[0], ("JIT_ROLE", "plain")], None),
            ("plain", [west[0], none], None),
            ("here", [none, none], None),
        ] {
            let env = Env::of(variables);
            let plan = plan(role, &env);
            let found = overruled(&plan, &env).map(|(_, _, variable, other)| (variable, other));
            assert_eq!(found, said, "{role} {variables:?}");
        }
    }
}
