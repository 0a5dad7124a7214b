//! `jit configure`: writes settings for the user.

mod add;
mod choose;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod import;
pub mod profiles;
mod replace;
mod wizard;
mod write;

use clap::{Args, Subcommand};

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;

use super::load::Configuration;
use super::nameable;
use profiles::{ProfilesOptions, Report};

/// Set up jit and the configuration files of other programs
///
/// Without a command, asks where your company signs in, tries the sign-in and one
/// role, and adds what works to config.toml.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ConfigureArgs {
    /// What to do
    #[command(subcommand)]
    pub command: Option<ConfigureCommand>,
}

/// The subcommands, which work without the wizard's questions.
#[derive(Debug, Subcommand)]
pub enum ConfigureCommand {
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Profiles(ProfilesArgs),
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Add(add::AddArgs),
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Import(import::ImportArgs),
}

/// Write a profile to ~/.aws/config for each role
///
/// Without ROLE, writes one for each configured role. Changes only sections marked
/// `# managed by jit`; everything else stays byte for byte, and a backup of the
/// file is kept next to it. Writes `[default]`, which AWS tools use when no profile
/// is given, only with --name default.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ProfilesArgs {
    /// Roles, including those that IdPs offer; * matches anything
    #[arg(value_name = "ROLE", conflicts_with = "all", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    pub roles: Vec<String>,
    /// Every role that jit roles lists, except profiles
    #[arg(long)]
    pub all: bool,
    /// Template for the names: {name} {role} {account} {account_name} {idp}
    #[arg(long, value_name = "TEMPLATE", default_value = "{name}", hide_default_value = true)]
    pub name: String,
    /// Show the diff and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove profiles that jit wrote for roles that no longer exist
    #[arg(long)]
    pub prune: bool,
}

pub(super) fn run(args: &ConfigureArgs, world: &World, ui: &Ui) -> CommandResult {
    match &args.command {
        None => wizard::run(world, ui),
        Some(ConfigureCommand::Profiles(args)) => run_profiles(args, world, ui),
        Some(ConfigureCommand::Add(args)) => add::run(args, world, ui),
        Some(ConfigureCommand::Import(args)) => import::run(args, world, ui),
    }
}

fn run_profiles(args: &ProfilesArgs, world: &World, ui: &Ui) -> CommandResult {
    let file = Configuration::read(world)?.that_is_written()?.file;
    let roles = nameable::of_configuration(&file, world);
    let wanted = choose::wanted(&roles, &args.roles, args.all, &args.name).or_else(|error| {
        choose::are_profiles(&args.roles, world)?;
        Err(error)
    })?;
    let executable = process::own_path().map_err(|error| {
        CommandError::new(Kind::Failed, "cannot find the path of this program").because(error)
    })?;
    let known = roles.into_iter().flat_map(|role| [role.number_name(), role.name]).collect();
    let options = ProfilesOptions { executable, dry_run: args.dry_run, prune: args.prune, known };
    let report = profiles::run(world, &wanted, &options)?;
    if args.dry_run {
        report.diff.iter().try_for_each(|line| ui.line(escape(line)))?;
    }
    tell(&report, args.dry_run, world, ui);
    Ok(())
}

fn tell(report: &Report, dry_run: bool, world: &World, ui: &Ui) {
    let path = folders::short(&world.folders.aws_config, &world.folders.home);
    let words = if dry_run {
        ["Would add to", "Would update in", "Would remove from"]
    } else {
        ["Added to", "Updated in", "Removed from"]
    };
    for (names, what) in [&report.added, &report.updated, &report.removed].into_iter().zip(words) {
        if !names.is_empty() {
            ui.done(shown!("{} {}: {}", what, path, some(names)));
        }
    }
    if report.added.is_empty() && report.updated.is_empty() && report.removed.is_empty() {
        ui.done(shown!("{} is up to date; jit manages {} of its profiles", path, report.unchanged.len()));
    }
    for place in &report.conflicts {
        ui.warn(shown!(
            "{}:{}: the profile {} is not managed by jit and was not changed",
            path,
            place.line,
            place.name
        ));
    }
    let credentials = folders::short(&world.folders.aws_credentials, &world.folders.home);
    for place in &report.elsewhere {
        ui.warn(shown!(
            "{}:{}: the profile {} is not managed by jit and would take precedence, so jit did not write \
             one. Remove it there, or choose another name with --name",
            credentials,
            place.line,
            place.name
        ));
    }
    for key in &report.overruled {
        ui.warn(shown!(
            "{}:{}: `{}` in the profile {} takes precedence over jit",
            path,
            key.line,
            key.key,
            key.name
        ));
    }
    for place in &report.stale {
        ui.warn(shown!(
            "{}:{}: the profile {} is for a role that no longer exists; --prune removes it",
            path,
            place.line,
            place.name
        ));
    }
    for role in &report.unasked {
        ui.warn(shown!(
            "The role {} has no profile: AWS tools use [default] when no profile is given. To write it: jit \
             configure profiles {} --name default",
            role,
            role
        ));
    }
    for (role, why) in &report.refused {
        ui.warn(shown!("no profile for {}: {}", role, why));
    }
    if let Some(backup) = &report.backup {
        ui.say(shown!("Backup of the previous file: {}", folders::short(backup, &world.folders.home)));
    }
}

/// `names`, separated by commas; a long list is shortened.
fn some(names: &[String]) -> String {
    const MOST: usize = 12;
    match names.get(..MOST) {
        Some(first) if names.len() > MOST => format!("{} and {} more", first.join(", "), names.len() - MOST),
        _ => names.join(", "),
    }
}
