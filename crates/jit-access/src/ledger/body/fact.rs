//! The facts: objects that people write.

use jit_wire::name::is_account_id;
use jit_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BodyError, Hash, Vouch};
use crate::id::Id;
use crate::ledger::LARGEST_FACT;

/// The kinds of facts, as written in keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A request.
    Request,
    /// A vote.
    Vote,
    /// The requester withdraws or returns it.
    Drop,
    /// Somebody ends it.
    Revoke,
    /// Somebody reviewed a use of break-glass.
    Review,
    /// Somebody used break-glass.
    Use,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Request, Self::Vote, Self::Drop, Self::Revoke, Self::Review, Self::Use];

    /// As it is written in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Vote => "vote",
            Self::Drop => "drop",
            Self::Revoke => "revoke",
            Self::Review => "review",
            Self::Use => "use",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// `request.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The access.
    pub access: String,
    /// The accounts; none if the role determines it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The duration, in seconds.
    pub duration: u32,
    /// The reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The start, if not immediately.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub start: Option<Timestamp>,
    /// The request whose grant this one extends, and whose reason and ticket it inherits if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Id>,
}

/// `vote.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The request.
    pub request: Id,
    /// The hash of the request's stored bytes.
    pub sha256: Hash,
    /// The vote.
    pub vote: Vouch,
    /// The voter's comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// `drop.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drop {
    /// The request.
    pub request: Id,
    /// The hash of the request's stored bytes.
    pub sha256: Hash,
}

/// `revoke.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The request.
    pub request: Id,
    /// The hash of the request's stored bytes.
    pub sha256: Hash,
    /// The reason.
    pub reason: String,
}

/// `review.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The use.
    pub request: Id,
    /// The hash of the use's stored bytes.
    pub sha256: Hash,
    /// Whether it was legitimate.
    pub vote: Vouch,
    /// The reviewer's comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// `use.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The access.
    pub access: String,
    /// The account.
    pub account: String,
    /// The reason.
    pub reason: String,
    /// When, if it is recorded later. This is only the person's claim; the time for the review starts when it
    /// is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub at: Option<Timestamp>,
}

/// The body of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `request.json`
    Request(Request),
    /// `vote.json`
    Vote(Vote),
    /// `drop.json`
    Drop(Drop),
    /// `revoke.json`
    Revoke(Revoke),
    /// `review.json`
    Review(Review),
    /// `use.json`
    Use(Use),
}

impl Fact {
    /// Reads the body of a fact.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(kind: FactKind, bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.len() > LARGEST_FACT {
            return Err(BodyError::Large(bytes.len(), LARGEST_FACT));
        }
        let fact = match kind {
            FactKind::Request => Self::Request(super::read(bytes)?),
            FactKind::Vote => Self::Vote(super::read(bytes)?),
            FactKind::Drop => Self::Drop(super::read(bytes)?),
            FactKind::Revoke => Self::Revoke(super::read(bytes)?),
            FactKind::Review => Self::Review(super::read(bytes)?),
            FactKind::Use => Self::Use(super::read(bytes)?),
        };
        let accounts: &[String] = match &fact {
            Self::Request(request) => &request.accounts,
            Self::Use(used) => std::slice::from_ref(&used.account),
            _ => &[],
        };
        match accounts.iter().find(|account| !is_account_id(account)) {
            Some(_) => Err(BodyError::Json("an account is not twelve digits".to_owned())),
            None => Ok(fact),
        }
    }

    /// The kind.
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Request(_) => FactKind::Request,
            Self::Vote(_) => FactKind::Vote,
            Self::Drop(_) => FactKind::Drop,
            Self::Revoke(_) => FactKind::Revoke,
            Self::Review(_) => FactKind::Review,
            Self::Use(_) => FactKind::Use,
        }
    }

    /// The request or use that it is about, and the hash of its bytes.
    pub fn about(&self) -> Option<(Id, Hash)> {
        match self {
            Self::Request(_) | Self::Use(_) => None,
            Self::Vote(Vote { request, sha256, .. })
            | Self::Drop(Drop { request, sha256 })
            | Self::Revoke(Revoke { request, sha256, .. })
            | Self::Review(Review { request, sha256, .. }) => Some((*request, *sha256)),
        }
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(body) => super::write(body),
            Self::Vote(body) => super::write(body),
            Self::Drop(body) => super::write(body),
            Self::Revoke(body) => super::write(body),
            Self::Review(body) => super::write(body),
            Self::Use(body) => super::write(body),
        }
    }
}

/// Times in bodies: RFC 3339, in UTC with whole seconds, and no other form of the same time.
pub(super) mod moment {
    use std::borrow::Cow;

    use jit_wire::timestamp::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.collect_str(&at.to_rfc3339()),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let at = Timestamp::parse_rfc3339(&text).filter(|at| at.to_rfc3339() == text);
        at.map(Some).ok_or_else(|| D::Error::custom("not a time such as 2026-11-28T12:00:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_strict() {
        let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        let hash = Hash::of(b"x").to_string();
        let good = [
            (FactKind::Request, r#"{"access":"read","duration":3600}"#.to_owned()),
            (
                FactKind::Request,
                format!(
                    r#"{{"access":"read","accounts":["111122223333"],"duration":3600,"reason":"because","ticket":"INC-1","start":"2026-11-28T12:00:00Z","extends":"{id}"}}"#
                ),
            ),
            (FactKind::Vote, format!(r#"{{"request":"{id}","sha256":"{hash}","vote":"approve"}}"#)),
            (FactKind::Drop, format!(r#"{{"request":"{id}","sha256":"{hash}"}}"#)),
            (FactKind::Revoke, format!(r#"{{"request":"{id}","sha256":"{hash}","reason":"no"}}"#)),
            (
                FactKind::Review,
                format!(r#"{{"request":"{id}","sha256":"{hash}","vote":"deny","reason":"no"}}"#),
            ),
            (FactKind::Use, r#"{"access":"glass","account":"111122223333","reason":"fire"}"#.to_owned()),
        ];
        for (kind, text) in &good {
            let fact = Fact::read(*kind, text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(fact.kind(), *kind);
            assert_eq!(String::from_utf8(fact.to_bytes()).unwrap(), *text);
            let first = text.split([':', ',']).next().unwrap().trim_start_matches('{');
            let value = text.split_once(':').unwrap().1.split([',', '}']).next().unwrap();
            for wrong in [
                text.replacen('{', "{\"author\":\"bob\",", 1),
                text.replacen('{', &format!("{{{first}:{value},"), 1),
                text.replacen(first, "\"Access\"", 1),
                format!("{text}{text}"),
                format!("{text}x"),
                format!("[{text}]"),
                format!("[{value}]"),
                text[..text.len() - 1].to_owned(),
                String::new(),
                "null".to_owned(),
                "{}".to_owned(),
                text.replacen(value, "7", 1),
            ] {
                assert!(Fact::read(*kind, wrong.as_bytes()).is_err(), "{kind:?} {wrong}");
            }
        }
        for wrong in [
            r#"{"access":"read","duration":-1}"#,
            r#"{"access":"read","duration":1.5}"#,
            r#"{"access":"read","duration":"1h"}"#,
            r#"{"access":"read","duration":99999999999}"#,
            r#"{"access":"read","duration":1,"accounts":["*"]}"#,
            r#"{"access":"read","duration":1,"start":"2026-11-28"}"#,
            r#"{"access":"read","duration":1,"start":"2026-11-28T13:00:00+01:00"}"#,
            r#"{"access":"read","duration":1,"start":null}"#,
        ] {
            assert!(Fact::read(FactKind::Request, wrong.as_bytes()).is_err(), "{wrong}");
        }
        let long = format!(r#"{{"access":"read","duration":1,"reason":"{}"}}"#, "x".repeat(LARGEST_FACT));
        assert!(matches!(Fact::read(FactKind::Request, long.as_bytes()), Err(BodyError::Large(..))));
    }
}
