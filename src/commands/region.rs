//! The region for the programs that get a session: `--region` on the command line, and what is said where the environment
//! and the configuration name different ones.

use jit_wire::arn::{Partition, is_region};
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION, Env, JIT_ROLE};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use crate::plan::{Origin, Plan, Valued};
use crate::ui::Ui;
use crate::ui::text::shown;

/// Why a region cannot be the role's.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegionError {
    #[error("`{region}` is not a region")]
    NotARegion { region: String, partition: Partition },
    #[error("{region} is not a region of {}, the role's partition", partition.name())]
    OtherPartition { region: String, partition: Partition },
}

impl Explain for RegionError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let (Self::NotARegion { partition, .. } | Self::OtherPartition { partition, .. }) = self;
        vec![Next::words(format!("such as --region {}", partition.default_region()))]
    }
}

/// That `region` is one, and one where the role of `plan` can be used.
///
/// # Errors
/// It is not.
pub(super) fn check(region: &str, plan: &Plan) -> Result<(), RegionError> {
    let (region, partition) = (region.to_owned(), plan.target().role.value.partition());
    if !is_region(&region) {
        return Err(RegionError::NotARegion { region, partition });
    }
    if Partition::of_region(&region) != partition {
        return Err(RegionError::OtherPartition { region, partition });
    }
    Ok(())
}

/// `plan` with the region of the command line, if that has one.
///
/// # Errors
/// It is not a region, or none where the role can be used.
pub(super) fn set(plan: &mut Plan, region: Option<&str>) -> Result<(), RegionError> {
    let Some(region) = region else { return Ok(()) };
    check(region, plan)?;
    plan.region = Some(Valued::new(region.to_owned(), Origin::Flag("--region")));
    Ok(())
}

/// Says which region is used where the person has set another one in the environment than the configuration has.
pub(super) fn say_which(plan: &Plan, env: &Env, ui: &Ui) {
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
    use super::*;
    use crate::config::file::File;
    use crate::config::resolve::{self, Flags};

    fn plan(role: &str, env: &Env) -> Plan {
        let text = "
            [idp.acme]\ntype = \"oidc\"\nissuer = \"https://a.b\"\nclient_id = \"x\"
            [role.here]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/a\"\nregion = \"eu-west-1\"
            [role.plain]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/b\"
            [role.china]\nidp = \"acme\"\nrole_arn = \"arn:aws-cn:iam::111111111111:role/c\"
        ";
        let file = File::parse("c.toml", text).unwrap();
        resolve::plan(&file, role, Flags::default(), env, Vec::new).unwrap()
    }

    #[test]
    fn the_command_line_names_a_region_of_the_roles_partition() {
        let env = Env::of([]);
        for (role, region, said) in [
            ("here", "us-east-2", ""),
            ("plain", "eu-central-1", ""),
            ("china", "cn-north-1", ""),
            ("here", "cn-north-1", "cn-north-1 is not a region of aws, the role's partition"),
            ("china", "eu-west-1", "eu-west-1 is not a region of aws-cn, the role's partition"),
            ("here", "EU-WEST-1", "`EU-WEST-1` is not a region"),
            ("here", "evil.example/", "`evil.example/` is not a region"),
            ("here", "", "`` is not a region"),
        ] {
            let mut plan = plan(role, &env);
            let before = plan.region.clone();
            match set(&mut plan, Some(region)) {
                Ok(()) => assert_eq!((said, plan.region.unwrap().value.as_str()), ("", region)),
                Err(error) => assert_eq!((error.to_string().as_str(), plan.region), (said, before)),
            }
        }
    }

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
