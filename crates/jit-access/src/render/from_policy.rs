//! From the types of the policy file to the inputs of a grant.

use serde_json::Value;

use super::grant::{AllowedStatement, GrantDocument, Networks};
use crate::decide::Grant;
use crate::policy::{Access, Network, Statement};

impl GrantDocument {
    /// The document of a grant of this access. `services` are those of its ceiling
    /// ([`super::Ceiling::services`]), which are granted if the access has no `allow`.
    pub fn of(access: &Access, grant: &Grant, services: Vec<String>) -> Self {
        let allow = match &access.allow {
            Some(allow) => allow.statements.iter().map(AllowedStatement::from).collect(),
            None => vec![AllowedStatement::services(services)],
        };
        Self {
            names: grant.names.iter().cloned().collect(),
            start: grant.start,
            until: grant.until,
            allow,
            networks: access.networks.iter().cloned().collect(),
        }
    }
}

impl From<&Statement> for AllowedStatement {
    /// Conditions in the order of their names, whatever order the document had.
    fn from(statement: &Statement) -> Self {
        let mut conditions = Vec::new();
        for (operator, keys) in &statement.conditions {
            for (key, values) in keys.as_object().into_iter().flatten() {
                let values = match values {
                    Value::Array(items) => items.iter().map(text).collect(),
                    one => vec![text(one)],
                };
                conditions.push((operator.clone(), key.clone(), values));
            }
        }
        conditions.sort();
        Self { actions: statement.actions.clone(), resources: statement.resources.clone(), conditions }
    }
}

/// IAM treats `true` and `"true"` alike.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        let mut all = Self::default();
        for network in networks {
            match &network {
                Network::Block { .. } => all.blocks.push(network.to_string()),
                Network::Vpc(id) => all.vpcs.push(id.clone()),
            }
        }
        for list in [&mut all.blocks, &mut all.vpcs] {
            list.sort();
            list.dedup();
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jit_wire::timestamp::Timestamp;

    use super::*;
    use crate::policy::{Allow, Policy};

    #[test]
    fn a_grant_is_rendered_from_the_decision() {
        let text = r#"
[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["AROAABCDEFGHIJKLMNOPQ"]
may = ["request", "vote"]

[group]
eng = ["alice"]
owners = ["bob"]

[access.db]
role = "arn:aws:iam::111122223333:role/jit/db"
ceiling = "operate"
who = ["eng"]
approve = [{ group = "owners" }]
max = "1h"
networks = ["203.0.113.0/24"]
"#;
        let policy = Policy::read_published("policy.toml", text).unwrap();
        let grant = Grant {
            start: None,
            until: Timestamp(1_764_331_200),
            person: "alice".into(),
            names: BTreeSet::from(["alice".to_owned()]),
            roles: Vec::new(),
            voters: BTreeSet::new(),
            by_on_call: false,
        };
        let document =
            GrantDocument::of(&policy.access["db"], &grant, vec!["rds:*".into()]).render().unwrap();
        assert_eq!(
            document.as_str(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["rds:*"],"Resource":"*","#,
                r#""Condition":{"StringLike":{"aws:userid":["*:alice"]},"DateLessThan":{"aws:CurrentTime":"2025-11-28T12:00:00Z"},"#,
                r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}},"#,
                r#"{"Effect":"Allow","Action":["rds:*"],"Resource":"*","#,
                r#""Condition":{"StringLike":{"aws:userid":["*:alice"]},"DateLessThan":{"aws:CurrentTime":"2025-11-28T12:00:00Z"},"#,
                r#""Bool":{"aws:ViaAWSService":"true"}}}]}"#
            )
        );
    }

    #[test]
    fn a_grant_contains_the_policy_files_settings() {
        let allow = Allow::parse(
            r#"{"Statement":{"Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*",
                "Condition":{"StringLike":{"s3:prefix":["b","a"]},"Bool":{"x":true}}}}"#,
        )
        .unwrap();
        let allowed: Vec<AllowedStatement> = allow.statements.iter().map(AllowedStatement::from).collect();
        assert_eq!(
            allowed,
            [AllowedStatement {
                actions: vec!["s3:Get*".into()],
                resources: vec!["arn:aws:s3:::b/*".into()],
                conditions: vec![
                    ("Bool".into(), "x".into(), vec!["true".into()]),
                    ("StringLike".into(), "s3:prefix".into(), vec!["b".into(), "a".into()]),
                ],
            }]
        );
        let networks: Networks = ["vpc-0a", "203.0.113.0/24", "198.51.100.0/24", "vpc-0a"]
            .iter()
            .map(|text| text.parse::<Network>().unwrap())
            .collect();
        let blocks = vec!["198.51.100.0/24".to_owned(), "203.0.113.0/24".to_owned()];
        assert_eq!(networks, Networks { blocks, vpcs: vec!["vpc-0a".to_owned()] });
    }
}
