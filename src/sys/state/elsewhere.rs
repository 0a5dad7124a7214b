//! The implementation with paths: every name below the state folder is checked before it is used, and a
//! reparse point is refused. The standard library has no folder handles here; the permissions are those of
//! the user's profile.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Folder, NotOurs, too_large};

/// Opens a reparse point itself and not its target (`FILE_FLAG_OPEN_REPARSE_POINT`).
#[cfg(windows)]
const NO_FOLLOW: u32 = 0x0020_0000;

/// A folder that was checked.
#[derive(Debug)]
pub(super) struct Handle;

/// A value that changes when a file is replaced, found without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
}

impl Handle {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() { Ok(Self) } else { Err(NotOurs::NotAFolder.into()) }
    }

    #[expect(clippy::unused_self, reason = "on Unix it is needed")]
    pub(super) fn folder(&self, path: &Path, name: &str) -> io::Result<Self> {
        let about = fs::symlink_metadata(path.join(name))?;
        match about.file_type() {
            kind if kind.is_symlink() => Err(NotOurs::Link.into()),
            kind if kind.is_dir() => Ok(Self),
            _ => Err(NotOurs::NotAFolder.into()),
        }
    }

    pub(super) fn make_folder(&self, path: &Path, name: &str) -> io::Result<()> {
        fs::create_dir(path.join(name))
    }

    pub(super) fn read(&self, path: &Path, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let file = self.open_to_read(path, name)?;
        let size = file.metadata()?.len();
        if size > limit {
            return Err(too_large(size, limit));
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.take(limit).read_to_end(&mut content)?;
        Ok(content)
    }

    pub(super) fn open_to_read(&self, path: &Path, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        self.open_file(path, name, options)
    }

    pub(super) fn open_to_lock(&self, path: &Path, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        self.open_file(path, name, options)
    }

    #[expect(clippy::unused_self, reason = "on Unix it is needed")]
    fn open_file(&self, path: &Path, name: &str, mut options: OpenOptions) -> io::Result<File> {
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, NO_FOLLOW);
        let path = path.join(name);
        refuse_other_than_file(&path)?;
        let file = options.open(&path)?;
        let kind = file.metadata()?.file_type();
        match kind {
            kind if kind.is_symlink() => Err(NotOurs::Link.into()),
            kind if kind.is_file() => Ok(file),
            _ => Err(NotOurs::NotAFile.into()),
        }
    }

    pub(super) fn write(&self, path: &Path, name: &str, content: &[u8]) -> io::Result<()> {
        crate::sys::fs::write_atomically(&path.join(name), content)
    }

    pub(super) fn stamp(&self, path: &Path, name: &str) -> Option<Stamp> {
        let about = fs::symlink_metadata(path.join(name)).ok()?;
        Some(Stamp { modified: about.modified().ok(), size: about.len() })
    }

    pub(super) fn remove(&self, path: &Path, name: &str) -> io::Result<()> {
        let path = path.join(name);
        match fs::symlink_metadata(&path)?.file_type() {
            kind if kind.is_dir() => Err(NotOurs::NotAFile.into()),
            _ => fs::remove_file(path),
        }
    }

    pub(super) fn remove_empty_folder(&self, path: &Path, name: &str) -> io::Result<()> {
        fs::remove_dir(path.join(name))
    }

    pub(super) fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    /// Removes everything in `folder` except links to folders. Those, and whatever else could not be removed,
    /// are recorded in `left`.
    pub(super) fn empty(&self, folder: &Folder, deepest: usize, left: &mut Vec<PathBuf>) {
        let Some(entries) = fs::read_dir(folder.path()).ok().filter(|_| deepest > 0) else {
            left.push(folder.path().to_owned());
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let before = left.len();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if is_folder {
                match entry.file_name().to_str().and_then(|name| folder.folder(name).ok()) {
                    Some(inner) => self.empty(&inner, deepest - 1, left),
                    None => left.push(path.clone()),
                }
                if left.len() == before { fs::remove_dir(&path) } else { Ok(()) }
            } else {
                fs::remove_file(&path)
            };
            if removed.is_err() {
                left.push(path);
            }
        }
    }
}

fn refuse_other_than_file(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path).map(|about| about.file_type()) {
        Ok(kind) if kind.is_symlink() => Err(NotOurs::Link.into()),
        Ok(kind) if !kind.is_file() => Err(NotOurs::NotAFile.into()),
        _ => Ok(()),
    }
}
