//! `jit request`: ask for access.
//!
//! ```text
//! mod (arguments, what is filed, what is said) ; compose (access, accounts, reason) ; start (--start) ; wait (--wait)
//! ```

mod compose;
mod start;
mod wait;

use clap::Args;
use clap_complete::ArgValueCompleter;
use jit_access::decide::{Code, Verdict};
use jit_access::fold::{Case, Phase, State};
use jit_access::id::Id;
use jit_access::ledger::{Fact, Request};
use jit_access::people::Nobody;
use jit_access::policy::Right;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use crate::broker::{AccessLedger, Broker, LedgerIdentity};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;

use super::access::{self, Desk, at_desk, case_json, failed, request_names, until_words};
use super::load::Configuration;
pub(super) use wait::wait;

/// Ask for access, for a time
///
/// Writes a request into the ledger that `[access]` of the configuration names.
/// Without ACCESS on a terminal: a list of what you may ask for. Asking again while
/// you have it extends it; an open request that says the same is not doubled.
#[derive(Args, Debug, Default)]
#[command(verbatim_doc_comment)]
pub struct RequestArgs {
    /// What to ask for, as the policy calls it
    #[arg(value_name = "ACCESS", add = ArgValueCompleter::new(request_names))]
    pub access: Option<String>,
    /// For how long (default: 1h, or less if the access allows no more)
    #[arg(short, long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub duration: Option<u32>,
    /// Why; everybody who may ask for access can read it
    #[arg(short = 'm', long = "message", value_name = "REASON")]
    pub reason: Option<String>,
    /// The ticket that it is about
    #[arg(long, value_name = "TICKET")]
    pub ticket: Option<String>,
    /// In this account: its number, name, or a pattern such as 'payments-*'
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Vec<String>,
    /// Start later: 14:30, +2h, or 2026-11-30T09:00
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    /// Wait until it is granted or denied, for at most this long
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, value_parser = crate::config::parse_duration)]
    pub wait: Option<Option<u32>>,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Why nothing was filed.
#[derive(Debug, thiserror::Error)]
enum NotFiled {
    /// The policy does not know the person.
    #[error("{name} is not in the policy: {nobody}")]
    Nobody {
        /// The name of their session.
        name: String,
        /// Why not.
        nobody: Nobody,
    },
    /// The policy would deny it.
    #[error("{access} would be denied: {why}")]
    Denied {
        /// What was asked for.
        access: String,
        /// The code.
        code: Code,
        /// In a sentence.
        why: String,
    },
}

impl Explain for NotFiled {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn next(&self) -> Vec<Next> {
        let (access, code) = match self {
            Self::Nobody { nobody, .. } => return nobody.next(),
            Self::Denied { access, code, .. } => (access, code),
        };
        let request = |options: &str| format!("request {} {options}", name::in_command(access));
        vec![match code {
            Code::Max => Next::Run { command: request("-d 1h").into(), does: "asks for less time".into() },
            Code::Reason => Next::Run { command: request("-m REASON").into(), does: "says why".into() },
            Code::Ticket => {
                Next::Run { command: request("--ticket TICKET").into(), does: "names the ticket".into() }
            }
            Code::Account => {
                Next::Run { command: request("--account ACCOUNT").into(), does: "names the account".into() }
            }
            Code::OpenRequests => Next::Run {
                command: "drop".into(),
                does: "withdraws one of your requests; `jit requests --mine` lists them".into(),
            },
            Code::Hours | Code::Start => Next::Run {
                command: request("--start TIME").into(),
                does: "asks for a time when it is open".into(),
            },
            Code::Total => Next::words("ask for less time, or wait until older grants are a day old"),
            Code::Separation => Next::Run {
                command: "drop".into(),
                does: "gives back what you hold on the other side".into(),
            },
            Code::Review => Next::words("have the use of break-glass reviewed first"),
            Code::Standing => Next::words("break-glass has a role of its own, which needs no request"),
            Code::Extends => Next::run("requests --mine --since 1d"),
            Code::Person | Code::Door | Code::NotEligible | Code::Excluded | Code::Access => {
                Next::words("ask the publisher of the policy to change it")
            }
            Code::Denied | Code::Revoked | Code::Dropped | Code::Lapsed => {
                Next::run("requests --mine --since 1d")
            }
        }]
    }
}

pub(super) fn run(args: &RequestArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Request, world)?;
    if let LedgerIdentity::Account(name) = ledger.identity() {
        // AWS has no part in it.
        ui.say(shown!(
            "In this folder you are {}, the owner of the files you write. A bucket in S3 is safer.",
            name
        ));
    }
    let id = file(args, &ledger, world, ui)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    at_desk(&ledger, &view, Right::Request, world, |desk| match desk.case(id) {
        Some(case) if args.json && args.wait.is_none() => ui.json(&to_json(&case, desk)),
        Some(case) if !args.json => show(&case, desk, ui),
        _ => Ok(()),
    })?;
    let Some(limit) = args.wait else { return Ok(()) };
    let waited = wait(&ledger, id, limit, world, ui);
    if args.json {
        let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
        at_desk(&ledger, &view, Right::Request, world, |desk| match desk.case(id) {
            Some(case) => ui.json(&to_json(&case, desk)),
            None => Ok(()),
        })?;
    }
    waited
}

/// Asks a person on a terminal for how long and why, files the request, and waits until it is granted.
///
/// # Errors
/// It was not filed, or not granted.
pub(super) fn ask_and_wait(
    access: &str,
    account: Option<&str>,
    ledger: &AccessLedger<'_>,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let duration = world.person.line("For how long (1h)").map(|typed| crate::config::parse_duration(&typed));
    let duration =
        duration.transpose().map_err(|wrong| crate::error::CommandError::new(Kind::Usage, wrong))?;
    let args = RequestArgs {
        access: Some(access.to_owned()),
        duration,
        account: account.map(str::to_owned).into_iter().collect(),
        ..RequestArgs::default()
    };
    let id = file(&args, ledger, world, ui)?;
    wait(ledger, id, None, world, ui)
}

/// Writes the request, unless an open one says the same: the id of either.
fn file(args: &RequestArgs, ledger: &AccessLedger<'_>, world: &World, ui: &Ui) -> CommandResult<Id> {
    let view = ledger.read_recent().map_err(|error| failed(&error, ledger))?;
    at_desk(ledger, &view, Right::Request, world, |desk| {
        let request = compose::compose(args, desk, ui)?;
        if let Some(same) = same_as(&request, desk) {
            ui.say(shown!("You have asked for this already: {}", desk.short(same.id)));
            return Ok(same.id);
        }
        if let Verdict::Deny { code, why } = desk.advice_on(&request)
            && !is_for_others_to_know(code, &request, desk)
        {
            return Err(match (code, desk.me) {
                (Code::Person, Err(nobody)) => {
                    let name = desk.user_id.session_name().to_owned();
                    NotFiled::Nobody { name, nobody }.into()
                }
                _ => NotFiled::Denied { access: request.access, code, why }.into(),
            });
        }
        let id = desk
            .ledger
            .say(desk.user_id, &Fact::Request(request.clone()))
            .map_err(|error| failed(&error, desk.ledger))?;
        match request.extends {
            Some(extended) => ui.done(shown!("Asked to extend {}", desk.short(extended))),
            None => ui.done(shown!("Asked for {}", request.access)),
        }
        Ok(id)
    })
}

/// Whether only the function knows: who is in a group of Identity Center, and which accounts are in a unit.
fn is_for_others_to_know(code: Code, request: &Request, desk: &Desk<'_>) -> bool {
    let Some(access) = desk.access(&request.access) else { return false };
    let mut groups = access.who.iter().chain(&access.not);
    match code {
        Code::Person | Code::NotEligible => groups.any(|group| !desk.lists(group)),
        Code::Account => compose::has_units(access, desk),
        _ => false,
    }
}

/// An open request of the person that says the same.
fn same_as<'d>(request: &Request, desk: &Desk<'d>) -> Option<Case<'d>> {
    let says_the_same = |case: &Case<'_>| {
        let other = case.request;
        let is_left_out = request.reason.is_empty() && request.ticket.is_none();
        other.access == request.access
            && other.accounts == request.accounts
            && other.duration == request.duration
            && other.start == request.start
            && (is_left_out || (other.reason == request.reason && other.ticket == request.ticket))
    };
    let open = desk.mine_open().into_iter();
    open.filter(|(_, state)| *state == State::Pending).map(|(case, _)| case).find(says_the_same)
}

/// The live grant of the person that a request for this would extend: the one that lasts longest.
fn extended<'d>(access: &str, accounts: &[String], desk: &Desk<'d>) -> Option<Case<'d>> {
    let covers = |case: &Case<'_>| {
        let granted = case.decision.iter().flat_map(|decision| &decision.grants);
        let granted: Vec<&str> = granted.map(|grant| grant.account.as_str()).collect();
        case.request.access == access && accounts.iter().all(|account| granted.contains(&account.as_str()))
    };
    let until = |state: &State| match state {
        State::Granted { until, phase: Phase::Scheduled | Phase::Live { .. }, .. } => Some(*until),
        _ => None,
    };
    let live = desk.mine_open().into_iter().filter_map(|(case, state)| Some((until(&state)?, case)));
    live.filter(|(_, case)| covers(case)).max_by_key(|(until, case)| (*until, case.id)).map(|(_, case)| case)
}

fn to_json(case: &Case<'_>, desk: &Desk<'_>) -> serde_json::Value {
    let mut value = case_json(case, desk, false);
    value["approve"] = format!("jit approve {}", desk.short(case.id)).into();
    value
}

/// The id, where it is, who can approve it, and what they type.
fn show(case: &Case<'_>, desk: &Desk<'_>, ui: &Ui) -> CommandResult {
    let short = desk.short(case.id);
    let state = desk.state(case);
    let mut rows =
        vec![vec!["id".into(), escape(&short)], vec!["access".into(), escape(&case.request.access)]];
    let accounts = access::accounts_in_words(case, desk);
    if !accounts.is_empty() {
        rows.push(vec!["account".into(), escape(&accounts)]);
    }
    rows.push(vec!["for".into(), escape(&access::seconds(case.request.duration))]);
    if let Some(start) = case.request.start {
        rows.push(vec!["from".into(), escape(&access::moment(start, desk))]);
    }
    rows.push(vec!["state".into(), escape(&until_words(case, &state, desk))]);
    if state == State::Pending {
        let wanted = desk.wanted(case);
        rows.extend(
            wanted.iter().map(|wanted| vec!["waits for".into(), escape(&access::wanted_in_words(wanted))]),
        );
        if !wanted.is_empty() {
            rows.push(vec!["they type".into(), shown!("jit approve {}", short)]);
        }
    }
    ui.table(&rows)
}
