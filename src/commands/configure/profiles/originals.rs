//! What profiles were before `--replace` took them over: a file beside `~/.aws/config`, and the way back.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::aws::{self, Document, ProfileHeader, SIZE_LIMIT};
use crate::config::{Side, unified_diff};
use crate::sys::fs;
use crate::world::World;

use super::{ATTEMPTS, ProfilesError, lock};
use crate::commands::configure::replace;

/// The first line of the file.
const TITLE: &str = "# What profiles were before `jit configure profiles --replace`; `jit configure profiles --restore` puts them back.\n\n";

/// What was put back, or would be.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// The profiles that were restored.
    pub names: Vec<String>,
    /// Profiles that have a key again that would come back, with its line.
    pub in_the_way: Vec<(String, String, usize)>,
    /// The lines of the change as a unified diff.
    pub diff: Vec<String>,
    /// Where the state before this change is kept.
    pub backup: Option<PathBuf>,
}

fn place(config: &Path) -> PathBuf {
    let mut name = config.file_name().unwrap_or_default().to_owned();
    name.push(".jit-replaced");
    config.with_file_name(name)
}

/// Reads the originals. If none were saved, the result is an empty file.
pub(super) fn read(config: &Path) -> Result<Document, ProfilesError> {
    let path = place(config);
    let content = replace::read(&path, SIZE_LIMIT)
        .map_err(|source| ProfilesError::Read { path: path.clone(), source })?;
    parse(config, content.as_deref().map_or(&[], Vec::as_slice))
}

pub(super) fn parse(config: &Path, content: &[u8]) -> Result<Document, ProfilesError> {
    Document::parse(content).map_err(|broken| ProfilesError::Broken { path: place(config), broken })
}

pub(super) fn write(config: &Path, content: &str) -> Result<(), ProfilesError> {
    let path = place(config);
    let content = format!("{TITLE}{content}");
    fs::write_atomically(&path, content.as_bytes()).map_err(|source| ProfilesError::Write { path, source })
}

/// The profiles that were taken over and whose role nobody knows any more.
pub(super) fn orphaned(
    document: &Document,
    originals: &Document,
    known: &HashSet<String>,
) -> Vec<ProfileHeader> {
    let is_gone = |section| aws::role_of(document, section).is_some_and(|role| !known.contains(&role));
    let gone = aws::taken_over(document, originals).filter(|(_, section)| is_gone(section));
    gone.map(|(name, section)| ProfileHeader { name: name.to_owned(), line: section.line() }).collect()
}

/// Puts back the profiles that were taken over: all, or those called `only`.
///
/// # Errors
/// [`ProfilesError`]; the file is then as it was.
pub fn restore(world: &World, only: &[String], dry_run: bool) -> Result<Restored, ProfilesError> {
    let path = &world.folders.aws_config;
    let _lock = if dry_run { None } else { Some(lock(world)?) };
    for _ in 0..ATTEMPTS {
        let content = replace::read(path, SIZE_LIMIT)
            .map_err(|source| ProfilesError::Read { path: path.clone(), source })?;
        let before = Document::parse(content.as_deref().map_or(&[], Vec::as_slice))
            .map_err(|broken| ProfilesError::Broken { path: path.clone(), broken })?;
        let originals = read(path)?;
        let back = aws::put_back(&before, &originals, only)
            .map_err(|tangled| ProfilesError::Tangled { path: path.clone(), tangled })?;
        let mut restored = Restored { names: back.names, in_the_way: back.in_the_way, ..Restored::default() };
        if dry_run {
            let sides = (Side::of_aws(&before), Side::of_aws(&back.document));
            restored.diff = unified_diff(&sides.0, &sides.1, &path.to_string_lossy());
            return Ok(restored);
        }
        let before_bytes = content.as_deref().map(Vec::as_slice);
        if !restored.names.is_empty() {
            let text = back.document.text().as_bytes();
            let written = replace::write(path, before_bytes, text, SIZE_LIMIT);
            if !written.map_err(|source| ProfilesError::Write { path: path.clone(), source })? {
                continue;
            }
            restored.backup = Some(replace::backup_of(path));
        }
        // If jit is stopped here, the next run removes the leftover file.
        if back.originals.is_empty() {
            let path = place(path);
            fs::remove(&path).map_err(|source| ProfilesError::Write { path, source })?;
        } else if !restored.names.is_empty() {
            write(path, &back.originals)?;
        }
        return Ok(restored);
    }
    Err(ProfilesError::KeepsChanging { path: path.clone() })
}
