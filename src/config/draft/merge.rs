//! Which tables of a draft a configuration does not have yet.

use std::collections::BTreeMap;

use super::{Draft, Table, Value};

/// The tables to write, and the name of each table of the draft in the resulting configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedDraft {
    /// The tables that the configuration does not have.
    pub draft: Draft,
    /// IdPs that it already has.
    pub kept_idps: Vec<ExistingTable>,
    /// Roles that it already has.
    pub kept: Vec<ExistingTable>,
    /// The name in the configuration of each IdP of the draft.
    pub idp_names: BTreeMap<String, String>,
    /// The name in the configuration of each role of the draft.
    pub role_names: BTreeMap<String, String>,
}

/// An IdP or a role that already exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingTable {
    /// Its name in the configuration.
    pub name: String,
    /// The settings whose value differs in the draft. The configuration's value stays.
    pub differs: Vec<String>,
}

impl Draft {
    /// Leaves out the tables that `existing` has: an IdP with the same sign-in URL, or a role of the same
    /// name that is reached in the same way. A table that has only the name in common gets another name.
    pub fn merge(&self, existing: &Self) -> MergedDraft {
        let mut merged = MergedDraft::default();
        for idp in &self.idps {
            let same = |one: &&Table| identity(one) == identity(idp);
            let name = if let Some(there) = existing.idps.iter().find(same) {
                merged.kept_idps.push(ExistingTable::of(there, idp));
                there.name.clone()
            } else if let Some(there) = merged.draft.idps.iter().find(same) {
                there.name.clone()
            } else {
                let taken = |name: &str| has(&existing.idps, name) || has(&merged.draft.idps, name);
                let name = names(&idp.name).find(|name| !taken(name)).unwrap_or_default();
                merged.draft.idps.push(Table { name: name.clone(), ..idp.clone() });
                name
            };
            merged.idp_names.insert(idp.name.clone(), name);
        }
        // A role can only be renamed after its parent. `File::parse` reports loops.
        let mut left: Vec<&Table> = self.roles.iter().collect();
        while !left.is_empty() {
            let waits = |role: &&Table| {
                let via = role.text("via");
                via.is_some_and(|via| has(&self.roles, via) && !merged.role_names.contains_key(via))
            };
            let next = left.iter().position(|role| !waits(role)).unwrap_or(0);
            merged.role(left.remove(next), existing);
        }
        merged
    }
}

impl MergedDraft {
    fn role(&mut self, role: &Table, existing: &Draft) {
        let mut role = role.clone();
        for (key, value) in &mut role.settings {
            let names = match key.as_str() {
                "idp" => &self.idp_names,
                "via" => &self.role_names,
                _ => continue,
            };
            if let Value::Text(name) = value
                && let Some(new) = names.get(name)
            {
                name.clone_from(new);
            }
        }
        let wanted = role.name.clone();
        for name in names(&wanted) {
            let there = existing.roles.iter().chain(&self.draft.roles).find(|one| one.name == name);
            match there {
                Some(one) if same_role(one, &role) => {
                    self.kept.push(ExistingTable::of(one, &role));
                }
                Some(_) => continue,
                None => {
                    role.name.clone_from(&name);
                    self.draft.roles.push(role);
                }
            }
            self.role_names.insert(wanted.clone(), name);
            return;
        }
    }
}

impl ExistingTable {
    fn of(there: &Table, wanted: &Table) -> Self {
        // The settings that make both the same may be spelled differently.
        let same = identity(there) == identity(wanted);
        let other = |key: &str, value: &Value| {
            there.get(key) != Some(value) && !(same && ADDRESSES.contains(&key) && there.get(key).is_some())
        };
        let differs =
            wanted.settings.iter().filter(|(key, value)| other(key, value)).map(|(key, _)| key.clone());
        Self { name: there.name.clone(), differs: differs.collect() }
    }
}

/// The keys that say where people sign in.
const ADDRESSES: [&str; 5] = ["org", "app_url", "start_url", "issuer", "sso_url"];

fn has(tables: &[Table], name: &str) -> bool {
    tables.iter().any(|table| table.name == name)
}

/// `name`, `name-2`, `name-3` …
fn names(name: &str) -> impl Iterator<Item = String> + '_ {
    std::iter::once(name.to_owned()).chain((2..).map(move |number| format!("{name}-{number}")))
}

/// The settings that say where people sign in and as what; the others say how.
fn identity(idp: &Table) -> Vec<Option<String>> {
    let keys: &[&str] = match idp.text("type") {
        Some("okta") => &["org", "app_url"],
        Some("identity-center") => &["start_url"],
        Some("oidc") => &["issuer", "client_id"],
        _ => &["sso_url", "start_url", "entity_id"],
    };
    let plain = |key: &str| {
        let text = idp.text(key)?;
        // Identity Center puts its own pages behind a `#`. A trailing slash means nothing to people, but is
        // part of an issuer.
        let text = if key == "issuer" { text } else { text.split('#').next()?.trim_end_matches('/') };
        Some(text.to_owned())
    };
    std::iter::once("type").chain(keys.iter().copied()).map(plain).collect()
}

/// Whether both are the same role, reached in the same way.
fn same_role(one: &Table, other: &Table) -> bool {
    let keys = ["role_arn", "account", "permission_set", "idp", "via"];
    keys.iter().all(|key| one.get(key) == other.get(key))
}
