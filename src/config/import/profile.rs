//! One profile of `~/.aws/config`, from which settings are taken one by one, and the options of commands.

use std::collections::{BTreeMap, BTreeSet};

use super::{ImportPlace, Imported, lifetime};
use crate::config::aws::{Document, Section, SectionKind, System, split_command};
use crate::config::draft::Table;
use crate::plan::DURATION_RANGE;
use jit_wire::section::parse_duration;

/// Settings of AWS's tools that are not about credentials. They stay in the profile and are not reported.
const OF_AWS_TOOLS: [&str; 21] = [
    "output",
    "s3",
    "s3api",
    "retry_mode",
    "max_attempts",
    "sts_regional_endpoints",
    "parameter_validation",
    "tcp_keepalive",
    "defaults_mode",
    "api_versions",
    "endpoint_discovery_enabled",
    "request_min_compression_size_bytes",
    "disable_request_compression",
    "sso_registration_scopes",
    "sso_account_name",
    "region",
    // Access keys are reported separately, and a tool's command was imported by its meaning.
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "credential_process",
];

/// Settings without an equivalent, and why.
const NO_EQUAL: [(&str, &str); 10] = [
    ("mfa_serial", "jit sends AWS no MFA code; the IdP asks for the second factor"),
    ("mfa_process", "jit sends AWS no MFA code; the IdP asks for the second factor"),
    ("services", "jit reads endpoints only from AWS_ENDPOINT_URL_STS"),
    ("endpoint_url", "jit reads endpoints only from AWS_ENDPOINT_URL_STS"),
    ("ca_bundle", "jit reads it only from AWS_CA_BUNDLE"),
    ("use_fips_endpoint", "jit reads it only from AWS_USE_FIPS_ENDPOINT"),
    ("use_dualstack_endpoint", "jit reads it only from AWS_USE_DUALSTACK_ENDPOINT"),
    ("credential_source", "jit uses no credentials of the machine"),
    ("web_identity_token_file", "jit reads no token from a file"),
    ("web_identity_token_process", "jit reads no token from another program"),
];

/// A setting and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) value: String,
    pub(super) line: usize,
}

/// A profile from which settings are taken one by one.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) line: usize,
    settings: BTreeMap<String, Setting>,
}

impl Profile {
    pub(super) fn take(&mut self, key: &str) -> Option<Setting> {
        self.settings.remove(key).filter(|setting| !setting.value.is_empty())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key).filter(|setting| !setting.value.is_empty())
    }

    /// A profile with the settings of those that it includes by the keys `includes`. Its own settings take
    /// precedence.
    pub(super) fn of(document: &Document, section: &Section, name: &str, includes: &[&str]) -> Self {
        let mut settings = BTreeMap::new();
        let mut next = Some(section);
        let mut seen = Vec::new();
        while let Some(section) = next {
            seen.push(section.line());
            for entry in &section.entries {
                let setting = Setting { value: document.value(entry), line: entry.line() };
                settings.entry(entry.key.clone()).or_insert(setting);
            }
            let of = includes.iter().find_map(|key| section.entry(key));
            let included = of.and_then(|entry| document.named(&SectionKind::Profile(document.value(entry))));
            next = included.filter(|section| !seen.contains(&section.line()));
        }
        for key in includes {
            settings.remove(*key);
        }
        Self { name: name.to_owned(), line: section.line(), settings }
    }

    /// The settings that were not imported and should be reported: key, line and reason. `of_tool` returns
    /// the tool's reason for a key, empty if there is nothing to report.
    pub(super) fn left(
        &self,
        of_tool: impl Fn(&str) -> Option<&'static str>,
    ) -> impl Iterator<Item = (&str, usize, &'static str)> {
        self.settings.iter().filter_map(move |(key, setting)| {
            let known = NO_EQUAL.iter().find(|(name, _)| name == key).map(|(_, why)| *why);
            let why = of_tool(key).or(known).unwrap_or("jit has no such setting");
            let of_aws_tools = OF_AWS_TOOLS.contains(&key.as_str()) || key.starts_with("cli_");
            (!why.is_empty() && !of_aws_tools).then_some((key.as_str(), setting.line, why))
        })
    }
}

/// Adds a duration, if it is one that AWS accepts and none is set yet.
pub(super) fn with_duration(
    table: Table,
    key: &str,
    value: &str,
    place: ImportPlace,
    out: &mut Imported,
) -> Table {
    if table.get("duration").is_some() {
        return table;
    }
    match parse_duration(value) {
        Ok(seconds) if DURATION_RANGE.contains(&seconds) => table.with("duration", lifetime(seconds)),
        _ => {
            out.no_equal(place, format!("`{key}`"), "AWS allows sessions of 15 min to 12 h; jit uses 1 h");
            table
        }
    }
}

/// The options of a command: `--name value`, `--name=value` or `-n value`.
pub(super) fn options(command: &str) -> BTreeMap<String, String> {
    let words = split_command(command, System::HERE).unwrap_or_default();
    let mut options = BTreeMap::new();
    let mut words = words.into_iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix('-').map(|name| name.trim_start_matches('-').to_owned()) else {
            continue;
        };
        match name.split_once('=') {
            Some((name, value)) => drop(options.insert(name.to_owned(), value.to_owned())),
            None => {
                let value = words.next_if(|next| !next.starts_with('-')).unwrap_or_default();
                options.insert(name, value);
            }
        }
    }
    options
}

/// The profiles that are the source of another one.
pub(super) fn sources(document: &Document) -> BTreeSet<String> {
    named_by(document, &["source_profile"])
}

/// The profiles that are named by one of `keys`.
pub(super) fn named_by(document: &Document, keys: &[&str]) -> BTreeSet<String> {
    let entries = document.sections().iter().flat_map(|section| {
        let named = section.entries.iter().filter(|entry| keys.contains(&entry.key.as_str()));
        named
            .map(|entry| document.value(entry))
            .filter(|name| section.kind != SectionKind::Profile(name.clone()))
    });
    entries.collect()
}
