//! `jit configure profiles`: a profile in `~/.aws/config` for each role.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::aws::{
    self, Broken, Changes, Document, Overruled, Profile, ProfileHeader, Program, SIZE_LIMIT, System, Tangled,
    Unwritable, managed_profiles, plan_profiles,
};
use crate::config::{Side, unified_diff};
use crate::world::World;
use jit_wire::explain::{Explain, Kind, Next};

use super::replace;

mod originals;

pub use originals::{Restored, restore};

/// Options often to start over if another program changes the file at the same time.
const ATTEMPTS: usize = 2;

/// A profile to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedProfile {
    /// Its name.
    pub profile: String,
    /// The role whose credentials it provides.
    pub role: String,
    /// Its region; `None` leaves the existing one unchanged.
    pub region: Option<String>,
    /// The person typed this exact name, so it may be `default`.
    pub typed: bool,
}

impl WantedProfile {
    /// Whether AWS's tools would use it when no profile is given. Some of them ignore case.
    fn is_default(&self) -> bool {
        self.profile.eq_ignore_ascii_case("default")
    }
}

/// The options of the command.
#[derive(Clone, Debug)]
pub struct ProfilesOptions {
    /// The path of the program in the profiles, from `sys::process::own_path`.
    pub executable: PathBuf,
    /// Show what would change, and write nothing, not even a lock.
    pub dry_run: bool,
    /// Remove managed profiles whose role no longer exists.
    pub prune: bool,
    /// The roles that exist, with or without a profile.
    pub known: HashSet<String>,
    /// Profiles that somebody else wrote, to be taken over for a role.
    pub take_over: Vec<WantedProfile>,
}

/// What was done, or would be done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// New profiles.
    pub added: Vec<String>,
    /// Managed profiles that were changed.
    pub updated: Vec<String>,
    /// Managed profiles that needed no change.
    pub unchanged: Vec<String>,
    /// Profiles that somebody else wrote and that are ours now.
    pub replaced: Vec<String>,
    /// Profiles that were taken over, and whose role is gone.
    pub orphaned: Vec<ProfileHeader>,
    /// Managed profiles that were removed, because their role no longer exists.
    pub removed: Vec<String>,
    /// Managed profiles whose role no longer exists, and which `prune` would remove.
    pub stale: Vec<ProfileHeader>,
    /// Profiles with a wanted name that jit does not manage; they were not changed.
    pub conflicts: Vec<ProfileHeader>,
    /// Profiles with a wanted name in `~/.aws/credentials`, which would take precedence; none was written.
    pub elsewhere: Vec<ProfileHeader>,
    /// Keys in managed profiles that take precedence over jit.
    pub overruled: Vec<Overruled>,
    /// Roles that would become `[default]` although nobody requested it.
    pub unasked: Vec<String>,
    /// Roles whose name or region cannot be written, and why.
    pub refused: Vec<(String, Unwritable)>,
    /// For a dry run: the change as a unified diff, with long-lived access keys hidden; empty if nothing
    /// changes.
    pub diff: Vec<String>,
    /// The backup of the previous file.
    pub backup: Option<PathBuf>,
}

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfilesError {
    /// AWS's tools could not read the file.
    #[error("{}:{}:{}: {}{}", path.display(), broken.line, broken.column, broken.why, quoted(&broken.text))]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        broken: Broken,
    },
    /// An indented section would be read differently after the change.
    #[error("{}:{}: {tangled}", path.display(), tangled.line)]
    Tangled {
        /// The file.
        path: PathBuf,
        /// Where.
        tangled: Tangled,
    },
    /// The path of this program cannot be written into the file.
    #[error(transparent)]
    Program(Unwritable),
    /// The file exists, but cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file, its folder or its backup cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The lock in the state folder cannot be taken.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another program keeps changing the file.
    #[error("another program is changing {}", path.display())]
    KeepsChanging {
        /// The file.
        path: PathBuf,
    },
}

impl Explain for ProfilesError {
    fn kind(&self) -> Kind {
        match self {
            Self::Broken { .. } | Self::Tangled { .. } => Kind::Usage,
            _ => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        std::error::Error::source(self).map(ToString::to_string).into_iter().collect()
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::KeepsChanging { .. } => {
                Next::list(["nothing was changed; run the command again when that program has finished"])
            }
            _ => Next::list(["nothing was changed; fix that and run the command again"]),
        }
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// Writes a profile for each of the `roles` to `~/.aws/config`, and removes managed profiles that are no
/// longer wanted if requested. Everything else in the file stays unchanged.
///
/// # Errors
/// [`ProfilesError`]; the file is then unchanged.
pub fn run(
    world: &World,
    roles: &[WantedProfile],
    options: &ProfilesOptions,
) -> Result<Report, ProfilesError> {
    run_meanwhile(world, roles, options, || ())
}

/// For tests: `meanwhile` runs between reading and writing, as another program could.
fn run_meanwhile(
    world: &World,
    roles: &[WantedProfile],
    options: &ProfilesOptions,
    mut meanwhile: impl FnMut(),
) -> Result<Report, ProfilesError> {
    // A path that is not Unicode gets a replacement character here, which `Program` refuses.
    let program =
        Program::new(&options.executable.to_string_lossy(), System::HERE).map_err(ProfilesError::Program)?;
    let mut wanted = Vec::new();
    let mut refused = Vec::new();
    let mut taken = Vec::new();
    for one in roles {
        match program.named_profile(&one.profile, &one.role, one.region.as_deref()) {
            Ok(profile) => wanted.push((one, profile)),
            Err(why) => refused.push((one.role.clone(), why)),
        }
    }
    for one in &options.take_over {
        match program.named_profile(&one.profile, &one.role, None) {
            Ok(profile) => taken.push(profile),
            Err(why) => refused.push((one.role.clone(), why)),
        }
    }
    let _lock = if options.dry_run { None } else { Some(lock(world)?) };
    let elsewhere = in_credentials(world);
    // What the other file says would count instead.
    taken.retain(|profile| !elsewhere.contains_key(&profile.name));
    for _ in 0..ATTEMPTS {
        let wanted = Planned { profiles: &wanted, taken: &taken };
        let report = attempt(&world.folders.aws_config, wanted, &elsewhere, options, &mut meanwhile)?;
        if let Some(report) = report {
            return Ok(Report { refused, ..report });
        }
    }
    Err(ProfilesError::KeepsChanging { path: world.folders.aws_config.clone() })
}

/// The sections that are to be there.
#[derive(Clone, Copy)]
struct Planned<'a> {
    profiles: &'a [(&'a WantedProfile, Profile)],
    /// Sections of somebody else that become ours.
    taken: &'a [Profile],
}

/// Reads, changes and writes the file once; `None` if another program changed it in between.
fn attempt(
    path: &Path,
    planned: Planned<'_>,
    elsewhere: &HashMap<String, usize>,
    options: &ProfilesOptions,
    meanwhile: &mut impl FnMut(),
) -> Result<Option<Report>, ProfilesError> {
    let content = replace::read(path, SIZE_LIMIT)
        .map_err(|source| ProfilesError::Read { path: path.to_owned(), source })?;
    let before = Document::parse(content.as_deref().map_or(&[], Vec::as_slice))
        .map_err(|broken| ProfilesError::Broken { path: path.to_owned(), broken })?;
    let tangled = |tangled| ProfilesError::Tangled { path: path.to_owned(), tangled };
    let originals = originals::read(path)?;
    let taken = aws::take_over(&before, planned.taken).map_err(tangled)?;
    let base = &taken.document;
    let all_originals = taken.originals(&originals, &before);
    let all_originals = originals::parse(path, all_originals.as_bytes())?;
    // A profile that jit already manages was requested before.
    let ours: HashSet<&str> = managed_profiles(base).map(|(name, _)| name).collect();
    // The region in one that was taken over is the person's own.
    let theirs: HashSet<&str> = aws::taken_over(base, &all_originals).map(|(name, _)| name).collect();
    let may_be = |(one, _): &&(&WantedProfile, Profile)| {
        one.typed || !one.is_default() || ours.contains(one.profile.as_str())
    };
    let (wanted, unasked): (Vec<_>, Vec<_>) = planned.profiles.iter().partition(may_be);
    let is_elsewhere = |(one, _): &&(&WantedProfile, Profile)| {
        elsewhere.contains_key(&one.profile) && !ours.contains(one.profile.as_str())
    };
    let (others, wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_elsewhere);
    let region_of = |profile: &Profile| profile.region.clone().filter(|_| !theirs.contains(&*profile.name));
    let wanted: Vec<Profile> = wanted
        .into_iter()
        .map(|(_, profile)| Profile { region: region_of(profile), ..profile.clone() })
        .collect();
    let mut changes = plan_profiles(base, &wanted, &|role| options.known.contains(role));
    changes.spare(&theirs);
    let after = changes.apply(base, options.prune).map_err(tangled)?;
    let diff = match options.dry_run {
        true => unified_diff(&Side::of_aws(&before), &Side::of_aws(&after), &path.to_string_lossy()),
        false => Vec::new(),
    };
    let mut report = report(changes, options.prune, diff);
    report.replaced.clone_from(&taken.names);
    report.orphaned = originals::orphaned(base, &all_originals, &options.known);
    let place = |(one, _): &(&WantedProfile, Profile)| ProfileHeader {
        name: one.profile.clone(),
        line: elsewhere.get(&one.profile).copied().unwrap_or_default(),
    };
    report.elsewhere = others.into_iter().map(place).collect();
    report.unasked = unasked.into_iter().map(|(one, _)| one.role.clone()).collect();
    if options.dry_run || before.text() == after.text() {
        return Ok(Some(report));
    }
    meanwhile();
    if !taken.names.is_empty() {
        // First, so that nothing goes that could not be put back.
        originals::write(path, all_originals.text())?;
    }
    report.backup = content.is_some().then(|| replace::backup_of(path));
    let before = content.as_deref().map(Vec::as_slice);
    let written = replace::write(path, before, after.text().as_bytes(), SIZE_LIMIT);
    match written.map_err(|source| ProfilesError::Write { path: path.to_owned(), source })? {
        true => Ok(Some(report)),
        false => Ok(None),
    }
}

/// The profiles of `~/.aws/credentials` and their lines; none if the file does not exist or cannot be read.
/// jit never writes this file.
fn in_credentials(world: &World) -> HashMap<String, usize> {
    let content = replace::read(&world.folders.aws_credentials, SIZE_LIMIT).ok().flatten();
    let document = content.and_then(|content| Document::parse(&content).ok()).unwrap_or_default();
    document.sections().iter().map(|section| (section.header.clone(), section.line())).collect()
}

fn report(changes: Changes, prune: bool, diff: Vec<String>) -> Report {
    let Changes { added, updated, unchanged, conflicts, stale, overruled, .. } = changes;
    let (removed, stale) = if prune { (stale, Vec::new()) } else { (Vec::new(), stale) };
    let removed = removed.into_iter().map(|place| place.name).collect();
    Report { added, updated, unchanged, removed, stale, conflicts, overruled, diff, ..Report::default() }
}

fn lock(world: &World) -> Result<std::fs::File, ProfilesError> {
    let taken = replace::lock(world, "aws-config.lock", "writing AWS profiles");
    taken.map_err(|(path, source)| ProfilesError::Lock { path, source })
}

#[cfg(test)]
mod tests;
