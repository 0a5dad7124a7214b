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
    /// The SAML provider, for AssumeRoleWithSAML only; `None` means the one that the assertion names.
    pub provider_arn: Option<Valued<String>>,
    /// The requested `DurationSeconds`, already cut to AWS's limit for chained roles.
    pub duration: Valued<u32>,
    /// `RoleSessionName`; `None` means the user's name at the IdP.
    pub session_name: Option<Valued<String>>,
    /// `SourceIdentity`, for AssumeRole only.
    pub source_identity: Option<Valued<String>>,
    /// `ExternalId`, for AssumeRole only.
    pub external_id: Option<Valued<String>>,
    /// `SerialNumber`: the MFA device whose code is needed.
    pub mfa_serial: Option<Valued<String>>,
    /// Session tags, for AssumeRole only.
    pub tags: Option<Valued<BTreeMap<String, String>>>,
    /// The tags that are passed on to the roles after this one.
    pub transitive_tags: Option<Valued<Vec<String>>>,
    /// An inline session policy, as JSON.
    pub policy: Option<Valued<String>>,
    /// Managed session policies.
    pub policy_arns: Option<Valued<Vec<String>>>,
    /// The STS endpoint to call.
    pub sts: StsEndpoint,
    /// The role's requirements for the sign-in.
    pub sign_in: SignInDemand,
}

impl Leg {
    /// A step that requests `role` for `duration` from `sts`, and nothing else.
    pub fn new(
        name: impl Into<String>,
        role: Valued<RoleId>,
        duration: Valued<u32>,
        sts: StsEndpoint,
    ) -> Self {
        Self {
            name: name.into(),
            role,
            provider_arn: None,
            duration,
            session_name: None,
            source_identity: None,
            external_id: None,
            mfa_serial: None,
            tags: None,
            transitive_tags: None,
            policy: None,
            policy_arns: None,
            sts,
            sign_in: SignInDemand::default(),
        }
    }
}

/// The requirements of `[role.NAME]` for the sign-in.
#[derive(Clone, Debug, Default)]
pub struct SignInDemand {
    /// The maximum age of the sign-in, in seconds.
    pub age: Option<Valued<u32>>,
    /// Its `acr` or AuthnContext must be one of these.
    pub acr: Option<Valued<Vec<String>>>,
    /// The person must have used all of these methods.
    pub amr: Option<Valued<Vec<String>>>,
}

impl SignInDemand {
    /// Adds these to the requirements of other steps.
    pub(super) fn add_to(&self, all: &mut Requirement) {
        let age = self.age.as_ref().map(|age| Duration::from_secs(age.value.into()));
        let acr = self.acr.as_ref().map(|acr| acr.value.as_slice());
        let amr = self.amr.as_ref().map(|amr| amr.value.as_slice());
        all.add(age, acr, amr);
    }
}
