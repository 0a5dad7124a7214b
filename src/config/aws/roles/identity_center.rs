//! A profile with a permission set: the account, the name, and the Identity Center that assigns it. The last
//! is in an `[sso-session]` or in the profile itself.

use super::Reader;
use crate::config::aws::SectionKind;
use crate::config::file::{Parent, Target};
use crate::config::idp::{CenterSection, IdpSection, remove_page};
use crate::config::limits::{self, Dialect};
use jit_wire::section::{At, Mistake};

/// The `[sso-session NAME]` that a profile names.
struct SsoSession {
    /// As the profile names it.
    name: At<String>,
    section: SectionKind,
    /// The line of its header.
    line: usize,
}

impl Reader<'_> {
    /// The permission set of a profile, and its Identity Center, which becomes an IdP.
    pub(super) fn permission_set(&mut self, profile: &str) -> Result<(Target, Parent), Mistake> {
        let profile_line = self.profiles.line(profile).unwrap_or(1);
        let need = |key: &str| {
            let missing = || self.unfit(profile, profile_line, format!("has no `{key}`"));
            self.profiles.get(profile, key).ok_or_else(missing)
        };
        let account = need("sso_account_id")?;
        let permission_set = need("sso_role_name")?;
        let session = self.sso_session(profile)?;
        let mut start_url = self.of_portal(profile, session.as_ref(), "sso_start_url")?;
        let region = self.of_portal(profile, session.as_ref(), "sso_region")?;
        remove_page(&mut start_url.value);
        let parent = match session {
            Some(session) => session.name,
            None => At { value: start_url.value.clone(), line: profile_line },
        };
        let center = CenterSection { start_url, region, flow: None, redirect_port: None, auto_login: None };
        if let Some(refused) = limits::of_center(&center, Dialect::Aws) {
            return Err(self.refused(profile, refused));
        }
        self.file.idps.insert(parent.value.clone(), IdpSection::IdentityCenter(center));
        Ok((Target::Assigned { account, permission_set }, Parent::Idp(parent)))
    }

    fn sso_session(&self, profile: &str) -> Result<Option<SsoSession>, Mistake> {
        let Some(name) = self.profiles.get(profile, "sso_session") else { return Ok(None) };
        let section = SectionKind::SsoSession(name.value.clone());
        let Some(line) = self.profiles.line_of(&section) else {
            let why = format!("refers to [sso-session {}], which does not exist", name.value);
            return Err(self.unfit(profile, name.line, why));
        };
        // If both set a key, the values must be equal, as in botocore.
        for key in self.profiles.keys_of(&section) {
            let of_profile = self.profiles.get(profile, &key);
            let of_session = self.profiles.get_of(&section, &key);
            if let (Some(of_profile), Some(of_session)) = (of_profile, of_session)
                && of_profile.value != of_session.value
            {
                let why = format!("and its sso-session have different values of `{key}`");
                return Err(self.unfit(profile, of_profile.line, why));
            }
        }
        Ok(Some(SsoSession { name, section, line }))
    }

    /// The session's value of `key`, or else the profile's own.
    fn of_portal(
        &self,
        profile: &str,
        session: Option<&SsoSession>,
        key: &str,
    ) -> Result<At<String>, Mistake> {
        let of_session = session.and_then(|session| self.profiles.get_of(&session.section, key));
        of_session.or_else(|| self.profiles.get(profile, key)).ok_or_else(|| match session {
            Some(session) => {
                self.unfit(profile, session.line, format!("and its sso-session have no `{key}`"))
            }
            None => {
                let line = self.profiles.line(profile).unwrap_or(1);
                self.unfit(profile, line, format!("has no `{key}`"))
            }
        })
    }
}
