//! The keys of the ledger, and exactly how each is written.

use std::fmt;
use std::str::FromStr;

use jit_wire::explain::{Explain, Kind, Next};

use super::{ActKind, FactKind, LARGEST_ACT, LARGEST_FACT};
use crate::id::Id;
use crate::people::UserId;
use crate::policy::LARGEST_POLICY;

/// A key of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `policy/<uuid7>/<userid>/policy.toml`
    Policy {
        /// Its id.
        id: Id,
        /// The publisher.
        author: UserId,
    },
    /// `f/<uuid7>/<userid>/<kind>.json`
    Fact {
        /// Its own id.
        id: Id,
        /// The author.
        author: UserId,
        /// The kind.
        kind: FactKind,
    },
    /// `a/<request uuid7>/<kind>.json`
    Act {
        /// The request that it is about.
        request: Id,
        /// The kind.
        kind: ActKind,
    },
    /// `s/<uuid7>/<kind>.json`
    Sweep {
        /// Its own id.
        id: Id,
        /// The kind.
        kind: SweepKind,
    },
}

/// What is stored under `s/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SweepKind {
    /// Shows that the applier is running.
    Sweep,
    /// A problem that was found.
    Finding,
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It begins with none of the ledger's prefixes.
    #[error("it does not start with policy/, f/, a/ or s/")]
    Prefix,
    /// Too few or too many segments.
    #[error("it has too few or too many segments")]
    Segments,
    /// The second segment.
    #[error("its second segment is not a UUID of version 7")]
    Id,
    /// The third segment.
    #[error("its third segment is not the user id of a role's session")]
    Author,
    /// The last segment.
    #[error("its last segment is not a kind of object for this prefix")]
    Kind,
}

impl Explain for KeyError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Prefix => "do not store anything else in the ledger's bucket or folder",
            Self::Segments | Self::Id | Self::Kind => {
                "tell security: jit does not write such keys, so somebody used another tool"
            }
            Self::Author => {
                "tell security: its author did not use a role session, as the people of the policy do"
            }
        })]
    }
}

impl Key {
    /// The id in its second segment.
    pub fn id(&self) -> Id {
        match self {
            Self::Policy { id, .. } | Self::Fact { id, .. } | Self::Sweep { id, .. } => *id,
            Self::Act { request, .. } => *request,
        }
    }

    /// The size of the largest object of this kind, in bytes. A larger one does not count.
    pub fn largest(&self) -> usize {
        match self {
            Self::Policy { .. } => LARGEST_POLICY,
            Self::Act { .. } => LARGEST_ACT,
            Self::Fact { .. } | Self::Sweep { .. } => LARGEST_FACT,
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parts: Vec<&str> = text.splitn(6, '/').collect();
        let id = |text: &str| text.parse::<Id>().map_err(|_| KeyError::Id);
        let author = |text: &str| text.parse::<UserId>().map_err(|_| KeyError::Author);
        match parts[..] {
            ["policy", second, third, last] => {
                let id = id(second)?;
                let author = author(third)?;
                if last == "policy.toml" { Ok(Self::Policy { id, author }) } else { Err(KeyError::Kind) }
            }
            ["f", second, third, last] => {
                let id = id(second)?;
                let author = author(third)?;
                let kind = kind_of(last, FactKind::from_name)?;
                Ok(Self::Fact { id, author, kind })
            }
            ["a", second, last] => {
                let request = id(second)?;
                Ok(Self::Act { request, kind: kind_of(last, ActKind::from_name)? })
            }
            ["s", second, last] => {
                let id = id(second)?;
                Ok(Self::Sweep { id, kind: kind_of(last, SweepKind::from_name)? })
            }
            [first, ..] if !["policy", "f", "a", "s"].contains(&first) => Err(KeyError::Prefix),
            _ => Err(KeyError::Segments),
        }
    }
}

fn kind_of<T>(last: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T, KeyError> {
    last.strip_suffix(".json").and_then(from_name).ok_or(KeyError::Kind)
}

impl SweepKind {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "sweep" => Some(Self::Sweep),
            "finding" => Some(Self::Finding),
            _ => None,
        }
    }

    /// As it is written in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Finding => "finding",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy { id, author } => write!(f, "policy/{id}/{author}/policy.toml"),
            Self::Fact { id, author, kind } => write!(f, "f/{id}/{author}/{}.json", kind.name()),
            Self::Act { request, kind } => write!(f, "a/{request}/{kind}.json"),
            Self::Sweep { id, kind } => write!(f, "s/{id}/{}.json", kind.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    const ME: &str = "AROAHUB4567890EXAMPLE:bob@corp.com";

    #[test]
    fn exactly_these_keys_count() {
        let good = [
            format!("policy/{ID}/{ME}/policy.toml"),
            format!("f/{ID}/{ME}/request.json"),
            format!("f/{ID}/{ME}/vote.json"),
            format!("f/{ID}/{ME}/drop.json"),
            format!("f/{ID}/{ME}/revoke.json"),
            format!("f/{ID}/{ME}/review.json"),
            format!("f/{ID}/{ME}/use.json"),
            format!("a/{ID}/decision.json"),
            format!("a/{ID}/applied.json"),
            format!("a/{ID}/ended.json"),
            format!("a/{ID}/failed.json"),
            format!("a/{ID}/told.json"),
            format!("a/{ID}/slack-U012.json"),
            format!("s/{ID}/sweep.json"),
            format!("s/{ID}/finding.json"),
        ];
        for key in good {
            assert_eq!(key.parse::<Key>().map(|key| key.to_string()), Ok(key.clone()));
            // One segment more, one less, an empty one, another case: the same object never has another name.
            let (head, last) = key.rsplit_once('/').unwrap();
            for wrong in [
                format!("{key}/"),
                format!("/{key}"),
                format!("{head}/x/{last}"),
                format!("{head}//{last}"),
                head.to_owned(),
                key.to_uppercase(),
                key.replacen('/', "//", 1),
                format!("{key}.json"),
                format!("{head}/{}", last.replace(".json", ".JSON").replace(".toml", ".TOML")),
                format!("{head}/../{last}"),
                format!(" {key}"),
                key.replacen(ID, "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", 1),
            ] {
                assert!(wrong.parse::<Key>().is_err(), "{wrong}");
            }
        }
        let cases = [
            ("", KeyError::Prefix),
            ("x/y", KeyError::Prefix),
            ("f", KeyError::Segments),
            (&format!("f/{ID}/{ME}"), KeyError::Segments),
            (&format!("f/x/{ME}/vote.json"), KeyError::Id),
            (&format!("f/{ID}/bob/vote.json"), KeyError::Author),
            (&format!("f/{ID}/{ME}/decision.json"), KeyError::Kind),
            (&format!("a/{ID}/vote.json"), KeyError::Kind),
            (&format!("a/{ID}/slack-.json"), KeyError::Kind),
            (&format!("a/{ID}/slack-U0*.json"), KeyError::Kind),
            (&format!("s/{ID}/policy.json"), KeyError::Kind),
            (&format!("policy/{ID}/{ME}/other.toml"), KeyError::Kind),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Key>(), Err(error), "{text}");
        }
    }
}
