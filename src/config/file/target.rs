//! The identity of a role: the ARN of an IAM role, or a permission set by its account and name. How the role
//! is reached determines which of the two it needs; the error for the wrong one says what to write instead.

use std::fmt;

use super::Parent;
use crate::config::limits::ProofKind;
use jit_wire::arn::RoleArn;
use jit_wire::section::{At, Mistake, Section};

/// An example of an ARN, for messages.
const ARN: &str = "arn:aws:iam::111111111111:role/NAME";
/// An example of a permission set, for messages.
const PERMISSION_SET: &str = "account = \"111111111111\" and permission_set = \"Developer\"";

/// What a role is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A role of IAM: `role_arn`.
    Arn(At<RoleArn>),
    /// A permission set of Identity Center.
    Assigned {
        /// Twelve digits.
        account: At<String>,
        /// Its name.
        permission_set: At<String>,
    },
    /// The identity that the source credentials belong to: no other role is assumed.
    Itself {
        /// The line that sets them.
        line: usize,
    },
}

impl Target {
    /// The twelve digits of the account; empty if only AWS knows.
    pub fn account(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.value.account(),
            Self::Assigned { account, .. } => &account.value,
            Self::Itself { .. } => "",
        }
    }

    /// The line that names it.
    pub fn line(&self) -> usize {
        match self {
            Self::Arn(arn) => arn.line,
            Self::Assigned { permission_set, .. } => permission_set.line,
            Self::Itself { line } => *line,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.value.fmt(f),
            Self::Assigned { account, permission_set } => {
                write!(f, "{}/{}", account.value, permission_set.value)
            }
            Self::Itself { .. } => f.write_str("its own credentials"),
        }
    }
}

/// How a role is named, which depends on how it is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedBy {
    /// By its ARN.
    Arn,
    /// By account and permission set.
    PermissionSet,
    /// Either: the IdP is not in the file, which is reported later.
    Either,
}

impl NamedBy {
    pub(super) fn of(parent: &Parent, proof: Option<ProofKind>) -> Self {
        match (parent, proof) {
            (Parent::Idp(_), Some(ProofKind::PortalToken)) => Self::PermissionSet,
            (Parent::Idp(_), None) => Self::Either,
            (Parent::Via(_), _) | (_, Some(ProofKind::IdToken | ProofKind::Assertion)) => Self::Arn,
        }
    }
}

/// Reads the role's identity. Keys of the wrong kind are refused before their values are checked.
pub(super) fn read(section: &mut Section<'_>, named_by: NamedBy) -> Result<Target, Mistake> {
    let account = section.text("account")?;
    let permission_set = section.text("permission_set")?;
    if named_by == NamedBy::Arn
        && let Some(at) = permission_set.as_ref().or(account.as_ref())
    {
        return Err(no_permission_set_here(section, at.line));
    }
    match (account, permission_set) {
        (None, None) if named_by == NamedBy::PermissionSet => Err(no_arn_here(section)),
        (None, None) => by_arn(section, named_by),
        (Some(account), Some(permission_set)) => {
            if section.text("role_arn")?.is_some() {
                let what = format!("{} has both `role_arn` and `permission_set`", section.title);
                let suggestion = "a permission set needs only account and permission_set; delete role_arn";
                return Err(section.mistake_at(permission_set.line, what, Some(suggestion.to_owned())));
            }
            Ok(Target::Assigned { account, permission_set })
        }
        (Some(_), None) => Err(half_of_permission_set(section, "account", "permission_set", "Developer")),
        (None, Some(_)) => Err(half_of_permission_set(section, "permission_set", "account", "111111111111")),
    }
}

fn by_arn(section: &mut Section<'_>, named_by: NamedBy) -> Result<Target, Mistake> {
    let Some(arn) = section.text("role_arn")? else {
        let what = format!("{} has no `role_arn`", section.title);
        let suggestion = match named_by {
            NamedBy::Either => format!("add role_arn = \"{ARN}\", or at Identity Center {PERMISSION_SET}"),
            NamedBy::Arn | NamedBy::PermissionSet => format!("add role_arn = \"{ARN}\""),
        };
        return Err(section.missing(&["role_arn"], what, suggestion));
    };
    match arn.value.parse() {
        Ok(value) => Ok(Target::Arn(At { value, line: arn.line })),
        Err(why) => Err(section.mistake_at(arn.line, format!("`{}`: {why}", arn.value), None)),
    }
}

fn no_permission_set_here(section: &Section<'_>, line: usize) -> Mistake {
    let what = "only an IdP of type \"identity-center\" has permission sets".to_owned();
    let suggestion = match section.line_of("role_arn") {
        Some(_) => "delete account and permission_set: role_arn alone names the role".to_owned(),
        None => format!("write role_arn = \"{ARN}\" instead of account and permission_set"),
    };
    section.mistake_at(line, what, Some(suggestion))
}

fn no_arn_here(section: &Section<'_>) -> Mistake {
    match section.line_of("role_arn") {
        Some(line) => {
            let what = "Identity Center does not offer roles by ARN".to_owned();
            let suggestion = format!("write {PERMISSION_SET} instead of role_arn");
            section.mistake_at(line, what, Some(suggestion))
        }
        None => {
            let what = format!("{} has neither `account` nor `permission_set`", section.title);
            section.missing(&["account", "permission_set"], what, format!("add {PERMISSION_SET}"))
        }
    }
}

fn half_of_permission_set(section: &Section<'_>, has: &str, lacks: &str, example: &str) -> Mistake {
    let what = format!("{} has `{has}` without `{lacks}`", section.title);
    let suggestion = format!("add {lacks} = \"{example}\"");
    section.missing(&["account", "permission_set"], what, suggestion)
}
