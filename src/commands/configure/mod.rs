//! `jit configure`: settings written for the user.

mod add;
mod choose;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod import;
pub mod profiles;
mod replace;
mod wizard;
mod write;

use crate::cli::{Configure, ConfigureArgs, Profiles};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;

use super::load;
use profiles::{ProfilesOptions, Report};

pub(super) fn run(args: &ConfigureArgs, world: &World, ui: &Ui) -> CommandResult {
    match &args.command {
        None => wizard::run(world, ui),
        Some(Configure::Profiles(args)) => run_profiles(args, world, ui),
        Some(Configure::Add(args)) => add::run(args, world, ui),
        Some(Configure::Import(args)) => import::run(args, world, ui),
    }
}

fn run_profiles(args: &Profiles, world: &World, ui: &Ui) -> CommandResult {
    let file = load(world)?;
    let roles = choose::all(&file, world);
    let wanted = choose::wanted(&roles, &args.roles, args.all, &args.name).or_else(|error| {
        choose::are_profiles(&args.roles, world)?;
        Err(error)
    })?;
    let executable = process::own_path().map_err(|error| {
        CommandError::new(Kind::Failed, "this program's own path is not known").because(error)
    })?;
    let known = roles.into_iter().map(|role| role.name).collect();
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
        ui.done(shown!("{} is up to date, {} of its profiles are jit's", path, report.unchanged.len()));
    }
    for place in &report.conflicts {
        ui.warn(shown!(
            "{}:{}: the profile {} is not jit's and was left alone",
            path,
            place.line,
            place.name
        ));
    }
    let credentials = folders::short(&world.folders.aws_credentials, &world.folders.home);
    for place in &report.elsewhere {
        ui.warn(shown!(
            "{}:{}: the profile {} is not jit's and would count instead, so none was written. Remove it there, or choose another name with --name",
            credentials,
            place.line,
            place.name
        ));
    }
    for key in &report.overruled {
        ui.warn(shown!(
            "{}:{}: `{}` in the profile {} decides instead of jit",
            path,
            key.line,
            key.key,
            key.name
        ));
    }
    for place in &report.stale {
        ui.warn(shown!(
            "{}:{}: the profile {} is for a role that is gone; --prune removes it",
            path,
            place.line,
            place.name
        ));
    }
    for role in &report.unasked {
        ui.warn(shown!(
            "The role {} has no profile: [default] is what AWS tools use where no profile is named. To write it: jit configure profiles {} --name default",
            role,
            role
        ));
    }
    for (role, why) in &report.refused {
        ui.warn(shown!("{} has no profile: {}", role, why));
    }
    if let Some(backup) = &report.backup {
        ui.say(shown!("The file as it was is {}", folders::short(backup, &world.folders.home)));
    }
}

/// `names`, a long list cut.
fn some(names: &[String]) -> String {
    const MOST: usize = 12;
    match names.get(..MOST) {
        Some(first) if names.len() > MOST => format!("{} and {} more", first.join(", "), names.len() - MOST),
        _ => names.join(", "),
    }
}
