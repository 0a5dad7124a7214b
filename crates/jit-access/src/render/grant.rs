//! The grant: an inline policy that allows one person what the ceiling allows, until a time written into it.

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

use super::document::{Document, Statement, Texts};
use super::names::user_ids;
use crate::id::Id;

/// What is granted, to whom, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantDocument {
    /// Every session name of the person.
    pub names: Vec<String>,
    /// When it starts, if a start was requested.
    pub start: Option<Timestamp>,
    /// The first moment at which nothing is allowed any more.
    pub until: Timestamp,
    /// What it allows. Never empty.
    pub allow: Vec<AllowedStatement>,
    /// The networks that it can be used from. Empty: any.
    pub networks: Networks,
}

/// One statement of an `allow` document, or the services of a ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedStatement {
    /// Such as `ec2:*`.
    pub actions: Vec<String>,
    /// Such as `arn:aws:s3:::bucket/*`.
    pub resources: Vec<String>,
    /// Operator, key and values.
    pub conditions: Vec<(String, String, Vec<String>)>,
}

/// The networks that calls may come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// Blocks of public addresses, for `aws:SourceIp`.
    pub blocks: Vec<String>,
    /// VPCs, for `aws:SourceVpc`.
    pub vpcs: Vec<String>,
}

/// Why a grant cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Nobody is named.
    #[error("a grant needs the session name of a person")]
    Nobody,
    /// Nothing is allowed.
    #[error("a grant needs at least one action, and a resource for it")]
    Nothing,
    /// `*` or `*:*`.
    #[error("a grant never allows the bare action `{0}`: name the services, such as ec2:*")]
    Everything(String),
    /// It starts after its end.
    #[error("the grant would end before it starts")]
    Order,
    /// The `allow` document already has a condition that the grant adds itself.
    #[error("the allow document has a condition {operator} on {key}, which the grant sets itself")]
    Conflict {
        /// Such as `IpAddress`.
        operator: &'static str,
        /// Such as `aws:SourceIp`.
        key: &'static str,
    },
}

impl Explain for GrantError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Nobody => "give the person a session name in `names` of [person]",
            Self::Nothing => {
                "name an action and a resource in the access's `allow` document, or leave `allow` out"
            }
            Self::Everything(_) => "name the services in the access's `allow` document, as in ec2:*",
            Self::Order => "ask for a later end, or an earlier start",
            Self::Conflict { .. } => {
                "remove that condition from the `allow` document; use `networks` of the access for where calls may come from"
            }
        })]
    }
}

impl GrantDocument {
    /// The policy.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn render(&self) -> Result<Document, GrantError> {
        let names = user_ids(&self.names);
        if names.is_empty() || self.names.iter().any(String::is_empty) {
            return Err(GrantError::Nobody);
        }
        if self.start.is_some_and(|start| start >= self.until) {
            return Err(GrantError::Order);
        }
        if self.allow.is_empty() {
            return Err(GrantError::Nothing);
        }
        let mut statements = Vec::new();
        for allowed in &self.allow {
            let one = allowed.statement()?;
            let one = set(one, "StringLike", "aws:userid", names.clone())?;
            let one = match self.start {
                Some(start) => set(one, "DateGreaterThanEquals", "aws:CurrentTime", start.to_rfc3339())?,
                None => one,
            };
            let one = set(one, "DateLessThan", "aws:CurrentTime", self.until.to_rfc3339())?;
            statements.extend(self.networks.split(one)?);
        }
        Ok(Document::of(&statements))
    }
}

impl AllowedStatement {
    /// Whole services, on everything: what a grant allows if the access has no `allow`.
    pub fn services(actions: Vec<String>) -> Self {
        Self { actions, resources: vec!["*".to_owned()], conditions: Vec::new() }
    }

    fn statement(&self) -> Result<Statement, GrantError> {
        if self.actions.is_empty() || self.resources.is_empty() {
            return Err(GrantError::Nothing);
        }
        let bare =
            |action: &&String| action.split(':').next().is_none_or(|service| service.contains(['*', '?']));
        if let Some(action) = self.actions.iter().find(bare) {
            return Err(GrantError::Everything(action.clone()));
        }
        let resources = match self.resources.as_slice() {
            [one] => Texts::One(one.clone()),
            several => Texts::Many(several.to_vec()),
        };
        let mut statement = Statement::allow(None).action(self.actions.clone()).on(resources);
        for (operator, key, values) in &self.conditions {
            statement = statement.when(operator, key, values.clone());
        }
        Ok(statement)
    }
}

impl Networks {
    /// The statement once for each kind of network, and once for calls that AWS's services make on behalf of
    /// the person: these come from AWS's own addresses.
    fn split(&self, statement: Statement) -> Result<Vec<Statement>, GrantError> {
        let mut out = Vec::new();
        for (operator, key, values) in
            [("IpAddress", "aws:SourceIp", &self.blocks), ("StringEquals", "aws:SourceVpc", &self.vpcs)]
        {
            if !values.is_empty() {
                out.push(set(statement.clone(), operator, key, values.clone())?);
            }
        }
        if out.is_empty() {
            return Ok(vec![statement]);
        }
        out.push(set(statement, "Bool", "aws:ViaAWSService", "true")?);
        Ok(out)
    }
}

fn set(
    statement: Statement,
    operator: &'static str,
    key: &'static str,
    values: impl Into<Texts>,
) -> Result<Statement, GrantError> {
    if statement.has(operator, key) {
        return Err(GrantError::Conflict { operator, key });
    }
    Ok(statement.when(operator, key, values))
}

/// The name of the inline policy of the grant of this request.
pub fn policy_name(request: Id) -> String {
    format!("{PREFIX}{request}")
}

/// The request whose grant an inline policy is named after; `None` if the policy is not a grant of jit. Only
/// the spelling of [`policy_name`] is accepted: lower case, with hyphens.
pub fn request_of(policy_name: &str) -> Option<Id> {
    policy_name.strip_prefix(PREFIX)?.parse().ok()
}

const PREFIX: &str = "jit-";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn grant() -> GrantDocument {
        GrantDocument {
            names: vec!["alice@corp.com".into()],
            start: None,
            until: at("2026-11-28T12:00:00Z"),
            allow: vec![AllowedStatement::services(vec!["ec2:*".into(), "s3:*".into()])],
            networks: Networks::default(),
        }
    }

    #[test]
    fn a_grant_matches_the_contract() {
        assert_eq!(
            grant().render().unwrap().as_str(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*","s3:*"],"Resource":"*","#,
                r#""Condition":{"StringLike":{"aws:userid":["*:alice@corp.com"]},"DateLessThan":{"aws:CurrentTime":"2026-11-28T12:00:00Z"}}}]}"#
            )
        );
    }

    #[test]
    fn order_and_repetition_of_names_change_no_byte() {
        let mut grant = grant();
        grant.names = vec!["b@corp.com".into(), "a".into(), "b@corp.com".into()];
        let text = grant.render().unwrap();
        grant.names = vec!["a".into(), "b@corp.com".into()];
        assert_eq!(grant.render().unwrap(), text);
        assert!(text.as_str().contains(r#"["*:a","*:b@corp.com"]"#));
    }

    #[test]
    fn each_kind_of_network_has_its_own_statement() {
        let mut grant = grant();
        grant.start = Some(at("2026-11-28T11:00:00Z"));
        grant.networks = Networks { blocks: vec!["203.0.113.0/24".into()], vpcs: vec!["vpc-0a1b2c".into()] };
        let text = grant.render().unwrap();
        let value: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
        let conditions: Vec<_> =
            value["Statement"].as_array().unwrap().iter().map(|one| one["Condition"].clone()).collect();
        assert_eq!(conditions.len(), 3);
        for condition in &conditions {
            assert_eq!(condition["StringLike"]["aws:userid"][0], "*:alice@corp.com");
            assert_eq!(condition["DateGreaterThanEquals"]["aws:CurrentTime"], "2026-11-28T11:00:00Z");
            assert_eq!(condition["DateLessThan"]["aws:CurrentTime"], "2026-11-28T12:00:00Z");
        }
        assert_eq!(conditions[0]["IpAddress"]["aws:SourceIp"][0], "203.0.113.0/24");
        assert_eq!(conditions[1]["StringEquals"]["aws:SourceVpc"][0], "vpc-0a1b2c");
        assert_eq!(conditions[2]["Bool"]["aws:ViaAWSService"], "true");
    }

    #[test]
    fn what_cannot_be_granted() {
        let changed = |change: fn(&mut GrantDocument)| {
            let mut grant = grant();
            change(&mut grant);
            grant.render().unwrap_err()
        };
        assert_eq!(changed(|grant| grant.names.clear()), GrantError::Nobody);
        assert_eq!(changed(|grant| grant.names.push(String::new())), GrantError::Nobody);
        assert_eq!(changed(|grant| grant.allow.clear()), GrantError::Nothing);
        assert_eq!(changed(|grant| grant.allow[0].actions.clear()), GrantError::Nothing);
        assert_eq!(changed(|grant| grant.allow[0].resources.clear()), GrantError::Nothing);
        assert_eq!(changed(|grant| grant.start = Some(grant.until)), GrantError::Order);
        for bare in ["*", "*:*", "?3:*", "e*:Run"] {
            let mut grant = grant();
            grant.allow[0].actions.push(bare.into());
            assert_eq!(grant.render().unwrap_err(), GrantError::Everything(bare.into()));
        }
        for (operator, key) in [("stringlike", "AWS:UserId"), ("DateLessThan", "aws:currenttime")] {
            let mut grant = grant();
            grant.allow[0].conditions.push((operator.into(), key.into(), vec!["*".into()]));
            assert!(matches!(grant.render(), Err(GrantError::Conflict { .. })), "{key}");
        }
    }

    #[test]
    fn policy_names_are_read_back_in_one_spelling() {
        let id: Id = "019ac9f2-7a1b-7c3d-8e4f-0123456789ab".parse().unwrap();
        assert_eq!(policy_name(id), "jit-019ac9f2-7a1b-7c3d-8e4f-0123456789ab");
        assert_eq!(request_of(&policy_name(id)), Some(id));
        for other in [
            "019ac9f2-7a1b-7c3d-8e4f-0123456789ab",
            "jit-",
            "jit-019AC9F2-7a1b-7c3d-8e4f-0123456789ab",
            "jit-019ac9f2-7a1b-4c3d-8e4f-0123456789ab",
            "jit-019ac9f2-7a1b-7c3d-ce4f-0123456789ab",
            "jit-019ac9f27a1b7c3d8e4f0123456789ab",
            "jit-019ac9f2-7a1b-7c3d-8e4f-0123456789ab ",
            "JIT-019ac9f2-7a1b-7c3d-8e4f-0123456789ab",
        ] {
            assert_eq!(request_of(other), None, "{other}");
        }
    }
}
