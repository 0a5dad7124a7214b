//! A resolved role: how the person proves their identity, the roles to assume, and where each value was set.
//! Pure data; nothing here uses the clock, the network or the store.
//!
//! | file | contents |
//! | --- | --- |
//! | `proof` | the kinds of proof; the settings of each are in `oidc`, `saml`, `okta`, `identity_center` and `source` |
//! | `leg`, `role` | one role of the chain, and what identifies a role |
//! | `discovered` | a role that an IdP offers and that is in no configuration |
//! | `endpoint` | the URLs of the AWS services to call |
//! | `value` | a value and where it was set |
//! | `ledger` | where the ledger of access on request is, and roles that are reached from an entry role |
//! | `key` | the names of the store's entries, as hashes of the plan |

mod discovered;
mod endpoint;
mod identity_center;
mod key;
mod ledger;
mod leg;
mod oidc;
mod okta;
mod proof;
mod role;
mod saml;
mod source;
mod value;

use jit_wire::credentials::with_restrictions;
use jit_wire::name::Variable;
use jit_wire::sign_in::Requirement;

pub use discovered::{AccountNames, DiscoveredRole, SamlPair};
pub use endpoint::StsEndpoint;
pub use identity_center::CenterSettings;
pub use key::{EntryKey, EntryKind};
pub use ledger::LedgerPlace;
pub use leg::{Leg, SignInDemand};
pub use oidc::{AcrRequest, ClientAuth, Flow, OidcSettings};
pub use okta::{FACTORS, Factor, OktaFlow, OktaSettings};
pub use proof::ProofPlan;
pub use role::{Assignment, RoleId};
pub use saml::{BROWSERS, Binding, Capture, SamlSettings};
pub use source::{ProfileSource, SourceSettings};
pub use value::{Origin, Valued};

/// The longest session, in seconds, that STS issues for another role's session ("role chaining").
pub const CHAINED_LIMIT: u32 = 3600;
/// The shortest and the longest `DurationSeconds` that STS accepts.
pub const DURATION_RANGE: std::ops::RangeInclusive<u32> = 900..=43_200;
/// The colours that a role may have, in the order of a terminal's codes for them (ECMA-48, SGR 31 to 37).
pub const COLORS: [&str; 7] = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/// A resolved role: how the person proves their identity, and the roles to assume one after the other, hub
/// first.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The requested name.
    pub role: String,
    /// How the person proves their identity.
    pub proof: ProofPlan,
    /// The roles from the hub to the requested one; never empty.
    pub legs: Vec<Leg>,
    /// The region for the programs that get the session; `None` leaves their own setting alone.
    pub region: Option<Valued<String>>,
    /// Additional variables for the programs that get the session: the endpoints and settings that they would
    /// have read from the profile.
    pub variables: Vec<(Variable, Valued<String>)>,
    /// The CA bundle for TLS connections, if the profile names one.
    pub ca_bundle: Option<Valued<String>>,
    /// The `description` in the configuration.
    pub description: Option<String>,
    /// The `color` in the configuration.
    pub color: Option<String>,
    /// Whether to ask before the role is used.
    pub confirm: bool,
    /// Whether `credential-process` may start a sign-in by itself.
    pub auto_login: bool,
    /// The combined requirements of all steps for the sign-in.
    pub sign_in: Requirement,
    /// What the command line restricts the last session to, in a few words each.
    pub restricted_by: Vec<String>,
}

impl Plan {
    /// The requested role: the last step.
    pub fn target(&self) -> &Leg {
        &self.legs[self.legs.len() - 1]
    }

    /// The requested name, with what the command line restricts its session to.
    pub fn shown_name(&self) -> String {
        with_restrictions(&self.role, &self.restricted_by)
    }

    /// The combined requirements of `legs` for the sign-in.
    pub fn demand_of(legs: &[Leg]) -> Requirement {
        let mut all = Requirement::default();
        for leg in legs {
            leg.sign_in.add_to(&mut all);
        }
        all
    }

    /// Whether the step at `index` is assumed with another role's session, and therefore lasts one hour at
    /// most.
    pub fn is_chained(index: usize) -> bool {
        index > 0
    }
}

#[cfg(test)]
mod tests;
