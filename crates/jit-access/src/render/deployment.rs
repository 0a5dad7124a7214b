//! //! All policy documents of one deployment, from its policy file and the settings that a policy file does not
//! have.

mod doors;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::arn::Partition;

use super::{
    Ceiling, Document, EntryPolicy, EntryRole, Fullness, GrantDocument, GrantorTrust, Guardrail,
    LedgerBucket, Level, Limit, Reach, RoleOnRequest, TooLong, Writes, grantor, standing,
};
use crate::decide::Grant;
use crate::fold::approver_groups;
use crate::people::{Directory, People, PolicyIndex};
use crate::policy::{Access, AccountSet, Apply, Policy, RequestRole, Right};

pub use settings::{Arrival, CompanyCeiling, GrantFor, RenderSettings};

/// A document of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// /// Its kind and name, such as `role/pay-admin.trust`.
    pub name: String,
    /// /// The limit that AWS sets for it.
    pub limit: Limit,
    /// The document.
    pub document: Document,
}

impl Rendered {
    /// /// How much of the limit it takes.
    ///
    /// # Errors
    /// /// The document is longer than AWS accepts.
    pub fn fullness(&self) -> Result<Fullness, TooLong> {
        let fullness = Fullness::of_document(self.limit, &self.document);
        fullness.check().map(|_| fullness)
    }
}

/// /// A document of the deployment that could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRendered {
    /// Its name.
    pub name: String,
    /// /// What is missing.
    pub missing: MissingSetting,
}

/// /// What a document needs and the settings do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingSetting {
    /// The bucket of the ledger.
    Ledger,
    /// The organization, or the accounts, with roles on request.
    Reach,
    /// The platform's roles.
    Platform,
    /// The function's role.
    FunctionRole,
    /// How people arrive at this door.
    Arrival(String),
    /// What the ceiling with this name is.
    Ceiling(String),
    /// /// A door with this right.
    Door(Right),
    /// /// Anything else, as a sentence.
    Other(String),
}

/// The documents of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendering {
    /// /// The documents that could be rendered, by name.
    pub documents: Vec<Rendered>,
    /// /// The documents that could not, by name.
    pub missing: Vec<NotRendered>,
}

/// Renders every document that AWS evaluates in a deployment of `policy`.
pub fn deployment(policy: &Policy, settings: &RenderSettings) -> Rendering {
    let index = PolicyIndex::new(policy);
    let directory = Directory::default();
    let mut writer =
        Writer { policy, people: index.with(&directory), settings, rendering: Rendering::default() };
    writer.ceilings();
    writer.roles();
    writer.doors();
    writer.ledger();
    writer.function();
    writer.grantor();
    writer.guardrail();
    writer.grants();
    let mut rendering = writer.rendering;
    rendering.documents.sort_by(|one, other| one.name.cmp(&other.name));
    rendering.missing.sort_by(|one, other| one.name.cmp(&other.name));
    rendering
}

struct Writer<'w> {
    policy: &'w Policy,
    people: People<'w>,
    settings: &'w RenderSettings,
    rendering: Rendering,
}

impl Writer<'_> {
    fn put(&mut self, name: impl Into<String>, limit: Limit, document: Document) {
        self.rendering.documents.push(Rendered { name: name.into(), limit, document });
    }

    fn lacks(&mut self, name: impl Into<String>, missing: MissingSetting) {
        self.rendering.missing.push(NotRendered { name: name.into(), missing });
    }

    /// /// The partition of the deployment. A deployment has only one.
    fn partition(&self) -> Partition {
        let door = self.policy.doors.values().next().map(|door| door.role.partition());
        door.unwrap_or(Partition::Aws)
    }

    /// The entry roles of the doors that may do one of `rights`.
    fn entries(&self, rights: &[Right]) -> Vec<EntryRole> {
        let doors = self.policy.doors.values();
        let found = doors.filter(|door| rights.iter().any(|right| door.may.contains(right)));
        found.map(|door| EntryRole::new(&door.role)).collect()
    }

    /// The ceiling that the policy calls `name`.
    fn ceiling(&self, name: &str) -> Option<Ceiling> {
        let own = self.settings.ceilings.get(name);
        let level = own.map_or_else(|| Level::named(name), |own| Some(own.level))?;
        Some(Ceiling {
            partition: self.partition(),
            level,
            more: own.map(|own| own.more.clone()).unwrap_or_default(),
            passable: self.settings.passable.clone(),
            ledger: self.settings.ledger.clone(),
        })
    }

    fn ceilings(&mut self) {
        let shipped = Level::ALL.iter().map(|level| level.name().to_owned());
        let used = self.policy.access.values().filter_map(|access| access.ceiling.clone());
        let names: BTreeSet<String> =
            shipped.chain(used).chain(self.settings.ceilings.keys().cloned()).collect();
        for name in names {
            let key = format!("ceiling/{name}");
            match self.ceiling(&name) {
                Some(ceiling) => self.put(key, Limit::Managed, ceiling.render()),
                None => self.lacks(key, MissingSetting::Ceiling(name)),
            }
        }
    }

    fn roles(&mut self) {
        for (name, access) in &self.policy.access {
            let right = if access.standing { Right::Glass } else { Right::Request };
            let doors = self.entries(&[right]);
            let trust = format!("role/{name}.trust");
            if doors.is_empty() {
                self.lacks(trust, MissingSetting::Door(right));
            } else {
                let barred = self.barred(access).into_iter().collect();
                let role = RoleOnRequest { doors, tags: self.settings.tags.clone(), barred };
                self.put(trust, Limit::Trust, role.trust());
            }
            if access.standing {
                self.standing(name, access);
            }
        }
    }

    fn standing(&mut self, name: &str, access: &Access) {
        let key = format!("role/{name}.standing");
        let Some(ceiling) = &access.ceiling else {
            let why = format!("[access.{name}] has no `ceiling`");
            return self.lacks(key, MissingSetting::Other(why));
        };
        match self.ceiling(ceiling) {
            Some(ceiling) => self.put(key, Limit::Inline, standing(ceiling.services())),
            None => self.lacks(key, MissingSetting::Ceiling(ceiling.clone())),
        }
    }

    /// /// The session names that the trust of the role of `access` excludes: with `apply = "approver"`, everybody
    /// who may¶/// write grants in one of its accounts.
    fn barred(&self, access: &Access) -> BTreeSet<String> {
        if self.policy.deployment.apply != Apply::Approver || access.standing {
            return BTreeSet::new();
        }
        let near = self.policy.access.values().filter(|other| may_share_account(access, other));
        near.flat_map(|other| self.voters(other)).collect()
    }

    /// The session names of everybody who may vote on `access`.
    fn voters(&self, access: &Access) -> BTreeSet<String> {
        let people = approver_groups(access).filter_map(|group| self.people.members(group)).flatten();
        people.flat_map(|person| self.people.session_names(person)).collect()
    }

    fn ledger(&mut self) {
        let key = "ledger";
        let Some(bucket) = self.settings.ledger.clone() else {
            return self.lacks(key, MissingSetting::Ledger);
        };
        if self.settings.platform.is_empty() {
            return self.lacks(key, MissingSetting::Platform);
        }
        let doors = self.entries(&[Right::Request, Right::Vote, Right::Glass]);
        let publishers = self.entries(&[Right::Publish]);
        for (found, right) in [(&doors, Right::Request), (&publishers, Right::Publish)] {
            if found.is_empty() {
                return self.lacks(key, MissingSetting::Door(right));
            }
        }
        let appliers = match (self.policy.deployment.apply, &self.settings.function_role) {
            (Apply::Approver, _) => self.entries(&[Right::Vote]),
            (Apply::Function, Some(role)) => vec![EntryRole::new(role)],
            (Apply::Function, None) => return self.lacks(key, MissingSetting::FunctionRole),
        };
        let platform = self.settings.platform.iter().map(EntryRole::new).collect();
        let bucket =
            LedgerBucket { partition: self.partition(), bucket, doors, publishers, appliers, platform };
        self.put(key, Limit::Bucket, bucket.render());
    }

    /// /// The policy of the function. With `apply = "approver"`, the voters' doors have the same.
    fn function(&mut self) {
        if self.policy.deployment.apply != Apply::Function {
            return;
        }
        match (&self.settings.ledger, &self.settings.reach) {
            (None, _) => self.lacks("function.policy", MissingSetting::Ledger),
            (_, None) => self.lacks("function.policy", MissingSetting::Reach),
            (Some(ledger), Some(accounts)) => {
                let policy = EntryPolicy {
                    partition: self.partition(),
                    ledger: ledger.clone(),
                    reach: Reach::Grantors(accounts.clone()),
                    writes: Writes::Acts,
                };
                self.put("function.policy", Limit::Inline, policy.render());
            }
        }
    }

    fn grantor(&mut self) {
        self.put("grantor.policy", Limit::Inline, grantor(self.partition()));
        match (self.policy.deployment.apply, &self.settings.function_role) {
            (Apply::Function, Some(role)) => {
                let trust =
                    GrantorTrust::Function { role: role.clone(), function: self.settings.function.clone() };
                self.put("grantor.trust", Limit::Trust, trust.render());
            }
            (Apply::Function, None) => self.lacks("grantor.trust", MissingSetting::FunctionRole),
            (Apply::Approver, _) => self.grantor_by_approvers(),
        }
    }

    /// The grantors of an account are the approvers who vote there.
    fn grantor_by_approvers(&mut self) {
        let mut voters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for access in self.policy.access.values().filter(|access| !access.standing) {
            for place in places(access) {
                voters.entry(place).or_default().extend(self.voters(access));
            }
        }
        let doors = self.entries(&[Right::Vote]);
        for (place, names) in voters {
            let key = format!("grantor/{place}.trust");
            if doors.is_empty() {
                self.lacks(key, MissingSetting::Door(Right::Vote));
            } else if names.is_empty() {
                let why = "nobody is named who may vote there".to_owned();
                self.lacks(key, MissingSetting::Other(why));
            } else {
                let names = names.into_iter().collect();
                let doors = doors.clone();
                let tags = self.settings.tags.clone();
                let trust = GrantorTrust::Approvers { doors, names, tags };
                self.put(key, Limit::Trust, trust.render());
            }
        }
    }

    fn guardrail(&mut self) {
        if self.settings.platform.is_empty() {
            return self.lacks("guardrail", MissingSetting::Platform);
        }
        let guardrail = Guardrail { partition: self.partition(), platform: self.settings.platform.clone() };
        self.put("guardrail", Limit::ServiceControl, guardrail.render());
    }

    /// /// The grants that one person would get, for each access.
    fn grants(&mut self) {
        let Some(to) = &self.settings.grant else { return };
        for (name, access) in self.policy.access.iter().filter(|(_, access)| !access.standing) {
            let key = format!("grant/{name}");
            let services = access.ceiling.as_ref().and_then(|name| self.ceiling(name));
            let Some(services) = services.map(|ceiling| ceiling.services()) else {
                let ceiling = access.ceiling.clone().unwrap_or_default();
                self.lacks(key, MissingSetting::Ceiling(ceiling));
                continue;
            };
            let person = self.people.person(&to.person).unwrap_or(&to.person).to_owned();
            let grant = Grant {
                start: None,
                until: to.until,
                names: self.people.session_names(&person),
                person,
                roles: Vec::new(),
                voters: BTreeSet::new(),
                by_on_call: false,
            };
            match GrantDocument::of(access, &grant, services).render() {
                Ok(document) => self.put(key, Limit::Inline, document),
                Err(error) => self.lacks(key, MissingSetting::Other(error.to_string())),
            }
        }
    }
}

/// The accounts and units that an access names.
fn places(access: &Access) -> Vec<String> {
    match access.role.account() {
        Some(account) => vec![account.to_owned()],
        None => access.accounts.iter().map(|set| set.as_str().to_owned()).collect(),
    }
}

/// /// Whether the roles of two accesses may be in one account. The accounts of a unit are not known here.
fn may_share_account(one: &Access, other: &Access) -> bool {
    let accounts = |role: &RequestRole, sets: &[AccountSet]| -> Option<BTreeSet<String>> {
        if let Some(account) = role.account() {
            return Some(BTreeSet::from([account.to_owned()]));
        }
        let known = sets.iter().map(|set| match set {
            AccountSet::Account(account) => Some(account.clone()),
            AccountSet::Unit(_) => None,
        });
        known.collect()
    };
    match (accounts(&one.role, &one.accounts), accounts(&other.role, &other.accounts)) {
        (Some(one), Some(other)) => !one.is_disjoint(&other),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
