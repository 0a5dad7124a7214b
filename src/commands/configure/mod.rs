//! `jit configure`: writes settings for the user.

mod add;
mod choose;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod import;
pub mod profiles;
mod remove;
mod replace;
mod takeover;
mod wizard;
mod write;

use clap::{Args, Subcommand};

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;

use super::load::{self, Configuration};
use super::nameable;
use profiles::{ProfilesOptions, Report};
use takeover::Takeover;

use jit_wire::name;

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
    Remove(remove::RemoveArgs),
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Import(import::ImportArgs),
}

/// Write a profile to ~/.aws/config for each role
///
/// Without ROLE, writes one for each configured role. Changes only sections marked
/// `# managed by jit`; everything else stays byte for byte, and a backup of the
/// file is kept next to it. Writes `[default]`, which AWS tools use when no profile
/// is given, only with --name default.
///
/// With --replace, an existing profile that stands for the same role becomes jit's:
/// the keys that decide about credentials go (sso_*, role_arn, source_profile, …),
/// and region, output and everything else stay. --restore puts such profiles back.
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
    /// Take over existing Identity Center and role profiles of the same roles
    #[arg(long)]
    pub replace: bool,
    /// Put back the profiles that --replace took over; ROLE is then a profile
    #[arg(long, conflicts_with_all = ["replace", "prune", "all", "name"])]
    pub restore: bool,
}

pub(super) fn run(args: &ConfigureArgs, world: &World, ui: &Ui) -> CommandResult {
    match &args.command {
        None => wizard::run(world, ui),
        Some(ConfigureCommand::Profiles(args)) => run_profiles(args, world, ui),
        Some(ConfigureCommand::Add(args)) => add::run(args, world, ui),
        Some(ConfigureCommand::Remove(args)) => remove::run(args, world, ui),
        Some(ConfigureCommand::Import(args)) => import::run(args, world, ui),
    }
}

fn run_profiles(args: &ProfilesArgs, world: &World, ui: &Ui) -> CommandResult {
    if args.restore {
        return run_restore(args, world, ui);
    }
    let file = Configuration::read(world)?.that_is_written()?.file;
    let roles = nameable::of_configuration(&file, world);
    let wanted = choose::wanted(&roles, &args.roles, args.all, &args.name).or_else(|error| {
        choose::are_profiles(&args.roles, world)?;
        Err(error)
    })?;
    let executable = process::own_path().map_err(|error| {
        CommandError::new(Kind::Failed, "cannot find the path of this program").because(error)
    })?;
    let takeover = match args.replace {
        true => takeover::choose(&file, &roles, &wanted, !args.roles.is_empty(), &load::profiles(world)?),
        false => Takeover::default(),
    };
    let known = roles.into_iter().flat_map(|role| [role.number_name(), role.name]).collect();
    let take_over = takeover.profiles.clone();
    let options = ProfilesOptions { executable, dry_run: args.dry_run, prune: args.prune, known, take_over };
    let report = profiles::run(world, &wanted, &options)?;
    if args.dry_run {
        report.diff.iter().try_for_each(|line| ui.verbatim(shown!("{}\n", line)))?;
    }
    tell(&report, &takeover, args, world, ui);
    takeover::tell(&takeover, &folders::short(&world.folders.aws_config, &world.folders.home), ui);
    Ok(())
}

fn run_restore(args: &ProfilesArgs, world: &World, ui: &Ui) -> CommandResult {
    let restored = profiles::restore(world, &args.roles, args.dry_run)?;
    let path = folders::short(&world.folders.aws_config, &world.folders.home);
    restored.diff.iter().try_for_each(|line| ui.line(escape(line)))?;
    for (name, key, line) in &restored.in_the_way {
        ui.warn(shown!(
            "{}:{}: the profile {} has `{}` again, so it was not restored; remove that line first",
            path,
            line,
            name,
            key
        ));
    }
    let nothing = restored.names.is_empty() && restored.in_the_way.is_empty();
    if let Some(unknown) = args.roles.iter().find(|name| nothing && !name.is_empty()) {
        let what = format!("jit did not replace a profile called `{unknown}` in {path}");
        return Err(CommandError::new(Kind::Usage, what));
    }
    if nothing {
        ui.done(shown!("Nothing to restore: jit has replaced no profile in {}", path));
    }
    if !restored.names.is_empty() {
        let what = if args.dry_run { "Would restore in" } else { "Restored in" };
        ui.done(shown!("{} {}: {}", what, path, some(&restored.names)));
    }
    if let Some(backup) = &restored.backup {
        ui.say(shown!("Backup of the previous file: {}", folders::short(backup, &world.folders.home)));
    }
    Ok(())
}

fn tell(report: &Report, takeover: &Takeover, args: &ProfilesArgs, world: &World, ui: &Ui) {
    let &ProfilesArgs { dry_run, replace, .. } = args;
    let path = folders::short(&world.folders.aws_config, &world.folders.home);
    let words = if dry_run {
        ["Would replace in", "Would add to", "Would update in", "Would remove from"]
    } else {
        ["Replaced in", "Added to", "Updated in", "Removed from"]
    };
    let lists = [&report.replaced, &report.added, &report.updated, &report.removed];
    for (names, what) in lists.into_iter().zip(words) {
        if !names.is_empty() {
            ui.done(shown!("{} {}: {}", what, path, some(names)));
        }
    }
    if lists.into_iter().all(Vec::is_empty) {
        ui.done(shown!("{} is up to date; jit manages {} of its profiles", path, report.unchanged.len()));
    }
    for place in report.conflicts.iter().filter(|place| !takeover.explains(&place.name)) {
        ui.warn(shown!(
            "{}:{}: the profile {} is not managed by jit and was not changed{}",
            path,
            place.line,
            place.name,
            if replace { "" } else { "; --replace takes it over if it is the same role" }
        ));
    }
    for place in &report.orphaned {
        ui.warn(shown!(
            "{}:{}: the profile {} is for a role that no longer exists; jit configure profiles {} --restore puts \
             back what it was",
            path,
            place.line,
            place.name,
            name::in_command(&place.name)
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
