//! Tables to be added to `config.toml`: writing them as TOML, and comparing them with those that already
//! exist.

mod merge;
mod toml_text;

use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::config::file::{ORGANIZATION, spoke_arn};
use jit_wire::arn::{Partition, RoleArn};
use jit_wire::secret::Secret;

pub use merge::{ExistingTable, MergedDraft};

/// Tables, in the order in which they will be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// `[idp.NAME]`.
    pub idps: Vec<Table>,
    /// `[role.NAME]`. In what was read from a text, each role of a `[spokes.NAME]` is one of them.
    pub roles: Vec<Table>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, without `idp.` or `role.`.
    pub name: String,
    /// Its settings, in order.
    pub settings: Vec<(String, Value)>,
}

/// The value of a setting.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A string that must not be shown.
    Secret(Secret<String>),
    /// A list of strings.
    List(Vec<String>),
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A table of strings.
    Map(BTreeMap<String, String>),
    /// A value of a type that no setting has; only in files that jit did not write.
    Other,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml_text::value(self, true))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl From<BTreeMap<String, String>> for Value {
    fn from(map: BTreeMap<String, String>) -> Self {
        Self::Map(map)
    }
}

impl Table {
    /// A table without settings.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), settings: Vec::new() }
    }

    /// With another setting.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.push((key.to_owned(), value.into()));
        self
    }

    /// With another setting, if it has a value.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of `key`, if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Draft {
    /// Whether it has no tables.
    pub fn is_empty(&self) -> bool {
        self.idps.is_empty() && self.roles.is_empty()
    }

    /// The tables as TOML, in the form that the README uses: a blank line between tables, one line for each
    /// value.
    pub fn to_toml(&self) -> Zeroizing<String> {
        let idps = self.idps.iter().map(|table| ("idp", table));
        let roles = self.roles.iter().map(|table| ("role", table));
        let tables: Vec<_> =
            idps.chain(roles).map(|(kind, table)| Zeroizing::new(toml_text::table(kind, table))).collect();
        // Large enough never to grow: growing would leave copies in memory that are not wiped.
        let mut text = Zeroizing::new(String::with_capacity(tables.iter().map(|one| one.len() + 1).sum()));
        for (index, table) in tables.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            text.push_str(table);
        }
        text
    }

    /// The tables of a configuration that `File::parse` accepts; empty if the text is not TOML.
    pub fn of(text: &str) -> Self {
        let without_heads = super::shared::without_heads(text);
        let text = without_heads.as_ref().map_or(text, |text| text.as_str());
        let Ok(document) = DeTable::parse(text) else { return Self::default() };
        let mut roles = tables(document.get_ref(), "role");
        let spokes = tables(document.get_ref(), "spokes");
        // A table may start from a role that another one makes.
        let mut left: Vec<&Table> = spokes.iter().collect();
        while !left.is_empty() {
            let known = |table: &&Table| roles.iter().any(|role| table.text("via") == Some(&role.name));
            let next = left.iter().position(known).unwrap_or(0);
            let more = roles_of(left.remove(next), &roles);
            roles.extend(more);
        }
        Self { idps: tables(document.get_ref(), "idp"), roles }
    }

    /// The tables `[spokes.NAME]` of such a text, of which [`Self::of`] has the roles.
    pub fn spokes_of(text: &str) -> Vec<Table> {
        DeTable::parse(text).map_or_else(|_| Vec::new(), |document| tables(document.get_ref(), "spokes"))
    }
}

/// The tables of a group, in their order in the text.
fn tables(document: &DeTable<'_>, kind: &str) -> Vec<Table> {
    let group = document.iter().find(|(key, _)| key.get_ref() == kind);
    let mut tables: Vec<_> = group
        .and_then(|(_, group)| group.get_ref().as_table())
        .into_iter()
        .flat_map(|group| group.iter())
        .filter_map(|(name, table)| Some((name.span().start, name, table.get_ref().as_table()?)))
        .collect();
    tables.sort_by_key(|(at, ..)| *at);
    tables.into_iter().map(|(_, name, table)| read(name.get_ref(), table)).collect()
}

/// The name for all accounts of an organization.
const EVERY_ACCOUNT: &str = "*";

/// A role for each account of `[spokes.NAME]`; one that stands for all, where its accounts are not in the text.
fn roles_of(spokes: &Table, others: &[Table]) -> Vec<Table> {
    let role_name = spokes.text("role_name").unwrap_or_default();
    let via = others.iter().find(|role| spokes.text("via") == Some(&role.name));
    let arn: Option<RoleArn> = via.and_then(|role| role.text("role_arn")?.parse().ok());
    let partition = arn.map_or(Partition::Aws, |arn| arn.partition());
    let common =
        || spokes.settings.iter().filter(|(key, _)| key != "accounts" && key != "role_name").cloned();
    let role = |account: &str, what: (&str, String)| {
        let settings = std::iter::once((what.0.to_owned(), what.1.into())).chain(common()).collect();
        Table { name: format!("{account}/{}", spokes.name), settings }
    };
    match spokes.get("accounts") {
        Some(Value::Map(accounts)) => {
            let arn = |number: &str| spoke_arn(partition, number, role_name).map(|arn| arn.to_string());
            let accounts = accounts.iter().map(|(name, number)| (name, arn(number).unwrap_or_default()));
            accounts.map(|(name, arn)| role(name, ("role_arn", arn))).collect()
        }
        Some(Value::Text(list)) => {
            let whose = match list.as_str() {
                ORGANIZATION => "every account of the organization".to_owned(),
                file => format!("every account in {file}"),
            };
            let all = role(EVERY_ACCOUNT, ("account", whose));
            vec![all.with("role_name", role_name)]
        }
        _ => Vec::new(),
    }
}

/// `[access]` of a configuration that `File::parse` takes.
pub fn access_table(text: &str) -> Option<Table> {
    let without_heads = super::shared::without_heads(text);
    let document = DeTable::parse(without_heads.as_ref().map_or(text, |text| text.as_str())).ok()?;
    let (_, value) = document.get_ref().iter().find(|(key, _)| key.get_ref() == "access")?;
    Some(read("access", value.get_ref().as_table()?))
}

fn read(name: &str, table: &DeTable<'_>) -> Table {
    let mut settings: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let (at, key): (usize, &str) = (key.span().start, key.get_ref());
            let value = match read_value(value.get_ref()) {
                Value::Text(text) if key == "client_secret" => Value::Secret(Secret::new(text)),
                value => value,
            };
            (at, (key.to_owned(), value))
        })
        .collect();
    settings.sort_by_key(|(at, _)| *at);
    Table { name: name.to_owned(), settings: settings.into_iter().map(|(_, setting)| setting).collect() }
}

fn read_value(value: &DeValue<'_>) -> Value {
    let known = match value {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
        DeValue::Integer(number) => number.as_str().parse().ok().map(Value::Number),
        DeValue::Array(list) => list
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(Value::List),
        DeValue::Table(map) => map
            .iter()
            .map(|(key, value)| Some((key.get_ref().to_string(), value.get_ref().as_str()?.to_owned())))
            .collect::<Option<BTreeMap<_, _>>>()
            .map(Value::Map),
        DeValue::Float(_) | DeValue::Datetime(_) => None,
    };
    known.unwrap_or(Value::Other)
}

/// `text` as a name that `config.toml` accepts; other characters become `-`.
pub fn fit_name(text: &str) -> String {
    // Leaves room for a number at the end.
    const MOST: usize = 120;
    let portable = |c: char| if c.is_ascii_alphanumeric() || "-_./%@:+".contains(c) { c } else { '-' };
    let name: String = text.trim().chars().map(portable).take(MOST).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "imported".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
