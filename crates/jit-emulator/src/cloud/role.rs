//! An IAM role.

use std::collections::{BTreeMap, BTreeSet};

use ring::digest::{SHA256, digest};

use jit_wire::timestamp::Timestamp;

/// An IAM role: who may assume it, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamRole {
    /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
    pub arn: String,
    /// Its trust policy.
    pub trust: String,
    /// The managed policy that is its permissions boundary, by ARN.
    pub boundary: Option<String>,
    /// Its inline policies, by name.
    pub inline: BTreeMap<String, String>,
    /// The managed policies that are attached to it, by ARN.
    pub attached: BTreeSet<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `MaxSessionDuration`, in seconds.
    pub max_session: u32,
    pub(crate) created: Timestamp,
}

/// The unique id of a role, which is the start of the `aws:userid` of its sessions. It is derived from the
/// ARN, so it is the same each time the servers start. (AWS gives a role a new id when it is created again.)
pub fn role_id(arn: &str) -> String {
    format!("AROA{}", letters(&digest(&SHA256, arn.as_bytes()).as_ref()[..17]))
}

/// An identifier of capital letters and the digits 2 to 7, as AWS writes them.
pub(crate) fn letters(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

impl IamRole {
    /// A role without permissions, with sessions of at most one hour.
    pub fn new(arn: &str, trust: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            trust: trust.to_owned(),
            boundary: None,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            tags: BTreeMap::new(),
            max_session: 3600,
            created: Timestamp(1_700_000_000),
        }
    }

    /// The role with an inline policy.
    #[must_use]
    pub fn with(mut self, name: &str, document: &str) -> Self {
        self.inline.insert(name.to_owned(), document.to_owned());
        self
    }

    /// The role with a permissions boundary.
    #[must_use]
    pub fn bounded_by(mut self, policy: &str) -> Self {
        self.boundary = Some(policy.to_owned());
        self
    }

    /// The role with sessions of at most `seconds`.
    #[must_use]
    pub fn lasting(mut self, seconds: u32) -> Self {
        self.max_session = seconds;
        self
    }

    /// Its name, without the path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// Its path, with the slashes around it.
    pub fn path(&self) -> &str {
        let resource = self.arn.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("role"));
        resource.unwrap_or("/").strip_suffix(self.name()).unwrap_or("/")
    }

    /// Its unique id ([`role_id`]).
    pub fn id(&self) -> String {
        role_id(&self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_the_path_and_name_of_its_arn() {
        for (arn, path, name) in [
            ("arn:aws:iam::111111111111:role/admin", "/", "admin"),
            ("arn:aws:iam::111111111111:role/jit/pay-admin", "/jit/", "pay-admin"),
            ("arn:aws:iam::111111111111:role/a/a/a", "/a/a/", "a"),
        ] {
            let role = IamRole::new(arn, "{}");
            assert_eq!((role.path(), role.name()), (path, name));
            assert_eq!(role.id().len(), 21);
        }
        assert_ne!(
            role_id("arn:aws:iam::111111111111:role/admin"),
            role_id("arn:aws:iam::222222222222:role/admin")
        );
    }
}
