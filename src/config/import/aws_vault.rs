//! aws-vault: profiles of `~/.aws/config` with a few keys of its own. The long-lived access keys are in its
//! keychain (USAGE.md of 99designs/aws-vault, "AWS config file").

use std::collections::BTreeSet;

use super::chain::{Base, Chain, Dialect, Outcome};
use super::profile::{Profile, named_by, sources};
use super::{Hub, ImportError, ImportPlace, Imported, Text, document};

/// Options of `aws-vault exec` and `export` that take the next word.
const WITH_VALUE: [&str; 15] = [
    "-d",
    "--duration",
    "-t",
    "--mfa-token",
    "--prompt",
    "--backend",
    "--region",
    "--format",
    "--keychain",
    "--secret-service-collection",
    "--kwallet-appid",
    "--kwallet-folder",
    "--pass-dir",
    "--pass-cmd",
    "--pass-prefix",
];

const INCLUDES: [&str; 2] = ["include_profile", "parent_profile"];

/// Reads `~/.aws/config` as aws-vault does.
///
/// # Errors
/// AWS's tools would reject the file.
pub fn aws_vault(text: Text<'_>, hub: Option<Hub>) -> Result<Imported, ImportError> {
    let document = document(text)?;
    let mut dialect = AwsVault { sources: sources(&document), included: named_by(&document, &INCLUDES) };
    Ok(Chain::new(&document, text.path, Imported::behind(hub)).walk(&mut dialect).checked())
}

struct AwsVault {
    /// Profiles that are the source of others.
    sources: BTreeSet<String>,
    /// Profiles that others include. Such a profile may be incomplete.
    included: BTreeSet<String>,
}

impl Dialect for AwsVault {
    fn program(&self) -> &'static str {
        "aws-vault"
    }

    fn includes(&self) -> &'static [&'static str] {
        &INCLUDES
    }

    /// `aws-vault exec --json PROFILE`, or `export` (USAGE.md, "Using `credential_process`").
    fn asked(&self, command: &[String]) -> Option<String> {
        let verb = command.iter().position(|word| ["exec", "export"].contains(&word.as_str()))?;
        let rest = &command[verb + 1..];
        let mut words = rest.iter().take_while(|word| *word != "--");
        while let Some(word) = words.next() {
            if !word.starts_with('-') {
                return Some(word.clone());
            }
            if WITH_VALUE.contains(&word.as_str()) {
                words.next();
            }
        }
        None
    }

    fn missing(&self) -> Outcome {
        // A profile without settings needs no section: its keys are in the keychain.
        Outcome::Keys
    }

    fn foreign(&self) -> Option<&'static str> {
        Some("gets its credentials from another program, which jit does not run")
    }

    fn base(&mut self, profile: &mut Profile, _: &mut Imported, _: &dyn Fn(usize) -> ImportPlace) -> Base {
        let is_source = self.sources.contains(&profile.name);
        if self.included.contains(&profile.name) && !is_source && profile.get("role_arn").is_none() {
            return Base::NotMine;
        }
        for key in ["web_identity_token_file", "web_identity_token_process", "credential_source"] {
            if let Some(setting) = profile.get(key) {
                let why = format!("gets its credentials in a way that jit does not support (`{key}`)");
                return Base::Refused(Some((setting.line, why)));
            }
        }
        let of_vault = ["mfa_serial", "mfa_process", "role_arn", "aws_access_key_id"];
        let why = "starts from long-lived access keys, and jit uses none: it needs an IdP and a hub role. \
                   `aws-vault list` shows the stored keys";
        match of_vault.iter().find_map(|key| profile.get(key)) {
            None if !is_source => Base::NotMine,
            setting => {
                let line = setting.filter(|_| !is_source).map_or(profile.line, |setting| setting.line);
                Base::Keys(line, why.to_owned())
            }
        }
    }
}
