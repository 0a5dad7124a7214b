//! An access, explained: who may ask for it, who approves, where the person stands with it (`page`), whom a question is
//! about (`person`), and which documents AWS would evaluate (`documents`).

mod complete;
mod documents;
mod page;
mod person;

use std::collections::BTreeSet;

use jit_access::fold::{Phase, State};
use jit_access::policy::{Access, Right};
use jit_wire::timestamp::Timestamp;
use serde_json::Value;

use crate::broker::{AccessLedger, Broker, LedgerView, WINDOW};
use crate::commands::load::Configuration;
use crate::error::{CommandError, CommandResult};
use crate::plan::{Plan, RoleId};
use crate::store::Store;
use crate::ui::Ui;
use crate::ui::text::{Shown, escape};
use crate::world::World;

use super::not_held::NotHeld;
use super::on_request::{account_and_access, is_account};
use super::{Desk, at_desk, failed, open};

pub(crate) use complete::{actions, likely_service, service_with_action};
pub(crate) use documents::{Known, KnownDocument, RoleDocuments};
pub(crate) use person::Whom;
pub(super) use person::names as people_of;

/// What is to be explained.
pub(crate) struct Asked<'a> {
    /// `ACCESS`, or `ACCOUNT/ACCESS`.
    pub(crate) name: &'a str,
    /// The resource of a call, whose account may be the one that is meant.
    pub(crate) resource: Option<&'a str>,
    /// The time of a call; `None`: now.
    pub(crate) at: Option<Timestamp>,
    /// Who makes it; `None`: the person themselves.
    pub(crate) person: Option<&'a str>,
}

/// An access, explained.
pub(crate) struct Explained {
    /// Its name.
    pub(crate) name: String,
    /// What the policy says about it and where the person stands with it, as rows of a table.
    rows: Vec<(&'static str, String)>,
    /// The same for scripts.
    pub(crate) json: Value,
    /// The accounts that it can be asked for in.
    pub(crate) accounts: Vec<String>,
    /// How to get to its role, if it is clear which one is meant.
    pub(crate) plan: Option<Plan>,
    /// What AWS evaluates for that role.
    pub(crate) documents: Option<RoleDocuments>,
}

/// The rows of `explained`, for a table.
pub(crate) fn explained_rows(explained: &Explained, ui: &Ui) -> Vec<Vec<Shown>> {
    let cells = |(name, value): &(&'static str, String)| {
        vec![ui.paint_data(crate::ui::Tone::Dim, *name), escape(value)]
    };
    explained.rows.iter().map(cells).collect()
}

/// That it is not clear in which account `access` is meant.
pub(crate) fn no_account(access: &str, accounts: &[String]) -> CommandError {
    NotHeld::Anywhere { access: access.to_owned(), accounts: accounts.to_vec() }.into()
}

/// Reads the ledger as far back as matters to `at`.
fn read(ledger: &AccessLedger<'_>, at: Option<Timestamp>) -> CommandResult<LedgerView> {
    let read = || {
        let now = ledger.time()?;
        let from = at.map_or(now, |at| at.min(now));
        ledger.read(Timestamp(from.0.saturating_sub(WINDOW)))
    };
    read().map_err(|error| failed(&error, ledger))
}

/// What the policy calls `asked.name`; `None` if that is nothing.
///
/// # Errors
/// The ledger cannot be read, or the person is unknown.
pub(crate) fn explained(
    asked: &Asked<'_>,
    files: &Configuration<'_>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<Option<Explained>> {
    let broker = Broker::new(world, store);
    let ledger = open(files, &broker, Right::Request, world)?;
    let view = read(&ledger, asked.at)?;
    at_desk(&ledger, &view, Right::Request, world, |desk| {
        let (account, name) = account_and_access(asked.name);
        let Some(access) = desk.access(name) else { return Ok(None) };
        let whom = person::whom(asked.person, desk)?;
        let at = asked.at.unwrap_or(desk.now());
        let meant = account_meant(access, name, account, asked.resource, &whom, at, desk)?;
        let role = meant.and_then(|account| Some((access.role.arn_in(&account)?, account)));
        // Break-glass has a door of its own, and its roles are in the configuration.
        let reached = role.as_ref().filter(|_| !access.standing);
        let plan = reached.and_then(|(arn, _)| ledger.role(name, arn).ok());
        let documents = role.as_ref().map(|(arn, account)| {
            documents::of_role_on_request(desk, (name, access), (account, arn), whom.clone(), at)
        });
        Ok(Some(Explained {
            name: name.to_owned(),
            rows: page::rows(name, access, &whom, desk),
            json: page::json(name, access, &whom, desk),
            accounts: desk.people.accounts_of(access).into_iter().map(str::to_owned).collect(),
            plan,
            documents,
        }))
    })
}

/// The account that is meant: the one that was typed, the only one, the one where it is held, or that of the resource.
fn account_meant(
    access: &Access,
    name: &str,
    typed: Option<&str>,
    resource: Option<&str>,
    whom: &Whom,
    at: Timestamp,
    desk: &Desk<'_>,
) -> CommandResult<Option<String>> {
    let known: BTreeSet<&str> = desk.people.accounts_of(access);
    if let Some(typed) = typed {
        let by_name = known.iter().find(|account| is_account(account, typed, desk));
        // Which accounts are in a unit only the function knows.
        let is_open = desk.has_units(access) && jit_wire::name::is_account_id(typed);
        let found = by_name.map(|account| (*account).to_owned()).or(is_open.then(|| typed.to_owned()));
        let accounts = || known.iter().map(|account| (*account).to_owned()).collect::<Vec<_>>();
        return found.map(Some).ok_or_else(|| no_account(name, &accounts()));
    }
    if let (1, Some(only), false) = (known.len(), known.first(), desk.has_units(access)) {
        return Ok(Some((*only).to_owned()));
    }
    let mut held: Vec<&str> = desk
        .cases()
        .filter(|case| case.request.access == name && desk.name_of(case.author) == whom.name)
        .filter(|case| {
            let state = case.state(&desk.people, at);
            matches!(state, State::Granted { phase: Phase::Live { .. } | Phase::Scheduled, .. })
        })
        .flat_map(|case| case.decision.iter().flat_map(|decision| &decision.grants).collect::<Vec<_>>())
        .map(|grant| grant.account.as_str())
        .collect();
    held.sort_unstable();
    held.dedup();
    if let [only] = held.as_slice() {
        return Ok(Some((*only).to_owned()));
    }
    let of_resource =
        resource.and_then(|arn| arn.split(':').nth(4)).filter(|account| known.contains(account));
    Ok(of_resource.map(str::to_owned))
}

/// What is known of a role that is not asked for by the name of an access: that of `plan`.
///
/// # Errors
/// The ledger cannot be read, or the person is unknown.
pub(crate) fn documents_of_role(
    plan: &Plan,
    person: Option<&str>,
    at: Option<Timestamp>,
    files: &Configuration<'_>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<RoleDocuments> {
    let target = plan.target();
    let role = match &target.role.value {
        RoleId::Arn(arn) => Some(arn.as_str().to_owned()),
        RoleId::Assigned(_) | RoleId::Itself(_) => None,
    };
    let is_of_policy =
        role.as_deref().is_some_and(|arn| arn.contains(":role/jit/") || arn.contains(":role/jit-glass/"));
    if (is_of_policy && files.file.access.is_some()) || person.is_some() {
        let broker = Broker::new(world, store);
        let ledger = open(files, &broker, Right::Request, world)?;
        let view = read(&ledger, at)?;
        return at_desk(&ledger, &view, Right::Request, world, |desk| {
            let whom = person::whom(person, desk)?;
            let at = at.unwrap_or(desk.now());
            let account = target.role.value.account().to_owned();
            let own = desk.policy.policy.access.iter().find_map(|(name, access)| {
                let arn = access.role.arn_in(&account)?;
                (Some(&arn) == role.as_ref()).then_some((name.as_str(), access, arn))
            });
            Ok(match own {
                Some((name, access, arn)) => {
                    documents::of_role_on_request(desk, (name, access), (&account, &arn), whom, at)
                }
                None => unknown_role(plan, role.clone(), whom, at),
            })
        });
    }
    let session_name = target.session_name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
    let whom = Whom { name: "you".to_owned(), session_name };
    Ok(unknown_role(plan, role, whom, at.unwrap_or(world.clock.now())))
}

fn unknown_role(plan: &Plan, role: Option<String>, whom: Whom, at: Timestamp) -> RoleDocuments {
    let what = role.as_deref().unwrap_or(plan.role.as_str());
    RoleDocuments {
        account: plan.target().role.value.account().to_owned(),
        identity: Known::Nothing(format!("the policies of {what} are in AWS alone")),
        boundary: Known::Nothing("whether it has a permissions boundary is not known".to_owned()),
        ways: None,
        role,
        whom,
        at,
        notes: Vec::new(),
    }
}
