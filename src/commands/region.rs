//! The region for the programs that get a session: `--region` on the command line, and what is said where the environment
//! and the configuration name different ones (`overruled`).

mod overruled;

use jit_wire::arn::{Partition, is_region};
use jit_wire::explain::{Explain, Kind, Next};

use super::subject::Subject;
use crate::error::CommandResult;
use crate::plan::{Origin, Plan, Valued};

pub(super) use overruled::say_which;

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
    let region = region.to_owned();
    let partition = plan.target().role.value.partition();
    if !is_region(&region) {
        return Err(RegionError::NotARegion { region, partition });
    }
    if Partition::of_region(&region) != partition {
        return Err(RegionError::OtherPartition { region, partition });
    }
    Ok(())
}

/// Puts the region of the command line, if it has one, into `plan`.
///
/// # Errors
/// As for [`check`].
fn set(plan: &mut Plan, region: Option<&str>) -> Result<(), RegionError> {
    let Some(region) = region else { return Ok(()) };
    check(region, plan)?;
    plan.region = Some(Valued::new(region.to_owned(), Origin::Flag("--region")));
    Ok(())
}

impl Subject<'_> {
    /// With the region of the command line for what gets the session.
    ///
    /// # Errors
    /// It is not a region, or none where the role can be used.
    pub(super) fn in_region(mut self, region: Option<&str>) -> CommandResult<Self> {
        set(&mut self.plan, region)?;
        Ok(self)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jit_wire::env::Env;

    use super::*;
    use crate::config::file::File;
    use crate::config::resolve::{self, Flags};

    pub(super) fn plan(role: &str, env: &Env) -> Plan {
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
}
