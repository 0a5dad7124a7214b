//! Stores the cache between commands.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::folder::about::Kind;
use crate::folder::platform::{Handle, own_user};

/// The limit for a file of the cache, far above its normal size.
const LARGEST_FILE: usize = 256 * 1024 * 1024;
/// When a file of a killed writer may be removed, in seconds.
const STALE_AFTER: i64 = 60;

/// Stores files by name; names need no escaping. A stored file may be damaged: readers check it.
pub trait Shelf {
    /// The file `name`, if it exists and can be read.
    fn load(&self, name: &str) -> Option<Vec<u8>>;

    /// Replaces the file `name`.
    ///
    /// # Errors
    /// Those of the system; the file is then unchanged.
    fn store(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// In memory, for programs that keep running, and for tests.
impl Shelf for Mutex<BTreeMap<String, Vec<u8>>> {
    fn load(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn store(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// A folder of this user.
#[derive(Debug)]
pub struct FolderShelf(Handle);

impl FolderShelf {
    /// The folder at `path`, which must exist.
    ///
    /// # Errors
    /// Those of the system, and `PermissionDenied` for a folder that belongs to another user or that others
    /// can write to: they could forge the cache.
    pub fn open(path: &Path) -> io::Result<Self> {
        let folder = Handle::open(path)?;
        let about = folder.about;
        if about.owner != own_user() || about.mode & 0o022 != 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(Self(folder))
    }
}

impl Shelf for FolderShelf {
    fn load(&self, name: &str) -> Option<Vec<u8>> {
        let (bytes, about) = self.0.read(name, LARGEST_FILE).ok()?;
        (about.kind == Kind::File && about.owner == own_user() && about.mode & 0o022 == 0).then_some(bytes)
    }

    fn store(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let staged = format!(".{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let _ = self.0.remove(&staged);
        let group = self.0.about.group;
        let made = self.0.stage(&staged, bytes, 0o600, group)?;
        let replaced = self.0.replace(&staged, name);
        drop(made);
        if replaced.is_err() {
            let _ = self.0.remove(&staged);
        }
        self.sweep(name);
        replaced
    }
}

impl FolderShelf {
    /// Removes temporary files that killed writers of the same file left.
    fn sweep(&self, name: &str) {
        let Ok(now) = self.0.about(name).map(|about| about.changed) else { return };
        let mut left = Vec::new();
        let _ = self
            .0
            .names(|found| left.extend(found.filter(|found| found.starts_with('.')).map(str::to_owned)));
        for found in left.iter().filter(|found| self.0.is_abandoned(found, own_user(), now, STALE_AFTER)) {
            let _ = self.0.remove(found);
        }
    }
}
