//! `jit requests`: what was asked for, and everything about one request.

use clap::Args;
use clap_complete::ArgValueCompleter;
use jit_access::fold::{Case, Phase, State};
use jit_access::policy::Right;
use jit_wire::timestamp::Timestamp;
use serde_json::json;

use crate::broker::{Broker, WINDOW};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

use super::access::{self, Desk, at_desk, case_json, failed, in_columns, page, request_ids};
use super::load::Configuration;

/// How far back finished requests are listed by default.
const RECENT: u32 = 7 * 86_400;

/// List requests for access, or show one
///
/// Without ID, lists your open requests and those that wait for you. With ID, shows
/// everything about one: what was asked, who said what and when, what is missing,
/// and the policy that AWS evaluates.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RequestsArgs {
    /// The request: its id, or a short form of it
    #[arg(value_name = "ID", add = ArgValueCompleter::new(request_ids))]
    pub id: Option<String>,
    /// List all of your own, also those that are over
    #[arg(long, group = "which")]
    pub mine: bool,
    /// List those that wait for your approval
    #[arg(long, group = "which")]
    pub for_me: bool,
    /// List everything that is granted now, to anybody
    #[arg(long, group = "which")]
    pub live: bool,
    /// List everybody's, also those that are over
    #[arg(long, group = "which")]
    pub all: bool,
    /// How far back (default: 7d)
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub since: Option<u32>,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &RequestsArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Request, world)?;
    let since = i64::from(args.since.unwrap_or(RECENT));
    let read = || {
        let now = ledger.time()?;
        // Open requests may be older than `--since`.
        ledger.read(Timestamp(now.0.saturating_sub(since.max(WINDOW))))
    };
    let view = read().map_err(|error| failed(&error, &ledger))?;
    at_desk(&ledger, &view, Right::Request, world, |desk| match &args.id {
        Some(typed) => one(&desk.find(typed)?, args, desk, ui),
        None => list(args, since, desk, ui),
    })
}

fn one(case: &Case<'_>, args: &RequestsArgs, desk: &Desk<'_>, ui: &Ui) -> CommandResult {
    if args.json { ui.json(&case_json(case, desk, true)) } else { page(case, desk, ui) }
}

fn list(args: &RequestsArgs, since: i64, desk: &Desk<'_>, ui: &Ui) -> CommandResult {
    let is_recent = |case: &Case<'_>| case.at.0 >= desk.now().0.saturating_sub(since);
    let is_wanted = |case: &Case<'_>, state: &State| match args {
        RequestsArgs { mine: true, .. } => desk.is_mine(case) && (state.is_open() || is_recent(case)),
        RequestsArgs { for_me: true, .. } => desk.is_for_me(case),
        RequestsArgs { live: true, .. } => {
            matches!(state, State::Granted { phase: Phase::Live { .. }, .. })
        }
        RequestsArgs { all: true, .. } => state.is_open() || is_recent(case),
        _ => state.is_open() && (desk.is_mine(case) || desk.is_for_me(case)),
    };
    let all = desk.cases().map(|case| (desk.state(&case), case)).map(|(state, case)| (case, state));
    let mut wanted: Vec<(Case<'_>, State)> = all.filter(|(case, state)| is_wanted(case, state)).collect();
    // The newest first.
    wanted.reverse();
    if args.json {
        let requests: Vec<_> = wanted.iter().map(|(case, _)| case_json(case, desk, false)).collect();
        return ui.json(&json!({ "requests": requests }));
    }
    if wanted.is_empty() {
        ui.say(match args {
            RequestsArgs { mine: true, .. } => "You have asked for nothing lately.",
            RequestsArgs { for_me: true, .. } => "No request waits for you.",
            RequestsArgs { live: true, .. } => "Nothing is granted now.",
            RequestsArgs { all: true, .. } => "Nobody has asked for anything lately.",
            _ => "You have no open request, and none waits for you. `jit requests --all` lists everybody's.",
        });
        return Ok(());
    }
    in_columns(&wanted, desk, ui)
}
