//! `jit drop`: withdraw a request, or give access back before its time is over.

use clap::Args;
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use jit_access::fold::{Case, Phase, State};
use jit_access::ledger::{Drop, Fact};
use jit_access::policy::{Apply, Right};
use jit_wire::explain::{Explain, Kind, Next};

use crate::broker::Broker;
use crate::error::{CommandError, CommandResult};
use crate::ui::text::shown;
use crate::ui::{Choice, Picked, Ui, pick};
use crate::world::World;

use super::access::{self, Desk, at_desk, failed, request_ids, request_names, until_words};
use super::load::Configuration;

/// Withdraw a request, or give access back early
///
/// Without an argument, your only open request; if you have several, on a terminal
/// a list to pick from. With the name of an access, all your open requests for it.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DropArgs {
    /// The request or the access
    #[arg(value_name = "ACCESS|ID", add = ArgValueCompleter::new(own_words))]
    pub what: Option<String>,
}

fn own_words(typed: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    request_ids(typed).into_iter().chain(request_names(typed)).collect()
}

/// Why nothing is dropped.
#[derive(Debug, thiserror::Error)]
enum NotDropped {
    #[error("you have no open request")]
    Nothing,
    #[error("you have several open requests")]
    Several(Vec<String>),
    #[error("you have no open request for {0}")]
    NoneFor(String),
    #[error("request {0} is not yours")]
    NotYours(String),
    #[error("request {short} is not open: {words}")]
    Over { short: String, words: String },
}

impl Explain for NotDropped {
    fn kind(&self) -> Kind {
        match self {
            Self::NotYours(_) => Kind::Refused,
            _ => Kind::Usage,
        }
    }

    fn next(&self) -> Vec<Next> {
        vec![match self {
            Self::Several(shorts) => match shorts.first() {
                Some(first) => {
                    Next::Run { command: format!("drop {first}").into(), does: "or another one".into() }
                }
                None => Next::run("requests --mine"),
            },
            Self::NotYours(short) => Next::Run {
                command: format!("revoke {short} -m REASON").into(),
                does: "ends it, if you may".into(),
            },
            Self::Nothing | Self::NoneFor(_) | Self::Over { .. } => {
                Next::Run { command: "requests --mine".into(), does: "lists yours".into() }
            }
        }]
    }
}

pub(super) fn run(args: &DropArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Request, world)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    at_desk(&ledger, &view, Right::Request, world, |desk| {
        for (case, state) in meant(args, desk, ui)? {
            let fact = Fact::Drop(Drop { request: case.id, sha256: case.hash });
            desk.ledger.say(desk.user_id, &fact).map_err(|error| failed(&error, desk.ledger))?;
            tell(&case, &state, desk, ui);
        }
        Ok(())
    })
}

/// The open requests that are meant, each with its state.
fn meant<'d>(args: &DropArgs, desk: &Desk<'d>, ui: &Ui) -> CommandResult<Vec<(Case<'d>, State)>> {
    let mut open = desk.mine_open();
    let Some(typed) = &args.what else {
        return match open.len() {
            0 => Err(NotDropped::Nothing.into()),
            1 => Ok(open),
            _ => pick_one(open, desk, ui).map(|one| vec![one]),
        };
    };
    if desk.access(typed).is_some() {
        open.retain(|(case, _)| case.request.access == *typed);
        return if open.is_empty() { Err(NotDropped::NoneFor(typed.clone()).into()) } else { Ok(open) };
    }
    let case = desk.find(typed)?;
    let short = desk.short(case.id);
    let state = desk.state(&case);
    if !desk.is_mine(&case) {
        return Err(NotDropped::NotYours(short).into());
    }
    if !state.is_open() {
        let words = until_words(&case, &state, desk);
        return Err(NotDropped::Over { short, words }.into());
    }
    Ok(vec![(case, state)])
}

fn pick_one<'d>(
    mut open: Vec<(Case<'d>, State)>,
    desk: &Desk<'d>,
    ui: &Ui,
) -> CommandResult<(Case<'d>, State)> {
    let shorts: Vec<String> = open.iter().map(|(case, _)| desk.short(case.id)).collect();
    if !desk.world.person.can_be_asked() {
        return Err(NotDropped::Several(shorts).into());
    }
    let line = |((case, state), short): (&(Case<'_>, State), &String)| {
        Choice::plain(&format!("{short}  {}  {}", case.request.access, until_words(case, state, desk)))
    };
    let choices: Vec<Choice> = open.iter().zip(&shorts).map(line).collect();
    match pick("Drop", &choices, &|_| None, ui) {
        Picked::One(index) => Ok(open.swap_remove(index)),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "nothing was chosen")),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "nothing was chosen")),
    }
}

fn tell(case: &Case<'_>, state: &State, desk: &Desk<'_>, ui: &Ui) {
    let short = desk.short(case.id);
    let name = &case.request.access;
    let until = match state {
        State::Granted { until, phase: Phase::Scheduled | Phase::Live { .. }, .. } => *until,
        _ => return ui.done(shown!("Withdrew {} ({})", name, short)),
    };
    ui.done(shown!("Gave back {} ({})", name, short));
    ui.say(match desk.policy.policy.deployment.apply {
        Apply::Function => shown!("It is removed from AWS within five minutes, usually in seconds."),
        // Nobody may change their own grants, so an approver's command does it.
        Apply::Approver => shown!(
            "AWS still allows it until {}, or until an approver's next command removes it.",
            access::moment(until, desk)
        ),
    });
}
