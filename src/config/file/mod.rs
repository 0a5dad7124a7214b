//! `config.toml`, parsed and checked as a whole, with the line of every value.
//!
//! This file reads the settings at the top. `[role.NAME]` is read in `role` and `target`, `[spokes.NAME]` in
//! `spokes`, `[idp.NAME]` in `config::idp`, `[access]` in `config::access`, and references between sections are
//! checked in `links`. A person's own file and the machine's are read as one in `layers`. Profiles of `~/.aws/config` become the same [`File`] in `config::aws::roles`.

mod audit_log;
mod layers;
mod links;
mod role;
mod spokes;
mod target;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::access::{self, AccessSection};
use super::idp::IdpSection;
use jit_wire::name::{self, Variable};
use jit_wire::section::{At, Mistake, Section, parse_duration};
use jit_wire::timestamp::duration;

use layers::{Layer, NumberedText};

pub use audit_log::AuditLog;
pub use layers::LayerText;
pub use role::{Parent, RoleSection};
pub use spokes::{
    AccountLists, AccountSource, NoLists, ORGANIZATION, SpokeAccount, SpokesSection, arn as spoke_arn,
    named as spoke_accounts,
};
pub use target::Target;

/// The whole file.
#[derive(Debug, Default)]
pub struct File {
    /// The path, as the user would write it.
    pub path: String,
    /// The role to use if none is named.
    pub default_role: Option<At<String>>,
    /// How long the kernel keyring may keep the data key; `None` where nothing is set.
    pub key_cache: Option<At<KeyCache>>,
    /// The command that opens the console, word by word, with placeholders for the URL.
    pub console_browser: Option<At<Vec<String>>>,
    /// Where to record who took which session; `None` where nothing is set.
    pub audit_log: Option<At<AuditLog>>,
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
    /// Whether it is a profile of AWS's files.
    pub of_profiles: bool,
}

/// How long the kernel keyring may keep the data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCache {
    /// Not at all.
    Off,
    /// For this long after its last use.
    For(Duration),
}

impl fmt::Display for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::For(limit) => f.write_str(&duration(*limit)),
        }
    }
}

impl KeyCache {
    /// The limit; `None` for no copy.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::For(limit) => Some(limit),
        }
    }
}

impl File {
    /// Whether it is a profile of AWS's files. For these, an environment variable overrules the file.
    pub fn is_of_profiles(&self) -> bool {
        self.of_profiles
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
        Self::parse_layers(LayerText { path, text, lists }, None)
    }

    /// Reads and checks a person's own configuration with the machine's below it.
    ///
    /// # Errors
    /// The first [`Mistake`], with its place in its own file.
    pub fn parse_layers(own: LayerText<'_>, machine: Option<LayerText<'_>>) -> Result<Self, Mistake> {
        let path = own.path;
        let own = NumberedText::new(own, 0);
        let machine = machine.map(|layer| NumberedText::new(layer, own.last_line()));
        let own_document = own.document()?;
        let machine_document = machine.as_ref().map(NumberedText::document).transpose()?;
        let own_layer = Layer::read(&own, own_document.get_ref())?;
        let machine_layer = match (&machine, &machine_document) {
            (Some(text), Some(document)) => Some(Layer::read(text, document.get_ref())?),
            _ => None,
        };
        layers::together(path, own_layer, machine_layer)
    }

    /// Whether a line is in the first of two files that were read as one.
    pub fn is_own(&self, line: usize) -> bool {
        self.seam.as_ref().is_none_or(|(lines, _)| line <= *lines)
    }

    /// The path and the line, in its own file, of a line of this one.
    pub fn place_of(&self, line: usize) -> (&str, usize) {
        match &self.seam {
            Some((lines, path)) if line > *lines => (path, line - lines),
            _ => (&self.path, line),
        }
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

/// `key_cache`; `None` where nothing is set.
pub(super) fn key_cache(top: &mut Section<'_>) -> Result<Option<At<KeyCache>>, Mistake> {
    let Some(set) = top.text("key_cache")? else { return Ok(None) };
    let at = |value| Ok(Some(At { value, line: set.line }));
    if set.value == "off" {
        return at(KeyCache::Off);
    }
    match parse_duration(&set.value) {
        Ok(seconds) if seconds > 0 => at(KeyCache::For(Duration::from_secs(seconds.into()))),
        _ => {
            let what = format!("`{}` is neither \"off\" nor a duration such as \"1h\"", set.value);
            Err(top.mistake_at(set.line, what, None))
        }
    }
}

#[cfg(test)]
mod tests;
