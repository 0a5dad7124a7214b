//! What the IdP tells AWS about the person: session tags, source identity, and, with SAML, the roles on
//! offer. For display and for choosing; AWS reads the signed original.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::plan::SamlPair;

/// The attributes of an assertion, or the AWS claims of an ID token (IAM User Guide, "Configure SAML assertions for
/// the authentication response" and "Passing session tags in AWS STS").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// `PrincipalTag:KEY`.
    pub tags: BTreeMap<String, String>,
    /// `TransitiveTagKeys`: the tags that are passed on along the chain.
    pub transitive_tags: BTreeSet<String>,
    /// `SourceIdentity`.
    pub source_identity: Option<String>,
    /// `RoleSessionName`.
    pub session_name: Option<String>,
    /// `SessionDuration` in seconds; it can only shorten.
    pub session_duration: Option<u32>,
    /// `Role`: what may be assumed, in the order of the assertion.
    pub roles: Vec<SamlPair>,
}
