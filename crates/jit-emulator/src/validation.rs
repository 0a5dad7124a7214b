//! Validates parameters, with the error messages that STS and IAM share.

use crate::faults::Refusal;
use crate::params::Params;

/// `ValidationError`, with which STS and IAM refuse whatever has the wrong form.
pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

/// The error for a value that breaks a rule, in the words that the query services share.
pub(crate) fn constraint(value: &str, name: &str, rule: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}"
    ))
}

/// The parameter `name`, which is required. In its answers AWS writes its name with a small first letter.
pub(crate) fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    params.get(name).ok_or_else(|| {
        let name = small(name);
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A name of 2 to 64 letters, digits and `_+=,.@-`: session names and source identities.
pub(crate) fn check_name(name: &str, value: &str) -> Result<(), Refusal> {
    check_text(name, value, 2..=64, r"[\w+=,.@-]*", "_+=,.@-")
}

/// An external id.
pub(crate) fn check_external_id(value: &str) -> Result<(), Refusal> {
    check_text("ExternalId", value, 2..=1224, r"[\w+=,.@:\/-]*", "_+=,.@:/-")
}

/// A text of this length, made of letters, digits and `marks`. `pattern` is AWS's name for that.
pub(crate) fn check_text(
    name: &str,
    value: &str,
    length: std::ops::RangeInclusive<usize>,
    pattern: &str,
    marks: &str,
) -> Result<(), Refusal> {
    let name = small(name);
    if let Some(rule) = length_rule(value.chars().count(), &length) {
        return Err(constraint(value, &name, &rule));
    }
    if !value.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c)) {
        return Err(constraint(value, &name, &format!("satisfy regular expression pattern: {pattern}")));
    }
    Ok(())
}

/// The rule that a text of this length breaks.
pub(crate) fn length_rule(length: usize, allowed: &std::ops::RangeInclusive<usize>) -> Option<String> {
    if length < *allowed.start() {
        Some(format!("have length greater than or equal to {}", allowed.start()))
    } else if length > *allowed.end() {
        Some(format!("have length less than or equal to {}", allowed.end()))
    } else {
        None
    }
}

/// `RoleArn` as AWS writes it in its answers, `roleArn`.
fn small(name: &str) -> String {
    let (first, rest) = name.split_at(usize::from(!name.is_empty()));
    format!("{}{rest}", first.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["al", "alice@example.com", "a_b+c=d,e.f-g"] {
            assert_eq!(check_name("RoleSessionName", good), Ok(()), "{good}");
        }
        let long = "a".repeat(65);
        for (bad, why) in
            [("a", "length greater"), (&long, "length less"), ("a b", r"[\w+=,.@-]*"), ("é1", r"\w")]
        {
            let refusal = check_name("RoleSessionName", bad).unwrap_err();
            assert!(
                refusal.message.contains("roleSessionName") && refusal.message.contains(why),
                "{refusal:?}"
            );
        }
    }
}
