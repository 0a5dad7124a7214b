//! `jit exec --each`: a command once for every role that matches, side by side.
//!
//! ```text
//! mod (which roles, their sessions, the summary) ; pattern (what a name has to look like) ; output (what is printed)
//! ```

mod output;
mod pattern;

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::process::ExitStatus;
use std::time::Instant;

use super::{ExecArgs, SHADOWS, not_started, taker, variables};
use crate::broker::{Broker, BrokerError};
use crate::commands::load::Configuration;
use crate::commands::nameable::{self, Nameable};
use crate::commands::subject::{confirm_all, typed_need};
use crate::commands::{advice, audit_log};
use crate::config::restriction::restricted;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::sys::process::{self, Children};
use crate::ui::Ui;
use crate::ui::text::{escape_json, shown};
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::explain::{Explain, Next};

use output::Sink;
use pattern::Pattern;

/// How many commands run at a time if `--jobs` does not say.
const JOBS: u16 = 8;
/// How many failures are listed; the others are counted.
const MOST_LISTED: usize = 20;

/// Nothing is run.
#[derive(Debug, thiserror::Error)]
enum EachError {
    #[error("no role matches {0}")]
    NoMatch(String),
    #[error("cannot run commands side by side")]
    NoSignals(std::io::Error),
}

impl Explain for EachError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoMatch(_) => Kind::Usage,
            Self::NoSignals(_) => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::NoMatch(_) => {
                vec!["* matches anything except a slash, ** matches anything, ? one character".to_owned()]
            }
            Self::NoSignals(error) => vec![error.to_string()],
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NoMatch(_) => vec![Next::Run { command: "roles".into(), does: "lists them all".into() }],
            Self::NoSignals(_) => vec![Next::TryAgain],
        }
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
    let plans = plans(&matching(&args.each, &files)?, args, &files)?;
    confirm_all(&plans, world)?;
    let jobs = usize::from(args.jobs.unwrap_or(JOBS));
    if !args.quiet {
        ui.say(match plans.len() {
            1 => shown!("1 role"),
            count => shown!("{} roles, {} at a time", count, jobs.min(count)),
        });
    }
    let children = Children::new().map_err(EachError::NoSignals)?;
    let unstartable = Cell::new(false);
    let width = plans.iter().map(|plan| crate::ui::text::escape(&plan.role).width()).max().unwrap_or(0);
    let one = async |index: usize, session: Result<Session, BrokerError>| {
        let plan: &Plan = &plans[index];
        let sink = Sink::new(plan, width, args.json, ui);
        let began = Instant::now();
        let outcome = match session {
            Err(error) => Err(advice::no_session(&error, plan, advice::Typed::Another)),
            Ok(session) => {
                audit_log::note(files.file.audit_log.as_ref(), taker(args), plan, &session, world);
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
    let summary = Summary::of(&plans, outcomes);
    if let Some(code) = children.told() {
        ui.fail(&summary.interrupted());
        process::end(code);
    }
    summary.told(ui)
}

/// The roles that fit one of `patterns`, by any of their names.
fn matching(patterns: &[String], files: &Configuration<'_>) -> CommandResult<Vec<Nameable>> {
    let compiled: Vec<Pattern> = patterns.iter().map(|text| Pattern::of(text)).collect();
    let fits = |role: &Nameable| {
        let in_account = |account: &str| format!("{account}/{}", role.role);
        let by_name = role.account_name.as_deref().map(in_account);
        let names = [Some(role.name.clone()), Some(in_account(&role.account)), by_name];
        names.iter().flatten().any(|name| compiled.iter().any(|pattern| pattern.fits(name)))
    };
    let found: Vec<Nameable> = nameable::all(files)?.into_iter().filter(fits).collect();
    if found.is_empty() {
        let quoted: Vec<String> = patterns.iter().map(|text| format!("`{text}`")).collect();
        return Err(EachError::NoMatch(quoted.join(" or ")).into());
    }
    Ok(found)
}

/// The plan of each role, one for each session: a role and a profile may be the same.
fn plans(roles: &[Nameable], args: &ExecArgs, files: &Configuration<'_>) -> CommandResult<Vec<Plan>> {
    let restriction = args.restriction.read()?;
    let (mut seen, mut plans) = (HashSet::new(), Vec::new());
    for plan in files.plans(roles) {
        let plan = restricted(plan?, &restriction)?;
        if seen.insert(plan.session_key(plan.legs.len() - 1)) {
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// What came of the roles.
struct Summary {
    asked: usize,
    begun: usize,
    /// The roles for which it failed, each with why.
    failures: Vec<(String, CommandError)>,
}

impl Summary {
    fn of(plans: &[Plan], outcomes: Vec<Option<CommandResult<ExitStatus>>>) -> Self {
        let mut summary = Self { asked: plans.len(), begun: 0, failures: Vec::new() };
        for (plan, outcome) in plans.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            summary.begun += 1;
            let failure = match outcome {
                Ok(status) => output::failure(status).map(|what| CommandError::new(Kind::Failed, what)),
                Err(error) => Some(error),
            };
            summary.failures.extend(failure.map(|error| (plan.role.clone(), error)));
        }
        summary
    }

    /// Says that it worked everywhere.
    ///
    /// # Errors
    /// It did not.
    fn told(self, ui: &Ui) -> CommandResult {
        let Self { asked, begun, failures } = self;
        if failures.is_empty() {
            let word = if asked == 1 { "role" } else { "roles" };
            ui.done(shown!("{} {}", asked, word));
            return Ok(());
        }
        // Where nothing was started for one and the same reason, that is the failure, with its code.
        if let [(_, first), ..] = &failures[..]
            && matches!(first.kind, Kind::LoginNeeded | Kind::NotFound | Kind::NotExecutable)
            && failures.len() == begun
            && failures.iter().all(|(_, failure)| failure.what == first.what)
        {
            return Err(first.clone());
        }
        let count = failures.len();
        let what = match asked {
            1 => "the command failed".to_owned(),
            _ => format!("failed for {count} of {asked} roles"),
        };
        Err(listed(what, failures))
    }

    fn interrupted(self) -> CommandError {
        let what = format!("interrupted: {} of {} roles were begun", self.begun, self.asked);
        let mut whole = listed(what, self.failures);
        whole.kind = Kind::Interrupted;
        whole
    }
}

/// One failure for all.
fn listed(what: String, mut failures: Vec<(String, CommandError)>) -> CommandError {
    let more = failures.split_off(failures.len().min(MOST_LISTED)).len();
    let mut whole = CommandError::of_several(what, failures);
    if more > 0 {
        whole = whole.because(format!("{more} more"));
    }
    whole.kind = Kind::Failed;
    whole
}
