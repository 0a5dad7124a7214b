//! The roles: doors, roles on request and break-glass roles with their ceilings, the grantors and their
//! callers.

use std::collections::BTreeSet;

use jit_access::people::PolicyIndex;
use jit_access::policy::Policy;

use crate::cloud::{Cloud, IamRole};
use crate::deployment::documents::{Documents, NOBODY};
use crate::deployment::error::DeploymentError;
use crate::deployment::layout::Layout;

/// The maximum duration of a door's session, in seconds.
const AT_A_DOOR: u32 = 8 * 3600;

/// The accounts with roles on request.
pub(crate) fn accounts(policy: &Policy, layout: &Layout) -> BTreeSet<String> {
    let index = PolicyIndex::new(policy);
    let people = index.with(&layout.directory);
    let accounts = policy.access.values().flat_map(|access| people.accounts_of(access));
    accounts.map(str::to_owned).collect()
}

/// The doors, each with a policy for each of its rights; a permission set has one with all of them. Identity Center issues
/// the sessions of a permission set, so its trust policy does not matter.
pub(crate) fn doors(
    cloud: &mut Cloud,
    policy: &Policy,
    documents: &Documents,
) -> Result<(), DeploymentError> {
    for (name, door) in &policy.doors {
        let trust = documents.trust(&format!("door/{name}.trust"));
        let mut role = IamRole::new(door.role.as_str(), trust).lasting(AT_A_DOOR);
        let together = documents.get(&format!("door/{name}.permission-set")).is_some();
        let kinds: &[&str] =
            if together { &["permission-set"] } else { &["apply", "entry", "glass", "publish"] };
        for kind in kinds {
            if let Some(document) = documents.get(&format!("door/{name}.{kind}")) {
                role = role.with(&format!("jit-{kind}"), document);
            }
        }
        cloud.put_role(role)?;
    }
    Ok(())
}

/// Roles on request and break-glass roles, with their ceilings.
pub(crate) fn on_request(
    cloud: &mut Cloud,
    policy: &Policy,
    layout: &Layout,
    documents: &Documents,
) -> Result<(), DeploymentError> {
    let index = PolicyIndex::new(policy);
    let people = index.with(&layout.directory);
    for (name, access) in &policy.access {
        for account in people.accounts_of(access) {
            let Some(arn) = access.role.arn_in(account) else { continue };
            let mut role = IamRole::new(&arn, documents.trust(&format!("role/{name}.trust")));
            if let Some(ceiling) = &access.ceiling {
                let boundary = format!("arn:aws:iam::{account}:policy/jit-ceiling-{ceiling}");
                if let Some(document) = documents.get(&format!("ceiling/{ceiling}")) {
                    cloud.put_policy(&boundary, document)?;
                }
                role = role.bounded_by(&boundary);
            }
            if let Some(document) = documents.get(&format!("role/{name}.standing")) {
                role = role.with("standing", document);
            }
            cloud.put_role(role)?;
        }
    }
    Ok(())
}

/// The grantor of each account, and the function's role. With `apply = "approver"` there is a trust policy for each
/// account or unit that the policy names.
pub(crate) fn appliers(
    cloud: &mut Cloud,
    policy: &Policy,
    layout: &Layout,
    documents: &Documents,
) -> Result<(), DeploymentError> {
    let units = &layout.directory.units;
    for account in accounts(policy, layout) {
        let around = units.iter().filter(|(_, accounts)| accounts.contains(&account)).map(|(unit, _)| unit);
        let places = std::iter::once(&account).chain(around);
        let mut trusts = places.filter_map(|place| documents.get(&format!("grantor/{place}.trust")));
        let trust = documents.get("grantor.trust").or_else(|| trusts.next()).unwrap_or(NOBODY);
        let arn = format!("arn:aws:iam::{account}:role/jit-grantor");
        let role = IamRole::new(&arn, trust);
        let permissions = documents.get("grantor.policy").map(|text| role.clone().with("jit-grantor", text));
        cloud.put_role(permissions.unwrap_or(role))?;
    }
    if let Some(document) = documents.get("function.policy") {
        let role = IamRole::new(&layout.function, NOBODY).with("jit-apply", document);
        cloud.put_role(role.lasting(AT_A_DOOR))?;
    }
    Ok(())
}
