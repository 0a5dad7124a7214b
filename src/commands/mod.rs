//! One command, one file. Here is what they share: loading the configuration, opening the store, finding the role.

mod advice;
pub mod completions;
pub mod configure;
mod console;
mod credential_process;
pub mod demo;
mod doctor;
pub mod env;
mod exec;
mod explain;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod lock;
mod login;
mod logout;
pub mod man;
mod pick;
mod roles;
mod status;
mod terminals;
mod whoami;

use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::broker::{Broker, BrokerError, Interaction, Need};
use crate::cli::{Command, Narrow, Role};
use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::file::File;
use crate::config::narrow::{self, narrowed};
use crate::config::part;
use crate::config::resolve::{self, Flags, ResolveError};
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::LoginOptions;
use crate::index;
use crate::plan::{Origin, Plan, Valued};
use crate::store::{self, Store};
use crate::sys::{folders, fs, process};
use crate::ui::Ui;
use crate::world::{Asking, World};
use jit_wire::credentials::Session;
use jit_wire::env::JIT_WITHIN;

/// A configuration file is text that somebody wrote; this is more than anybody will.
const CONFIG_LIMIT: u64 = 16 * 1024 * 1024;
/// A session policy is 2 KB; one with comments and spaces is more.
const POLICY_LIMIT: u64 = 256 * 1024;
/// How long a person has to sign in.
const LOGIN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// How long to wait for another process that is busy with the same: its person may be signing in.
const WAIT: Duration = Duration::from_secs(5 * 60 + 30);

/// Runs a command.
///
/// # Errors
/// The failure to show; its kind is the exit code.
pub fn run(command: &Command, world: &World, ui: &Ui) -> CommandResult {
    match command {
        Command::Login(args) => login::run(args, world, ui),
        Command::Exec(args) => exec::run(args, world, ui),
        Command::CredentialProcess(args) => credential_process::run(&args.role, args.auto_login, world, ui),
        Command::Env(args) => env::run(args, world, ui),
        Command::Status(args) => status::run(args, world, ui),
        Command::Roles(args) => roles::run(args, world, ui),
        Command::Console(args) => console::run(args, world, ui),
        Command::Whoami(args) => whoami::run(args, world, ui),
        Command::Explain(args) => explain::run(args, world, ui),
        Command::Logout(args) => logout::run(args, world, ui),
        Command::Lock => lock::run(world, ui),
        Command::Configure(args) => configure::run(args, world, ui),
        Command::Doctor(args) => doctor::run(args, world, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
        Command::Demo(args) => demo::run(args, world, ui),
    }
}

/// Reads the configuration.
fn load(world: &World) -> CommandResult<File> {
    let path = &world.folders.config_file;
    let shown = folders::short(path, &world.folders.home);
    let content =
        fs::read_limited(path, CONFIG_LIMIT).map_err(|error| advice::ConfigUnread::new(&shown, error))?;
    // A client secret may be in it.
    let content = Zeroizing::new(content);
    let text = std::str::from_utf8(&content)
        .map_err(|_| CommandError::new(Kind::Usage, format!("{shown} is not UTF-8 text")))?;
    Ok(File::parse(&shown, text)?)
}

/// Reads of the configuration what `role` is made of, if there is nothing to say about that.
fn load_part(role: &str, world: &World) -> Option<File> {
    let path = &world.folders.config_file;
    let content = Zeroizing::new(fs::read_limited(path, CONFIG_LIMIT).ok()?);
    let part = part::of_role(std::str::from_utf8(&content).ok()?, role)?;
    let file = File::parse(&folders::short(path, &world.folders.home), &part).ok()?;
    file.roles.contains_key(role).then_some(file)
}

/// Reads the configuration, for commands that have a use without one: sessions are there while it is being written.
fn load_if_there(world: &World) -> CommandResult<File> {
    if world.folders.config_file.exists() { load(world) } else { Ok(File::default()) }
}

/// Reads the configuration, for commands that are about a role: the profiles of `~/.aws/config` are roles too, and need
/// no other configuration.
fn load_or_profiles(world: &World) -> CommandResult<File> {
    let path = &world.folders.config_file;
    let profiles = [&world.folders.aws_config, &world.folders.aws_credentials];
    if !path.exists() && profiles.iter().any(|path| path.exists()) {
        return Ok(File { path: folders::short(path, &world.folders.home), ..File::default() });
    }
    load(world)
}

/// The profiles of `~/.aws/config` and `~/.aws/credentials`, as far as these are there.
fn aws_profiles(world: &World) -> CommandResult<AwsProfiles> {
    aws_profiles_for(None, world)
}

/// The same; with a `profile` only what that is made of, where a look at the lines tells.
fn aws_profiles_for(profile: Option<&str>, world: &World) -> CommandResult<AwsProfiles> {
    let read = |path: &Path| match fs::read_limited(path, aws::SIZE_LIMIT) {
        Ok(content) => Ok(Zeroizing::new(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        Err(error) => {
            let what = format!("{} cannot be read", folders::short(path, &world.folders.home));
            Err(CommandError::new(Kind::Usage, what).because(error))
        }
    };
    let paths = [&world.folders.aws_config, &world.folders.aws_credentials];
    let mut contents = [read(paths[0])?, read(paths[1])?];
    let part = |profile| {
        let texts = (std::str::from_utf8(&contents[0]).ok()?, std::str::from_utf8(&contents[1]).ok()?);
        part::of_profile(texts.0, texts.1, profile)
    };
    if let Some(parts) = profile.and_then(part) {
        contents = parts.map(|mut part| Zeroizing::new(std::mem::take(&mut *part).into_bytes()));
    }
    let parse = |content: &[u8], path: &Path| -> CommandResult<_> {
        let shown = folders::short(path, &world.folders.home);
        match Document::parse(content) {
            Ok(document) => Ok((document, shown)),
            Err(broken) => Err(CommandError::new(Kind::Usage, format!("{shown}: {broken}"))),
        }
    };
    let profiles = AwsProfiles::new(parse(&contents[0], paths[0])?, parse(&contents[1], paths[1])?);
    Ok(profiles.with_own_program(|| Some(process::own_path().ok()?.to_str()?.to_owned())))
}

/// How much of a file is read. A part lacks the mistakes that stand elsewhere, so whoever shows anything but a session that
/// is at hand, or goes on to ask for one, reads the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// What the role is made of, where that can be told and there is nothing to say about it.
    Part,
    /// All of it, every mistake told.
    Whole,
}

/// The profile of AWS's files called `name`, as roles.
fn aws_profile(name: &str, reading: Reading, world: &World) -> CommandResult<Option<File>> {
    let within: Vec<&str> = world.env.get(JIT_WITHIN).unwrap_or_default().split_terminator(',').collect();
    if reading == Reading::Part
        && let Ok(profiles) = aws_profiles_for(Some(name), world)
        && let Ok(profile) = aws::as_roles(&profiles, name, &within)
    {
        return Ok(profile);
    }
    Ok(aws::as_roles(&aws_profiles(world)?, name, &within)?)
}

/// Which role is meant.
fn role_name(
    file: &File,
    flags: Flags<'_>,
    reading: Reading,
    world: &World,
) -> Result<Valued<String>, ResolveError> {
    // A role that is gone from the file and from what IdPs offer is meant no more.
    let known = |role: &String| plan_of(file, role, Flags::default(), reading, world).is_ok();
    resolve::role_name(file, flags, &world.env, || terminals::last_role(world).filter(known))
}

/// The plan for a role: of the file, else a profile of `~/.aws/config`, else of the index.
fn plan(file: &File, name: &str, flags: Flags<'_>, world: &World) -> CommandResult<Plan> {
    plan_of(file, name, flags, Reading::Whole, world)
}

/// The same, with no more read of AWS's files than `reading` says.
fn plan_of(
    file: &File,
    name: &str,
    flags: Flags<'_>,
    reading: Reading,
    world: &World,
) -> CommandResult<Plan> {
    let plan = resolved(file, name, flags, reading, world)?;
    // Whatever is asked next is asked for this plan.
    let certificates = plan.ca_bundle.as_ref();
    world.http.trust(certificates.map(|at| (at.value.as_str(), format!("`ca_bundle` ({})", at.origin))));
    Ok(plan)
}

fn resolved(
    file: &File,
    name: &str,
    flags: Flags<'_>,
    reading: Reading,
    world: &World,
) -> CommandResult<Plan> {
    if !file.roles.contains_key(name)
        && let Some(profile) = aws_profile(name, reading, world)?
    {
        return Ok(resolve::plan(&profile, name, flags, &world.env, Vec::new)?);
    }
    let state = &world.folders.state;
    match resolve::plan(file, name, flags, &world.env, || index::near(state, name)) {
        // Only who is to hear what was probably meant needs the whole index.
        Err(ResolveError::UnknownRole { .. }) => {
            Ok(resolve::plan(file, name, flags, &world.env, || index::all(state))?)
        }
        plan => Ok(plan?),
    }
}

fn open_store<'w>(world: &'w World, file: &File) -> CommandResult<Store<'w>> {
    let prompts = match world.asking {
        Asking::Nothing => store::Prompts::Never,
        Asking::Person if world.person.can_be_asked() => store::Prompts::Allowed,
        Asking::Nobody | Asking::Person => store::Prompts::Brief,
    };
    Ok(Store::open(world, store::Options { key_cache: file.key_cache, prompts })?)
}

/// A role that a command is about: its plan, and the store its sessions lie in.
struct Subject<'w> {
    plan: Plan,
    /// Who named the role.
    named_by: Origin,
    store: Store<'w>,
    /// `console_browser` of the configuration.
    console_browser: Option<Vec<String>>,
    /// How much was read to find it.
    reading: Reading,
}

impl<'w> Subject<'w> {
    /// Reads all there is to read.
    fn find(role: &Role, world: &'w World) -> CommandResult<Self> {
        Self::find_narrowed(role, &Narrow::default(), Reading::Whole, world)
    }

    /// With a session that is less than the role allows.
    fn find_narrowed(
        role: &Role,
        narrow: &Narrow,
        reading: Reading,
        world: &'w World,
    ) -> CommandResult<Self> {
        let part = role.name().filter(|_| reading == Reading::Part).and_then(|name| load_part(name, world));
        let file = part.map_or_else(|| load_or_profiles(world), Ok)?;
        let flags = Flags { role: role.name(), duration: None };
        let store = open_store(world, &file)?;
        let name = match role_name(&file, flags, reading, world) {
            Err(ResolveError::NoRole { .. }) if world.person.can_be_asked() => {
                Valued::new(pick::any(&file, &store, world)?, Origin::Rule("the list"))
            }
            name => name?,
        };
        let plan = plan_of(&file, &name.value, flags, reading, world)?;
        let plan = narrowed(plan, &wanted(narrow)?)?;
        let console_browser = file.console_browser.as_ref().map(|words| words.value.clone());
        Ok(Self { plan, named_by: name.origin, store, console_browser, reading })
    }

    /// A session of the role, after whatever it takes. A mistake elsewhere in the files is said before anybody is asked for
    /// anything.
    fn session(&self, world: &World, need: &Need) -> CommandResult<Session> {
        let no_session = |error: BrokerError| advice::no_session(&error, &self.plan, advice::Typed::Another);
        let broker = Broker::new(world, &self.store);
        if let Some(session) = broker.at_hand(&self.plan, need).map_err(no_session)? {
            return Ok(session);
        }
        if self.reading == Reading::Part {
            plan(&load_or_profiles(world)?, &self.plan.role, Flags::default(), world)?;
        }
        broker.session(&self.plan, need).map_err(no_session)
    }
}

/// What `--read-only`, `--policy` and `--max` ask for, files read.
fn wanted(args: &Narrow) -> CommandResult<narrow::Restriction> {
    let mut wanted =
        narrow::Restriction { read_only: args.read_only, max: args.max, ..narrow::Restriction::default() };
    for policy in &args.policy {
        if policy.starts_with("arn:") {
            wanted.policy_arns.push(policy.clone());
            continue;
        }
        let content = fs::read_limited(std::path::Path::new(policy), POLICY_LIMIT)
            .map_err(|error| CommandError::new(Kind::Usage, format!("`{policy}` cannot be read: {error}")))?;
        if wanted.policy.replace(String::from_utf8_lossy(&content).into_owned()).is_some() {
            return Err(CommandError::new(Kind::Usage, "STS takes only one policy that is no ARN"));
        }
    }
    Ok(wanted)
}

/// Asks the person, where the configuration wants that, before a role is used.
fn confirm(plan: &Plan, world: &World) -> CommandResult {
    if !plan.confirm {
        return Ok(());
    }
    let account = plan.target().role.value.account();
    match world.person.confirm(&format!("Use {} in account {account}?", plan.role)) {
        Some(true) => Ok(()),
        Some(false) => Err(CommandError::new(Kind::Failed, format!("{} is not used", plan.role))),
        None => Err(CommandError::new(
            Kind::Usage,
            format!("{} is only used after a yes, and nobody can be asked here", plan.role),
        )
        .because("the role has confirm = true")),
    }
}

/// What a command that a person typed needs: a login if it must be, where there is somebody to sign in.
fn typed_need(world: &World, min_ttl: Option<u32>) -> Need {
    let options = LoginOptions { within: LOGIN_WITHIN, ..LoginOptions::by_browser() };
    Need {
        min_ttl: Duration::from_secs(min_ttl.unwrap_or(0).into()),
        force: false,
        interaction: if world.person.can_be_asked() {
            Interaction::Allowed(options)
        } else {
            Interaction::Never
        },
        wait: WAIT,
    }
}
