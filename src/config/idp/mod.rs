//! `[idp.NAME]`: how people sign in.
//!
//! This file chooses by `type`. Each type has its own file with the keys that its section may have and the
//! checks that need no other section. The first mistake is reported, with its line and what to write instead.
//! Settings that are missing stay `None`; the defaults are in `resolve`.

mod authorize;
mod identity_center;
mod oidc;
mod okta;
mod saml;
mod source;
mod values;

use crate::config::shared::keys::{KeyPlace, elsewhere};
use jit_wire::section::{At, Mistake, Section, closest};

pub use identity_center::CenterSection;
pub(super) use identity_center::{CENTER_START_URL, remove_page};
pub use oidc::OidcSection;
pub use okta::OktaSection;
pub use saml::SamlSection;
pub use source::{CredentialSource, SourceSection};

/// The values that `type` may have.
pub(super) const TYPES: [&str; 4] = ["oidc", "saml", "okta", "identity-center"];

/// `[idp.NAME]` by its `type`.
#[derive(Debug)]
pub enum IdpSection {
    /// `type = "oidc"`.
    Oidc(OidcSection),
    /// `type = "saml"`.
    Saml(SamlSection),
    /// `type = "identity-center"`.
    IdentityCenter(CenterSection),
    /// `type = "okta"`.
    Okta(OktaSection),
    /// No IdP: the source credentials of a profile of `~/.aws/config`. `config.toml` has no such `type`.
    Source(SourceSection),
}

impl IdpSection {
    /// The place of its keys in the table of what a shared file may set.
    fn place(&self) -> KeyPlace {
        KeyPlace::Idp(match self {
            Self::Oidc(_) => "oidc",
            Self::Saml(_) => "saml",
            Self::Okta(_) => "okta",
            Self::IdentityCenter(_) => "identity-center",
            // Not a table of `config.toml`.
            Self::Source(_) => "",
        })
    }

    /// Whether `credential-process` may start a sign-in by itself, if this section sets it.
    pub fn auto_login(&self) -> Option<&At<bool>> {
        match self {
            Self::Oidc(section) => section.auto_login.as_ref(),
            Self::Saml(section) => section.auto_login.as_ref(),
            Self::Okta(section) => section.auto_login.as_ref(),
            Self::IdentityCenter(section) => section.auto_login.as_ref(),
            Self::Source(_) => None,
        }
    }
}

/// Reads a section. `auto_login` is the setting at the top of the file, for sections that do not set it themselves.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn read(mut section: Section<'_>, auto_login: Option<&At<bool>>) -> Result<IdpSection, Mistake> {
    let kind = match section.text("type")? {
        Some(kind) => kind,
        None => section.required("type", "oidc")?,
    };
    let auto_login = section.boolean("auto_login")?.or_else(|| auto_login.cloned());
    let read = match kind.value.as_str() {
        "oidc" => IdpSection::Oidc(oidc::read(&mut section, auto_login)?),
        "saml" => IdpSection::Saml(saml::read(&mut section, auto_login)?),
        "okta" => IdpSection::Okta(okta::read(&mut section, auto_login)?),
        "identity-center" => IdpSection::IdentityCenter(identity_center::read(&mut section, auto_login)?),
        _ => return Err(unknown_type(&section, &kind)),
    };
    section.finish_with(|key| elsewhere(read.place(), key))?;
    Ok(read)
}

fn unknown_type(section: &Section<'_>, kind: &At<String>) -> Mistake {
    let suggestion = match closest(&kind.value, TYPES.into_iter()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("valid names: {}", TYPES.join(", ")),
    };
    section.mistake_at(kind.line, format!("`{}` is not a type of IdP", kind.value), Some(suggestion))
}

#[cfg(test)]
mod tests;
