//! Every role that can be given by name: the roles of `config.toml`, the profiles of AWS's files, and the
//! roles that IdPs offered. `list` reads them; the rest of this file is pure.

mod list;

use std::collections::{HashMap, HashSet};

use crate::config::aws::{self, AwsProfiles};
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::plan::{AccountNames, DiscoveredRole};

pub(super) use list::{account_names, all, of_configuration, with_requests};

/// A role that can be given by name.
#[derive(Clone, Debug)]
pub(super) struct Nameable {
    /// What to call it first. Of a role that is only offered: `account/role` with the account's name, if that means one
    /// account only and can be typed; else with its number.
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
    /// Its ARN; none for a permission set and for a profile that assumes no role.
    pub(super) arn: Option<String>,
    /// For a spoke role, the role that it is reached with.
    pub(super) via: Option<String>,
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
            arn: arn_of(&role.target),
            via: via_of(role),
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
            via: None,
            account: account.unwrap_or("several").to_owned(),
            account_name: None,
            role: role.to_owned(),
            arn: account.map(|_| arn.to_owned()),
            tags: String::new(),
            color: None,
            region: None,
        }
    }

    /// A role that an IdP was seen to offer. `names` are those of all accounts that are known.
    pub(super) fn offered(role: DiscoveredRole, names: &AccountNames) -> Self {
        let name = names.first_name(&role);
        let account_name = role.account_name.filter(|name| !name.is_empty());
        // The name of the account is in that of the role, unless several accounts have it.
        let about = account_name.clone().filter(|_| name.starts_with(&format!("{}/", role.account)));
        Self {
            name,
            found: FoundIn::Index,
            via: None,
            idp: role.idp,
            account: role.account,
            about: about.unwrap_or_default(),
            account_name,
            role: role.role,
            arn: role.saml.map(|pair| pair.role_arn),
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
            arn: arn_of(&role.target),
            via: via_of(role),
            about,
            tags: String::new(),
            color: None,
            region: role.region.as_ref().map(|region| region.value.clone()),
        }
    }

    /// `account/role` with the account's number, which means this role whatever the account is called.
    pub(super) fn number_name(&self) -> String {
        format!("{}/{}", self.account, self.role)
    }

    /// A name that means this role and no other, for what is done next: the account may be called something else by then, or
    /// a role of the same name may be added.
    pub(super) fn sure_name(self) -> String {
        if self.found == FoundIn::Index { self.number_name() } else { self.name }
    }

    /// The account by its name and its number, or by its number alone where its name is that of the role already.
    pub(super) fn account_shown(&self) -> String {
        match &self.account_name {
            Some(name) if self.found != FoundIn::Index => account_shown(&self.account, Some(name)),
            _ => self.account.clone(),
        }
    }

    /// Whether `arn` is this role's: its own, or that of one of its sessions. In one account, a role's name is unique
    /// whatever its path, but a permission set may have the name of a role.
    pub(super) fn has_arn(&self, arn: &str) -> bool {
        if self.arn.as_deref() == Some(arn) {
            return true;
        }
        let is_assigned = arn.contains(PERMISSION_SET);
        let own_is_assigned = self.arn.as_ref().is_none_or(|own| own.contains(PERMISSION_SET));
        let named = match &self.arn {
            Some(own) => of_arn(own),
            None => Some(self.number_name()),
        };
        !self.role.is_empty() && is_assigned == own_is_assigned && named.is_some() && of_arn(arn) == named
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

/// The account by its name and its number, as far as they are known.
pub(super) fn account_shown(number: &str, name: Option<&String>) -> String {
    name.map_or_else(|| number.to_owned(), |name| format!("{name} ({number})"))
}

fn arn_of(target: &Target) -> Option<String> {
    match target {
        Target::Arn(arn) => Some(arn.value.to_string()),
        Target::Assigned { .. } | Target::Itself { .. } => None,
    }
}

fn via_of(role: &RoleSection) -> Option<String> {
    match &role.parent {
        Parent::Via(via) => Some(via.value.clone()),
        Parent::Idp(_) => None,
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

/// The configured roles, then the other roles of `offered` that the configured IdPs offer.
fn of_idps(file: &File, offered: &[DiscoveredRole]) -> Vec<Nameable> {
    let names = names_of(offered);
    let by_name = AccountNames::of(offered);
    let known = HubRoles::of(file);
    let configured = file.roles.keys().map(|name| Nameable::configured(file, name, &names));
    let beside = |role: &&DiscoveredRole| file.idps.contains_key(&role.idp) && known.name_of(role).is_none();
    let named = |role: &DiscoveredRole| {
        let offered = Nameable::offered(role.clone(), &by_name);
        // A role of the file that has that name is what it means.
        let is_taken = file.roles.contains_key(&offered.name);
        if is_taken { Nameable { name: offered.number_name(), ..offered } } else { offered }
    };
    configured.chain(offered.iter().filter(beside).map(named)).collect()
}

/// Every role of `file`, of AWS's files, and of what IdPs offered, in this order.
fn of_files(
    file: &File,
    in_files: &AwsProfiles,
    portals: &File,
    offered: &[DiscoveredRole],
) -> Vec<Nameable> {
    let profiles: Vec<Nameable> = aws::usable(in_files)
        .filter(|(name, _)| !file.roles.contains_key(*name))
        .map(|(name, profile)| Nameable::profile(name, &profile.roles[name], in_files.path()))
        .collect();
    let taken: HashSet<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    let mut roles = of_idps(file, offered);
    let first_offered = roles.iter().position(|role| role.found == FoundIn::Index).unwrap_or(roles.len());
    for role in &mut roles[first_offered..] {
        // A profile of that name is what it means.
        if taken.contains(role.name.as_str()) {
            role.name = role.number_name();
        }
    }
    roles.splice(first_offered..first_offered, profiles);
    if !portals.idps.is_empty() {
        roles.extend(of_idps(portals, offered));
    }
    roles
}

fn names_of(offered: &[DiscoveredRole]) -> HashMap<String, String> {
    let names = offered.iter().filter_map(|role| Some((&role.account, role.account_name.as_ref()?)));
    let names = names.filter(|(_, name)| !name.is_empty());
    names.map(|(account, name)| (account.clone(), name.clone())).collect()
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

/// How the name of the role behind a permission set begins.
const PERMISSION_SET: &str = "AWSReservedSSO_";

/// `account/role` of an ARN, which may be incomplete. The ARN of a session gives its role, and the role of
/// a permission set gives the permission set.
pub(super) fn of_arn(word: &str) -> Option<String> {
    let rest = word.strip_prefix("arn:")?;
    let mut parts = rest.splitn(5, ':').skip(3);
    let account = parts.next().unwrap_or_default();
    let resource = parts.next().unwrap_or_default();
    let (kind, path) = resource.split_once('/').unwrap_or((resource, ""));
    let name = match kind {
        "assumed-role" => path.split('/').next().unwrap_or_default(),
        _ => path.rsplit('/').next().unwrap_or_default(),
    };
    let assigned = name.strip_prefix(PERMISSION_SET).and_then(|name| name.rsplit_once('_'));
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
