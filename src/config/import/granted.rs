//! granted: profiles of `~/.aws/config`, some with keys of its own, and the TOML file `~/.granted/config`
//! (documentation of Common Fate, "Granted").

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::chain::{Base, Chain, Dialect};
use super::profile::{Profile, sources};
use super::{Hub, ImportError, ImportPlace, Imported, Text, document, name_of_host, utf8};
use crate::config::draft::{Table, Value};

/// Reads `~/.aws/config` and `~/.granted/config` as granted does; either may be missing.
///
/// # Errors
/// One of the files cannot be parsed.
pub fn granted(
    profiles: Option<Text<'_>>,
    own: Option<Text<'_>>,
    hub: Option<Hub>,
) -> Result<Imported, ImportError> {
    let mut out = Imported::behind(hub);
    if let Some(text) = profiles {
        let document = document(text)?;
        let mut dialect = Granted { sources: sources(&document) };
        out = Chain::new(&document, text.path, out).walk(&mut dialect);
    }
    if let Some(text) = own {
        settings(text, &mut out)?;
    }
    Ok(out.checked())
}

struct Granted {
    /// Profiles that are the source of others.
    sources: BTreeSet<String>,
}

impl Dialect for Granted {
    fn program(&self) -> &'static str {
        "granted"
    }

    fn base(&mut self, profile: &mut Profile, _: &mut Imported, _: &dyn Fn(usize) -> ImportPlace) -> Base {
        let why =
            "does not start from Identity Center, and jit uses no long-lived access keys: it needs an IdP";
        if self.sources.contains(&profile.name) || profile.get("role_arn").is_some() {
            return Base::Keys(profile.line, why.to_owned());
        }
        Base::NotMine
    }

    fn leftover(&self, key: &str) -> Option<&'static str> {
        match key {
            "granted_sso_registration_scopes" | "common_fate_generated_from" => Some(""),
            "granted_color" | "granted_icon" => Some("color = \"red\" of a role is the closest setting"),
            _ => None,
        }
    }
}

/// Reads granted's own file.
fn settings(text: Text<'_>, out: &mut Imported) -> Result<(), ImportError> {
    let content = utf8(text)?;
    let place = |at: usize| {
        let line =
            content.as_bytes()[..at.min(content.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
        ImportPlace { path: text.path.to_owned(), line: Some(line) }
    };
    let document = DeTable::parse(content).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ImportError::Unread { place: place(at), what: "this is not TOML".to_owned() }
    })?;
    let mut keys: Vec<_> = document.get_ref().iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    let mut auto_login = false;
    for (key, value) in keys {
        let (name, at): (&str, ImportPlace) = (key.get_ref(), place(key.span().start));
        match (name, value.get_ref()) {
            ("SSO", DeValue::Table(portals)) => {
                for (name, portal) in portals.iter() {
                    let get = |key: &str| {
                        portal.get_ref().as_table()?.get(key).and_then(|value| value.get_ref().as_str())
                    };
                    let at = place(name.span().start);
                    let (Some(start_url), Some(region)) = (get("StartURL"), get("SSORegion")) else {
                        out.no_equal(
                            at,
                            format!("[SSO.{}]", name.get_ref()),
                            "it has no StartURL or SSORegion",
                        );
                        continue;
                    };
                    let end = start_url.find('#').unwrap_or(start_url.len());
                    let address = start_url[..end].trim_end_matches('/');
                    // A profile may already have led to this portal.
                    let there = |one: &&Table| one.text("start_url") == Some(address);
                    if out.draft.idps.iter().any(|one| there(&one)) {
                        continue;
                    }
                    let wanted = Some(name.get_ref().as_ref()).filter(|name| *name != "default");
                    let table = Table::new(wanted.map_or_else(|| name_of_host(address), str::to_owned))
                        .with("type", "identity-center")
                        .with("start_url", address)
                        .with("region", region);
                    out.idp(at, format!("[SSO.{}]", name.get_ref()), table);
                }
            }
            ("CredentialProcessAutoLogin", DeValue::Boolean(true)) => auto_login = true,
            (_, DeValue::Boolean(false)) => {}
            (_, DeValue::String(text)) if text.is_empty() => {}
            (_, value) => {
                if let Some(why) = without_equal(name, value) {
                    out.no_equal(at, format!("`{name}`"), why);
                }
            }
        }
    }
    for idp in out.draft.idps.iter_mut().filter(|_| auto_login) {
        idp.settings.push(("auto_login".to_owned(), Value::Flag(true)));
    }
    Ok(())
}

/// Why a setting was not imported, and what to do; `None` if it does not matter.
fn without_equal(name: &str, value: &DeValue<'_>) -> Option<&'static str> {
    Some(match name {
        "DefaultBrowser"
            if value.as_str().is_some_and(|browser| browser.to_ascii_uppercase().contains("FIREFOX")) =>
        {
            "add console_browser = [\"firefox\", \"ext+container:name={role}&url={url_encoded}\"] at the top of config.toml"
        }
        "DefaultBrowser" | "CustomBrowserPath" | "AWSConsoleBrowserLaunchTemplate" => {
            "add console_browser = [\"PROGRAM\", \"{url}\"] at the top of config.toml"
        }
        "CustomSSOBrowserPath" | "SSOBrowserLaunchTemplate" => "jit signs in with the browser set in BROWSER",
        "ProfileRegistry" | "ProfileRegistryURLS" => {
            "jit does not read the registry; it read the profiles that the registry wrote into ~/.aws/config"
        }
        "Keyring" => "jit chooses its store by itself, or as JIT_STORE says",
        "ExportCredsToAWS" | "ExportSSOToken" => {
            "jit writes no credentials to files; for other tools, run `jit configure profiles`"
        }
        "AccessRequestURL" => "jit does not request access",
        "Ordering"
        | "LastCheckForSync"
        | "DisableUsageTips"
        | "ExportCredentialSuffix"
        | "DisableCredentialProcessCache"
        | "DefaultExportAllEnvVar"
        | "CommonFateDefaultSSOStartURL"
        | "CommonFateDefaultSSORegion" => return None,
        _ => "jit has no such setting",
    })
}
