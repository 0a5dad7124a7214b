//! What a deployment consists of, for tools that create it: the names, paths and accounts of doors, roles and grantors,
//! and which document belongs to each. The Terraform modules and the CloudFormation template are made from it, so
//! nobody repeats in them what the policy file says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::deployment::places_of;
use super::{EntryRole, Rendering};
use crate::policy::{Access, Apply, Policy, Right};

/// The parts of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentIndex {
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: &'static str,
    /// Who applies.
    pub apply: Apply,
    /// The bucket of the ledger.
    pub ledger: Option<String>,
    /// The doors, by name.
    pub doors: BTreeMap<String, IndexedDoor>,
    /// Roles on request and break-glass roles.
    pub roles: Vec<IndexedRole>,
    /// The ceilings that these roles have.
    pub ceilings: BTreeSet<String>,
    /// The grantors.
    pub grantors: Vec<IndexedGrantor>,
}

/// A door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedDoor {
    /// Its role, as the policy file writes it.
    pub role: String,
    /// Its account.
    pub account: String,
    /// The path of the role, with the slashes around it.
    pub path: String,
    /// The name of the role or, of a permission set, its own name.
    pub name: String,
    /// Whether it is a permission set of IAM Identity Center.
    pub is_permission_set: bool,
    /// What it is for.
    pub may: Vec<&'static str>,
    /// The documents with what it allows.
    pub policies: Vec<String>,
    /// The document with its trust policy, unless AWS writes it.
    pub trust: Option<String>,
}

/// A role on request, or a break-glass role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedRole {
    /// The accesses that use it.
    pub access: Vec<String>,
    /// Its path, with the slashes around it.
    pub path: String,
    /// Its name.
    pub name: String,
    /// The name of its ceiling.
    pub ceiling: String,
    /// The document with its trust policy.
    pub trust: String,
    /// The document with what it may always do: only break-glass roles have one.
    pub standing: Option<String>,
    /// The accounts and units that have it.
    pub places: BTreeSet<String>,
}

/// A grantor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedGrantor {
    /// The accounts and units that have it. Empty: every account.
    pub places: BTreeSet<String>,
    /// The document with its trust policy.
    pub trust: String,
}

/// Why a policy cannot be deployed as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDeployable {
    /// An access without a ceiling.
    #[error("[access.{0}] has no `ceiling`")]
    NoCeiling(String),
    /// Two accesses that want one role to be two things.
    #[error("[access.{0}] and [access.{1}] name one role, with different ceilings or different doors")]
    TwoRoles(String, String),
}

impl jit_wire::explain::Explain for NotDeployable {
    fn kind(&self) -> jit_wire::explain::Kind {
        jit_wire::explain::Kind::Usage
    }

    fn next(&self) -> Vec<jit_wire::explain::Next> {
        vec![jit_wire::explain::Next::words(match self {
            Self::NoCeiling(_) => "add `ceiling = \"read\"`, \"operate\", \"admin\" or one of yours",
            Self::TwoRoles(..) => "give each access a role of its own, or both the same ceiling",
        })]
    }
}

/// The path and the name in `/jit/pay-admin`.
fn split(path_and_name: &str) -> (String, String) {
    let at = path_and_name.rfind('/').map_or(0, |at| at + 1);
    (path_and_name[..at].to_owned(), path_and_name[at..].to_owned())
}

impl DeploymentIndex {
    /// The parts of a deployment of `policy` with these documents.
    ///
    /// # Errors
    /// [`NotDeployable`].
    pub fn of(policy: &Policy, ledger: Option<&str>, rendering: &Rendering) -> Result<Self, NotDeployable> {
        let partition = policy.doors.values().next().map_or("aws", |door| door.role.partition().name());
        let has = |name: &str| rendering.documents.iter().any(|one| one.name == name);
        let doors = policy.doors.iter().map(|(name, door)| {
            let entry = EntryRole::new(&door.role);
            let kinds = match entry.is_permission_set() {
                true => &["permission-set"][..],
                false => &["apply", "entry", "glass", "publish"],
            };
            let policies = kinds.iter().map(|kind| format!("door/{name}.{kind}"));
            let (path, own_name) =
                split(&format!("/{}", door.role.as_str().split_once(":role/").map_or("", |(_, rest)| rest)));
            let trust = format!("door/{name}.trust");
            let door = IndexedDoor {
                role: door.role.as_str().to_owned(),
                account: door.role.account().to_owned(),
                path,
                name: entry.permission_set_name().map_or(own_name, str::to_owned),
                is_permission_set: entry.is_permission_set(),
                may: Right::ALL
                    .into_iter()
                    .filter(|right| door.may.contains(right))
                    .map(Right::name)
                    .collect(),
                policies: policies.filter(|name| has(name)).collect(),
                trust: has(&trust).then_some(trust),
            };
            (name.clone(), door)
        });
        let doors = doors.collect();
        let roles = roles(policy, rendering)?;
        let ceilings = roles.iter().map(|role| role.ceiling.clone()).collect();
        let grantors = grantors(policy, rendering);
        let ledger = ledger.map(str::to_owned);
        Ok(Self { partition, apply: policy.deployment.apply, ledger, doors, roles, ceilings, grantors })
    }

    /// The index as JSON.
    pub fn to_json(&self) -> Value {
        let doors: serde_json::Map<String, Value> =
            self.doors.iter().map(|(name, door)| (name.clone(), door.to_json())).collect();
        json!({
            "version": 1,
            "partition": self.partition,
            "apply": if self.apply == Apply::Approver { "approver" } else { "function" },
            "ledger": self.ledger,
            "doors": doors,
            "roles": self.roles.iter().map(IndexedRole::to_json).collect::<Vec<_>>(),
            "ceilings": self.ceilings,
            "grantors": self.grantors.iter().map(|one| json!({ "places": one.places, "trust": one.trust })).collect::<Vec<_>>(),
        })
    }
}

impl IndexedDoor {
    fn to_json(&self) -> Value {
        json!({
            "role": self.role,
            "account": self.account,
            "path": self.path,
            "name": self.name,
            "is_permission_set": self.is_permission_set,
            "may": self.may,
            "policies": self.policies,
            "trust": self.trust,
        })
    }
}

impl IndexedRole {
    fn to_json(&self) -> Value {
        json!({
            "access": self.access,
            "path": self.path,
            "name": self.name,
            "ceiling": self.ceiling,
            "trust": self.trust,
            "standing": self.standing,
            "places": self.places,
        })
    }
}

/// The text of a document; empty if it was not rendered.
fn text<'r>(rendering: &'r Rendering, name: &str) -> &'r str {
    let found = rendering.documents.iter().find(|one| one.name == name);
    found.map_or("", |one| one.document.as_str())
}

/// Accesses that share a role give one role. Where their trust policies differ because other people vote in other accounts,
/// there is a role for each, in its own accounts.
fn roles(policy: &Policy, rendering: &Rendering) -> Result<Vec<IndexedRole>, NotDeployable> {
    let mut roles: Vec<IndexedRole> = Vec::new();
    for (name, access) in &policy.access {
        let role = role(policy, name, access)?;
        let is_same = |other: &IndexedRole| {
            other.ceiling == role.ceiling
                && text(rendering, &other.trust) == text(rendering, &role.trust)
                && other.standing.is_some() == role.standing.is_some()
        };
        let named = |other: &&mut IndexedRole| (&other.path, &other.name) == (&role.path, &role.name);
        let mut joined = false;
        for other in roles.iter_mut().filter(named) {
            if is_same(other) {
                other.access.push(name.clone());
                other.places.extend(role.places.iter().cloned());
                joined = true;
            } else if !other.places.is_disjoint(&role.places) {
                return Err(NotDeployable::TwoRoles(other.access[0].clone(), name.clone()));
            }
        }
        if !joined {
            roles.push(role);
        }
    }
    Ok(roles)
}

fn role(policy: &Policy, name: &str, access: &Access) -> Result<IndexedRole, NotDeployable> {
    let (path, own_name) = split(access.role.path_and_name());
    let ceiling = access.ceiling.clone().ok_or_else(|| NotDeployable::NoCeiling(name.to_owned()))?;
    let places = places_of(policy, access).iter().map(|place| place.as_str().to_owned()).collect();
    Ok(IndexedRole {
        access: vec![name.to_owned()],
        path,
        name: own_name,
        ceiling,
        trust: format!("role/{name}.trust"),
        standing: access.standing.then(|| format!("role/{name}.standing")),
        places,
    })
}

fn grantors(policy: &Policy, rendering: &Rendering) -> Vec<IndexedGrantor> {
    if policy.deployment.apply == Apply::Function {
        return vec![IndexedGrantor { places: BTreeSet::new(), trust: "grantor.trust".to_owned() }];
    }
    let mut grantors: Vec<IndexedGrantor> = Vec::new();
    for one in &rendering.documents {
        let place = one.name.strip_prefix("grantor/").and_then(|rest| rest.strip_suffix(".trust"));
        let Some(place) = place else { continue };
        let same = grantors.iter_mut().find(|other| text(rendering, &other.trust) == one.document.as_str());
        match same {
            Some(other) => drop(other.places.insert(place.to_owned())),
            None => grantors
                .push(IndexedGrantor { places: BTreeSet::from([place.to_owned()]), trust: one.name.clone() }),
        }
    }
    grantors
}
