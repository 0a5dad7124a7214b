//! What the commands of access on request share: the ledger that `[access]` names, opened and read (`desk`), which request is
//! meant (`meant`), how a request is shown in a list (`list`), by itself (`page`) and to an approver (`summary`), how they
//! vote (`vote`) on what they have seen (`seen`), what shells are told (`kept`), and an access by itself (`explain`).
//! `on_request` is for the commands that use roles: what the person holds (`own`), read once for all processes (`reading`),
//! with the settings of their own files (`overlay`), or why they cannot have it (`not_held`);
//! `several` is the same for many accesses at once.
//!
//! ```text
//! let files = Configuration::read(world)?;
//! let store = files.open_store()?;
//! let broker = Broker::new(world, &store);
//! let ledger = access::open(&files, &broker, Right::Vote, world)?;
//! let view = ledger.read_recent().map_err(|error| access::failed(&error, &ledger))?;
//! access::at_desk(&ledger, &view, Right::Vote, world, |desk| …)
//! ```

mod desk;
mod explain;
mod json;
mod kept;
mod list;
mod meant;
mod not_held;
mod on_request;
mod overlay;
mod own;
mod page;
mod point;
mod reading;
mod seen;
mod several;
mod summary;
mod vote;
mod words;

use jit_access::policy::Right;

use crate::broker::{AccessError, AccessLedger, AccessSettings, Broker, Need};
use crate::config::access::AccessSection;
use crate::config::file::Parent;
use crate::config::resolve::Flags;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::world::World;
use jit_wire::explain::{Explain, Next};

use super::advice;
use super::load::Configuration;
use super::subject::typed_need;

pub(super) use desk::{Desk, Wanted, at_desk};
pub(super) use explain::{
    Asked, Explained, Known, KnownDocument, RoleDocuments, actions, documents_of_role, explained,
    explained_rows, likely_service, no_account, service_with_action,
};
pub(super) use json::case_json;
pub(super) use kept::{
    KeptRequest, mine as kept_requests, names as kept_names, people, request_ids, request_names,
};
pub(super) use list::in_columns;
pub(super) use meant::NotMeant;
pub(super) use not_held::NotHeld;
pub(super) use on_request::{Grant, Manner, OnRequest, checked, is_access, is_under_jit, role_on_request};
pub(super) use own::{Granted, OwnRecord, Standing};
pub(super) use page::{page, wanted_in_words};
pub(super) use point::point_in_time;
pub(super) use reading::Reading;
pub(super) use seen::{Seen, SeenArgs, make_sure, short_hash};
pub(super) use several::roles_on_request;
pub(super) use vote::{Ballot, cast, message, reason};
pub(super) use words::{accounts_in_words, moment, seconds, until_words};

/// Why there is no ledger to open.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoLedger {
    /// There is no `[access]`.
    #[error("access on request is not configured: {0} has no [access]")]
    NotConfigured(String),
    /// Several roles start at an IdP.
    #[error("[access] does not say which role you come through")]
    SeveralEntries(Vec<String>),
}

impl Explain for NoLedger {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::NotConfigured(_) => Vec::new(),
            Self::SeveralEntries(roles) => {
                vec![format!("several roles start at an IdP: {}", roles.join(", "))]
            }
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NotConfigured(_) => vec![
                Next::Run {
                    command: "configure add URL".into(),
                    does: "adds your company's shared file".into(),
                },
                Next::words("or add [access] with ledger = \"s3://…\", or with a folder for a trial"),
            ],
            Self::SeveralEntries(roles) => {
                let first = roles.first().map(String::as_str).unwrap_or_default();
                vec![Next::words(format!("add a line such as entry = \"{first}\" to [access]"))]
            }
        }
    }
}

/// The ledger that `[access]` names, opened for what takes `right`: under the session of the role for that.
///
/// # Errors
/// There is none, it cannot be opened, or there is no session.
pub(super) fn open<'b>(
    files: &Configuration<'_>,
    broker: &'b Broker<'_, '_>,
    right: Right,
    world: &World,
) -> CommandResult<AccessLedger<'b>> {
    open_with(files, broker, right, typed_need(world, None))
}

/// The same, for a command that needs something else of the session than those that people type.
///
/// # Errors
/// As for [`open()`].
pub(super) fn open_with<'b>(
    files: &Configuration<'_>,
    broker: &'b Broker<'_, '_>,
    right: Right,
    need: Need,
) -> CommandResult<AccessLedger<'b>> {
    let settings = settings(files, right)?;
    let door = settings.door.clone();
    AccessLedger::open(broker, settings, right, need).map_err(|error| about_door(&error, door.as_ref()))
}

/// Where the ledger is, and the role to come through for what takes `right`.
///
/// # Errors
/// [`NoLedger`], or the role cannot be resolved.
pub(super) fn settings(files: &Configuration<'_>, right: Right) -> CommandResult<AccessSettings> {
    let file = &files.file;
    let access = file.access.as_ref().ok_or_else(|| NoLedger::NotConfigured(file.path.clone()))?;
    let door = door(files, access, right)?;
    Ok(AccessSettings {
        place: access.ledger.value.clone(),
        region: access.region.as_ref().map(|region| region.value.clone()),
        door: door.map(|name| files.plan(&name, Flags::default())).transpose()?,
    })
}

/// The role that the person comes through to ask for access and to use it, if one is needed.
///
/// # Errors
/// [`NoLedger`], or the role cannot be resolved.
pub(super) fn entry(files: &Configuration<'_>) -> CommandResult<Option<Plan>> {
    Ok(settings(files, Right::Request)?.door)
}

fn door(files: &Configuration<'_>, access: &AccessSection, right: Right) -> CommandResult<Option<String>> {
    let own = match right {
        Right::Vote => access.voter.as_ref(),
        Right::Publish => access.publisher.as_ref(),
        Right::Request | Right::Glass => None,
    };
    if let Some(named) = own.or(access.entry.as_ref()) {
        return Ok(Some(named.value.clone()));
    }
    let starts =
        |(_, role): &(&String, &crate::config::file::RoleSection)| matches!(role.parent, Parent::Idp(_));
    let mut hubs: Vec<String> =
        files.file.roles.iter().filter(starts).map(|(name, _)| name.clone()).collect();
    match hubs.len() {
        0 => Ok(None),
        1 => Ok(hubs.pop()),
        _ => Err(NoLedger::SeveralEntries(hubs).into()),
    }
}

/// `error`, with advice about the role that `ledger` was opened through.
pub(super) fn failed(error: &AccessError, ledger: &AccessLedger<'_>) -> CommandError {
    about_door(error, ledger.door())
}

fn about_door(error: &AccessError, door: Option<&Plan>) -> CommandError {
    match (error, door) {
        (AccessError::Broker(error), Some(door)) => advice::no_session(error, door, advice::Typed::Another),
        (error, Some(door)) => advice::about(door, error),
        (error, None) => advice::for_role(None, error),
    }
}
