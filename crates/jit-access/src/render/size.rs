//! Measures how much of AWS's limits is used, and advises before one is reached.
//!
//! IAM does not count white space, and rendered documents have none. Organizations counts every character.

use std::fmt;

use jit_wire::explain::{Explain, Kind, Next};

use super::Document;

/// A limit of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The trust policy of a role.
    Trust,
    /// All inline policies of one role together: its grants.
    Inline,
    /// A managed policy, such as a ceiling.
    Managed,
    /// A service control policy.
    ServiceControl,
    /// The policy of a bucket.
    Bucket,
    /// The inline policy of a permission set.
    PermissionSet,
    /// A template of CloudFormation.
    Template,
}

impl Limit {
    /// How many characters fit without a quota increase.
    pub fn characters(self) -> usize {
        match self {
            Self::Trust => 2_048,
            Self::Inline => 10_240,
            Self::Managed => 6_144,
            Self::ServiceControl => 5_120,
            Self::Bucket => 20_480,
            Self::PermissionSet => 10_240,
            // What a call may contain itself.
            Self::Template => 51_200,
        }
    }

    /// The maximum with a quota increase; of a template, the maximum in a bucket.
    pub fn most(self) -> usize {
        match self {
            Self::Trust => 4_096,
            Self::Template => 1_000_000,
            other => other.characters(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Trust => "the trust policy of a role",
            Self::Inline => "the inline policies of a role together",
            Self::Managed => "a managed policy",
            Self::ServiceControl => "a service control policy",
            Self::Bucket => "a bucket policy",
            Self::PermissionSet => "the inline policy of a permission set",
            Self::Template => "a CloudFormation template",
        }
    }

    /// What to do when it is near.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Trust => {
                "name fewer doors, tags or voters in it, for example by giving each team a role of its own with its own approvers"
            }
            Self::Inline => {
                "spread the people over several roles with the same ceiling (jit/engineer-1, jit/engineer-2), shorten `max`, or name fewer actions in `allow`"
            }
            Self::Managed => "name fewer actions, or whole services in place of single actions",
            Self::ServiceControl => "name fewer platform roles, or split it into two policies",
            Self::Bucket => "let fewer doors write to the ledger",
            Self::PermissionSet => "name an organization in place of single accounts",
            Self::Template => {
                "leave the account of roles open (`role = \"arn:aws:iam::*:role/jit/NAME\"`) in place of one access for each account, or split the policy into two deployments"
            }
        }
    }
}

/// The use of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fullness {
    /// Which.
    pub limit: Limit,
    /// How many characters AWS counts.
    pub used: usize,
}

/// The result of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Far from the limit.
    Enough,
    /// More than four fifths are used.
    Near,
    /// It fits only after AWS has raised the quota.
    AfterRaise,
}

/// A document that AWS would not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(Fullness);

impl Fullness {
    /// The total of one document, or of several that count together.
    pub fn of<'a>(limit: Limit, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let used = |text: &str| match limit {
            Limit::ServiceControl => text.chars().count(),
            Limit::Bucket | Limit::Template => text.len(),
            _ => text.chars().filter(|character| !character.is_whitespace()).count(),
        };
        Self { limit, used: texts.into_iter().map(used).sum() }
    }

    /// Of one document.
    pub fn of_document(limit: Limit, document: &Document) -> Self {
        match limit {
            // White space counts there, and people upload the file.
            Limit::Template => Self::of(limit, [document.pretty().as_str()]),
            _ => Self::of(limit, [document.as_str()]),
        }
    }

    /// The use in percent of what fits without a quota increase, rounded up.
    pub fn percent(self) -> usize {
        (self.used * 100).div_ceil(self.limit.characters())
    }

    /// Whether it fits.
    ///
    /// # Errors
    /// [`TooLong`] if it is more than the highest quota.
    pub fn check(self) -> Result<Room, TooLong> {
        match self.used {
            used if used > self.limit.most() => Err(TooLong(self)),
            used if used > self.limit.characters() => Ok(Room::AfterRaise),
            used if used * 5 > self.limit.characters() * 4 => Ok(Room::Near),
            _ => Ok(Room::Enough),
        }
    }

    /// What to do about it, unless it is [`Room::Enough`].
    pub fn advice(self) -> Option<String> {
        let advice = self.limit.advice();
        match self.check() {
            Ok(Room::Enough) => None,
            Ok(_) if self.limit == Limit::Template => {
                Some("upload it to a bucket and pass --template-url in place of --template-body".to_owned())
            }
            Ok(Room::AfterRaise) => Some(format!(
                "ask AWS to raise the quota for {} to {} characters, or {advice}",
                self.limit.name(),
                self.limit.most()
            )),
            Ok(Room::Near) | Err(_) => Some(advice.to_owned()),
        }
    }
}

impl fmt::Display for Fullness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, used } = self;
        write!(f, "{used} of {} characters ({} %)", limit.characters(), self.percent())
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fullness { limit, used } = self.0;
        write!(f, "{} would have {used} characters; AWS accepts at most {}", limit.name(), limit.most())
    }
}

impl std::error::Error for TooLong {}

impl Explain for TooLong {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(self.0.limit.advice())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact_at_their_edges() {
        let of = |limit, used: usize| Fullness::of(limit, ["x".repeat(used).as_str()]).check();
        assert_eq!(of(Limit::Trust, 1_638), Ok(Room::Enough));
        assert_eq!(of(Limit::Trust, 1_639), Ok(Room::Near));
        assert_eq!(of(Limit::Trust, 2_048), Ok(Room::Near));
        assert_eq!(of(Limit::Trust, 2_049), Ok(Room::AfterRaise));
        assert_eq!(of(Limit::Trust, 4_096), Ok(Room::AfterRaise));
        assert!(of(Limit::Trust, 4_097).is_err());
        assert_eq!(of(Limit::Inline, 10_240), Ok(Room::Near));
        let long = of(Limit::Inline, 10_241).unwrap_err();
        assert_eq!(
            long.to_string(),
            "the inline policies of a role together would have 10241 characters; AWS accepts at most 10240"
        );
        assert!(!long.next().is_empty());
        assert_eq!(Fullness::of(Limit::Inline, ["a b", "\nc"]).used, 3);
        assert_eq!(Fullness::of(Limit::ServiceControl, ["a b"]).used, 3);
        assert_eq!(Fullness::of(Limit::Trust, ["abc"]).to_string(), "3 of 2048 characters (1 %)");
        let raise = Fullness { limit: Limit::Trust, used: 3_000 }.advice().unwrap();
        assert!(
            raise.starts_with("ask AWS to raise the quota for the trust policy of a role to 4096"),
            "{raise}"
        );
    }
}
