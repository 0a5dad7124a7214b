//! `jit deny`: no to a request, or to a use of break-glass.

use clap::Args;
use jit_access::ledger::Vouch;

use super::access::{self, Ballot, SeenArgs};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

/// Deny a request
///
/// Shows the request as it is stored, asks, and denies it: one no ends a request.
/// Of a use of break-glass, says that it was not all right.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DenyArgs {
    /// The request; its short id is enough
    #[arg(value_name = "ID", add = clap_complete::ArgValueCompleter::new(super::access::request_ids))]
    pub id: String,
    /// Why; the requester and everybody who may enter can read it
    #[arg(short, long, value_name = "WHY", value_parser = access::reason)]
    pub message: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub seen: SeenArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &DenyArgs, world: &World, ui: &Ui) -> CommandResult {
    let ballot =
        Ballot { vote: Vouch::Deny, id: &args.id, message: &args.message, seen: &args.seen, json: args.json };
    access::cast(&ballot, world, ui)
}
