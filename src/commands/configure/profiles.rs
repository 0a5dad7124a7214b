//! `jit configure profiles`: a profile in `~/.aws/config` for each role.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::aws::{
    Broken, Changes, Document, Overruled, Profile, ProfileHeader, Program, SIZE_LIMIT, System, Tangled,
    Unwritable, managed_profiles, plan_profiles,
};
use crate::config::{Side, unified_diff};
use crate::world::World;
use jit_wire::explain::{Explain, Kind, Next};

use super::replace;

/// How often a file is read again that somebody else changed meanwhile.
const ATTEMPTS: usize = 2;

/// A profile that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub profile: String,
    /// The role whose session it hands over.
    pub role: String,
    /// The region for whoever uses it; `None` leaves the user's own alone.
    pub region: Option<String>,
    /// The person typed this very name, so that it may be `default`.
    pub typed: bool,
}

impl Wanted {
    /// Whether it would be the profile that AWS's tools use where none is named. Some of them do not tell small letters
    /// from capitals.
    fn is_default(&self) -> bool {
        self.profile.eq_ignore_ascii_case("default")
    }
}

/// What the user chose.
#[derive(Clone, Debug)]
pub struct ProfilesOptions {
    /// The program that the profiles start, as it should be written down: `sys::process::own_path`.
    pub executable: PathBuf,
    /// Write nothing, not even a lock; show what would change.
    pub dry_run: bool,
    /// Remove our profiles whose role is gone.
    pub prune: bool,
    /// The roles that are not gone, whether they are to have a profile or not.
    pub known: HashSet<String>,
}

/// What was done, or would be done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Profiles written anew.
    pub added: Vec<String>,
    /// Profiles of ours that were brought up to date.
    pub updated: Vec<String>,
    /// Profiles of ours that were right already.
    pub unchanged: Vec<String>,
    /// Profiles of ours that were removed, because their role is gone.
    pub removed: Vec<String>,
    /// Profiles of ours whose role is gone, and that `prune` would remove.
    pub stale: Vec<ProfileHeader>,
    /// Profiles of that name that somebody else wrote; they were left alone.
    pub conflicts: Vec<ProfileHeader>,
    /// Profiles of that name in `~/.aws/credentials`, which would count instead; none was written.
    pub elsewhere: Vec<ProfileHeader>,
    /// Keys in profiles of ours that decide instead of `jit`.
    pub overruled: Vec<Overruled>,
    /// Roles that would be `[default]`, which nobody asked for.
    pub unasked: Vec<String>,
    /// Roles whose name or region cannot be written, and why.
    pub refused: Vec<(String, Unwritable)>,
    /// The lines of the change as a unified diff, long-lived keys hidden, for a dry run; none if nothing changes.
    pub diff: Vec<String>,
    /// Where the state before this change is kept.
    pub backup: Option<PathBuf>,
}

/// Why the file was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum ProfilesError {
    /// The file is not one that AWS's tools read.
    #[error("{}:{}:{}: {}{}", path.display(), broken.line, broken.column, broken.why, quoted(&broken.text))]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        broken: Broken,
    },
    /// An indented section of the user's would be read differently.
    #[error("{}:{}: {tangled}", path.display(), tangled.line)]
    Tangled {
        /// The file.
        path: PathBuf,
        /// Where.
        tangled: Tangled,
    },
    /// The program's own path cannot be written down.
    #[error(transparent)]
    Program(Unwritable),
    /// The file is there, but cannot be read.
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
    /// Somebody else writes the file at the same time, again and again.
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

/// Writes each of the `roles` as a profile into the user's `~/.aws/config`, and takes back those of
/// ours that are not wanted any more if asked to. Everything else in the file stays as it is.
///
/// # Errors
/// [`ProfilesError`]; the file is then as it was.
pub fn run(world: &World, roles: &[Wanted], options: &ProfilesOptions) -> Result<Report, ProfilesError> {
    run_meanwhile(world, roles, options, || ())
}

/// `meanwhile` stands for what others do between our reading and our writing.
fn run_meanwhile(
    world: &World,
    roles: &[Wanted],
    options: &ProfilesOptions,
    mut meanwhile: impl FnMut(),
) -> Result<Report, ProfilesError> {
    // A path that is not Unicode gets a replacement character here, which `Program` refuses.
    let program =
        Program::new(&options.executable.to_string_lossy(), System::HERE).map_err(ProfilesError::Program)?;
    let (mut wanted, mut refused) = (Vec::new(), Vec::new());
    for one in roles {
        match program.named_profile(&one.profile, &one.role, one.region.as_deref()) {
            Ok(profile) => wanted.push((one, profile)),
            Err(why) => refused.push((one.role.clone(), why)),
        }
    }
    let _lock = if options.dry_run { None } else { Some(lock(world)?) };
    let elsewhere = in_credentials(world);
    for _ in 0..ATTEMPTS {
        let report = attempt(&world.folders.aws_config, &wanted, &elsewhere, options, &mut meanwhile)?;
        if let Some(report) = report {
            return Ok(Report { refused, ..report });
        }
    }
    Err(ProfilesError::KeepsChanging { path: world.folders.aws_config.clone() })
}

/// Reads, changes and writes the file once; `None` if somebody else changed it meanwhile.
fn attempt(
    path: &Path,
    wanted: &[(&Wanted, Profile)],
    elsewhere: &HashMap<String, usize>,
    options: &ProfilesOptions,
    meanwhile: &mut impl FnMut(),
) -> Result<Option<Report>, ProfilesError> {
    let content = replace::read(path, SIZE_LIMIT)
        .map_err(|source| ProfilesError::Read { path: path.to_owned(), source })?;
    let before = Document::parse(content.as_deref().map_or(&[], Vec::as_slice))
        .map_err(|broken| ProfilesError::Broken { path: path.to_owned(), broken })?;
    // One that is jit's already was asked for once.
    let ours: HashSet<&str> = managed_profiles(&before).map(|(name, _)| name).collect();
    let may_be = |(one, _): &&(&Wanted, Profile)| {
        one.typed || !one.is_default() || ours.contains(one.profile.as_str())
    };
    let (wanted, unasked): (Vec<_>, Vec<_>) = wanted.iter().partition(may_be);
    let is_elsewhere = |(one, _): &&(&Wanted, Profile)| {
        elsewhere.contains_key(&one.profile) && !ours.contains(one.profile.as_str())
    };
    let (others, wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_elsewhere);
    let wanted: Vec<Profile> = wanted.into_iter().map(|(_, profile)| profile.clone()).collect();
    let changes = plan_profiles(&before, &wanted, &|role| options.known.contains(role));
    let after = changes
        .apply(&before, options.prune)
        .map_err(|tangled| ProfilesError::Tangled { path: path.to_owned(), tangled })?;
    let diff = match options.dry_run {
        true => unified_diff(&Side::of_aws(&before), &Side::of_aws(&after), &path.to_string_lossy()),
        false => Vec::new(),
    };
    let mut report = report(changes, options.prune, diff);
    let place = |(one, _): &(&Wanted, Profile)| ProfileHeader {
        name: one.profile.clone(),
        line: elsewhere.get(&one.profile).copied().unwrap_or_default(),
    };
    report.elsewhere = others.into_iter().map(place).collect();
    report.unasked = unasked.into_iter().map(|(one, _)| one.role.clone()).collect();
    if options.dry_run || before.text() == after.text() {
        return Ok(Some(report));
    }
    meanwhile();
    report.backup = content.is_some().then(|| replace::backup_of(path));
    let before = content.as_deref().map(Vec::as_slice);
    let written = replace::write(path, before, after.text().as_bytes(), SIZE_LIMIT);
    match written.map_err(|source| ProfilesError::Write { path: path.to_owned(), source })? {
        true => Ok(Some(report)),
        false => Ok(None),
    }
}

/// The profiles of `~/.aws/credentials` with their lines. A file that is not there or cannot be read has none: nothing is
/// written to it.
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
