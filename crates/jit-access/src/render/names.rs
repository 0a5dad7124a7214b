//! Writes names into policies: literally, never as patterns.

use jit_wire::arn::{Partition, RoleArn};

/// A name as a text that matches only itself in `StringLike`, `ArnLike` and `Resource`. `*`, `?` and `$` have
/// a meaning there; IAM's own variables for them do not.
pub(super) fn literal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '*' | '?' | '$' => out.extend(['$', '{', character, '}']),
            other => out.push(other),
        }
    }
    out
}

/// The pattern for the `aws:userid` of any session with this name, whatever its role.
pub(super) fn user_id(name: &str) -> String {
    format!("*:{}", literal(name))
}

/// The same for each name, sorted, without duplicates.
pub(super) fn user_ids<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = names.into_iter().map(|name| user_id(name)).collect();
    all.sort();
    all.dedup();
    all
}

/// A UUID in a key, as a pattern: 36 characters. A `*` would match `/` as well, and so match keys that name
/// another author.
pub(super) const UUID: &str = "????????????????????????????????????";

/// A role that people, or a program of the deployment, arrive with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryRole {
    partition: &'static str,
    account: String,
    kind: EntryKind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EntryKind {
    /// A role of the company, by its path and name: `/jit-hub`.
    Role(String),
    /// A permission set of IAM Identity Center.
    PermissionSet(String),
}

impl EntryRole {
    /// The entry role with this ARN. AWS puts the roles of permission sets under a separate path, with a
    /// suffix of 16 characters that changes when the permission set is assigned again: so such a role is represented
    /// by its permission set.
    pub fn new(role: &RoleArn) -> Self {
        let path = role.as_str().splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("role"));
        let path = path.unwrap_or_default();
        let permission_set = path
            .strip_prefix("/aws-reserved/sso.amazonaws.com/")
            .and_then(|_| role.role_name().strip_prefix("AWSReservedSSO_"))
            .and_then(|name| name.rsplit_once('_'))
            .filter(|(name, suffix)| !name.is_empty() && suffix.len() == 16);
        let kind = match permission_set {
            Some((name, _)) => EntryKind::PermissionSet(name.to_owned()),
            None => EntryKind::Role(path.to_owned()),
        };
        Self { partition: role.partition().name(), account: role.account().to_owned(), kind }
    }

    /// A permission set of IAM Identity Center, assigned in `account`.
    pub fn permission_set(partition: Partition, account: &str, name: &str) -> Self {
        let kind = EntryKind::PermissionSet(name.to_owned());
        Self { partition: partition.name(), account: account.to_owned(), kind }
    }

    /// Whether AWS writes its trust policy.
    pub fn is_permission_set(&self) -> bool {
        matches!(self.kind, EntryKind::PermissionSet(_))
    }

    /// The name of the permission set, if it is one.
    pub fn permission_set_name(&self) -> Option<&str> {
        match &self.kind {
            EntryKind::PermissionSet(name) => Some(name),
            EntryKind::Role(_) => None,
        }
    }

    /// The root of its account, as a principal.
    pub(super) fn root(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }

    /// The patterns for `aws:PrincipalArn`. The role of a permission set has the region of Identity Center in
    /// its path, unless that is us-east-1. The suffix is exactly 16 characters; otherwise a permission set
    /// `Jit` would also match `Jit_ReadOnly`.
    pub(super) fn patterns(&self) -> Vec<String> {
        let role = |rest: String| format!("arn:{}:iam::{}:role{rest}", self.partition, self.account);
        match &self.kind {
            EntryKind::Role(path) => vec![role(literal(path))],
            EntryKind::PermissionSet(name) => ["", "*/"]
                .map(|region| {
                    let name = literal(name);
                    role(format!(
                        "/aws-reserved/sso.amazonaws.com/{region}AWSReservedSSO_{name}_????????????????"
                    ))
                })
                .to_vec(),
        }
    }
}

/// The patterns of several, in order, each once.
pub(super) fn patterns(entries: &[EntryRole]) -> Vec<String> {
    let mut all: Vec<String> = entries.iter().flat_map(EntryRole::patterns).collect();
    all.sort();
    all.dedup();
    all
}

/// The roots of the accounts of several, in order, each once.
pub(super) fn roots(entries: &[EntryRole]) -> Vec<String> {
    let mut all: Vec<String> = entries.iter().map(EntryRole::root).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(arn: &str) -> EntryRole {
        EntryRole::new(&arn.parse().unwrap())
    }

    #[test]
    fn names_are_never_patterns() {
        assert_eq!(user_id("alice@corp.com"), "*:alice@corp.com");
        assert_eq!(user_id("a*b?c${aws:userid}"), "*:a${*}b${?}c${$}{aws:userid}");
    }

    #[test]
    fn entry_roles() {
        let own = "arn:aws:iam::111111111111:role/team/jit-hub";
        assert_eq!(entry(own).patterns(), [own]);
        assert!(!entry(own).is_permission_set());
        let expected = [
            "arn:aws-us-gov:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Jit_RO_????????????????",
            "arn:aws-us-gov:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Jit_RO_????????????????",
        ];
        for region in ["", "us-gov-west-1/"] {
            let arn = format!(
                "arn:aws-us-gov:iam::111111111111:role/aws-reserved/sso.amazonaws.com/{region}AWSReservedSSO_Jit_RO_0123456789abcdef"
            );
            assert_eq!(entry(&arn).patterns(), expected);
            assert_eq!(entry(&arn), EntryRole::permission_set(Partition::GovCloud, "111111111111", "Jit_RO"));
        }
        // A company role with a similar name.
        let alike = "arn:aws:iam::111111111111:role/AWSReservedSSO_Jit_0123456789abcdef";
        assert_eq!(entry(alike).patterns(), [alike]);
    }
}
