//! Restricted sessions: session policies and a shorter lifetime, on the last step of the chain.

use std::time::Duration;

use crate::plan::{Origin, Plan, RoleId, Valued};
use jit_wire::arn::Partition;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::duration;

/// The limits of STS: the characters of an inline policy, and the number of managed ones (STS API reference,
/// AssumeRole).
const LONGEST_POLICY: usize = 2048;
const MOST_POLICIES: usize = 10;

/// The restrictions of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restriction {
    /// Read-only, by AWS's managed policy for that.
    pub read_only: bool,
    /// An inline policy, as JSON.
    pub policy: Option<String>,
    /// Managed policies.
    pub policy_arns: Vec<String>,
    /// The maximum lifetime, in seconds.
    pub max: Option<u32>,
}

/// Why a session cannot be restricted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestrictionError {
    /// Identity Center cannot restrict the sessions of permission sets.
    #[error("{0} is a permission set, and Identity Center supports neither session policies nor durations")]
    PermissionSet(String),
    /// STS accepts only one inline policy.
    #[error("{0} already has a session policy, and STS accepts only one policy that is not an ARN")]
    TwoPolicies(String),
    /// STS accepts only ten managed policies.
    #[error("{0} managed policies are too many: STS accepts at most {MOST_POLICIES}")]
    TooMany(usize),
    /// The inline policy is too long for STS.
    #[error("the policy has {0} characters without whitespace; STS accepts at most {LONGEST_POLICY}")]
    TooLong(usize),
    /// The inline policy is not JSON.
    #[error("the policy is not JSON: {0}")]
    NotJson(String),
    /// This is not the ARN of a policy.
    #[error("`{arn}` is not the ARN of a policy")]
    NotAnArn {
        /// The argument.
        arn: String,
        /// The partition of the role.
        partition: Partition,
    },
    /// STS sessions cannot be that short.
    #[error("{0} s is too short: STS sessions last at least 15m")]
    TooShort(u32),
}

impl Explain for RestrictionError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::PermissionSet(_) => Next::list(["leave out --read-only, --policy and --max"]),
            Self::TwoPolicies(_) => Next::list(["leave out --policy FILE; --policy ARN also works"]),
            Self::TooMany(_) => Next::list(["leave some out, here or in `policy_arns`"]),
            Self::TooLong(_) => Next::list(["shorten it, or make it a managed policy: --policy ARN"]),
            Self::NotJson(_) => Next::list(["fix the file"]),
            Self::NotAnArn { partition, .. } => {
                let partition = partition.name();
                vec![Next::words(format!("such as arn:{partition}:iam::aws:policy/ReadOnlyAccess"))]
            }
            Self::TooShort(_) => Next::list(["such as --max 15m"]),
        }
    }
}

/// The same plan with a restricted last session.
///
/// # Errors
/// [`RestrictionError`].
pub fn restricted(mut plan: Plan, wanted: &Restriction) -> Result<Plan, RestrictionError> {
    if *wanted == Restriction::default() {
        return Ok(plan);
    }
    let mut restricted_by: Vec<String> =
        wanted.read_only.then(|| "read-only".to_owned()).into_iter().collect();
    let Some(leg) = plan.legs.last_mut() else { return Ok(plan) };
    if matches!(leg.role.value, RoleId::Assigned(_)) {
        return Err(RestrictionError::PermissionSet(leg.name.clone()));
    }
    let mut arns = leg.policy_arns.as_ref().map(|arns| arns.value.clone()).unwrap_or_default();
    let asked = wanted.policy_arns.iter().cloned();
    let called = |arn: &String| format!("policy {}", arn.rsplit('/').next().unwrap_or_default());
    restricted_by.extend(wanted.policy_arns.iter().map(called));
    let partition = leg.role.value.partition();
    let own = format!("arn:{}:iam::aws:policy/ReadOnlyAccess", partition.name());
    for arn in asked.chain(wanted.read_only.then_some(own)) {
        if !arn.starts_with("arn:") || !arn.contains(":policy/") {
            return Err(RestrictionError::NotAnArn { arn, partition });
        }
        if !arns.contains(&arn) {
            arns.push(arn);
        }
    }
    if arns.len() > MOST_POLICIES {
        return Err(RestrictionError::TooMany(arns.len()));
    }
    if arns.len() > leg.policy_arns.as_ref().map_or(0, |arns| arns.value.len()) {
        leg.policy_arns = Some(Valued::new(arns, Origin::Flag("the command line")));
    }
    if let Some(policy) = &wanted.policy {
        if leg.policy.is_some() {
            return Err(RestrictionError::TwoPolicies(leg.name.clone()));
        }
        let document: serde_json::Value =
            serde_json::from_str(policy).map_err(|error| RestrictionError::NotJson(error.to_string()))?;
        let compact = document.to_string();
        if compact.len() > LONGEST_POLICY {
            return Err(RestrictionError::TooLong(compact.len()));
        }
        leg.policy = Some(Valued::new(compact, Origin::Flag("--policy")));
        restricted_by.push("policy of a file".to_owned());
    }
    if let Some(max) = wanted.max {
        if max < *crate::plan::DURATION_RANGE.start() {
            return Err(RestrictionError::TooShort(max));
        }
        if max < leg.duration.value {
            leg.duration = Valued::new(max, Origin::Flag("--max"));
            restricted_by.push(format!("max {}", duration(Duration::from_secs(max.into()))));
        }
    }
    plan.restricted_by = restricted_by;
    Ok(plan)
}
