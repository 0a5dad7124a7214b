//! From the types of the policy file to what a grant takes.

use serde_json::Value;

use super::grant::{AllowedStatement, Networks};
use crate::policy::{Network, Statement};

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

/// IAM takes `true` and `"true"` for the same.
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
    use super::*;
    use crate::policy::Allow;

    #[test]
    fn a_grant_takes_what_the_policy_file_says() {
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
