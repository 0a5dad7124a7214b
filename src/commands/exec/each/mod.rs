//! `jit exec --each`: a command once for every role that matches, side by side.
//!
//! ```text
//! mod (runs the commands) → chosen (which roles) → pattern (what a name has to look like)
//!   → output (what is printed of each) → summary (what came of all)
//! ```

mod chosen;
mod output;
mod pattern;
mod summary;

use std::cell::Cell;
use std::ffi::OsString;
use std::time::Instant;

use super::taken::taker;
use super::{ExecArgs, SHADOWS, not_started, variables};
use crate::broker::{Broker, BrokerError};
use crate::commands::load::Configuration;
use crate::commands::subject::{confirm_all, typed_need};
use crate::commands::{advice, audit_log};
use crate::error::{CommandResult, Kind};
use crate::plan::Plan;
use crate::sys::process::{self, Children};
use crate::ui::Ui;
use crate::ui::text::{escape_json, shown};
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::explain::{Explain, Next};

use chosen::Chosen;
use output::Sink;
use summary::Summary;

/// How many commands run at a time if `--jobs` does not say.
const JOBS: u16 = 8;
/// Nothing is run, because this process cannot tell the commands to end.
#[derive(Debug, thiserror::Error)]
#[error("cannot run commands side by side")]
struct NoSignals(std::io::Error);

impl Explain for NoSignals {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn why(&self) -> Vec<String> {
        vec![self.0.to_string()]
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::TryAgain]
    }
}

/// Runs the command for every role that matches.
///
/// # Errors
/// Nothing was started, or it failed for a role.
pub(super) fn run(
    program: &OsString,
    arguments: &[OsString],
    args: &ExecArgs,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let files = Configuration::read(world)?.with_roles()?;
    let store = files.open_store()?;
    let Chosen { plans, until, missing, passed_over } = chosen::choose(args, &files, &store)?;
    confirm_all(&plans, world)?;
    let jobs = usize::from(args.jobs.unwrap_or(JOBS));
    if !args.quiet {
        ui.say(match plans.len() {
            1 => shown!("1 role"),
            count => shown!("{} roles, {} at a time", count, jobs.min(count)),
        });
        passed_over.iter().for_each(|why| output::passed_over(why, ui));
    }
    let children = Children::new().map_err(NoSignals)?;
    let unstartable = Cell::new(false);
    let width = plans.iter().map(|plan| crate::ui::text::escape(&plan.role).width()).max().unwrap_or(0);
    let one = async |index: usize, session: Result<Session, BrokerError>| {
        let plan: &Plan = &plans[index];
        let sink = Sink::new(plan, width, args.json, ui);
        let began = Instant::now();
        let outcome = match session {
            Err(error) => Err(advice::no_session(&error, plan, advice::Typed::Another)),
            Ok(session) => {
                let session = match until[index] {
                    Some(until) => session.ending_at(until),
                    None => session,
                };
                audit_log::note(files.audit_log(), taker(args), plan, &session, world);
                let variables = variables(&session, plan, &world.env);
                let line = |stream, line: &[u8]| sink.line(stream, line);
                let run = children.run(program, arguments, &SHADOWS, variables, line);
                run.await.map_err(|error| {
                    // It would not start for any other role either.
                    unstartable.set(true);
                    not_started(program, error)
                })
            }
        };
        if let Sink::Object(captured) = &sink {
            let told = outcome.as_ref().copied().map_err(|error| error.what.clone());
            let object = output::object(plan, &captured.borrow(), &told, began);
            // A reader that has gone away is no reason to stop, as for any other output.
            drop(ui.line(escape_json(&object)));
        }
        outcome
    };
    let broker = Broker::new(world, &store);
    let need = typed_need(world, args.min_ttl);
    let go_on = || children.told().is_none() && !unstartable.get();
    let outcomes = process::block_on(broker.each(&plans, &need, jobs, go_on, one));
    let summary = Summary::of(&plans, outcomes, missing);
    if let Some(code) = children.told() {
        ui.fail(&summary.interrupted());
        process::end(code);
    }
    summary.told(ui)
}
