//! The authentication transaction of Okta Classic Engine (Okta developer documentation, "Authentication API",
//! object model). Everything in it except the status may be missing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::plan::Factor;
use jit_wire::secret::Secret;

/// The org's answer to each step.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) status: String,
    pub(super) state_token: Option<Secret<String>>,
    pub(super) session_token: Option<Secret<String>>,
    pub(super) expires_at: Option<String>,
    pub(super) factor_result: Option<String>,
    pub(super) factor_result_message: Option<String>,
    #[serde(rename = "_embedded", default)]
    pub(super) embedded: Embedded,
    #[serde(rename = "_links", default)]
    links: Links,
}

/// The data that comes with it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Embedded {
    factors: Vec<FactorInfo>,
    pub(super) factor: Option<FactorInfo>,
    policy: Policy,
    challenge: Challenge,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Policy {
    allow_remember_device: bool,
    expiration: Expiration,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Expiration {
    password_expire_days: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Challenge {
    correct_answer: Option<Value>,
}

/// A second factor that the person has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FactorInfo {
    pub(super) id: String,
    pub(super) factor_type: String,
    pub(super) provider: String,
    pub(super) vendor_name: Option<String>,
    /// May be empty before anybody has signed in.
    profile: BTreeMap<String, Value>,
    #[serde(rename = "_embedded")]
    embedded: Option<Box<Embedded>>,
    #[serde(rename = "_links")]
    links: Links,
}

/// Links by relation; each may be one or a list.
type Links = BTreeMap<String, OneOrMany>;

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Link),
    Many(Vec<Link>),
    Other(serde::de::IgnoredAny),
}

#[derive(Clone, Debug, Deserialize)]
struct Link {
    href: String,
}

fn href<'l>(links: &'l Links, relation: &str) -> Option<&'l str> {
    match links.get(relation)? {
        OneOrMany::One(link) => Some(&link.href),
        OneOrMany::Many(links) => links.first().map(|link| link.href.as_str()),
        OneOrMany::Other(_) => None,
    }
}

impl Transaction {
    /// The URL of a relation.
    pub(super) fn link(&self, relation: &str) -> Option<&str> {
        href(&self.links, relation)
    }

    /// The factors to choose from; only the chosen one if there are no others.
    pub(super) fn factors(&self) -> Vec<FactorInfo> {
        let list = &self.embedded.factors;
        if list.is_empty() { self.embedded.factor.iter().cloned().collect() } else { list.clone() }
    }

    /// Whether the org allows a device to be remembered.
    pub(super) fn may_remember_device(&self) -> bool {
        self.embedded.policy.allow_remember_device
    }

    /// In how many days the password expires.
    pub(super) fn password_days(&self) -> Option<i64> {
        self.embedded.policy.expiration.password_expire_days
    }

    /// The number that the phone asks for, if any.
    pub(super) fn number(&self) -> Option<String> {
        let factor = self.embedded.factor.as_ref();
        let inner = factor.and_then(|factor| factor.embedded.as_ref()).map(|embedded| &embedded.challenge);
        let answer = inner.unwrap_or(&self.embedded.challenge).correct_answer.as_ref()?;
        match answer {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl FactorInfo {
    /// The kind of factor; `None` if it is unknown.
    pub(super) fn kind(&self) -> Option<Factor> {
        Some(match self.factor_type.as_str() {
            "push" => Factor::Push,
            "token:software:totp" => Factor::Totp,
            "token" | "token:hardware" | "token:hotp" => Factor::Token,
            "sms" => Factor::Sms,
            "call" => Factor::Call,
            "email" => Factor::Email,
            "question" => Factor::Question,
            // Duo's old prompt, and its Universal Prompt, which comes as another identity provider.
            "web" | "claims_provider" => Factor::Duo,
            "webauthn" | "u2f" => Factor::Webauthn,
            _ => return None,
        })
    }

    /// The URL where it is verified.
    pub(super) fn verify_link(&self) -> Option<&str> {
        href(&self.links, "verify")
    }

    /// A value of its profile, if the org shows it.
    pub(super) fn profile(&self, name: &str) -> Option<&str> {
        self.profile.get(name).and_then(Value::as_str)
    }

    /// The phone number or email address that a code is sent to.
    pub(super) fn sent_to(&self) -> Option<&str> {
        ["phoneNumber", "email"].into_iter().find_map(|name| self.profile(name))
    }
}
