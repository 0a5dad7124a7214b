//! AWS's own tools: `aws sso login` and what the AWS CLI and the SDKs read in `~/.aws/config` (AWS SDKs and Tools Reference
//! Guide, "Settings reference").

use std::collections::BTreeSet;

use super::chain::{Base, Chain, Dialect, Outcome};
use super::profile::{Profile, sources};
use super::{Hub, ImportError, ImportPlace, Imported, Text, document};
use crate::config::aws::SectionKind;
use crate::config::draft::Table;

/// Reads `~/.aws/config` as AWS's tools do: permission sets, the roles behind them, and portals that no profile uses yet.
///
/// # Errors
/// The file is not one that AWS's tools read.
pub fn aws(text: Text<'_>, hub: Option<Hub>) -> Result<Imported, ImportError> {
    let document = document(text)?;
    let mut dialect = Aws { sources: sources(&document) };
    let mut out = Chain::new(&document, text.path, Imported::behind(hub)).walk(&mut dialect);
    for section in document.sections() {
        let SectionKind::SsoSession(name) = &section.kind else { continue };
        let get = |key: &str| Some(document.value(section.entry(key)?));
        let (Some(start_url), Some(region)) = (get("sso_start_url"), get("sso_region")) else { continue };
        let end = start_url.find('#').unwrap_or(start_url.len());
        let table = Table::new(name.as_str())
            .with("type", "identity-center")
            .with("start_url", start_url[..end].trim_end_matches('/'))
            .with("region", region);
        let place = ImportPlace { path: text.path.to_owned(), line: Some(section.line()) };
        out.idp(place, format!("sso-session {name}"), table);
    }
    Ok(out.checked())
}

struct Aws {
    /// Profiles that others start from.
    sources: BTreeSet<String>,
}

impl Dialect for Aws {
    /// No command prints credentials that another profile does not have.
    fn program(&self) -> &'static str {
        ""
    }

    fn foreign(&self) -> Option<&'static str> {
        Some("gets its credentials from another program, which jit does not run")
    }

    fn missing(&self) -> Outcome {
        // Most often it is in ~/.aws/credentials, with its keys.
        Outcome::Keys
    }

    fn base(&mut self, profile: &mut Profile, _: &mut Imported, _: &dyn Fn(usize) -> ImportPlace) -> Base {
        for key in ["web_identity_token_file", "credential_source", "login_session"] {
            if let Some(setting) = profile.get(key) {
                let why = format!("gets its credentials in a way that jit does not support (`{key}`)");
                return Base::Refused(Some((setting.line, why)));
            }
        }
        let why = "starts from access keys, and jit uses none: it needs an IdP and a hub role";
        match (profile.get("aws_access_key_id"), profile.get("role_arn")) {
            (Some(setting), _) => Base::Keys(setting.line, why.to_owned()),
            (None, Some(setting)) => {
                Base::Refused(Some((setting.line, "has a role_arn without a source_profile".to_owned())))
            }
            // Its keys are in ~/.aws/credentials.
            (None, None) if self.sources.contains(&profile.name) => Base::Keys(profile.line, why.to_owned()),
            (None, None) => Base::NotMine,
        }
    }
}
