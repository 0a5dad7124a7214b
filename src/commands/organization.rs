//! The accounts that organizations list, for `accounts = "organization"` in `[spokes.NAME]`: asked for by
//! `jit roles --refresh`, and by nothing else.

use std::collections::BTreeMap;

use crate::aws::organizations;
use crate::broker::{Broker, Need};
use crate::config::file::{AccountSource, File};
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::index::organization;
use crate::plan::Plan;
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::signed::{CallError, Endpoint, EndpointError, Service, Variant};

use super::advice;
use super::load::Configuration;

/// Why the accounts are not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrganizationError {
    /// AWS did not list them.
    #[error("could not list the accounts of the organization as {role}")]
    NotListed {
        /// The role that asked.
        role: String,
        /// Its ARN.
        arn: String,
        /// `[spokes.NAME]`.
        spokes: String,
        /// What AWS said.
        error: CallError,
    },
    /// The endpoint cannot be called.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No account of that name was listed.
    #[error("[spokes.{spokes}] has no account `{account}`, as far as the organization was asked")]
    NoAccount {
        /// `[spokes.NAME]`.
        spokes: String,
        /// What was typed before the slash.
        account: String,
    },
}

impl Explain for OrganizationError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotListed { error, .. } => error.kind(),
            Self::Endpoint(_) | Self::NoAccount { .. } => Kind::Usage,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::NotListed { error, .. } => vec![error.to_string()],
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NotListed { error: CallError::Refused(_), arn, spokes, .. } => vec![
                Next::words(format!(
                    "allow {arn} organizations:ListAccounts; its account must be the organization's management \
                     account or a delegated administrator"
                )),
                Next::words(format!("or write the accounts into [spokes.{spokes}]")),
            ],
            Self::NotListed { error, .. } => error.next(),
            Self::Endpoint(EndpointError::Variable { variable, .. }) => {
                vec![Next::words(format!("unset {variable}, or set it to an https URL"))]
            }
            Self::Endpoint(_) => vec![Next::EveryValue],
            Self::NoAccount { .. } => vec![Next::Run {
                command: "roles --refresh".into(),
                does: "asks for the accounts of the organization".into(),
            }],
        }
    }
}

impl OrganizationError {
    /// That `name` is no role, if it may be one of an organization whose accounts are listed elsewhere.
    pub(super) fn of_unknown(file: &File, name: &str) -> Option<Self> {
        let (account, spokes) = name.split_once('/')?;
        let is_listed = file.spokes.get(spokes)?.source == AccountSource::Organization;
        is_listed.then(|| Self::NoAccount { spokes: spokes.to_owned(), account: account.to_owned() })
    }
}

/// Asks for the accounts of every `[spokes.NAME]` with `accounts = "organization"`, once for each role that they start
/// from. Returns how many were asked.
///
/// # Errors
/// There is no session for such a role, or AWS does not list the accounts to it.
pub(super) fn refresh(
    files: &Configuration<'_>,
    broker: &Broker<'_, '_>,
    need: &Need,
    world: &World,
    ui: &Ui,
) -> CommandResult<usize> {
    let of_organizations =
        files.file.spokes.iter().filter(|(_, spokes)| spokes.source == AccountSource::Organization);
    let asking: BTreeMap<&str, &str> =
        of_organizations.map(|(name, spokes)| (spokes.via.value.as_str(), name.as_str())).collect();
    for (via, spokes) in &asking {
        let plan = files.plan(via, Flags::default())?;
        let listed = listed(&plan, spokes, broker, need, world)?;
        let state = &world.folders.state;
        let target = plan.target().role.value.as_str();
        let before = organization::accounts(state, via, target);
        if let Err(error) = organization::learn(state, via, target, &listed) {
            ui.warn(shown!("could not save the accounts of the organization: {}", error));
        }
        let gained = listed.iter().filter(|one| !before.contains(one)).count();
        let lost = before.iter().filter(|one| !listed.contains(one)).count();
        ui.say(match before.is_empty() || gained + lost == 0 {
            true => shown!("{}: the organization lists {} accounts", via, listed.len()),
            false => shown!(
                "{}: the organization lists {} accounts: gained {}, lost {}",
                via,
                listed.len(),
                gained,
                lost
            ),
        });
    }
    Ok(asking.len())
}

/// The accounts that are listed to the role of `plan`.
fn listed(
    plan: &Plan,
    spokes: &str,
    broker: &Broker<'_, '_>,
    need: &Need,
    world: &World,
) -> CommandResult<Vec<(String, String)>> {
    let session = broker
        .session(plan, need)
        .map_err(|error| advice::no_session(&error, plan, advice::Typed::Another))?;
    let leg = plan.target();
    // A URL of the environment is followed for every service, and no other has dual-stack endpoints for this one.
    let variant = Variant { fips: leg.sts.fips.value, dual_stack: false };
    let region = leg.role.value.partition().default_region();
    let endpoint = Endpoint::resolve(Service::Organizations, region, variant, &world.env)
        .map_err(OrganizationError::from)?;
    let asked = organizations::accounts(&world.http, &endpoint, &session.credentials, world.clock.now());
    let not_listed = |error| OrganizationError::NotListed {
        role: plan.role.clone(),
        arn: session.role_arn.clone(),
        spokes: spokes.to_owned(),
        error,
    };
    Ok(process::block_on(asked).map_err(not_listed)?)
}
