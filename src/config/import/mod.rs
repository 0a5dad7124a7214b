//! Imports the configuration of other tools: as tables of `config.toml`, with a report of what was imported
//! and what was not. The formats are taken from each tool's documentation.

mod aws;
mod aws_okta;
mod aws_vault;
mod chain;
mod granted;
mod okta_aws_cli;
mod profile;
mod saml2aws;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

use super::aws::{Broken, Document};
use super::draft::{Draft, Table, Value, fit_name};
use super::file::File;

use jit_wire::explain::{Explain, Kind, Next};

pub use aws::aws;
pub use aws_okta::aws_okta;
pub use aws_vault::aws_vault;
pub use granted::granted;
pub use okta_aws_cli::okta_aws_cli;
pub use saml2aws::saml2aws;

/// A file to import.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The path, as the user would write it.
    pub path: &'a str,
    /// The content.
    pub content: &'a [u8],
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportPlace {
    /// The file, as the user would write it.
    pub path: String,
    /// The line, counted from 1; `None` for something without lines, such as an environment variable.
    pub line: Option<usize>,
}

impl fmt::Display for ImportPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The tables for `config.toml`.
    pub draft: Draft,
    /// What was imported, in the order of the draft's tables: the IdPs, then the roles.
    pub taken: Vec<ImportedTable>,
    /// What was not imported.
    pub no_equal: Vec<NoEqual>,
    /// The hub role that profiles behind long-lived access keys become spokes of.
    hub: Option<Hub>,
}

/// A role of `config.toml` that imported roles are reached by, with everything that it is reached by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    name: String,
    tables: Draft,
}

impl Hub {
    /// The role called `name` of a configuration; `None` if it has no such table.
    pub fn of(configuration: &Draft, name: &str) -> Option<Self> {
        let mut roles: Vec<Table> = Vec::new();
        let mut next = name;
        loop {
            let role = configuration.roles.iter().find(|role| role.name == next)?;
            if roles.iter().any(|one| one.name == role.name) {
                return None;
            }
            roles.push(role.clone());
            match role.text("via") {
                Some(via) => next = via,
                None => {
                    let idp =
                        configuration.idps.iter().find(|idp| Some(idp.name.as_str()) == role.text("idp"))?;
                    return Some(Self {
                        name: name.to_owned(),
                        tables: Draft { idps: vec![idp.clone()], roles },
                    });
                }
            }
        }
    }
}

/// Something that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedTable {
    /// Its place in the file.
    pub place: ImportPlace,
    /// What it is in the other tool's file, such as `profile dev`.
    pub what: String,
    /// What it became.
    pub became: ImportedAs,
    /// What the user should check.
    pub remark: Option<String>,
}

/// A table of the draft, by its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportedAs {
    /// `[idp.NAME]`.
    Idp(String),
    /// `[role.NAME]`.
    Role(String),
}

/// Something for which `jit` has no equivalent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoEqual {
    /// Its place in the file.
    pub place: ImportPlace,
    /// What it is in the other tool's file.
    pub what: String,
    /// Why it was not imported, and what to do instead.
    pub why: String,
}

/// A long-lived access key of AWS in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticKey {
    /// Its place in the file.
    pub place: ImportPlace,
    /// The section that it is in.
    pub section: String,
}

/// Why the import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// AWS's tools would reject this file.
    #[error("{path}: {broken}")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong, and where.
        broken: Broken,
    },
    /// Another file that cannot be parsed.
    #[error("{place}: {what}")]
    Unread {
        /// The place of the mistake.
        place: ImportPlace,
        /// What is wrong; never a value, which may be a secret.
        what: String,
    },
    /// The tool stores the URL of the Okta org where `jit` does not look.
    #[error("{path} does not contain the Okta org: aws-okta stores it in its keychain")]
    NeedsOrg {
        /// The file.
        path: String,
    },
}

impl Explain for ImportError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NeedsOrg { .. } => vec![Next::run("configure import aws-okta --org acme.okta.com")],
            Self::Broken { .. } | Self::Unread { .. } => {
                Next::list(["nothing was changed; fix the file, or read another one with --from FILE"])
            }
        }
    }
}

/// The long-lived access keys of `text`; keys with a session token are temporary and do not count.
///
/// # Errors
/// AWS's tools would reject the text.
pub fn static_keys(text: Text<'_>) -> Result<Vec<StaticKey>, ImportError> {
    let document = document(text)?;
    let with_keys = document.sections().iter().filter_map(|section| {
        let entry = section.entry("aws_access_key_id")?;
        let temporary = section.entry("aws_session_token").or_else(|| section.entry("aws_security_token"));
        let used = |entry| !document.value(entry).is_empty();
        // The key id tells as well (IAM User Guide, "Understanding unique ID prefixes").
        if temporary.is_some_and(used) || document.value(entry).starts_with("ASIA") || !used(entry) {
            return None;
        }
        let place = ImportPlace { path: text.path.to_owned(), line: Some(entry.line()) };
        Some(StaticKey { place, section: section.header.clone() })
    });
    Ok(with_keys.collect())
}

fn document(text: Text<'_>) -> Result<Document, ImportError> {
    Document::parse(text.content).map_err(|broken| ImportError::Broken { path: text.path.to_owned(), broken })
}

fn utf8(text: Text<'_>) -> Result<&str, ImportError> {
    std::str::from_utf8(text.content).map(|text| text.trim_start_matches('\u{feff}')).map_err(|_| {
        let place = ImportPlace { path: text.path.to_owned(), line: None };
        ImportError::Unread { place, what: "this is not UTF-8 text".to_owned() }
    })
}

impl Hub {
    /// Whether it is the role of `table`, whose IdP is one of `idps`: the tool knows it too.
    fn is(&self, table: &Table, idps: &[Table]) -> bool {
        let Some(own) = self.tables.roles.first() else { return false };
        let same = |key: &str| own.get(key) == table.get(key);
        let idp = idps.iter().find(|idp| Some(idp.name.as_str()) == table.text("idp"));
        let address = |idp: &Table| ["start_url", "app_url"].map(|key| idp.text(key).map(str::to_owned));
        let same_idp = match (idp, self.tables.idps.first()) {
            (Some(one), Some(other)) => own.get("via").is_none() && address(one) == address(other),
            _ => same("via"),
        };
        same_idp && ["role_arn", "account", "permission_set"].into_iter().all(same)
    }
}

impl Imported {
    /// Nothing yet; profiles behind long-lived access keys become spokes of `hub`.
    fn behind(hub: Option<Hub>) -> Self {
        Self { hub, ..Self::default() }
    }

    /// Adds an IdP unless it already exists; returns its name.
    fn idp(&mut self, place: ImportPlace, what: String, table: Table) -> String {
        if let Some(same) = self.draft.idps.iter().find(|one| one.settings == table.settings) {
            return same.name.clone();
        }
        let name = free_name(&self.draft.idps, &table.name, None);
        let at = self.draft.idps.len();
        self.draft.idps.push(Table { name: name.clone(), ..table });
        self.taken
            .insert(at, ImportedTable { place, what, became: ImportedAs::Idp(name.clone()), remark: None });
        name
    }

    /// Adds a role; returns its name.
    fn role(&mut self, place: ImportPlace, what: String, table: Table) -> String {
        // What is reached by the hub must not be taken for another role that is called like it.
        let hub = self.hub.as_ref().filter(|hub| !hub.is(&table, &self.draft.idps));
        let name = free_name(&self.draft.roles, &table.name, hub.map(|hub| hub.name.as_str()));
        self.draft.roles.push(Table { name: name.clone(), ..table });
        self.taken.push(ImportedTable { place, what, became: ImportedAs::Role(name.clone()), remark: None });
        name
    }

    /// Adds something that the user should check about a table.
    fn remark(&mut self, became: &ImportedAs, remark: String) {
        if let Some(taken) = self.taken.iter_mut().find(|taken| taken.became == *became) {
            taken.remark = Some(remark);
        }
    }

    fn no_equal(&mut self, place: ImportPlace, what: impl Into<String>, why: impl Into<String>) {
        let one = NoEqual { place, what: what.into(), why: why.into() };
        if !self.no_equal.contains(&one) {
            self.no_equal.push(one);
        }
    }

    /// Removes the tables that `config.toml` would refuse and reports them, so that one bad ARN does not fail
    /// the whole import. Each table is checked together with only what it needs; a role comes after the role
    /// that it is reached through.
    fn checked(mut self) -> Self {
        let Draft { idps, roles } = std::mem::take(&mut self.draft);
        let mut good = Imported { no_equal: self.no_equal, hub: self.hub.take(), ..Self::default() };
        let mut taken = self.taken.into_iter();
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        for (idp, taken) in idps.into_iter().zip(&mut taken) {
            match refusal(Draft { idps: vec![idp.clone()], roles: Vec::new() }) {
                None => {
                    good.draft.idps.push(idp);
                    good.taken.push(taken);
                }
                Some(why) => good.no_equal(taken.place, taken.what, why),
            }
        }
        for (role, taken) in roles.into_iter().zip(taken) {
            match good.refused(&role, &kept) {
                None => {
                    kept.insert(role.name.clone(), good.draft.roles.len());
                    good.draft.roles.push(role);
                    good.taken.push(taken);
                }
                Some(why) => good.no_equal(taken.place, taken.what, why),
            }
        }
        good.no_equal.sort_by(|one, other| one.place.cmp(&other.place));
        good
    }

    /// Why `config.toml` would refuse `role`; `kept` has the index of each role that was accepted.
    fn refused(&self, role: &Table, kept: &BTreeMap<String, usize>) -> Option<String> {
        let mut chain = vec![role.clone()];
        while let Some(via) = chain.last().and_then(|role| role.text("via")) {
            if let Some(hub) = self.hub.as_ref().filter(|hub| hub.name == via) {
                chain.extend(hub.tables.roles.iter().cloned());
                return refusal(Draft { idps: hub.tables.idps.clone(), roles: chain });
            }
            let Some(parent) = kept.get(via).map(|at| &self.draft.roles[*at]) else {
                return Some(format!("it depends on {via}, which was not imported"));
            };
            chain.push(parent.clone());
        }
        let name = chain.last().and_then(|role| role.text("idp")).unwrap_or_default();
        let Some(idp) = self.draft.idps.iter().find(|idp| idp.name == name) else {
            return Some(format!("it depends on {name}, which was not imported"));
        };
        refusal(Draft { idps: vec![idp.clone()], roles: chain })
    }
}

/// The mistake in a draft, read as a configuration.
fn refusal(draft: Draft) -> Option<String> {
    let mistake = File::parse("", &draft.to_toml()).err()?;
    Some(mistake.suggestion.map_or(mistake.what.clone(), |next| format!("{} ({next})", mistake.what)))
}

/// A name that is not `reserved` and that none of `tables` has.
fn free_name(tables: &[Table], wanted: &str, reserved: Option<&str>) -> String {
    let wanted = fit_name(wanted);
    let taken = |name: &String| tables.iter().any(|table| table.name == *name) || reserved == Some(name);
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// Seconds as a duration in `config.toml`: `8h`, `90m`, `3601s`.
fn lifetime(seconds: u32) -> Value {
    Value::Text(match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    })
}

/// A name for an IdP from its URL: `acme` for `https://acme.okta.com/x`.
fn name_of_host(address: &str) -> String {
    let host = host_of(address);
    let labels: Vec<&str> = host.split('.').collect();
    let common = ["www", "sso", "idp", "login", "accounts", "account", "fs", "adfs", "id", "auth", "portal"];
    let label = labels.iter().find(|label| labels.len() < 3 || !common.contains(label));
    fit_name(label.copied().unwrap_or(host))
}

/// The part between `https://` and the next slash.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
