//! The state folder, which is not trusted: somebody else may have put anything below it.
//!
//! A [`Folder`] is a handle. Everything below the state folder is opened relative to a handle, one name at a
//! time, and no symbolic link on the way is followed. Only regular files and folders of this user are opened:
//! a link, a pipe, a device or another user's file is refused ([`NotOurs`]) and never used, waited for or
//! written through. If others have access to a file of this user, that access is removed. The state folder
//! itself may be a link that the user made (`~/.local/state` on another disk): it is resolved once, when the
//! handle is opened.
//!
//! Unix has `openat` for this. Elsewhere the same names are checked for links before each use, and the
//! permissions are those of the user's profile.

#[cfg_attr(unix, path = "state/unix.rs")]
#[cfg_attr(not(unix), path = "state/elsewhere.rs")]
mod platform;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use self::platform::Stamp;

/// The prefix and suffix of temporary files that become another file once they are complete.
const SIBLING: [&str; 2] = [".jit-", ".tmp"];
/// An older temporary file belongs to a writer that was killed, unless its lock is held.
const STALE_AFTER: Duration = Duration::from_secs(60);
/// The limit for nested folders when one is removed.
const DEEPEST: usize = 64;

/// Why an entry below the state folder is not used. The system error around it is `PermissionDenied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// A symbolic link, or on Windows any reparse point.
    #[error("it is a symbolic link, and jit follows no links in its state folder")]
    Link,
    /// A pipe, socket, device or folder instead of a file.
    #[error("it is not a regular file")]
    NotAFile,
    /// Something else instead of a folder.
    #[error("it is not a folder")]
    NotAFolder,
    /// Somebody else owns it.
    #[error("it belongs to another user")]
    OtherOwner,
    /// The file has another name, which may be anywhere.
    #[error("it is a file with several hard links")]
    HardLink,
}

impl NotOurs {
    /// The reason in `error`, if it has one of these.
    pub fn in_error(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }

    /// The reason, as it is displayed.
    pub fn why(self) -> &'static str {
        match self {
            Self::Link => "it is a symbolic link, and jit follows no links in its state folder",
            Self::NotAFile => "it is not a regular file",
            Self::NotAFolder => "it is not a folder",
            Self::OtherOwner => "it belongs to another user",
            Self::HardLink => "it is a file with several hard links",
        }
    }
}

impl From<NotOurs> for io::Error {
    fn from(why: NotOurs) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, why)
    }
}

/// An open folder: the state folder, or one below it. A clone is the same handle.
#[derive(Clone, Debug)]
pub struct Folder {
    path: Arc<Path>,
    handle: Arc<platform::Handle>,
}

/// The place of a file: a folder and a name in it.
#[derive(Clone, Debug)]
pub struct Spot {
    /// The folder.
    pub folder: Folder,
    /// The file's name in it.
    pub name: String,
}

impl Folder {
    /// Opens the state folder, the only one whose path may contain links. It must be this user's; access for
    /// others is removed.
    ///
    /// # Errors
    /// `NotFound`, [`NotOurs`], and whatever else the system reports.
    pub fn open(path: &Path) -> io::Result<Self> {
        let handle = platform::Handle::open(path)?;
        Ok(Self { path: path.into(), handle: Arc::new(handle) })
    }

    /// The same, but creates the folder and its parents if needed, readable by the user alone.
    ///
    /// # Errors
    /// As [`Folder::open`], except `NotFound`.
    pub fn make(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                super::fs::private_folder(path)?;
                Self::open(path)
            }
            opened => opened,
        }
    }

    /// Opens the folder `name` in this one, under the same conditions; a link is refused.
    ///
    /// # Errors
    /// `NotFound`, [`NotOurs`], and whatever else the system reports.
    pub fn folder(&self, name: &str) -> io::Result<Self> {
        let handle = self.handle.folder(&self.path, plain(name)?)?;
        Ok(Self { path: self.path.join(name).into(), handle: Arc::new(handle) })
    }

    /// The same, but creates the folder (0700) if it does not exist.
    ///
    /// # Errors
    /// As [`Folder::folder`], except `NotFound`.
    pub fn make_folder(&self, name: &str) -> io::Result<Self> {
        match self.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match self.handle.make_folder(&self.path, plain(name)?) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                    _ => self.folder(name),
                }
            }
            opened => opened,
        }
    }

    /// The path that it was opened with, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of the file `name`.
    pub fn spot(&self, name: impl Into<String>) -> Spot {
        Spot { folder: self.clone(), name: name.into() }
    }

    /// Reads a whole file of at most `limit` bytes. Does not wait for a pipe.
    ///
    /// # Errors
    /// `NotFound`, `FileTooLarge`, [`NotOurs`], and whatever else the system reports.
    pub fn read(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        self.handle.read(&self.path, plain(name)?, limit)
    }

    /// Replaces a file: written to a private temporary file next to it, synced, renamed over it. A kill at
    /// any moment leaves the old file or the new one, and at worst the temporary file, `.jit-….tmp`, which
    /// the next write in that folder more than a minute later removes. A link in its place is itself
    /// replaced.
    ///
    /// # Errors
    /// Whatever the system reports; the file is then as it was.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let name = plain(name)?;
        // First, so that a disk that is full of them has room again.
        self.sweep();
        self.handle.write(&self.path, name, content)
    }

    /// Writes this many bytes here and removes them again.
    ///
    /// # Errors
    /// Whatever the system reports for a write.
    pub fn try_writing(&self, size: usize) -> io::Result<()> {
        let name = sibling_name();
        self.write(&name, &vec![0; size])?;
        self.remove(&name).map(drop)
    }

    /// Whether `name` is a regular, readable file of this user.
    pub fn is_own_file(&self, name: &str) -> bool {
        plain(name).and_then(|name| self.handle.open_to_read(&self.path, name)).is_ok()
    }

    /// Opens a file to lock it, creating it (0600) if needed; its content stays.
    ///
    /// # Errors
    /// [`NotOurs`], and whatever else the system reports.
    pub fn open_to_lock(&self, name: &str) -> io::Result<File> {
        self.handle.open_to_lock(&self.path, plain(name)?)
    }

    /// A value that changes when a file is replaced; `None` if it does not exist.
    pub fn stamp(&self, name: &str) -> Option<Stamp> {
        self.handle.stamp(&self.path, plain(name).ok()?)
    }

    /// Removes a file, or a link itself; returns whether it existed. A folder is not removed.
    ///
    /// # Errors
    /// [`NotOurs`] for a folder, and whatever else the system reports.
    pub fn remove(&self, name: &str) -> io::Result<bool> {
        match self.handle.remove(&self.path, plain(name)?) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The names of the files and folders here, in order, without those that begin with a dot.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = self.all_names()?;
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }

    /// All names that are valid text, in order.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn all_names(&self) -> io::Result<Vec<String>> {
        let mut names = self.handle.names(&self.path)?;
        names.sort();
        Ok(names)
    }

    /// Removes the folder `name` with everything in it, without following links, except what belongs to
    /// another user or is on another file system. Returns what was left.
    ///
    /// # Errors
    /// [`NotOurs`] if it is not a folder of this user, and what the system reports for the folder itself. A
    /// missing folder is not an error.
    pub fn remove_folder(&self, name: &str) -> io::Result<Vec<PathBuf>> {
        let mut left = Vec::new();
        match self.folder(name) {
            Ok(folder) => self.handle.empty(&folder, DEEPEST, &mut left),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(left),
            Err(error) => return Err(error),
        }
        if left.is_empty() {
            self.remove_empty_folder(name)?;
        }
        Ok(left)
    }

    /// Removes the folder `name` if it is empty.
    ///
    /// # Errors
    /// Whatever the system reports, including `DirectoryNotEmpty`.
    pub fn remove_empty_folder(&self, name: &str) -> io::Result<()> {
        self.handle.remove_empty_folder(&self.path, plain(name)?)
    }

    /// Removes the temporary files that killed writers left here. What cannot be removed stays, and does no
    /// harm.
    pub fn sweep(&self) {
        for name in self.handle.names(&self.path).unwrap_or_default() {
            if is_sibling(&name) && self.is_abandoned(&name).unwrap_or(false) {
                let _ = self.remove(&name);
            }
        }
    }

    /// Whether the file is older than a minute, and nobody has its lock.
    fn is_abandoned(&self, name: &str) -> io::Result<bool> {
        let file = self.handle.open_to_read(&self.path, name)?;
        // A time in the future says nothing about the age.
        let old = file.metadata()?.modified()?.elapsed().is_ok_and(|age| age >= STALE_AFTER);
        Ok(old && file.try_lock().is_ok())
    }
}

impl Spot {
    /// The whole path, for messages.
    pub fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }

    /// The place with a suffix added to the name.
    #[must_use]
    pub fn beside(&self, word: &str) -> Self {
        self.folder.spot(format!("{}.{word}", self.name))
    }

    /// [`Folder::read`].
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        self.folder.read(&self.name, limit)
    }

    /// [`Folder::write`].
    ///
    /// # Errors
    /// As there.
    pub fn write(&self, content: &[u8]) -> io::Result<()> {
        self.folder.write(&self.name, content)
    }

    /// [`Folder::open_to_lock`].
    ///
    /// # Errors
    /// As there.
    pub fn open_to_lock(&self) -> io::Result<File> {
        self.folder.open_to_lock(&self.name)
    }

    /// [`Folder::stamp`].
    pub fn stamp(&self) -> Option<Stamp> {
        self.folder.stamp(&self.name)
    }
}

/// Whether this is the name of a temporary file that becomes another file once it is complete.
pub fn is_sibling(name: &str) -> bool {
    let [prefix, suffix] = SIBLING;
    name.len() > prefix.len() + suffix.len() && name.starts_with(prefix) && name.ends_with(suffix)
}

/// A name for a temporary file. It must be new, not secret: creating the file fails if the name exists.
fn sibling_name() -> String {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 8];
    let _ = ring::rand::SystemRandom::new().fill(&mut bytes);
    let [prefix, suffix] = SIBLING;
    format!("{prefix}{:016x}{suffix}", u64::from_ne_bytes(bytes))
}

/// `name`, if it is that of an entry directly in a folder.
fn plain(name: &str) -> io::Result<&str> {
    let fine = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0', std::path::MAIN_SEPARATOR]);
    // On Windows a colon starts the name of a stream or a drive.
    if fine && !(cfg!(windows) && name.contains(':')) {
        Ok(name)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "that is not a file name"))
    }
}

/// The error for a file that is too large.
fn too_large(size: u64, limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{size} bytes, more than {limit}"))
}
