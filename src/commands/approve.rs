//! `jit approve`: yes to a request, or a review of a use of break-glass.

use clap::Args;
use jit_access::ledger::Vouch;

use super::access::{self, Ballot, SeenArgs};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

/// Approve a request
///
/// Shows the request as it is stored, asks, and votes on exactly what was shown.
/// Without a terminal, --yes and --sha256 say what you have seen. If approvers
/// apply decisions, the vote that completes a request also applies it. Of a use of
/// break-glass, approves what was done.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ApproveArgs {
    /// The request; its short id is enough
    #[arg(value_name = "ID", add = clap_complete::ArgValueCompleter::new(super::access::request_ids))]
    pub id: String,
    /// What you say about it
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true, value_parser = access::message)]
    pub message: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub seen: SeenArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &ApproveArgs, world: &World, ui: &Ui) -> CommandResult {
    let ballot = Ballot {
        vote: Vouch::Approve,
        id: &args.id,
        message: &args.message,
        seen: &args.seen,
        json: args.json,
    };
    access::cast(&ballot, world, ui)
}
