//! aws-vault: profiles of `~/.aws/config` with a few keys of its own. The long-lived access keys are in its
//! keychain (USAGE.md of 99designs/aws-vault, "AWS config file").

use std::collections::BTreeSet;

use super::chain::{Base, Chain, Dialect};
use super::profile::{Profile, named_by, sources};
use super::{ImportError, ImportPlace, Imported, Text, document};

const INCLUDES: [&str; 2] = ["include_profile", "parent_profile"];

/// Reads `~/.aws/config` as aws-vault does.
///
/// # Errors
/// AWS's tools would reject the file.
pub fn aws_vault(text: Text<'_>) -> Result<Imported, ImportError> {
    let document = document(text)?;
    let mut dialect = AwsVault { sources: sources(&document), included: named_by(&document, &INCLUDES) };
    Ok(Chain::new(&document, text.path, Imported::default()).walk(&mut dialect).checked())
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
        let of_vault = ["mfa_serial", "mfa_process", "role_arn", "credential_process", "aws_access_key_id"];
        let why = "starts from long-lived access keys, and jit uses none: it needs an IdP and a hub role. \
                   `aws-vault list` shows the stored keys";
        match of_vault.iter().find_map(|key| profile.get(key)) {
            None if !is_source => Base::NotMine,
            setting => {
                let line = setting.filter(|_| !is_source).map_or(profile.line, |setting| setting.line);
                Base::Refused(Some((line, why.to_owned())))
            }
        }
    }
}
