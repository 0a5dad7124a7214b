//! What a shared file may contain, key by key. `docs/shared-file.md` shows this table.
//!
//! A key that is not in the table is refused in a shared file, so a new key stays private until somebody
//! decides otherwise.

use crate::config::idp::TYPES;
use crate::plan::BROWSERS;

/// The place of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// Above all tables.
    Top,
    /// `[idp.NAME]` with this `type`.
    Idp(&'static str),
    /// `[role.NAME]`.
    Role,
    /// `[access]`.
    Access,
    /// `[spokes.NAME]`.
    Spokes,
}

impl KeyPlace {
    /// `[idp.NAME]` with this `type`. An unknown type has no keys; the reader of the file
    /// reports it.
    pub(super) fn of_idp(kind: &str) -> Self {
        Self::Idp(TYPES.iter().find(|known| **known == kind).copied().unwrap_or_default())
    }

    fn name(self) -> String {
        match self {
            Self::Top => "top".to_owned(),
            Self::Idp(kind) => format!("idp ({kind})"),
            Self::Role => "role".to_owned(),
            Self::Access => "access".to_owned(),
            Self::Spokes => "spokes".to_owned(),
        }
    }
}

/// What a shared file may set a key to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any value that the key accepts.
    Anything,
    /// An https URL; or http on this machine, if the shared file itself is on this machine.
    Url,
    /// A bucket of S3; or a folder, if the shared file itself is on this machine.
    Bucket,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A table of accounts, or what the organization lists; but no file on each person's machine.
    Accounts,
    /// Nothing: it is for each person's own `config.toml`.
    Nothing,
}

/// A key, and what a shared file may set it to.
#[derive(Debug)]
pub struct Rule {
    /// Its place in the file.
    pub places: &'static [KeyPlace],
    /// The key.
    pub key: &'static str,
    /// The values allowed in a shared file.
    pub takes: Takes,
    /// The reason.
    pub why: &'static str,
}

const OIDC: KeyPlace = KeyPlace::Idp("oidc");
const SAML: KeyPlace = KeyPlace::Idp("saml");
const OKTA: KeyPlace = KeyPlace::Idp("okta");
const CENTER: KeyPlace = KeyPlace::Idp("identity-center");
const IDPS: &[KeyPlace] = &[OIDC, SAML, OKTA, CENTER];
const ROLES: &[KeyPlace] = &[KeyPlace::Role, KeyPlace::Spokes];

const fn rule(places: &'static [KeyPlace], key: &'static str, takes: Takes, why: &'static str) -> Rule {
    Rule { places, key, takes, why }
}

const TABLES: &str = "The tables of the rows below. A name that your own config.toml already uses is refused";
const HOST: &str = "Where you sign in; the summary names its host";
const BROWSER: &str = "The browser that jit controls. Any other value would be a program to run";
const AUTO_LOGIN: &str = "Would let any program start a sign-in; each person decides that";
const PORT: &str = "jit listens there, on this machine only";
const STEP_UP: &str = "Asks the IdP for a stronger or newer sign-in; the IdP decides";
const DEMANDED: &str = "Requires more of the sign-in before the role is used; it can grant nothing";
const NARROWS: &str = "Restricts the session; it can grant nothing";
const SENT: &str = "Sent to STS with the request; the role's trust policy decides";

/// Every key of `config.toml`. A test compares it with the parser.
pub const RULES: &[Rule] = &[
    rule(&[KeyPlace::Top], "idp", Takes::Anything, TABLES),
    rule(&[KeyPlace::Top], "role", Takes::Anything, TABLES),
    rule(
        &[KeyPlace::Top],
        "access",
        Takes::Anything,
        "The table of the rows below. It is refused if your own config.toml has one",
    ),
    rule(&[KeyPlace::Top], "spokes", Takes::Anything, TABLES),
    rule(
        &[KeyPlace::Top],
        "default_role",
        Takes::Anything,
        "A role in the same file, for people who have no default_role of their own; the summary shows it",
    ),
    rule(
        &[KeyPlace::Top],
        "key_cache",
        Takes::Nothing,
        "How long the key stays in memory is each person's choice",
    ),
    rule(&[KeyPlace::Top], "auto_login", Takes::Nothing, AUTO_LOGIN),
    rule(&[KeyPlace::Top], "audit_log", Takes::Nothing, "Names a file to write to"),
    rule(&[KeyPlace::Top], "console_browser", Takes::Nothing, "Names a command to run"),
    rule(IDPS, "type", Takes::Anything, "How you sign in"),
    rule(&[OIDC], "issuer", Takes::Url, HOST),
    rule(&[OIDC, OKTA], "client_id", Takes::Anything, "Public, and known to the IdP"),
    rule(
        &[OIDC],
        "client_secret",
        Takes::Nothing,
        "A secret that everybody has is no secret; use a public client. For an IdP that requires one \
         (Google), each person runs jit configure",
    ),
    rule(&[OIDC], "scopes", Takes::Anything, "The scopes to request; the IdP decides"),
    rule(&[OIDC, CENTER], "flow", Takes::Anything, "Browser or device code"),
    rule(&[OIDC, CENTER], "redirect_port", Takes::Anything, PORT),
    rule(&[OIDC], "audience", Takes::Anything, "The token's audience; AWS checks it"),
    rule(&[OIDC], "client_auth", Takes::Nothing, "It belongs to `client_secret`, which each person sets"),
    rule(&[SAML], "sso_url", Takes::Url, HOST),
    rule(&[SAML, CENTER], "start_url", Takes::Url, HOST),
    rule(
        &[SAML],
        "capture",
        Takes::Anything,
        "Whether the response arrives at a local port or in jit's own browser; the IdP's setup decides",
    ),
    rule(&[SAML], "entity_id", Takes::Anything, "A name that is only compared"),
    rule(&[SAML], "issuer", Takes::Anything, "A name that is only compared"),
    rule(&[SAML], "binding", Takes::Anything, "How the request is sent"),
    rule(&[OIDC, OKTA], "acr_values", Takes::Anything, STEP_UP),
    rule(&[OIDC, OKTA], "max_age", Takes::Anything, STEP_UP),
    rule(&[OIDC], "acr_request", Takes::Anything, STEP_UP),
    rule(
        &[OIDC],
        "authorize",
        Takes::Anything,
        "Added to the URL of the IdP's sign-in page; it cannot replace jit's own parameters",
    ),
    rule(&[SAML], "authn_context", Takes::Anything, STEP_UP),
    rule(&[SAML], "force_authn", Takes::Anything, STEP_UP),
    rule(&[SAML], "acs_host", Takes::Anything, PORT),
    rule(&[SAML], "acs_port", Takes::Anything, PORT),
    rule(&[SAML], "acs_url", Takes::Url, "Can only be a URL of AWS"),
    rule(&[SAML, OKTA], "browser", Takes::OneOf(&BROWSERS), BROWSER),
    rule(&[OKTA], "org", Takes::Url, HOST),
    rule(&[OKTA], "app_url", Takes::Url, "Must be on the org's host"),
    rule(&[OKTA], "username", Takes::Nothing, "Each person has their own"),
    rule(&[OKTA], "flow", Takes::Anything, "Password or device code"),
    rule(&[OKTA], "factor", Takes::Anything, "The preferred second factor; Okta decides which are allowed"),
    rule(&[CENTER], "region", Takes::Anything, "Part of the host names of AWS"),
    rule(IDPS, "auto_login", Takes::Nothing, AUTO_LOGIN),
    rule(&[KeyPlace::Role], "idp", Takes::Anything, "An IdP in the same file"),
    rule(ROLES, "via", Takes::Anything, "A role in the same file"),
    rule(&[KeyPlace::Role], "role_arn", Takes::Anything, "The summary shows its account"),
    rule(&[KeyPlace::Role], "account", Takes::Anything, "The summary shows it"),
    rule(&[KeyPlace::Role], "permission_set", Takes::Anything, "Identity Center decides who may use it"),
    rule(&[KeyPlace::Spokes], "role_name", Takes::Anything, "The name of the role in each account"),
    rule(
        &[KeyPlace::Spokes],
        "accounts",
        Takes::Accounts,
        "The summary shows each account. A file would be one of each person's machine",
    ),
    rule(&[KeyPlace::Role], "provider_arn", Takes::Anything, "Must be in the role's account"),
    rule(ROLES, "duration", Takes::Anything, "AWS sets the limit"),
    rule(ROLES, "session_name", Takes::Anything, SENT),
    rule(ROLES, "source_identity", Takes::Anything, SENT),
    rule(ROLES, "external_id", Takes::Anything, SENT),
    rule(ROLES, "tags", Takes::Anything, SENT),
    rule(ROLES, "transitive_tags", Takes::Anything, SENT),
    rule(ROLES, "policy", Takes::Anything, NARROWS),
    rule(ROLES, "policy_arns", Takes::Anything, NARROWS),
    rule(ROLES, "region", Takes::Anything, "The region for the role's tools; AWS knows its regions"),
    rule(ROLES, "description", Takes::Anything, "Text to show"),
    rule(ROLES, "color", Takes::Anything, "The color of the name in lists"),
    rule(
        ROLES,
        "confirm",
        Takes::Anything,
        "Asks before the role is used. It cannot change your own roles, and the summary says when a shared \
         role stops asking",
    ),
    rule(ROLES, "auto_login", Takes::Nothing, AUTO_LOGIN),
    rule(ROLES, "sign_in_age", Takes::Anything, DEMANDED),
    rule(ROLES, "acr", Takes::Anything, DEMANDED),
    rule(ROLES, "amr", Takes::Anything, DEMANDED),
    rule(
        &[KeyPlace::Access],
        "ledger",
        Takes::Bucket,
        "Where requests for access are written; the summary names it",
    ),
    rule(&[KeyPlace::Access], "region", Takes::Anything, "Part of the host names of AWS"),
    rule(&[KeyPlace::Access], "entry", Takes::Anything, "A role in the same file"),
    rule(&[KeyPlace::Access], "voter", Takes::Anything, "A role in the same file"),
    rule(&[KeyPlace::Access], "publisher", Takes::Anything, "A role in the same file"),
];

/// What to do with a `key` that does not belong in `place` but in other tables; `None` if it is unknown
/// everywhere.
pub(in crate::config) fn elsewhere(place: KeyPlace, key: &str) -> Option<String> {
    let places: Vec<KeyPlace> =
        RULES.iter().filter(|rule| rule.key == key).flat_map(|rule| rule.places).copied().collect();
    if places.contains(&place) || places.is_empty() {
        return None;
    }
    let title = |place: &KeyPlace| match place {
        KeyPlace::Top => "the top of the file".to_owned(),
        KeyPlace::Idp(kind) => format!("type = \"{kind}\""),
        KeyPlace::Role => "[role.NAME]".to_owned(),
        KeyPlace::Access => "[access]".to_owned(),
        KeyPlace::Spokes => "[spokes.NAME]".to_owned(),
    };
    let titles: Vec<String> = match IDPS.iter().all(|idp| places.contains(idp)) {
        true => {
            let others = places.iter().filter(|place| !IDPS.contains(place));
            std::iter::once("[idp.NAME]".to_owned()).chain(others.map(title)).collect()
        }
        false => places.iter().map(title).collect(),
    };
    Some(format!("delete it: it is a key of {}", titles.join(" or ")))
}

/// The rule for `key` at `place`.
pub fn rule_of(place: KeyPlace, key: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.places.contains(&place) && rule.key == key)
}

/// The table for the documentation.
pub fn markdown() -> String {
    let mut text = "| key | in | a shared file may set it to | why |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in RULES {
        let places: Vec<String> = rule.places.iter().map(|place| place.name()).collect();
        let places = if rule.places == IDPS { "idp".to_owned() } else { places.join(", ") };
        let takes = match rule.takes {
            Takes::Anything => "any valid value".to_owned(),
            Takes::Url => "an https URL".to_owned(),
            Takes::Bucket => "an S3 bucket".to_owned(),
            Takes::OneOf(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
            Takes::Accounts => "a table, or `organization`".to_owned(),
            Takes::Nothing => "**nothing**".to_owned(),
        };
        text.push_str(&format!("| `{}` | {places} | {takes} | {} |\n", rule.key, rule.why));
    }
    text
}
