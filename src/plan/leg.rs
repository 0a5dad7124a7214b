//! One role of the chain: what is requested from AWS for it, and what it requires of the sign-in.

use std::collections::BTreeMap;
use std::time::Duration;

use jit_wire::sign_in::Requirement;

use super::{RoleId, StsEndpoint, Valued};

/// One assumed role of the chain.
#[derive(Clone, Debug)]
pub struct Leg {
    /// `[role.NAME]`.
    pub name: String,
    /// The role.
    pub role: Valued<RoleId>,
    /// The SAML provider, on AssumeRoleWithSAML only; `None` takes the one that the assertion names.
    pub provider_arn: Option<Valued<String>>,
    /// `DurationSeconds` to ask for; AWS's limit for chained roles is applied already.
    pub duration: Valued<u32>,
    /// `RoleSessionName`; `None` takes the name of the user at the IdP.
    pub session_name: Option<Valued<String>>,
    /// `SourceIdentity`, on AssumeRole only.
    pub source_identity: Option<Valued<String>>,
    /// `ExternalId`, on AssumeRole only.
    pub external_id: Option<Valued<String>>,
    /// `SerialNumber`: the MFA device whose code is asked for.
    pub mfa_serial: Option<Valued<String>>,
    /// Session tags, on AssumeRole only.
    pub tags: Option<Valued<BTreeMap<String, String>>>,
    /// Which of the tags are passed on to the roles after this one.
    pub transitive_tags: Option<Valued<Vec<String>>>,
    /// An inline session policy, JSON.
    pub policy: Option<Valued<String>>,
    /// Managed session policies.
    pub policy_arns: Option<Valued<Vec<String>>>,
    /// The STS endpoint to ask.
    pub sts: StsEndpoint,
    /// What it requires of the sign-in.
    pub sign_in: SignInDemand,
}

/// What `[role.NAME]` requires of the sign-in.
#[derive(Clone, Debug, Default)]
pub struct SignInDemand {
    /// How long ago it may be, in seconds.
    pub age: Option<Valued<u32>>,
    /// Its `acr` or AuthnContext must be one of these.
    pub acr: Option<Valued<Vec<String>>>,
    /// The person must have used all of these methods.
    pub amr: Option<Valued<Vec<String>>>,
}

impl SignInDemand {
    /// Adds this to the requirements of other steps.
    pub(super) fn add_to(&self, all: &mut Requirement) {
        let age = self.age.as_ref().map(|age| Duration::from_secs(age.value.into()));
        let acr = self.acr.as_ref().map(|acr| acr.value.as_slice());
        let amr = self.amr.as_ref().map(|amr| amr.value.as_slice());
        all.add(age, acr, amr);
    }
}
