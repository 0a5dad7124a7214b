//! Ids of requests and facts: UUIDs of version 7 (RFC 9562), made from the server's time and randomness that
//! is passed in.

use std::fmt;
use std::str::FromStr;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The minimum length of a short form that is shown.
const SHORT: usize = 6;
/// The minimum length of a short form that is typed.
const TYPED: usize = 4;

/// A UUID of version 7. They sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u128);

/// Why a text is not such an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID of version 7, written in lower case with hyphens")]
pub struct NotAnId;

impl Explain for NotAnId {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words("copy the id from the list of requests; its short form is enough")]
    }
}

impl Id {
    /// An id for the time `at`, which the server gave, with 74 of the bits of `random`.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let milliseconds = u128::try_from(at.0.max(0)).unwrap_or(0).saturating_mul(1000) & 0xffff_ffff_ffff;
        let mut bytes = [0; 16];
        bytes[6..].copy_from_slice(&random);
        let random = u128::from_be_bytes(bytes);
        let rand_a = (random >> 64) & 0xfff;
        let rand_b = random & 0x3fff_ffff_ffff_ffff;
        Self(milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
    }

    /// The time in it, in whole seconds.
    pub fn at(self) -> Timestamp {
        Timestamp(i64::try_from((self.0 >> 80) / 1000).unwrap_or(i64::MAX))
    }

    /// The last twelve digits, which are random: short forms come from them. (All ids of one day begin
    /// alike.)
    fn tail(self) -> String {
        format!("{:012x}", self.0 & 0xffff_ffff_ffff)
    }

    /// The shortest form that identifies this id among `others`: at least six digits of its last group, or
    /// all of it.
    pub fn short(self, others: impl IntoIterator<Item = Self>) -> String {
        let tail = self.tail();
        let common = others.into_iter().filter(|other| *other != self).map(|other| {
            let other = other.tail();
            tail.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
        });
        let needed = common.max().map_or(SHORT, |common| (common + 1).max(SHORT));
        if needed > tail.len() { self.to_string() } else { tail[..needed].to_owned() }
    }

    /// Which of `known` the typed `text` matches: a short form, or the beginning of a whole id.
    pub fn find(text: &str, known: impl IntoIterator<Item = Self>) -> IdMatch {
        let text = text.to_ascii_lowercase();
        let plain = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if text.len() < TYPED || !plain {
            return IdMatch::None;
        }
        let means = |id: &Self| id.tail().starts_with(&text) || id.to_string().starts_with(&text);
        let mut found: Vec<Self> = known.into_iter().filter(means).collect();
        found.sort_unstable();
        found.dedup();
        match found[..] {
            [] => IdMatch::None,
            [one] => IdMatch::One(one),
            _ => IdMatch::Several(found),
        }
    }
}

/// The result of looking up a typed form of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdMatch {
    /// No known id, or fewer than four digits.
    None,
    /// This one.
    One(Id),
    /// Any of these.
    Several(Vec<Id>),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xffff,
            (bits >> 64) & 0xffff,
            (bits >> 48) & 0xffff,
            bits & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return Err(NotAnId);
        }
        let mut bits: u128 = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let digit = match (at, byte) {
                (8 | 13 | 18 | 23, b'-') => continue,
                (8 | 13 | 18 | 23, _) => return Err(NotAnId),
                (_, b'0'..=b'9') => byte - b'0',
                (_, b'a'..=b'f') => byte - b'a' + 10,
                _ => return Err(NotAnId),
            };
            bits = bits << 4 | u128::from(digit);
        }
        let version = (bits >> 76) & 0xf;
        let variant = (bits >> 62) & 0b11;
        if version == 7 && variant == 0b10 { Ok(Self(bits)) } else { Err(NotAnId) }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_uuids_of_version_7_and_nothing_else() {
        // RFC 9562, appendix A.6.
        let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        let id: Id = example.parse().unwrap();
        assert_eq!(
            (id.to_string().as_str(), id.at().to_rfc3339().as_str()),
            (example, "2022-02-22T19:22:22Z")
        );
        for wrong in [
            "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
            "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
            "017f22e279b07cc398c4dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
            "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
            "017f22e2-79b0-7cc3-98c4dc0c0c07398f-",
            "",
        ] {
            assert_eq!(wrong.parse::<Id>(), Err(NotAnId), "{wrong}");
        }
    }

    #[test]
    fn short_forms_identify_one_id() {
        let id = |tail: &str| format!("017f22e2-79b0-7cc3-98c4-{tail}").parse::<Id>().unwrap();
        let (a, b, c) = (id("aaaaaabbbbbb"), id("aaaaaabbbccc"), id("dddddddddddd"));
        let all = [a, b, c];
        assert_eq!(a.short(all), "aaaaaabbbb");
        assert_eq!(c.short(all), "dddddd");
        assert_eq!(c.short([]), "dddddd");
        assert_eq!(Id::find("dddd", all), IdMatch::One(c));
        assert_eq!(Id::find("DDDDDD", all), IdMatch::One(c));
        assert_eq!(Id::find("aaaaaa", all), IdMatch::Several(vec![a, b]));
        assert_eq!(Id::find("017f22e2-79b0-7cc3-98c4-aaaaaabbbc", all), IdMatch::One(b));
        for nothing in ["", "ddd", "eeee", "dddddddddddd0", "zzzz", "*"] {
            assert_eq!(Id::find(nothing, all), IdMatch::None, "{nothing}");
        }
        let twin: Id = "017f22e2-79b0-7cc3-98c5-dddddddddddd".parse().unwrap();
        assert_eq!(twin.short([c]), twin.to_string(), "where the tail is not enough, all of it");
    }

    proptest! {
        #[test]
        fn ids_read_back(seconds in 0i64..200_000_000_000, random: [u8; 10], more: [u8; 10]) {
            let id = Id::new(Timestamp(seconds), random);
            prop_assert_eq!(id.to_string().parse::<Id>(), Ok(id));
            prop_assert_eq!(id.at(), Timestamp(seconds));
            let other = Id::new(Timestamp(seconds + 1), more);
            prop_assert!(id < other);
            prop_assert_eq!(Id::find(&id.short([id, other]), [id, other]), IdMatch::One(id));
        }
    }
}
