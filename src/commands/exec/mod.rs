//! `jit exec`: runs a command with the credentials of a role.
//!
//! ```text
//! mod (replace this process, set variables) ; refresh (renew and serve credentials) ; beside (the companion process) ;
//! shell (the person's shell, if no command is given) ; each (once for every role that matches)
//! ```

#[cfg(unix)]
mod beside;
mod each;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod refresh;
mod shell;

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;

use clap::Args;

use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION, Env, JIT_ACCOUNT_ID, JIT_RESTRICTED_BY, JIT_ROLE};
use jit_wire::name::Variable;
use jit_wire::timestamp::duration;
use zeroize::Zeroizing;

use crate::commands::audit_log::Taker;
use crate::commands::region;
use crate::commands::subject::{RestrictionArgs, RoleArgs, Subject, typed_need};

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

/// Every variable that could make an AWS tool use other credentials, or mistake these for others.
pub(super) const SHADOWS: [&str; 18] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    JIT_RESTRICTED_BY,
];

pub(super) fn run(args: &ExecArgs, world: &World, ui: &Ui) -> CommandResult {
    let shell;
    let (program, arguments) = match args.command.split_first() {
        Some(command) => command,
        None => {
            args.role.name().map_or(Ok(()), |role| shell::is_role(role, world))?;
            shell = shell::of_person(args.role.name(), &world.env)?;
            (&shell, [].as_slice())
        }
    };
    if !args.each.is_empty() {
        return each::run(program, arguments, args, world, ui);
    }
    #[cfg(unix)]
    if args.refresh {
        return beside::run(program, arguments, args, world, ui);
    }
    let (subject, session) = session(args, world, ui)?;
    #[cfg(windows)]
    if args.refresh {
        return refresh::attend(program, arguments, &subject, session, world, ui);
    }
    let variables = variables(&session, &subject.plan, &world.env);
    Err(not_started(program, process::become_program(program, arguments, &SHADOWS, variables)))
}

/// The role and its session, announced to the person.
fn session<'w>(args: &ExecArgs, world: &'w World, ui: &Ui) -> CommandResult<(Subject<'w>, Session)> {
    let subject = Subject::find_fast(&args.role, world)?.restricted(&args.restriction)?;
    let subject = subject.in_region(args.region.as_deref())?;
    subject.confirm()?;
    let session = subject.session(&typed_need(world, args.min_ttl), taker(args))?;
    if !args.quiet {
        let left = duration(session.time_left(world.clock.now()));
        let plan = &subject.plan;
        let role = ui.paint_role(&plan.shown_name(), plan.color.as_deref());
        ui.say(shown!("{}  account {}  {} left", role, session.account(), left));
        region::say_which(plan, &world.env, ui);
        if args.command.is_empty()
            && let Ok(shell) = shell::of_person(args.role.name(), &world.env)
        {
            shell::announce(&shell, plan, &world.env, ui);
        }
    }
    Ok((subject, session))
}

/// Who takes the session: the command, of which only the program is said.
fn taker(args: &ExecArgs) -> Taker<'_> {
    Taker { command: "exec", program: args.command.first().map(OsString::as_os_str) }
}

fn not_started(program: &OsStr, error: io::Error) -> CommandError {
    let name = program.to_string_lossy();
    let (kind, what) = match error.kind() {
        io::ErrorKind::NotFound => (Kind::NotFound, format!("there is no command `{name}`")),
        _ => (Kind::NotExecutable, format!("cannot run `{name}`")),
    };
    CommandError::new(kind, what).because(error)
}

/// A variable for the command, and its value.
pub(super) type Set = (Variable, Zeroizing<String>);

/// The variables of the command: credentials, region, role and account.
pub(super) fn variables(session: &Session, plan: &Plan, env: &Env) -> Vec<Set> {
    let mut variables: Vec<_> = session.to_variables().into();
    variables.extend(about(session, plan, env));
    variables
}

/// The region in both of its variables, the other settings of the profile, and the role and account.
fn about(session: &Session, plan: &Plan, env: &Env) -> Vec<Set> {
    let mut variables: Vec<Set> = Vec::new();
    // The command does not see the profile, so its settings are passed on. Variables that the person set
    // take precedence.
    let of_profile = plan.variables.iter().filter(|(name, _)| env.get(name.as_str()).is_none());
    variables.extend(of_profile.map(|(name, at)| (name.clone(), Zeroizing::new(at.value.clone()))));
    let configured = plan.region.as_ref().map(|region| region.value.as_str());
    if let Some(region) = configured.or_else(|| env.get(AWS_REGION)).or_else(|| env.get(AWS_DEFAULT_REGION)) {
        variables.push((const { Variable::known(AWS_REGION) }, Zeroizing::new(region.to_owned())));
        variables.push((const { Variable::known(AWS_DEFAULT_REGION) }, Zeroizing::new(region.to_owned())));
    }
    variables.push((const { Variable::known(JIT_ROLE) }, Zeroizing::new(plan.role.clone())));
    variables.push((const { Variable::known(JIT_ACCOUNT_ID) }, Zeroizing::new(session.account().to_owned())));
    if !plan.restricted_by.is_empty() {
        let restricted_by = Zeroizing::new(plan.restricted_by.join(", "));
        variables.push((const { Variable::known(JIT_RESTRICTED_BY) }, restricted_by));
    }
    variables
}
