//! The settings that the documents of a deployment need and that no policy file has.

use std::collections::BTreeMap;

use jit_wire::arn::RoleArn;
use jit_wire::timestamp::Timestamp;

use super::super::{Level, SessionName, Where};

/// What is known of a deployment besides its policy file. Documents that need something else are not rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderSettings {
    /// The bucket of the ledger.
    pub ledger: Option<String>,
    /// Where roles on request are.
    pub reach: Option<Where>,
    /// The platform's roles, which deploy.
    pub platform: Vec<RoleArn>,
    /// The function's role.
    pub function_role: Option<RoleArn>,
    /// The function's ARN; `None` if it runs from cron or a CI job.
    pub function: Option<String>,
    /// The session tags that the IdP sends.
    pub tags: Vec<String>,
    /// The roles that may be passed to services.
    pub passable: Vec<String>,
    /// The company's own ceilings, by name.
    pub ceilings: BTreeMap<String, CompanyCeiling>,
    /// How people arrive, by door.
    pub arrivals: BTreeMap<String, Arrival>,
    /// The person to render grants for.
    pub grant: Option<GrantFor>,
}

/// A ceiling of the company's own, made from a built-in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyCeiling {
    /// The built-in ceiling.
    pub level: Level,
    /// The actions that are added.
    pub more: Vec<String>,
}

/// How people arrive at a door. Identity Center needs none: AWS writes the trust of its roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// With a token of an OIDC provider.
    Oidc {
        /// Its issuer without `https://`.
        issuer: String,
        /// The client id.
        audience: String,
        /// Which claim is the session's name.
        session_name: SessionName,
    },
    /// With a SAML assertion.
    Saml {
        /// The name of the SAML provider in IAM.
        provider: String,
        /// Regions whose own sign-in endpoints may be the audience too.
        regions: Vec<String>,
    },
    /// A program, with a token of an OIDC provider.
    Robot {
        /// Its issuer without `https://`.
        issuer: String,
        /// The audience.
        audience: String,
        /// The only `sub`.
        subject: String,
        /// The only session name.
        session_name: String,
    },
}

/// The person of a grant, and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFor {
    /// A person, or a session name.
    pub person: String,
    /// The end: from this moment on nothing is allowed.
    pub until: Timestamp,
}
