//! The names of entries: each is a hash of everything that the entry depends on, so that another request
//! never finds it.

use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};

use super::{
    CenterSettings, Leg, OidcSettings, OktaSettings, Plan, ProfileSource, ProofPlan, SamlSettings,
    StsEndpoint, Valued,
};

/// What an entry of the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// What the IdP issued: refresh token, ID token, its discovery document.
    Login,
    /// The session of one step.
    Session,
    /// The durations that a role granted and refused.
    Durations,
    /// What is remembered after a login at an IdP without a browser: the user's name, the device token, the
    /// last factor.
    Person,
}

impl EntryKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Session => "session",
            Self::Durations => "durations",
            Self::Person => "person",
        }
    }
}

/// The name of an entry of the store: a hash of everything that the entry depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey {
    /// What the entry holds.
    pub kind: EntryKind,
    hash: String,
}

impl EntryKey {
    /// The key of the entry for `question`. Equal questions have equal keys.
    pub fn of(kind: EntryKind, question: &impl Serialize) -> Self {
        let text = serde_json::to_vec(question).expect("questions are text, numbers and lists");
        let digest = ring::digest::digest(&ring::digest::SHA256, &text);
        let hash = digest.as_ref().iter().take(20).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        Self { kind, hash }
    }

    /// The file name of the entry. Its encryption is bound to this name.
    pub fn file_name(&self) -> String {
        format!("{}-{}", self.kind.prefix(), self.hash)
    }

    /// The key for a file name; `None` for files that are not entries.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (prefix, hash) = name.split_once('-')?;
        let kinds = [EntryKind::Login, EntryKind::Session, EntryKind::Durations, EntryKind::Person];
        let kind = kinds.into_iter().find(|kind| kind.prefix() == prefix)?;
        let plain =
            hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        plain.then(|| Self { kind, hash: hash.to_owned() })
    }
}

impl fmt::Display for EntryKey {
    /// Enough of it to tell it from others, for the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.prefix(), self.hash.get(..8).unwrap_or_default())
    }
}

impl Plan {
    /// The key for the session of the step at `index`: a hash of the proof and of every step up to this one,
    /// as requested.
    pub fn session_key(&self, index: usize) -> EntryKey {
        let legs: Vec<_> = self.legs[..=index].iter().map(KeyInput).collect();
        EntryKey::of(EntryKind::Session, &(KeyInput(&self.proof), legs))
    }

    /// The key for the durations that the step's role is known to allow.
    pub fn durations_key(&self, index: usize) -> EntryKey {
        let leg = &self.legs[index];
        let question = (leg.role.value.as_str(), Self::is_chained(index), KeyInput(&leg.sts));
        EntryKey::of(EntryKind::Durations, &question)
    }
}

impl ProofPlan {
    /// The key for what the IdP issued.
    pub fn login_key(&self) -> EntryKey {
        EntryKey::of(EntryKind::Login, &KeyInput(self))
    }

    /// The key for what is remembered about the person.
    pub fn person_key(&self) -> EntryKey {
        EntryKey::of(EntryKind::Person, &KeyInput(self))
    }
}

/// The request as the text whose hash is the entry's name: a list in which every item has a fixed position.
/// Text for people and the origin of settings are not part of it.
struct KeyInput<'a, T>(&'a T);

fn value<T>(valued: &Option<Valued<T>>) -> Option<&T> {
    valued.as_ref().map(|valued| &valued.value)
}

impl Serialize for KeyInput<'_, ProofPlan> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ProofPlan::Oidc(OidcSettings { issuer, client_id, scopes, audience, .. }) => {
                ("oidc", &issuer.value, &client_id.value, value(scopes), value(audience)).serialize(to)
            }
            ProofPlan::Saml(SamlSettings { sso_url, start_url, entity_id, .. }) => {
                ("saml", value(sso_url), value(start_url), &entity_id.value).serialize(to)
            }
            ProofPlan::Okta(OktaSettings { org, app_url, username, client_id, .. }) => {
                ("okta", &org.value, &app_url.value, value(username), value(client_id)).serialize(to)
            }
            ProofPlan::IdentityCenter(CenterSettings { start_url, region, oidc_url, .. }) => {
                ("identity-center", &start_url.value, &region.value, value(oidc_url)).serialize(to)
            }
            ProofPlan::Source(settings) => ("source", KeyInput(&settings.source.value)).serialize(to),
        }
    }
}

impl Serialize for KeyInput<'_, ProfileSource> {
    /// What identifies the source, without secrets: no secret goes into the name of an entry.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ProfileSource::Keys { id, .. } => ("keys", id).serialize(to),
            ProfileSource::Process(words) => ("process", words).serialize(to),
            ProfileSource::TokenFile(path) => ("token-file", path).serialize(to),
            ProfileSource::Container { url, .. } => ("container", url).serialize(to),
            ProfileSource::Instance { url, .. } => ("instance", url).serialize(to),
        }
    }
}

impl Serialize for KeyInput<'_, Leg> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let leg = self.0;
        let role = (leg.role.value.as_str(), value(&leg.provider_arn), leg.duration.value);
        let names = (value(&leg.session_name), value(&leg.source_identity));
        let conditions = (value(&leg.external_id), value(&leg.mfa_serial));
        let tags = (value(&leg.tags), value(&leg.transitive_tags));
        let policies = (value(&leg.policy), value(&leg.policy_arns));
        (role, names, conditions, tags, policies, KeyInput(&leg.sts)).serialize(to)
    }
}

impl Serialize for KeyInput<'_, StsEndpoint> {
    /// The region is left out: a session of any regional endpoint is valid in every region of the partition.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (value(&self.0.url), self.0.fips.value, self.0.dual_stack.value).serialize(to)
    }
}
