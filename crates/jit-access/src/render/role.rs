//! The trust policy of a role on request or a break-glass role: it admits people only through named doors and
//! under their own names.

use super::document::{Document, Statement};
use super::names::{EntryRole, patterns, roots, user_ids};

/// Who may assume a role, and what they may bring along.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RoleOnRequest {
    /// The doors it can be reached through: those for requests, or those for break-glass. Never empty.
    pub doors: Vec<EntryRole>,
    /// The session tags that the IdP sends and that stay with a person. Each can only be passed on unchanged.
    pub tags: Vec<String>,
    /// Session names that are never admitted: with `apply = "approver"` those of every voter, so that nobody
    /// can grant access to themselves.
    pub barred: Vec<String>,
}

/// A person's own name, in whatever role: the part of `aws:userid` after the colon.
pub(super) const OWN_NAME: &str = "*:${sts:RoleSessionName}";

/// A statement about everybody who comes through these doors.
fn through(doors: &[EntryRole], sid: &'static str) -> Statement {
    Statement::allow(Some(sid)).aws(roots(doors)).when("ArnLike", "aws:PrincipalArn", patterns(doors))
}

/// What people who come through these doors may bring along: the source identity and the session tags that the
/// IdP gave them, unchanged. Without these statements AWS refuses everybody who has one.
pub(super) fn carried(doors: &[EntryRole], tags: &[String]) -> Vec<Statement> {
    let mut statements = vec![through(doors, "OwnSource").action("sts:SetSourceIdentity").when(
        "StringEquals",
        "sts:SourceIdentity",
        "${aws:SourceIdentity}",
    )];
    if !tags.is_empty() {
        let mut tags = tags.to_vec();
        tags.sort();
        tags.dedup();
        let mut own = through(doors, "OwnTags").action("sts:TagSession").when(
            "ForAllValues:StringEquals",
            "aws:TagKeys",
            tags.clone(),
        );
        for tag in tags {
            let value = format!("${{aws:PrincipalTag/{tag}}}");
            own = own.when("StringEqualsIfExists", format!("aws:RequestTag/{tag}"), value);
        }
        statements.push(own);
    }
    statements
}

impl RoleOnRequest {
    /// The trust policy.
    pub fn trust(&self) -> Document {
        let own_name = through(&self.doors, "OwnName");
        let mut statements =
            vec![own_name.action("sts:AssumeRole").when("StringLike", "aws:userid", OWN_NAME)];
        statements.extend(carried(&self.doors, &self.tags));
        if !self.barred.is_empty() {
            statements.push(Statement::deny("NoVoter").aws("*").action("sts:AssumeRole").when(
                "StringLike",
                "aws:userid",
                user_ids(&self.barred),
            ));
        }
        Document::of(&statements)
    }
}

/// What a break-glass role may always do: everything in these services, as far as its ceiling allows. A role
/// on request has no such policy.
pub fn standing(services: Vec<String>) -> Document {
    Document::of(&[Statement::allow(Some("Standing")).action(services).on("*")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_policy_matches_the_contract() {
        let role = RoleOnRequest {
            doors: vec![EntryRole::new(&"arn:aws:iam::111111111111:role/jit-hub".parse().unwrap())],
            ..RoleOnRequest::default()
        };
        assert_eq!(
            role.trust().as_str(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"OwnName","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root"]},"#,
                r#""Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/jit-hub"]},"#,
                r#""StringLike":{"aws:userid":"*:${sts:RoleSessionName}"}}},{"Sid":"OwnSource","Effect":"Allow","#,
                r#""Principal":{"AWS":["arn:aws:iam::111111111111:root"]},"Action":"sts:SetSourceIdentity","#,
                r#""Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/jit-hub"]},"StringEquals":{"sts:SourceIdentity":"${aws:SourceIdentity}"}}}]}"#
            )
        );
    }
}
