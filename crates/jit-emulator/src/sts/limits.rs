//! What STS accepts: syntax and sizes of the parameters, checked first, with AWS's messages.

use std::time::Duration;

use crate::faults::Refusal;
use crate::params::Params;
use crate::validation::{constraint, invalid, length_rule};

/// The limit for packed policies and tags. AWS's packing is unpublished; here plain bytes are counted.
const PACKED_BYTES: usize = 4096;
/// The range of `DurationSeconds`, and its default.
const DURATION: std::ops::RangeInclusive<u32> = 900..=43_200;
const DEFAULT_DURATION: u32 = 3600;
/// The longest session that can be obtained with another role's session.
const CHAINED: u32 = 3600;

/// The requested duration, if it is one that STS accepts at all.
pub(crate) fn duration(params: &Params) -> Result<u32, Refusal> {
    let Some(text) = params.get("DurationSeconds") else { return Ok(DEFAULT_DURATION) };
    let wrong = |rule| constraint(text, "durationSeconds", rule);
    match text.parse::<u32>() {
        Ok(seconds) if DURATION.contains(&seconds) => Ok(seconds),
        Ok(seconds) if seconds < *DURATION.start() => Err(wrong("have value greater than or equal to 900")),
        Ok(_) => Err(wrong("have value less than or equal to 43200")),
        Err(_) => Err(invalid("DurationSeconds is not a number")),
    }
}

/// Whether a role that allows `max_session` seconds allows `seconds`.
pub(crate) fn check_duration(seconds: u32, max_session: u32, chained: bool) -> Result<(), Refusal> {
    if chained && seconds > CHAINED {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if seconds > max_session {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(())
}

/// Checks the session policies and tags in the request. Returns their size, with `inherited` bytes of tags,
/// as a percentage of the limit, or `None` if there are neither policies nor tags.
pub(crate) fn packed(params: &Params, inherited: usize) -> Result<Option<usize>, Refusal> {
    let policy = params.get("Policy").unwrap_or_default();
    if let Some(rule) = length_rule(policy.chars().count(), &(0..=2048)) {
        return Err(constraint(policy, "policy", &rule));
    }
    if !policy.is_empty() && serde_json::from_str::<serde_json::Map<_, _>>(policy).is_err() {
        return Err(Refusal::new(400, "MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    let arns: Vec<&str> = params.list("PolicyArns", ".arn").collect();
    if arns.len() > 10 {
        return Err(constraint(&arns.join(", "), "policyArns", "have length less than or equal to 10"));
    }
    let tags: Vec<(&str, &str)> = tags(params).collect();
    if tags.len() > 50 {
        return Err(constraint("", "tags", "have length less than or equal to 50"));
    }
    for (key, value) in &tags {
        let lengths = [(*key, "key", 1..=128), (*value, "value", 0..=256)];
        for (text, part, allowed) in lengths {
            if let Some(rule) = length_rule(text.chars().count(), &allowed) {
                return Err(constraint(text, &format!("tags.1.member.{part}"), &rule));
            }
        }
    }
    let policies = policy.len() + arns.iter().map(|arn| arn.len()).sum::<usize>();
    let tags = inherited + tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    let percent = ((policies + tags) * 100).div_ceil(PACKED_BYTES);
    if percent > 100 {
        let what = if tags > policies { "session tags" } else { "policy" };
        let text = format!("Packed size of {what} consumes {percent}% of allotted space.");
        return Err(Refusal::new(400, "PackedPolicyTooLarge", text));
    }
    Ok((percent > 0).then_some(percent))
}

/// The session tags that come with the request.
pub(crate) fn tags(params: &Params) -> impl Iterator<Item = (&str, &str)> {
    params.list("Tags", ".Key").zip(params.list("Tags", ".Value"))
}

/// A duration of this many seconds.
pub(crate) fn seconds_of(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::new(owned.collect()).unwrap()
    }

    #[test]
    fn durations_are_refused_in_awss_words() {
        let cases = [
            (
                "899",
                "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater",
            ),
            ("43201", "less than or equal to 43200"),
            ("1h", "not a number"),
        ];
        for (text, why) in cases {
            let refusal = duration(&params(&[("DurationSeconds", text)])).unwrap_err();
            assert!(refusal.code == "ValidationError" && refusal.message.contains(why), "{refusal:?}");
        }
        assert_eq!(duration(&params(&[])), Ok(3600));
        assert!(check_duration(3601, 43_200, true).unwrap_err().message.contains("1 hour session limit"));
        assert!(check_duration(28_801, 28_800, false).unwrap_err().message.contains("MaxSessionDuration"));
        assert_eq!(check_duration(28_800, 28_800, false), Ok(()));
    }

    #[test]
    fn policies_and_tags_have_little_room() {
        let full = "v".repeat(256);
        let names: Vec<(String, String)> =
            (1..=16).map(|n| (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value"))).collect();
        let mut pairs = vec![];
        for (key, value) in &names {
            pairs.extend([(key.as_str(), "key"), (value.as_str(), full.as_str())]);
        }
        let refusal = packed(&params(&pairs), 0).unwrap_err();
        assert_eq!(refusal.message, "Packed size of session tags consumes 102% of allotted space.");
        assert_eq!(packed(&params(&[]), 0), Ok(None));
        assert_eq!(packed(&params(&pairs[..2]), 0), Ok(Some(7)));
        assert_eq!(packed(&params(&[("Policy", "{]")]), 0).unwrap_err().code, "MalformedPolicyDocument");
    }
}
