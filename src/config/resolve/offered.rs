//! A role that is not configured but was offered by an IdP. Accounts of one company may have the same name,
//! and two IdPs may offer the same role. So a name that matches several roles is refused: nobody should end
//! up in another account than they intended.

use super::endpoint::sts_endpoint;
use super::{DEFAULT_DURATION, Flags, ResolveError, proof};
use crate::config::file::File;
use crate::plan::{AccountNames, Assignment, DiscoveredRole, Leg, Origin, Plan, ProofPlan, RoleId, Valued};
use jit_wire::arn::Partition;
use jit_wire::env::Env;
use jit_wire::name;
use jit_wire::sign_in::Requirement;

/// The plan for the offered role that matches `name`, or for one that is not listed but probably exists.
pub(super) fn plan(
    file: &File,
    name: &str,
    flags: Flags<'_>,
    env: &Env,
    offered: &[DiscoveredRole],
) -> Result<Plan, ResolveError> {
    let role = match meant_by(file, name, offered)? {
        Some(role) => Some(role.clone()),
        None => unlisted(file, name, offered),
    };
    let role_and_id = role.and_then(|role| Some((role_id(file, &role, env)?, role)));
    match role_and_id {
        Some((id, role)) => {
            let first_name = first_name(file, &role, offered);
            plan_for(file, &role, first_name, id, flags, env)
        }
        None => Err(unknown_role(file, name)),
    }
}

/// That `name` means no role.
pub(super) fn unknown_role(file: &File, name: &str) -> ResolveError {
    ResolveError::UnknownRole { name: name.to_owned(), candidates: file.roles.keys().cloned().collect() }
}

/// What to call an offered `role` first. A role of the file that has that name leaves only the number.
fn first_name(file: &File, role: &DiscoveredRole, offered: &[DiscoveredRole]) -> String {
    let first = AccountNames::of(offered).first_name(role);
    if file.roles.contains_key(&first) { role.name() } else { first }
}

/// The offered role that matches `name`.
fn meant_by<'o>(
    file: &File,
    name: &str,
    offered: &'o [DiscoveredRole],
) -> Result<Option<&'o DiscoveredRole>, ResolveError> {
    match all_meant_by(file, name, offered).as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => Err(ambiguous(file, name, several, offered)),
    }
}

/// Every offered role that matches `name`, exactly or together with the account's name. The same role through
/// several SAML providers of one IdP counts once.
fn all_meant_by<'o>(file: &File, name: &str, offered: &'o [DiscoveredRole]) -> Vec<&'o DiscoveredRole> {
    let offered_now = || offered.iter().filter(|role| file.idps.contains_key(&role.idp));
    let mut meant: Vec<_> = offered_now().filter(|role| role.is_exactly(name)).collect();
    if meant.is_empty() {
        meant = offered_now().filter(|role| role.is_called(name)).collect();
    }
    meant.dedup_by_key(|role| (role.idp.clone(), own_name(role)));
    meant
}

/// The name that an offered role has at its IdP: its ARN, or its account and permission set.
fn own_name(role: &DiscoveredRole) -> String {
    match &role.saml {
        Some(pair) => pair.role_arn.clone(),
        None => role.name(),
    }
}

/// The error that `name` matches `several` roles, with a name for each that matches only that one. Each name
/// is tried before it is suggested: two IdPs may offer the same ARN, and a permission set has none.
fn ambiguous(
    file: &File,
    name: &str,
    several: &[&DiscoveredRole],
    offered: &[DiscoveredRole],
) -> ResolveError {
    let mut distinct = Vec::new();
    let mut sections = Vec::new();
    for role in several {
        let means_it_alone = |name: &String| {
            !file.roles.contains_key(name) && all_meant_by(file, name, offered).as_slice() == [*role]
        };
        match [role.name(), own_name(role)].into_iter().find(means_it_alone) {
            Some(name) => distinct.push(name),
            None => sections.push(section_for(file, role)),
        }
    }
    let meant = several.iter().map(|role| format!("{} at {}", own_name(role), role.idp)).collect();
    ResolveError::Ambiguous { name: name.to_owned(), meant, distinct, sections }
}

/// The section that gives an offered `role` a name of its own.
fn section_for(file: &File, role: &DiscoveredRole) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = format!("{}-{}", role.role, role.idp).chars().map(allowed).collect();
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !file.roles.contains_key(name));
    let target = match &role.saml {
        Some(pair) => format!("role_arn = \"{}\"", pair.role_arn),
        None => format!("account = \"{}\", permission_set = \"{}\"", role.account, role.role),
    };
    format!("[role.{}] with idp = \"{}\", {target}", free.unwrap_or(name), role.idp)
}

/// A permission set that is not in the list, in the only account of that name. The list may be out of date;
/// the portal will tell.
fn unlisted(file: &File, name: &str, offered: &[DiscoveredRole]) -> Option<DiscoveredRole> {
    let (account, role) = name.rsplit_once('/').filter(|(_, role)| name::is_permission_set(role))?;
    let is_in_account = |known: &&DiscoveredRole| {
        let is_named = known.account == account || known.account_name.as_deref() == Some(account);
        is_named && known.saml.is_none() && file.idps.contains_key(&known.idp)
    };
    let mut known: Vec<&DiscoveredRole> = offered.iter().filter(is_in_account).collect();
    known.dedup_by_key(|role| (&role.idp, &role.account));
    match known.as_slice() {
        [only] => Some(DiscoveredRole { role: role.to_owned(), ..(*only).clone() }),
        _ => None,
    }
}

/// What identifies an offered role; `None` if the type of its IdP has changed since.
fn role_id(file: &File, role: &DiscoveredRole, env: &Env) -> Option<RoleId> {
    if let Some(pair) = &role.saml {
        return pair.role_arn.parse().ok().map(RoleId::Arn);
    }
    match proof(file, &role.idp, env).ok()? {
        ProofPlan::IdentityCenter(center) => {
            let partition = Partition::of_region(&center.region.value);
            Some(RoleId::Assigned(Assignment::new(&role.account, &role.role, partition)))
        }
        _ => None,
    }
}

/// One step, directly from the IdP that offers the role.
fn plan_for(
    file: &File,
    role: &DiscoveredRole,
    first_name: String,
    id: RoleId,
    flags: Flags<'_>,
    env: &Env,
) -> Result<Plan, ResolveError> {
    let offered = || Origin::Rule("what the IdP offers");
    let sts = sts_endpoint(file, id.partition(), None, env)?;
    let duration = flags.duration()?.unwrap_or(Valued::new(DEFAULT_DURATION, Origin::Default));
    let leg = Leg {
        provider_arn: role.saml.as_ref().map(|pair| Valued::new(pair.provider_arn.clone(), offered())),
        ..Leg::new(first_name, Valued::new(id, offered()), duration, sts)
    };
    // Where the role does not go by the account's name, that describes it.
    let by_number = leg.name.starts_with(&format!("{}/", role.account));
    let description = role.account_name.clone().filter(|name| by_number && !name.is_empty());
    let auto_login = file.idps.get(&role.idp).and_then(|idp| idp.auto_login());
    Ok(Plan {
        role: leg.name.clone(),
        proof: proof(file, &role.idp, env)?,
        legs: vec![leg],
        region: None,
        variables: Vec::new(),
        ca_bundle: None,
        description,
        color: None,
        confirm: false,
        auto_login: auto_login.is_some_and(|at| at.value),
        sign_in: Requirement::default(),
        restricted_by: Vec::new(),
    })
}
