//! Writes an object: completely in `tmp/`, and then to its name in one step.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use jit_access::ledger::{Key, LedgerError, Put};

use super::about::About;
use super::layout::{Place, STAGING};
use super::platform::{self, Handle};
use super::{FolderLedger, OTHERS_WRITE, Publishing, Sharing};

/// An older staged file belongs to a writer that was killed, unless its lock is held.
const STALE_AFTER: i64 = 60;
/// How many times to try another name, or a folder that another process creates at the same moment.
const TRIES: usize = 100;

impl FolderLedger {
    pub(super) fn write(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        let place = Place::of(key);
        self.check_author(key, &place)?;
        if bytes.len() > place.limit {
            let what = format!("{key} would have {} bytes; the limit is {}", bytes.len(), place.limit);
            return Err(LedgerError::Refused(what));
        }
        let top = self.area(place.area)?;
        let text = key.to_string();
        if self.exists(&top, &place).map_err(|error| self.failed(&text, &error))? {
            return Ok(Put::Exists);
        }
        let staging = self.root.folder(STAGING).map_err(|error| self.failed(STAGING, &error))?;
        let staged =
            Staged::new(|name| staging.stage(name, bytes, 0o600 | (top.about.mode & 0o044), top.about.group))
                .map_err(|error| self.failed(STAGING, &error))?;
        let put = self.put(&top, &staging, &staged.name, &place);
        if !matches!(put, Ok(Put::Created)) {
            let _ = staging.remove(&staged.name);
        }
        sweep(&staging);
        put
    }

    fn put(&self, top: &Handle, staging: &Handle, staged: &str, place: &Place) -> Result<Put, LedgerError> {
        for _ in 0..TRIES {
            match self.try_to_put(top, staging, staged, place) {
                // If folders cannot be moved without replacing, another writer has replaced the empty folder
                // that this one had opened.
                Err(LedgerError::Absent(_)) if staging.about(staged).is_ok() => {}
                put => return put,
            }
        }
        Err(LedgerError::Unreachable(format!(
            "{}: another process keeps removing it",
            self.shown(&place.file)
        )))
    }

    fn try_to_put(
        &self,
        top: &Handle,
        staging: &Handle,
        staged: &str,
        place: &Place,
    ) -> Result<Put, LedgerError> {
        let mut around: Vec<Handle> = Vec::new();
        let mut path = place.area.name().to_owned();
        let mode = match place.area.is_shared() {
            true => top.about.mode,
            // Writable only by its owner, readable by everybody who can read the area.
            false => 0o700 | (top.about.mode & 0o2055),
        };
        for name in &place.folders {
            path = format!("{path}/{name}");
            let parent = around.last().unwrap_or(top);
            let inner = make_folder(staging, parent, name, mode, self.publishing)
                .map_err(|error| self.failed(&path, &error))?;
            let is_ours = inner.about.owner == platform::own_user() && inner.about.mode & OTHERS_WRITE == 0;
            if !place.area.is_shared() && !is_ours {
                return Err(LedgerError::Refused(format!("{}: another user made it", self.shown(&path))));
            }
            around.push(inner);
        }
        let folder = around.last().unwrap_or(top);
        path = format!("{path}/{}", place.file);
        let is_new = staging
            .publish(staged, folder, &place.file, self.publishing)
            .map_err(|error| self.failed(&path, &error))?;
        if !is_new {
            return Ok(Put::Exists);
        }
        // The folders may be new too, so their parents must be synced.
        around.iter().rev().for_each(Handle::sync);
        top.sync();
        Ok(Put::Created)
    }

    /// In a shared folder, the name in a key must be the user's own: readers would not trust another one.
    fn check_author(&self, key: &Key, place: &Place) -> Result<(), LedgerError> {
        let (Sharing::Shared(_), Some(author)) = (&self.sharing, &place.author) else { return Ok(()) };
        match self.own_name() {
            Ok(Some(name)) if name == *author => Ok(()),
            Ok(name) => Err(LedgerError::Refused(format!(
                "you are {} on this machine, so you cannot write {key} for {author}",
                name.unwrap_or_default()
            ))),
            Err(error) => Err(LedgerError::Refused(error.to_string())),
        }
    }

    fn exists(&self, top: &Handle, place: &Place) -> io::Result<bool> {
        let mut around: Vec<Handle> = Vec::new();
        for name in &place.folders {
            match around.last().unwrap_or(top).folder(name) {
                Ok(folder) => around.push(folder),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        match around.last().unwrap_or(top).about(&place.file) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Opens the folder `name` in `parent`, or creates it with these permissions. It appears with its final
/// permissions, so that a kill leaves no folder that others should be able to write to but cannot.
pub(super) fn make_folder(
    staging: &Handle,
    parent: &Handle,
    name: &str,
    mode: u32,
    how: Publishing,
) -> io::Result<Handle> {
    for _ in 0..TRIES {
        match parent.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        let staged = Staged::new(|temporary| staging.stage_folder(temporary, mode, parent.about.group))?;
        let published = staging.publish(&staged.name, parent, name, how);
        if !matches!(published, Ok(true)) {
            let _ = staging.remove_folder(&staged.name);
        }
        published?;
    }
    Err(io::Error::other("another process keeps removing it"))
}

/// The time on the clock of the file system.
pub(super) fn clock(staging: &Handle) -> io::Result<i64> {
    let staged = Staged::new(|name| staging.stage(name, b"", 0o600, staging.about.group))?;
    let now = staging.about(&staged.name).map(|about: About| about.changed);
    let _ = staging.remove(&staged.name);
    now
}

/// An entry with a unique name in the staging folder.
struct Staged<T> {
    name: String,
    /// Keeps the lock of a staged file, which lasts as long as the file is open.
    _made: T,
}

impl<T> Staged<T> {
    fn new(make: impl Fn(&str) -> io::Result<T>) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        for _ in 0..TRIES {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            // Processes in containers may have the same id; then one of the two takes the next name.
            let name = format!("{}-{}-{count}", platform::own_user(), std::process::id());
            match make(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|_made| Self { name, _made }),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Removes what killed writers of this user left. What cannot be removed does no harm.
fn sweep(staging: &Handle) {
    let mut is_empty = true;
    let listed = staging.names(|_| is_empty = false);
    if listed.is_err() || is_empty {
        return;
    }
    // By the clock that sets the times of the files.
    if let Ok(now) = clock(staging) {
        sweep_at(staging, now);
    }
}

pub(super) fn sweep_at(staging: &Handle, now: i64) {
    let mut names = Vec::new();
    let _ = staging.names(|name| names.extend(name.map(str::to_owned)));
    for name in names.iter().filter(|name| staging.is_abandoned(name, platform::own_user(), now, STALE_AFTER))
    {
        if staging.remove(name).is_err() {
            let _ = staging.remove_folder(name);
        }
    }
}
