//! Every role that can be given by name: the roles of `config.toml`, the profiles of AWS's files, and the
//! roles that IdPs offered.

use std::collections::HashMap;

use crate::config::aws;
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::error::CommandResult;
use crate::index;
use crate::plan::DiscoveredRole;
use crate::world::World;

use super::load::Configuration;

/// A role that can be given by name.
#[derive(Clone, Debug)]
pub(super) struct Nameable {
    /// Its name on the command line.
    pub(super) name: String,
    /// Where the name is defined.
    pub(super) found: FoundIn,
    /// The IdP at the start of its chain; none for a profile.
    pub(super) idp: String,
    /// Twelve digits.
    pub(super) account: String,
    /// The name of the account, if it is known.
    pub(super) account_name: Option<String>,
    /// The name of the role in its account.
    pub(super) role: String,
    /// The description, else the account's name or how the role is reached.
    pub(super) about: String,
    /// `KEY=VALUE ` for each configured tag, for the search.
    pub(super) tags: String,
    /// The configured colour.
    pub(super) color: Option<String>,
    /// The configured region.
    pub(super) region: Option<String>,
}

/// Where the name of a role is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundIn {
    /// `config.toml`.
    Configuration,
    /// AWS's files, with the path.
    Profiles(String),
    /// The list of roles that the IdP offered.
    Index,
    /// The policy of access on request.
    Policy,
}

impl Nameable {
    /// A configured role. `account_names` are those that IdPs offered.
    pub(super) fn configured(file: &File, name: &str, account_names: &HashMap<String, String>) -> Self {
        let role = &file.roles[name];
        let about = role.description.clone().unwrap_or_else(|| match &role.parent {
            Parent::Idp(idp) => format!("at {}", idp.value),
            Parent::Via(via) => format!("via {}", via.value),
        });
        let called = match &role.target {
            Target::Arn(arn) => arn.value.role_name(),
            Target::Assigned { permission_set, .. } => &permission_set.value,
            Target::Itself { .. } => name,
        };
        let tags = role.tags.iter().flat_map(|tags| &tags.value);
        let account = role.target.account();
        Self {
            name: name.to_owned(),
            found: FoundIn::Configuration,
            idp: idp_of(file, role).to_owned(),
            account: account.to_owned(),
            account_name: account_names.get(account).or(role.account_name.as_ref()).cloned(),
            role: called.to_owned(),
            about,
            tags: tags.map(|(key, value)| format!("{key}={value} ")).collect(),
            color: role.color.clone(),
            region: role.region.as_ref().map(|region| region.value.clone()),
        }
    }

    /// What can be asked for as `name`: the role with this ARN, whose account may be left open (`*`).
    pub(super) fn on_request(name: String, arn: &str) -> Self {
        let (_, role) = arn.split_once(":role/").unwrap_or_default();
        let account = arn.split(':').nth(4).filter(|account| *account != "*");
        Self {
            about: format!("jit request {}", jit_wire::name::in_command(&name)),
            name,
            found: FoundIn::Policy,
            idp: String::new(),
            account: account.unwrap_or("several").to_owned(),
            account_name: None,
            role: role.to_owned(),
            tags: String::new(),
            color: None,
            region: None,
        }
    }

    /// A role that an IdP offered.
    pub(super) fn offered(role: DiscoveredRole) -> Self {
        Self {
            name: role.name(),
            found: FoundIn::Index,
            idp: role.idp,
            account: role.account,
            about: role.account_name.clone().unwrap_or_default(),
            account_name: role.account_name.filter(|name| !name.is_empty()),
            role: role.role,
            tags: String::new(),
            color: None,
            region: None,
        }
    }

    /// The profile `name` of the file at `path`, as a role.
    fn profile(name: &str, role: &RoleSection, path: &str) -> Self {
        let about = role.target.to_string();
        Self {
            name: name.to_owned(),
            found: FoundIn::Profiles(path.to_owned()),
            idp: String::new(),
            account: role.target.account().to_owned(),
            account_name: None,
            role: about.rsplit('/').next().unwrap_or_default().to_owned(),
            about,
            tags: String::new(),
            color: None,
            region: None,
        }
    }

    /// The file that defines it, or the IdP that offers it.
    pub(super) fn from(&self) -> &str {
        match &self.found {
            FoundIn::Configuration => "config.toml",
            FoundIn::Profiles(path) => path,
            FoundIn::Index => &self.idp,
            FoundIn::Policy => "on request",
        }
    }
}

/// The IdP at the start of the chain of `role`. The configuration was checked to have one.
fn idp_of<'f>(file: &'f File, role: &'f RoleSection) -> &'f str {
    let mut at = role;
    loop {
        match &at.parent {
            Parent::Idp(idp) => return &idp.value,
            Parent::Via(via) => at = &file.roles[&via.value],
        }
    }
}

/// Every role that can be given by name.
///
/// # Errors
/// AWS's files exist but cannot be read.
pub(super) fn all(files: &Configuration<'_>) -> CommandResult<Vec<Nameable>> {
    let mut roles = of_configuration(&files.file, files.world());
    let in_files = files.profiles()?;
    let profiles = aws::usable(in_files)
        .filter(|(name, _)| !files.file.roles.contains_key(*name))
        .map(|(name, profile)| Nameable::profile(name, &profile.roles[name], in_files.path()));
    // The order is: configured roles, profiles, offered roles.
    let offered = roles.iter().position(|role| role.found == FoundIn::Index).unwrap_or(roles.len());
    let profiles: Vec<Nameable> = profiles.collect();
    roles.splice(offered..offered, profiles);
    Ok(roles)
}

/// The configured roles, then the other roles that the configured IdPs offer.
pub(super) fn of_configuration(file: &File, world: &World) -> Vec<Nameable> {
    let offered = index::all(&world.folders.state);
    let names = offered.iter().filter_map(|role| Some((role.account.clone(), role.account_name.clone()?)));
    let names: HashMap<String, String> = names.filter(|(_, name)| !name.is_empty()).collect();
    let known = HubRoles::of(file);
    let configured = file.roles.keys().map(|name| Nameable::configured(file, name, &names));
    let beside = |role: &DiscoveredRole| file.idps.contains_key(&role.idp) && known.name_of(role).is_none();
    configured.chain(offered.into_iter().filter(beside).map(Nameable::offered)).collect()
}

/// The configured hub roles, to find the one that is an offered role.
pub(super) struct HubRoles<'f>(HashMap<(&'f str, &'f str, &'f str), &'f str>);

impl<'f> HubRoles<'f> {
    /// The hub roles of `file`. If several are the same role, the first one is used.
    pub(super) fn of(file: &'f File) -> Self {
        let mut found = HashMap::new();
        for (name, role) in &file.roles {
            let Parent::Idp(idp) = &role.parent else { continue };
            let (one, other) = match &role.target {
                Target::Arn(arn) => (arn.value.as_str(), ""),
                Target::Assigned { account, permission_set } => (&*account.value, &*permission_set.value),
                Target::Itself { .. } => continue,
            };
            found.entry((idp.value.as_str(), one, other)).or_insert(name.as_str());
        }
        Self(found)
    }

    /// The name of `offered` in the configuration.
    pub(super) fn name_of(&self, offered: &DiscoveredRole) -> Option<&'f str> {
        let (one, other) = match &offered.saml {
            Some(pair) => (pair.role_arn.as_str(), ""),
            None => (offered.account.as_str(), offered.role.as_str()),
        };
        self.0.get(&(offered.idp.as_str(), one, other)).copied()
    }
}

/// `account/role` of an ARN, which may be incomplete. The ARN of a session gives its role, and the role of
/// a permission set gives the permission set.
pub(super) fn of_arn(word: &str) -> Option<String> {
    let rest = word.strip_prefix("arn:")?;
    let mut parts = rest.splitn(5, ':').skip(3);
    let (account, resource) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (kind, path) = resource.split_once('/').unwrap_or((resource, ""));
    let name = match kind {
        "assumed-role" => path.split('/').next().unwrap_or_default(),
        _ => path.rsplit('/').next().unwrap_or_default(),
    };
    let assigned = name.strip_prefix("AWSReservedSSO_").and_then(|name| name.rsplit_once('_'));
    let name = assigned.map_or(name, |(set, _)| set);
    Some(if name.is_empty() { account.to_owned() } else { format!("{account}/{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_its_account_and_role_as_far_as_it_is_typed() {
        let cases = [
            ("arn:aws:iam::222222222222:role/admin", "222222222222/admin"),
            ("arn:aws:iam::222222222222:role/path/to/admin", "222222222222/admin"),
            ("arn:aws-cn:sts::222222222222:assumed-role/admin/me@example.com", "222222222222/admin"),
            (
                "arn:aws:sts::333333333333:assumed-role/AWSReservedSSO_Dev_eloper_0123456789abcdef/me",
                "333333333333/Dev_eloper",
            ),
            (
                "arn:aws:iam::333333333333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Read_0123",
                "333333333333/Read",
            ),
            ("arn:aws:iam::2222", "2222"),
            ("arn:aws:iam::222222222222:role", "222222222222"),
            ("arn:aws", ""),
        ];
        for (typed, meant) in cases {
            assert_eq!(of_arn(typed).as_deref(), Some(meant), "{typed}");
        }
        assert_eq!(of_arn("admin"), None);
    }
}
