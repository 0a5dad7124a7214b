//! Every document that AWS evaluates, as text with stable bytes.
//!
//! This is the only source of these documents, for the deployment, the applier, the audit, the documentation
//! and the tests. `tests/rendered` evaluates them, changes each of their parts in turn, and fails for every
//! change that no scenario notices.
//!
//! | document | renderer | limit |
//! | --- | --- | --- |
//! | a grant, `jit-<id>` | [`GrantDocument::render`] | [`Limit::Inline`], for all grants of one role together |
//! | the trust policy of a role on request or of a break-glass role | [`RoleOnRequest::trust`] | [`Limit::Trust`] |
//! | a ceiling | [`Ceiling::render`] | [`Limit::Managed`] |
//! | what a break-glass role may do | [`standing`] | [`Limit::Inline`] |
//! | the ledger's bucket | [`LedgerBucket::render`] | [`Limit::Bucket`] |
//! | what people may do at a door | [`EntryPolicy::render`] | [`Limit::Inline`], [`Limit::PermissionSet`] |
//! | how they arrive there | [`EntryTrust::render`] | [`Limit::Trust`] |
//! | the applier | [`GrantorTrust::render`], [`grantor()`] | [`Limit::Trust`], [`Limit::Inline`] |
//! | the guard rail | [`Guardrail::render`] | [`Limit::ServiceControl`] |
//! | what a permission set allows, whatever its rights | [`EntryPolicy::together`] | [`Limit::PermissionSet`] |
//! | what every account has, for a stack set | [`account_template`] | [`Limit::Template`] |
//! | the ledger, for CloudFormation | [`ledger_template`] | [`Limit::Template`] |
//!
//! [`deployment()`] renders all of them from a policy file and the little that it does not say.

mod ceiling;
mod compare;
mod deployment;
mod document;
mod entry;
mod from_policy;
mod grant;
mod grantor;
mod index;
mod ledger;
mod names;
mod read_back;
mod role;
mod size;
mod template;

pub use ceiling::{Ceiling, Level, SERVICES, Service};
pub use compare::same_meaning;
pub use deployment::{
    Arrival, CompanyCeiling, GrantFor, MissingSetting, NotRendered, RenderSettings, Rendered, Rendering,
    deployment,
};
pub use document::Document;
pub use entry::{EntryPolicy, EntryTrust, OidcProvider, Reach, SessionName, Where, Writes};
pub use grant::{AllowedStatement, GrantDocument, GrantError, Networks, policy_name, request_of};
pub use grantor::{GrantorTrust, Guardrail, grantor};
pub use index::{DeploymentIndex, IndexedDoor, IndexedGrantor, IndexedRole, NotDeployable};
pub use ledger::LedgerBucket;
pub use names::EntryRole;
pub use read_back::{StatementDifference, differences, recognized, rules};
pub use role::{RoleOnRequest, standing};
pub use size::{Fullness, Limit, Room, TooLong};
pub use template::{account_template, ledger_template};
