//! The settings of okta-aws-cli from all sources, by the names of its options.

use std::collections::BTreeMap;

use super::super::{ImportError, ImportPlace, Imported, Text, utf8};

/// The prefix of okta-aws-cli's variables.
const PREFIX: &str = "OKTA_AWSCLI_";

/// The variables that are not named after their option.
const NAMES: [(&str, &str); 4] = [
    ("aws-account-federation-app-id", "aws-acct-fed-app-id"),
    ("iam-role", "aws-iam-role"),
    ("iam-idp", "aws-iam-idp"),
    ("session-duration", "aws-session-duration"),
];

/// Settings without an equivalent, and why; those with an empty text are not reported.
const NO_EQUAL: [(&str, &str); 24] = [
    ("private-key", "jit signs in people, not machines; remove the key from this file"),
    ("private-key-file", "jit signs in people, not machines"),
    ("key-id", "jit signs in people, not machines"),
    ("authz-id", "jit signs in people, not machines"),
    ("custom-scope", "jit signs in people, not machines"),
    ("aws-sts-role-session-name", "the IdP sets this for a role that is reached by SAML"),
    ("sts-role-session-name", "the IdP sets this for a role that is reached by SAML"),
    ("password", "jit asks for it, and stores it sealed with --keep-password; remove it from this file"),
    ("open-browser-command", "jit uses the browser set in BROWSER"),
    ("aws-credentials", "jit writes no credentials to files; for other tools, run `jit configure profiles`"),
    (
        "write-aws-credentials",
        "jit writes no credentials to files; for other tools, run `jit configure profiles`",
    ),
    ("all-profiles", "`jit roles --refresh` lists what the IdP offers; each can be used by its name"),
    ("open-browser", ""),
    ("qr-code", ""),
    ("format", ""),
    ("cache-access-token", ""),
    ("legacy-aws-variables", ""),
    ("expiry-aws-variables", ""),
    ("short-user-agent", ""),
    ("debug", ""),
    ("debug-api-calls", ""),
    ("exec", ""),
    ("profile", ""),
    ("process-credentials", ""),
];

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct OptionValue {
    pub(super) value: String,
    pub(super) place: ImportPlace,
}

/// The settings of one profile, by the names of the options.
pub(super) type Settings = BTreeMap<String, OptionValue>;

/// The settings in the environment and `.env`.
///
/// # Errors
/// `.env` is not text.
pub(super) fn common(
    dotenv: Option<Text<'_>>,
    environment: &[(String, String)],
) -> Result<Settings, ImportError> {
    // The first one counts: the environment comes before the file.
    let mut common = Settings::new();
    for (name, value) in environment {
        add(&mut common, name, value, ImportPlace { path: format!("${name}"), line: None });
    }
    if let Some(text) = dotenv {
        for (index, line) in utf8(text)?.lines().enumerate() {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                let place = ImportPlace { path: text.path.to_owned(), line: Some(index + 1) };
                add(&mut common, name.trim(), unquoted(value.trim()), place);
            }
        }
    }
    Ok(common)
}

fn add(settings: &mut Settings, variable: &str, value: &str, place: ImportPlace) {
    let Some(name) = variable.strip_prefix(PREFIX).filter(|_| !value.is_empty()) else { return };
    let name = name.to_ascii_lowercase().replace('_', "-");
    let name =
        NAMES.iter().find(|(of, _)| *of == name).map_or(name.clone(), |(_, option)| (*option).to_owned());
    settings.entry(name).or_insert(OptionValue { value: value.to_owned(), place });
}

fn unquoted(value: &str) -> &str {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value)
}

/// An ARN of okta.yaml, which may be a pattern, and its label.
pub(super) struct Label {
    pub(super) arn: String,
    pub(super) label: String,
    pub(super) place: ImportPlace,
}

impl Label {
    /// Whether the ARN is not a pattern.
    pub(super) fn exact(&self) -> bool {
        !self.arn.contains(['*', '?', '+', '[', '(', '|', '\\', '^', '$', '{'])
    }

    /// Whether the pattern matches `arn`; `.*` matches anything.
    pub(super) fn means(&self, arn: &str) -> bool {
        let mut parts = self.arn.split(".*");
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = arn.strip_prefix(first) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// Reports settings without an equivalent.
pub(super) fn leftovers(settings: &Settings, out: &mut Imported) {
    const TAKEN: [&str; 8] = [
        "org-domain",
        "aws-acct-fed-app-id",
        "oidc-client-id",
        "username",
        "aws-iam-role",
        "aws-iam-idp",
        "aws-session-duration",
        "aws-region",
    ];
    for (key, found) in settings.iter().filter(|(key, _)| !TAKEN.contains(&key.as_str())) {
        let why =
            NO_EQUAL.iter().find(|(name, _)| name == key).map_or("jit has no such setting", |(_, why)| *why);
        if !why.is_empty() && found.value != "false" {
            out.no_equal(found.place.clone(), format!("`{key}`"), why);
        }
    }
}
