//! `jit exec`: runs a command with the credentials of a role.
//!
//! ```text
//! mod (the arguments; replaces this process) → shell (the person's shell, if no command is given)
//!   → taken (the role and its session) → announce (what is said first) → variables (of the command)
//! --refresh: beside (the companion process; on Windows `child`) → refresh (serves credentials) → endpoint (who gets them, and how they are renewed)
//!   → grant (until when a role on request is granted)
//! --each: each (once for every role that matches)
//! ```

mod announce;
#[cfg(unix)]
mod beside;
#[cfg(windows)]
#[path = "child.rs"]
mod beside;
mod each;
mod endpoint;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod grant;
mod refresh;
mod shell;
mod taken;
mod variables;

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;

use clap::Args;

use crate::commands::subject::{RestrictionArgs, RoleArgs, Subject};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::process;
use crate::ui::Ui;
use crate::world::World;

use taken::Taken;
pub(super) use variables::{SHADOWS, Set, variables};

/// Run a command with a role's credentials
///
/// Unsets every AWS variable that would take precedence, sets the new ones, and
/// replaces itself with the command, so signals and exit code are the command's.
/// Without a command, opens your shell with the role.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ExecArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// Renew the session first if less than this is left
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub min_ttl: Option<u32>,
    /// Keep renewing the credentials while the command runs
    #[arg(long)]
    pub refresh: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub restriction: RestrictionArgs,
    /// The region for the command (default: the role's, else your AWS_REGION)
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Do not print the role, the account and the time left first
    #[arg(short, long)]
    pub quiet: bool,
    /// Run the command for every role that matches, such as 'acme-*/ReadOnly'
    #[arg(long, value_name = "PATTERN", requires = "command", conflicts_with_all = ["role", "role_option", "refresh"])]
    pub each: Vec<String>,
    /// With --each, how many commands run at a time (default: 8)
    #[arg(long, value_name = "N", requires = "each", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// With --each, print one JSON object per role
    #[arg(long, requires = "each")]
    pub json: bool,
    /// The command and its arguments (default: your shell)
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

pub(super) fn run(args: &ExecArgs, world: &World, ui: &Ui) -> CommandResult {
    let shell;
    let (program, arguments) = match args.command.split_first() {
        Some(command) => command,
        None => {
            shell = shell::instead_of_command(args.role.name(), world)?;
            (&shell, [].as_slice())
        }
    };
    if !args.each.is_empty() {
        return each::run(program, arguments, args, world, ui);
    }
    let mut served = None;
    if args.refresh || beside::is_other_half() {
        served = beside::start(program, arguments, None)?;
        if served.is_none() {
            return Ok(());
        }
    }
    let subject = taken::find(args, world);
    // A grant can be extended, so the credentials are served and renewed as with --refresh.
    if served.is_none()
        && let Ok(Subject { grant: Some(_), called, .. }) = &subject
    {
        served = beside::start(program, arguments, Some(called))?;
        if served.is_none() {
            return Ok(());
        }
    }
    let shell = args.command.is_empty().then_some(program.as_os_str());
    let taken = subject.and_then(|subject| taken::take(subject, args, shell, world, ui));
    let Some(served) = served else {
        let Taken { subject, session } = taken?;
        let variables = variables(&session, &subject.plan, &world.env);
        return Err(not_started(program, process::become_program(program, arguments, &SHADOWS, variables)));
    };
    let done = taken.and_then(|taken| refresh::serve(taken, taken::taker(args), &served, world, ui));
    served.end(done, ui)
}

fn not_started(program: &OsStr, error: io::Error) -> CommandError {
    let name = program.to_string_lossy();
    let (kind, what) = match error.kind() {
        io::ErrorKind::NotFound => (Kind::NotFound, format!("there is no command `{name}`")),
        _ => (Kind::NotExecutable, format!("cannot run `{name}`")),
    };
    CommandError::new(kind, what).because(error)
}
