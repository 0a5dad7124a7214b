//! What is asked of AWS: an action, a resource and a time, checked as they are typed.

use clap::Args;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

use crate::commands::access::{self, point_in_time};
use crate::world::Clock;

/// The options that ask whether AWS would allow a call.
#[derive(Args, Debug, Default)]
pub struct QuestionArgs {
    /// Whether and why AWS would allow this: one action, such as s3:GetObject
    #[arg(long, value_name = "ACTION", add = clap_complete::ArgValueCompleter::new(access::actions))]
    pub action: Option<String>,
    /// With this resource: its ARN (default: *, for actions that have none)
    #[arg(long, value_name = "ARN", requires = "action")]
    pub resource: Option<String>,
    /// At another time: +2h, -30m, 14:30, or 2026-11-30T09:00
    #[arg(long, value_name = "TIME", requires = "action", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// As another person of the policy
    #[arg(long = "as", value_name = "PERSON", requires = "action", add = clap_complete::ArgValueCompleter::new(access::people))]
    pub person: Option<String>,
}

/// A call, and when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) action: String,
    pub(super) resource: String,
    /// `None`: now.
    pub(super) at: Option<Timestamp>,
}

/// Why that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoQuestion {
    #[error("`{typed}` is not an action")]
    Action { typed: String, meant: Option<String> },
    #[error("`{0}` stands for several actions, and AWS decides about one at a time")]
    SeveralActions(String),
    #[error("`{typed}` is not an ARN")]
    Resource { typed: String, meant: Option<String> },
    #[error("`{0}` stands for several resources, and AWS decides about one at a time")]
    SeveralResources(String),
    #[error("`{0}` is not a time")]
    Time(String),
}

impl Explain for NoQuestion {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let meant = |meant: &String| Next::words(format!("did you mean `{meant}`?"));
        vec![match self {
            Self::Action { meant: Some(one), .. } | Self::Resource { meant: Some(one), .. } => meant(one),
            Self::Action { .. } => Next::words("write the service and the action: --action s3:GetObject"),
            Self::SeveralActions(_) => Next::words("name one, such as --action s3:GetObject"),
            Self::Resource { .. } => Next::words(
                "write the resource's ARN, such as --resource arn:aws:s3:::BUCKET/KEY, or leave it out for actions that have none",
            ),
            Self::SeveralResources(_) => Next::words("name one, such as --resource arn:aws:s3:::BUCKET/KEY"),
            Self::Time(_) => Next::words(
                "write a time from now (+2h, -30m), a time of day (14:30), or both date and time (2026-11-30T09:00)",
            ),
        }]
    }
}

impl QuestionArgs {
    /// What is asked; `None` if nothing is.
    ///
    /// # Errors
    /// [`NoQuestion`].
    pub(super) fn read(&self, clock: &dyn Clock) -> Result<Option<Question>, NoQuestion> {
        let Some(typed) = &self.action else { return Ok(None) };
        let at = |text: &String| point_in_time(text, clock).ok_or_else(|| NoQuestion::Time(text.clone()));
        Ok(Some(Question {
            action: action(typed)?,
            resource: self.resource.as_deref().map_or_else(|| Ok("*".to_owned()), resource)?,
            at: self.at.as_ref().map(at).transpose()?,
        }))
    }
}

fn is_action(text: &str) -> bool {
    let part = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    text.split_once(':').is_some_and(|(service, name)| part(service, b"-") && part(name, b"_"))
}

/// `typed` as an action that AWS could be asked for.
fn action(typed: &str) -> Result<String, NoQuestion> {
    if is_action(typed) {
        return Ok(typed.to_owned());
    }
    if typed.contains(['*', '?']) {
        return Err(NoQuestion::SeveralActions(typed.to_owned()));
    }
    Err(NoQuestion::Action { typed: typed.to_owned(), meant: likely_action(typed) })
}

/// The action that was probably meant: with another separator, as the AWS CLI or an SDK spells it, or without its service.
fn likely_action(typed: &str) -> Option<String> {
    let words: Vec<&str> =
        typed.split([':', '.', '/', ' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [service, name] => {
            // `get-object` of the command line is `GetObject`.
            let is_of_command_line = name.contains('-') && !name.contains(char::is_uppercase);
            let name = if is_of_command_line { in_capitals(name) } else { (*name).to_owned() };
            Some(format!("{service}:{name}")).filter(|meant| is_action(meant))
        }
        [name] => access::service_with_action(name).map(|service| format!("{service}:{name}")),
        _ => None,
    }
}

fn in_capitals(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('-').map(capital).collect()
}

/// `typed` as a resource that AWS could be asked for.
fn resource(typed: &str) -> Result<String, NoQuestion> {
    if typed == "*" {
        return Ok(typed.to_owned());
    }
    let wrong = |meant: Option<String>| NoQuestion::Resource { typed: typed.to_owned(), meant };
    let parts: Vec<&str> = typed.splitn(6, ':').collect();
    let ["arn", partition, service, _, account, rest] = parts.as_slice() else {
        let bucket =
            typed.strip_prefix("s3://").filter(|rest| !rest.is_empty() && !rest.contains(['*', '?']));
        return Err(wrong(bucket.map(|rest| format!("arn:aws:s3:::{rest}"))));
    };
    if typed.contains(['*', '?']) || typed.contains("${") {
        return Err(NoQuestion::SeveralResources(typed.to_owned()));
    }
    let is_account = account.is_empty() || *account == "aws" || jit_wire::name::is_account_id(account);
    let is_plain = !typed.chars().any(|character| character.is_control() || character.is_whitespace());
    if partition.is_empty() || service.is_empty() || rest.is_empty() || !is_account {
        return Err(wrong(None));
    }
    // The key of an object may hold spaces.
    if !is_plain && *service != "s3" {
        return Err(wrong(None));
    }
    Ok(typed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_action_is_asked_for() {
        for fine in ["s3:GetObject", "S3:getobject", "sso-directory:ListUsers", "iam:PassRole", "a4b:X_y"] {
            assert_eq!(action(fine), Ok(fine.to_owned()));
        }
        for (typed, meant) in [
            ("s3.GetObject", Some("s3:GetObject")),
            ("s3::GetObject", Some("s3:GetObject")),
            ("s3/GetObject", Some("s3:GetObject")),
            ("s3 get-object", Some("s3:GetObject")),
            ("ec2:describe-instances", Some("ec2:DescribeInstances")),
            ("GetBucketLocation", Some("s3:GetBucketLocation")),
            ("Frobnicate", None),
            ("s3:", None),
            (":GetObject", None),
            ("", None),
            ("s3:Get Object", None),
            ("s3:GetObject\u{7}", None),
            ("s3:GetObjеct", None),
        ] {
            let wanted = NoQuestion::Action { typed: typed.to_owned(), meant: meant.map(str::to_owned) };
            assert_eq!(action(typed), Err(wanted), "{typed}");
        }
        for several in ["s3:*", "*", "s3:Get*", "s3:GetObjec?", "*:*"] {
            assert_eq!(action(several), Err(NoQuestion::SeveralActions(several.to_owned())));
        }
    }

    #[test]
    fn one_resource_is_asked_for() {
        for fine in [
            "*",
            "arn:aws:s3:::bucket/a key with spaces",
            "arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0a",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:sns:eu-west-1:111122223333:topic:with:colons",
        ] {
            assert_eq!(resource(fine), Ok(fine.to_owned()));
        }
        for (typed, meant) in [
            ("s3://bucket/key", Some("arn:aws:s3:::bucket/key")),
            ("s3://", None),
            ("bucket", None),
            ("", None),
            ("arn:aws:s3", None),
            ("arn:aws:s3:::", None),
            ("arn::s3:::bucket", None),
            ("arn:aws:ec2:eu-west-1:1111:instance/i-0a", None),
            ("arn:aws:ec2:eu-west-1:111122223333:instance/i 0a", None),
        ] {
            let wanted = NoQuestion::Resource { typed: typed.to_owned(), meant: meant.map(str::to_owned) };
            assert_eq!(resource(typed), Err(wanted), "{typed}");
        }
        for several in
            ["arn:aws:s3:::bucket/*", "arn:aws:s3:::b?", "arn:aws:s3:::${aws:userid}", "arn:*:s3:::b"]
        {
            assert_eq!(resource(several), Err(NoQuestion::SeveralResources(several.to_owned())));
        }
    }
}
