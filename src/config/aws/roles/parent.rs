//! The credentials with which the role of a profile is assumed: those of its `source_profile` or of its
//! `credential_source`.

use super::Reader;
use crate::config::file::{Parent, Target};
use crate::config::idp::{CredentialSource, SourceSection};
use jit_wire::section::{At, Mistake};

impl Reader<'_> {
    /// The parent of a profile's role. `keys` are the profile's own access keys; `way` lists the profiles
    /// that led here.
    pub(super) fn parent(
        &mut self,
        profile: &str,
        role_arn: &At<String>,
        keys: Option<SourceSection>,
        way: &mut Vec<String>,
    ) -> Result<Parent, Mistake> {
        let source = self.profiles.get(profile, "source_profile");
        match (source, self.profiles.get(profile, "credential_source")) {
            (Some(source), None) => self.source_profile(profile, source, keys, way),
            (None, Some(named)) => self.credential_source(profile, &named),
            (None, None) => {
                let why = "has a role_arn without a source_profile or a credential_source";
                Err(self.unfit(profile, role_arn.line, why))
            }
            (Some(_), Some(named)) => {
                let why = "has both a source_profile and a credential_source";
                Err(self.unfit(profile, named.line, why))
            }
        }
    }

    fn credential_source(&mut self, profile: &str, named: &At<String>) -> Result<Parent, Mistake> {
        let source = match named.value.as_str() {
            "Environment" => CredentialSource::Environment,
            "EcsContainer" => CredentialSource::Container,
            "Ec2InstanceMetadata" => CredentialSource::Instance,
            other => {
                let why = format!("has the credential_source {other}, which does not exist");
                return Err(self.unfit(profile, named.line, why));
            }
        };
        let source = SourceSection::Machine(At { value: source, line: named.line });
        Ok(self.starts_from(profile, source))
    }

    fn source_profile(
        &mut self,
        profile: &str,
        source: At<String>,
        keys: Option<SourceSection>,
        way: &mut Vec<String>,
    ) -> Result<Parent, Mistake> {
        // A profile that is its own source must have access keys. Which of its credentials count is then
        // decided as for any other.
        if source.value == profile && keys.is_some() {
            let has = |key: &str| self.profiles.get(profile, key).is_some();
            if has("sso_account_id") || has("sso_role_name") {
                let why = "is its own source_profile, and has both keys and Identity Center settings";
                return Err(self.unfit(profile, source.line, why));
            }
            let (_, parent) = self.own_credentials(profile, keys)?;
            return Ok(parent);
        }
        if way.contains(&source.value) {
            let why = format!("is in a loop of source profiles: {} → {}", way.join(" → "), source.value);
            return Err(self.unfit(profile, source.line, why));
        }
        if self.profiles.line(&source.value).is_none() {
            let why = format!("has the source_profile {}, which does not exist", source.value);
            return Err(self.unfit(profile, source.line, why));
        }
        self.role(&source.value, way)?;
        // A source that assumes no role is the parent of this role, and not a step of its own.
        let parent_of_source = self.file.roles.get(&source.value).and_then(|role| match role.target {
            Target::Itself { .. } => Some(role.parent.clone()),
            _ => None,
        });
        match parent_of_source {
            Some(parent) => {
                self.file.roles.remove(&source.value);
                Ok(parent)
            }
            None => Ok(Parent::Via(source)),
        }
    }
}
