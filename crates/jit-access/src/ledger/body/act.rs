//! The acts: objects that the applier writes.

use std::fmt;

use jit_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BodyError, Hash, Vouch};
use crate::id::Id;
use crate::ledger::LARGEST_ACT;

/// The kinds of acts, as written in keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActKind {
    /// The decision.
    Decision,
    /// The grants are in AWS.
    Applied,
    /// The grants have been removed from AWS.
    Ended,
    /// The grants could not be written.
    Failed,
    /// People were notified.
    Told,
    /// A vote with a button in Slack, by this member.
    Slack(String),
}

impl ActKind {
    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "decision" => Self::Decision,
            "applied" => Self::Applied,
            "ended" => Self::Ended,
            "failed" => Self::Failed,
            "told" => Self::Told,
            _ => {
                let member = name.strip_prefix("slack-")?;
                let fits = (1..=32).contains(&member.len())
                    && member.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
                return fits.then(|| Self::Slack(member.to_owned()));
            }
        })
    }
}

impl fmt::Display for ActKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision => f.write_str("decision"),
            Self::Applied => f.write_str("applied"),
            Self::Ended => f.write_str("ended"),
            Self::Failed => f.write_str("failed"),
            Self::Told => f.write_str("told"),
            Self::Slack(member) => write!(f, "slack-{member}"),
        }
    }
}

/// `decision.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The hash of the request's stored bytes.
    pub sha256: Hash,
    /// The time that the decision is for.
    pub now: Timestamp,
    /// The key of the policy in force.
    pub policy: String,
    /// The keys of the facts that were used, in order.
    pub facts: Vec<String>,
    /// The requests of the past that were used, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Id>,
    /// Who was in the groups of Identity Center, as far as it matters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<GroupMembers>,
    /// Which accounts were in the organizational units, as far as it matters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitAccounts>,
    /// Who was on call; absent if nobody was asked or there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_call: Option<Vec<ShiftAnswer>>,
    /// Granted or denied.
    pub verdict: Outcome,
    /// The code, if denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was denied, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When the grants start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// When the grants end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The grants, one for each account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Granted>,
}

/// The outcome of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Granted.
    Grant,
    /// Denied.
    Deny,
}

/// One grant of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// The account.
    pub account: String,
    /// The role's ARN.
    pub role: String,
    /// The exact text of the inline policy.
    pub document: String,
}

/// Who was in a group of Identity Center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupMembers {
    /// The group's id.
    pub group: String,
    /// Its members who matter here.
    pub names: Vec<String>,
}

/// Which accounts were in an organizational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitAccounts {
    /// The unit's id.
    pub unit: String,
    /// Its accounts that matter here.
    pub accounts: Vec<String>,
}

/// One line of the on-call answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftAnswer {
    /// The schedule's id.
    pub schedule: String,
    /// The user's id.
    pub user: String,
    /// When the shift ends.
    pub until: Timestamp,
}

/// `applied.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// Every role that has its grant, read back.
    pub roles: Vec<AppliedRole>,
}

/// One role that has its grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedRole {
    /// The account.
    pub account: String,
    /// The role's ARN.
    pub role: String,
}

/// Why grants ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The time ran out.
    Time,
    /// The requester gave them back.
    Return,
    /// Somebody revoked them.
    Revocation,
}

/// `ended.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Why.
    pub cause: Cause,
    /// The fact that ended them, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Id>,
}

/// `failed.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Where.
    pub role: String,
    /// AWS's error message.
    pub why: String,
}

/// `told.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Where people were notified, such as `slack C012/1690000000.000100`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<String>,
    /// What could not be sent, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// `slack-<user>.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackVote {
    /// The hash of the request's stored bytes.
    pub sha256: Hash,
    /// The vote.
    pub vote: Vouch,
    /// The voter's comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The body of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// `decision.json`
    Decision(Box<Decision>),
    /// `applied.json`
    Applied(Applied),
    /// `ended.json`
    Ended(Ended),
    /// `failed.json`
    Failed(Failed),
    /// `told.json`
    Told(Told),
    /// `slack-<user>.json`, with the member.
    Slack(String, SlackVote),
}

impl Act {
    /// Reads the body of an act.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(kind: &ActKind, bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.len() > LARGEST_ACT {
            return Err(BodyError::Large(bytes.len(), LARGEST_ACT));
        }
        Ok(match kind {
            ActKind::Decision => {
                let mut decision: Box<Decision> = super::read(bytes)?;
                // Old decisions are numerous and mostly have one grant, but a parsed list has room for
                // several.
                decision.grants.shrink_to_fit();
                decision.facts.shrink_to_fit();
                Self::Decision(decision)
            }
            ActKind::Applied => Self::Applied(super::read(bytes)?),
            ActKind::Ended => Self::Ended(super::read(bytes)?),
            ActKind::Failed => Self::Failed(super::read(bytes)?),
            ActKind::Told => Self::Told(super::read(bytes)?),
            ActKind::Slack(member) => Self::Slack(member.clone(), super::read(bytes)?),
        })
    }

    /// The kind.
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Decision(_) => ActKind::Decision,
            Self::Applied(_) => ActKind::Applied,
            Self::Ended(_) => ActKind::Ended,
            Self::Failed(_) => ActKind::Failed,
            Self::Told(_) => ActKind::Told,
            Self::Slack(member, _) => ActKind::Slack(member.clone()),
        }
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Decision(body) => super::write(body),
            Self::Applied(body) => super::write(body),
            Self::Ended(body) => super::write(body),
            Self::Failed(body) => super::write(body),
            Self::Told(body) => super::write(body),
            Self::Slack(_, body) => super::write(body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_read_back_and_nothing_else_is_accepted() {
        let decision = Decision {
            sha256: Hash::of(b"x"),
            now: Timestamp(1_795_176_000),
            policy: "policy/…".into(),
            facts: vec!["f/…".into()],
            history: Vec::new(),
            members: vec![GroupMembers { group: "g".into(), names: vec!["a".into()] }],
            units: Vec::new(),
            on_call: Some(vec![ShiftAnswer { schedule: "P".into(), user: "U".into(), until: Timestamp(5) }]),
            verdict: Outcome::Grant,
            code: None,
            why: None,
            from: None,
            until: Some(Timestamp(7)),
            grants: vec![Granted { account: "1".into(), role: "r".into(), document: "{}".into() }],
        };
        let acts = [
            Act::Decision(Box::new(decision)),
            Act::Applied(Applied { roles: vec![AppliedRole { account: "1".into(), role: "r".into() }] }),
            Act::Ended(Ended { cause: Cause::Return, fact: None }),
            Act::Failed(Failed { role: "r".into(), why: "w".into() }),
            Act::Told(Told { sent: vec!["slack".into()], failed: Vec::new() }),
            Act::Slack(
                "U012".into(),
                SlackVote { sha256: Hash::of(b"x"), vote: Vouch::Deny, reason: String::new() },
            ),
        ];
        for act in acts {
            let bytes = act.to_bytes();
            assert_eq!(Act::read(&act.kind(), &bytes).as_ref(), Ok(&act));
            assert_eq!(ActKind::from_name(&act.kind().to_string()), Some(act.kind()));
            let text = String::from_utf8(bytes).unwrap();
            for wrong in [text.replacen('{', "{\"more\":1,", 1), format!("[{text}]"), format!("{text},")] {
                assert!(Act::read(&act.kind(), wrong.as_bytes()).is_err(), "{wrong}");
            }
        }
    }
}
