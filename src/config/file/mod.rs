//! `config.toml`, parsed and checked as a whole, with the line of every value.
//!
//! This file reads the settings at the top. `[role.NAME]` is read in `role` and `target`, `[spokes.NAME]` in
//! `spokes`, `[idp.NAME]` in `config::idp`, `[access]` in `config::access`, and references between sections are
//! checked in `links`. Profiles of `~/.aws/config` become the same [`File`] in `config::aws::roles`.

mod audit_log;
mod links;
mod role;
mod spokes;
mod target;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::de::DeTable;

use super::access::{self, AccessSection};
use super::idp::{self, IdpSection};
use crate::config::shared::keys::{KeyPlace, elsewhere};
use jit_wire::name::{self, Variable};
use jit_wire::section::{At, Lines, Mistake, Section, SourceText, parse_duration};

pub use audit_log::AuditLog;
pub use role::{Parent, RoleSection};
pub use spokes::{
    AccountLists, AccountSource, NoLists, ORGANIZATION, SpokeAccount, SpokesSection, arn as spoke_arn,
    named as spoke_accounts,
};
pub use target::Target;

/// How long the kernel keyring keeps the data key if `key_cache` is not set (see SECURITY.md).
pub const DEFAULT_KEY_CACHE: Duration = Duration::from_secs(3600);

/// The whole file.
#[derive(Debug, Default)]
pub struct File {
    /// The path, as the user would write it.
    pub path: String,
    /// The role to use if none is named.
    pub default_role: Option<At<String>>,
    /// How long the kernel keyring may keep the data key; `None` keeps it out of there.
    pub key_cache: Option<Duration>,
    /// The command that opens the console, word by word, with placeholders for the URL.
    pub console_browser: Option<At<Vec<String>>>,
    /// Where to record who took which session; `None` for nowhere.
    pub audit_log: Option<AuditLog>,
    /// `[idp.NAME]`.
    pub idps: BTreeMap<String, IdpSection>,
    /// `[role.NAME]`, and the roles that `[spokes.NAME]` stand for.
    pub roles: BTreeMap<String, RoleSection>,
    /// `[access]`.
    pub access: Option<AccessSection>,
    /// `[spokes.NAME]`.
    pub spokes: BTreeMap<String, SpokesSection>,
    /// URLs to use for services instead of AWS's own. Only profiles of `~/.aws/config` have them.
    pub endpoints: BTreeMap<&'static str, At<String>>,
    /// The same for the programs that get the session: every service that the profile names, by its variable.
    pub child_endpoints: BTreeMap<Variable, At<String>>,
    /// botocore's settings that the profile sets, by botocore's name for each (`aws::SETTINGS`).
    pub settings: BTreeMap<&'static str, At<String>>,
    /// If two files were read as one: the number of lines of the first, and the path of the second. The lines
    /// of the second are numbered after those of the first.
    pub seam: Option<(usize, String)>,
}

/// The table that defines a role, for messages.
struct Title {
    text: String,
    place: Range<usize>,
}

impl File {
    /// Whether it is a profile of AWS's files. For these, an environment variable overrules the file.
    pub fn is_of_profiles(&self) -> bool {
        self.seam.is_some()
    }

    /// Reads and checks `text`. `path` is only for messages. Accounts that `[spokes.NAME]` has elsewhere are left out.
    ///
    /// # Errors
    /// The first [`Mistake`], with its place.
    pub fn parse(path: &str, text: &str) -> Result<Self, Mistake> {
        Self::parse_with(path, text, &NoLists)
    }

    /// The same, with the accounts of `lists`.
    ///
    /// # Errors
    /// The first [`Mistake`], with its place.
    pub fn parse_with(path: &str, text: &str, lists: &dyn AccountLists) -> Result<Self, Mistake> {
        let lines = Lines::of(text);
        let source = SourceText { path, text, lines: &lines };
        // What shared parts say above their tables would get into the table before them.
        let plain = super::shared::without_heads(text);
        let document =
            DeTable::parse(plain.as_ref().map_or(text, |plain| plain.as_str())).map_err(|error| {
                let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
                source.mistake_without_value(error.span().unwrap_or(0..0), what, None)
            })?;
        let mut top = Section::new(source, "the file".to_owned(), 0..0, document.get_ref());
        let default_role = top.text("default_role")?;
        let key_cache = key_cache(&mut top)?;
        let auto_login = top.boolean("auto_login")?;
        let console_browser = console_browser(&mut top)?;
        let access = access(&mut top)?;
        let audit_log = audit_log::read(&mut top)?;
        let idp_tables = top.tables("idp")?;
        let role_tables = top.tables("role")?;
        let spokes_tables = top.tables("spokes")?;
        let mut file = Self {
            path: path.to_owned(),
            default_role,
            key_cache,
            console_browser,
            audit_log,
            access,
            ..Self::default()
        };
        let mut titles = BTreeMap::new();
        for (name, section) in idp_tables {
            check_name(&section, &name)?;
            file.idps.insert(name, idp::read(section, auto_login.as_ref())?);
        }
        for (name, section) in role_tables {
            check_name(&section, &name)?;
            let title = Title { text: section.title.clone(), place: section.span.clone() };
            titles.insert(name.clone(), title);
            file.roles.insert(name, role::read(section, &file.idps)?);
        }
        spokes::add(spokes_tables, &mut file, &mut titles, source, lists)?;
        links::check(&file, source, &titles)?;
        if let Some(access) = &file.access {
            access::check_roles(access, &file.roles, source, |typed| {
                links::suggest(typed, file.roles.keys())
            })?;
        }
        let unknown =
            |role: &&At<String>| !file.roles.contains_key(&role.value) && !file.may_be_listed(&role.value);
        if let Some(role) = file.default_role.as_ref().filter(unknown) {
            let suggestion = links::suggest(&role.value, file.roles.keys());
            return Err(top.mistake_at(role.line, format!("there is no [role.{}]", role.value), suggestion));
        }
        top.finish_with(|key| elsewhere(KeyPlace::Top, key))?;
        let shared_default = super::shared::hold(source, document.get_ref())?;
        if let Some(role) = shared_default.as_ref().filter(|role| !file.roles.contains_key(&role.value)) {
            let suggestion = links::suggest(&role.value, file.roles.keys());
            return Err(source.at_value(role.line, format!("there is no [role.{}]", role.value), suggestion));
        }
        file.default_role = file.default_role.or(shared_default);
        Ok(file)
    }
}

fn check_name(section: &Section<'_>, name: &str) -> Result<(), Mistake> {
    name::check_own(name).map_err(|why| section.mistake(why.to_string(), Some(why.allowed())))
}

fn access(top: &mut Section<'_>) -> Result<Option<AccessSection>, Mistake> {
    let Some(mut section) = top.table("access", "[access]")? else { return Ok(None) };
    section.title = "[access]".to_owned();
    access::read(section).map(Some)
}

/// A command with at least one argument that has a placeholder for the URL.
fn console_browser(top: &mut Section<'_>) -> Result<Option<At<Vec<String>>>, Mistake> {
    let found = top.list("console_browser")?;
    if let Some(At { value: words, line }) = &found {
        let takes_url = |word: &String| word.contains("{url}") || word.contains("{url_encoded}");
        if !words.iter().skip(1).any(takes_url) {
            let what = "console_browser does not say where the URL goes".to_owned();
            let suggestion = "such as [\"firefox\", \"--new-tab\", \"{url}\"]".to_owned();
            return Err(top.mistake_at(*line, what, Some(suggestion)));
        }
    }
    Ok(found)
}

fn key_cache(top: &mut Section<'_>) -> Result<Option<Duration>, Mistake> {
    let Some(set) = top.text("key_cache")? else { return Ok(Some(DEFAULT_KEY_CACHE)) };
    if set.value == "off" {
        return Ok(None);
    }
    match parse_duration(&set.value) {
        Ok(seconds) if seconds > 0 => Ok(Some(Duration::from_secs(seconds.into()))),
        _ => {
            let what = format!("`{}` is neither \"off\" nor a duration such as \"1h\"", set.value);
            Err(top.mistake_at(set.line, what, None))
        }
    }
}

#[cfg(test)]
mod tests;
