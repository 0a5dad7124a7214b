//! The implementation with paths, for systems whose folders have no descriptors and whose files have no known
//! owner in the standard library: a ledger of one user, below their profile. Every name is checked before it
//! is used, and links are not followed.
#![allow(clippy::disallowed_methods, reason = "this is the door of the ledger's folder to the system")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Publishing;
use super::about::{About, Kind};

/// Opens a link itself and not its target (`FILE_FLAG_OPEN_REPARSE_POINT`).
#[cfg(windows)]
const NO_FOLLOW: u32 = 0x0020_0000;

/// A folder that was checked.
#[derive(Debug)]
pub(crate) struct Handle {
    path: PathBuf,
    pub(crate) about: About,
}

/// There is only one user.
pub(crate) fn own_user() -> u32 {
    0
}

impl Handle {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let about = about(&fs::metadata(path)?);
        Self::of(path.to_owned(), about)
    }

    pub(crate) fn folder(&self, name: &str) -> io::Result<Self> {
        Self::of(self.path.join(name), self.about(name)?)
    }

    fn of(path: PathBuf, about: About) -> io::Result<Self> {
        match about.kind {
            Kind::Folder => Ok(Self { path, about }),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(crate) fn names(&self, mut each: impl FnMut(Option<&str>)) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            each(entry?.file_name().to_str());
        }
        Ok(())
    }

    /// Whether the entry `name` of this folder is a folder with one of `files`, or anything that is to be looked at closely.
    pub(crate) fn has_any(&self, name: &str, files: &[String]) -> bool {
        let is_absent = |file: &String| {
            let found = fs::symlink_metadata(self.path.join(name).join(file));
            found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        !files.iter().all(is_absent)
    }

    pub(crate) fn about(&self, name: &str) -> io::Result<About> {
        Ok(about(&fs::symlink_metadata(self.path.join(name))?))
    }

    pub(crate) fn read(&self, name: &str, limit: usize) -> io::Result<(Vec<u8>, About)> {
        let about = self.about(name)?;
        if about.kind != Kind::File {
            return Ok((Vec::new(), about));
        }
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, NO_FOLLOW);
        let file = options.open(self.path.join(name))?;
        let mut content = Vec::new();
        let read = file.take(limit as u64 + 1).read_to_end(&mut content)?;
        if read > limit {
            let what = format!("it has more than {limit} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
        Ok((content, about))
    }

    pub(crate) fn stage(&self, name: &str, bytes: &[u8], _: u32, _: u32) -> io::Result<File> {
        let path = self.path.join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        match file.write_all(bytes).and_then(|()| file.sync_all()) {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    pub(crate) fn stage_folder(&self, name: &str, _: u32, _: u32) -> io::Result<()> {
        fs::create_dir(self.path.join(name))
    }

    /// A hard link never replaces anything, and neither does moving a folder to a name that is taken.
    pub(crate) fn publish(&self, staged: &str, to: &Self, name: &str, _: Publishing) -> io::Result<bool> {
        let from = self.path.join(staged);
        let to = to.path.join(name);
        let moved = match self.about(staged)?.kind {
            Kind::Folder => fs::create_dir(&to).map(|()| drop(fs::remove_dir(&from))),
            _ => fs::hard_link(&from, &to).map(|()| drop(fs::remove_file(&from))),
        };
        match moved {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn replace(&self, staged: &str, name: &str) -> io::Result<()> {
        fs::rename(self.path.join(staged), self.path.join(name))
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    pub(crate) fn remove_folder(&self, name: &str) -> io::Result<()> {
        fs::remove_dir(self.path.join(name))
    }

    #[expect(clippy::unused_self, reason = "on Unix it is needed")]
    pub(crate) fn sync(&self) {}

    pub(crate) fn is_abandoned(&self, name: &str, _: u32, now: i64, seconds: i64) -> bool {
        self.about(name).is_ok_and(|about| now.saturating_sub(about.changed) >= seconds)
    }
}

fn about(metadata: &fs::Metadata) -> About {
    let kind = match metadata.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Folder,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Other,
    };
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let changed = since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0);
    About { owner: 0, group: 0, mode: 0o700, kind, changed }
}
