//! ARNs as they are compared: six parts, each separately, so that a `*` in one does not match into the next.
//! The last part may contain colons.

use crate::pattern::{Pattern, Reading, segments};
use crate::request::Request;

/// The parts of an ARN.
pub(crate) fn parts(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let found = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (found[0] == "arn").then_some(found)
}

/// The account that an ARN names.
pub(crate) fn account(arn: &str) -> Option<&str> {
    parts(arn).map(|parts| parts[4]).filter(|account| !account.is_empty())
}

/// An ARN with wildcards and variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArnPattern(Vec<Pattern>);

impl ArnPattern {
    /// A value of an `Arn…` operator. Variables may be in any part. A value with fewer than six parts matches
    /// nothing.
    pub(crate) fn of_condition(text: &str, variables: bool) -> Result<Self, &'static str> {
        let reading = Reading { wildcards: true, variables };
        segments(text, 6, variables)
            .into_iter()
            .map(|part| Pattern::parse(part, reading))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A member of `Resource`. Missing parts are `*`, and only the last part may contain variables.
    pub(crate) fn of_resource(text: &str, variables: bool) -> Result<Self, &'static str> {
        if !text.starts_with("arn:") {
            return Err("neither `*` nor an ARN");
        }
        let mut parts = segments(text, 6, variables);
        parts.resize(6, "*");
        let parts = parts.into_iter().enumerate().map(|(at, part)| {
            Pattern::parse(part, Reading { wildcards: true, variables: variables && at == 5 })
        });
        parts.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn matches(&self, arn: &str, request: &Request) -> bool {
        let Some(parts) = parts(arn) else { return false };
        self.0.len() == 6 && self.0.iter().zip(parts).all(|(pattern, part)| pattern.matches(part, request))
    }
}
