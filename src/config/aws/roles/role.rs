//! What a profile is: a role to assume, a permission set, or just its own credentials. If it has keys for
//! more than one of these, botocore's precedence applies.

use super::{LOGIN_SESSION, Reader};
use crate::config::aws::CREDENTIAL_PROCESS;
use crate::config::file::{Parent, RoleSection, Target};
use crate::config::idp::SourceSection;
use crate::config::limits::{self, Dialect};
use jit_wire::arn::RoleArn;
use jit_wire::section::{At, Mistake};

impl Reader<'_> {
    /// Adds the role of a profile. `way` lists the profiles that led here.
    pub(super) fn role(&mut self, profile: &str, way: &mut Vec<String>) -> Result<(), Mistake> {
        let is_source = !way.is_empty();
        way.push(profile.to_owned());
        let (target, parent) = self.target_and_parent(profile, is_source, way)?;
        // The AWS CLI ignores these for permission sets.
        let is_assigned = matches!(target, Target::Assigned { .. });
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key).filter(|_| !is_assigned);
        let role = RoleSection {
            line: target.line(),
            target,
            parent,
            provider_arn: None,
            duration: self.duration(profile)?.filter(|_| !is_assigned),
            session_name: get("role_session_name"),
            source_identity: None,
            external_id: get("external_id"),
            mfa_serial: get("mfa_serial"),
            tags: None,
            transitive_tags: None,
            policy: None,
            policy_arns: None,
            region: self.region.clone(),
            description: None,
            color: None,
            confirm: false,
            auto_login: None,
            sign_in_age: None,
            acr: None,
            amr: None,
            account_name: None,
        };
        if let Some(refused) = limits::of_role(&role, Dialect::Aws) {
            return Err(self.refused(profile, refused));
        }
        self.file.roles.insert(profile.to_owned(), role);
        Ok(())
    }

    fn target_and_parent(
        &mut self,
        profile: &str,
        is_source: bool,
        way: &mut Vec<String>,
    ) -> Result<(Target, Parent), Mistake> {
        let profiles = self.profiles;
        let keys = self.keys(profile)?;
        let token_file = profiles.get(profile, "web_identity_token_file");
        // The access keys of a source profile take precedence over its role, unless it has a token file as
        // well.
        let keys_decide = is_source && keys.is_some() && token_file.is_none();
        let role_arn = profiles.get(profile, "role_arn").filter(|_| !keys_decide);
        match (role_arn, token_file) {
            (Some(role_arn), Some(token_file)) => {
                let target = self.arn(profile, role_arn)?;
                Ok((target, self.starts_from(profile, SourceSection::TokenFile(token_file))))
            }
            (Some(role_arn), None) => {
                let parent = self.parent(profile, &role_arn, keys, way)?;
                Ok((self.arn(profile, role_arn)?, parent))
            }
            (None, Some(token_file)) => {
                let why = "has a web_identity_token_file without a role_arn";
                Err(self.unfit(profile, token_file.line, why))
            }
            (None, None) if self.is_permission_set(profile, keys.is_some()) => self.permission_set(profile),
            (None, None) => self.own_credentials(profile, keys),
        }
    }

    /// Whether a profile without a role gets its credentials from Identity Center.
    fn is_permission_set(&self, profile: &str, has_keys: bool) -> bool {
        let has = |key: &str| self.profiles.get(profile, key).is_some();
        if has("sso_account_id") || has("sso_role_name") {
            return true;
        }
        // A profile with only a portal is for tools that want its token and no role, if it has other
        // credentials.
        let has_portal = has("sso_session") || has("sso_start_url");
        has_portal && !has_keys && !has(LOGIN_SESSION) && !has(CREDENTIAL_PROCESS)
    }

    fn arn(&self, profile: &str, role_arn: At<String>) -> Result<Target, Mistake> {
        let parsed: Result<RoleArn, _> = role_arn.value.parse();
        match parsed {
            Ok(value) => Ok(Target::Arn(At { value, line: role_arn.line })),
            Err(why) => {
                let why = format!("has a role_arn that is not an ARN: {why}");
                Err(self.unfit(profile, role_arn.line, why))
            }
        }
    }

    fn duration(&self, profile: &str) -> Result<Option<At<u32>>, Mistake> {
        let Some(At { value, line }) = self.profiles.get(profile, "duration_seconds") else {
            return Ok(None);
        };
        match value.parse() {
            Ok(value) => Ok(Some(At { value, line })),
            Err(_) => Err(self.unfit(profile, line, "has a duration_seconds that is not a number")),
        }
    }
}
