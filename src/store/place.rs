//! One kind of store in use: its folder of entries, the home of its key, and the copy of that key in the kernel.
//!
//! Next to the entries is `key.json`, the [`Mark`] of their key. It exists for as long as the key should
//! exist, so that a lost or replaced key can be distinguished from one that was never created.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::home::{KeyHome, Mark};
use super::kernel::Slot;
use super::lock::{Lock, Order, Turn, Waiting};
use super::record::{read_json, write_json};
use super::sealed::{self, DataKey, KeyId};
use super::{Prompts, StoreError, StoreKind};
use crate::plan::EntryKey;
use crate::sys::state::{self, Folder, NotOurs, Spot};
use crate::world::Person;

const MARK: &str = "key.json";
pub(super) const LOCKS: &str = "locks";
/// The typical size of an entry, in bytes.
const USUAL_SIZE: usize = 8 * 1024;
/// If no copy is allowed, hundreds of processes that all need the key read it one after another, each for
/// some tens of milliseconds.
const READING_AT_MOST: Duration = Duration::from_secs(30);

/// One kind of store in one state folder.
pub(super) struct Place<'w> {
    pub(super) kind: StoreKind,
    /// The folder of its entries, for messages.
    pub(super) path: PathBuf,
    /// The state folder; `None` if it does not exist yet.
    pub(super) state: Option<Folder>,
    pub(super) home: Box<dyn KeyHome + 'w>,
    /// The place of the copy of the key, and how long it may stay; `None` for no copy.
    pub(super) copy: Slot,
    pub(super) copy_for: Option<Duration>,
    pub(super) person: &'w dyn Person,
    /// Whether the person may be asked.
    pub(super) prompts: Prompts,
}

impl Place<'_> {
    /// The folder of the entries; `None` if nothing was stored yet.
    pub(super) fn folder(&self) -> Result<Option<Folder>, StoreError> {
        match self.state.as_ref().map(|state| state.folder(self.kind.name())).transpose() {
            Ok(folder) => Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::disk("use", &self.path)(error)),
        }
    }

    /// The folder of the entries, created if needed.
    pub(super) fn made_folder(&self) -> Result<Folder, StoreError> {
        let made = self.state.as_ref().map(|state| state.make_folder(self.kind.name()));
        let nowhere = || Err(io::ErrorKind::NotFound.into());
        made.unwrap_or_else(nowhere).map_err(StoreError::disk("make", &self.path))
    }

    /// The place of an entry, if there is a folder for it.
    pub(super) fn entry(&self, key: &EntryKey) -> Result<Option<Spot>, StoreError> {
        Ok(self.folder()?.map(|folder| folder.spot(key.file_name())))
    }

    /// The mark of the key; `None` before it was created and after it was destroyed.
    pub(super) fn mark(&self) -> Result<Option<Mark>, StoreError> {
        self.folder()?.map_or(Ok(None), |folder| read_json(&folder, MARK))
    }

    /// Stores the mark of the key.
    pub(super) fn write_mark(&self, mark: &Mark) -> Result<(), StoreError> {
        write_json(&self.made_folder()?, MARK, mark)
    }

    /// The copy of the key in the kernel, with its time limit extended.
    pub(super) fn copied(&self) -> Option<DataKey> {
        self.copy_for.and_then(|limit| self.copy.find(Some(limit)).ok().flatten())
    }

    /// The key with the id `wanted`: the copy, or else the one in its home.
    ///
    /// # Errors
    /// [`StoreError::KeyLost`] if the home has no such key, and the home's own.
    pub(super) fn key(&self, wanted: KeyId) -> Result<DataKey, StoreError> {
        let right = |key: &DataKey| sealed::key_id(key) == wanted;
        // Passed on without another copy: each copy of a key is one more page to keep out of swap.
        let copy = match self.copied() {
            Some(key) if right(&key) => return Ok(key),
            other => other,
        };
        let loaded = match self.load()? {
            Some(key) if right(&key) => return Ok(key),
            other => other,
        };
        // While the key is being replaced, the mark has the next one, sealed under the previous one.
        let mark = self.mark()?;
        let next = mark.and_then(|mark| copy.iter().chain(&loaded).find_map(|key| mark.next_key(key)));
        next.filter(right).ok_or_else(|| self.lost())
    }

    /// Uses the existing key, or creates one. Only for the holder of the store's lock.
    pub(super) fn establish(&self) -> Result<DataKey, StoreError> {
        let (key, mark) = match self.load()? {
            Some(key) => {
                // A key derived from a passphrase would be lost with this mark.
                let own = |mark: &Mark| mark.key_id() == Some(sealed::key_id(&key));
                let mark = self.mark()?.filter(own).unwrap_or_else(|| Mark::of(&key));
                (key, mark)
            }
            None => self.home.create(self.prompts)?,
        };
        self.write_mark(&mark)?;
        self.keep_copy(&key);
        Ok(key)
    }

    /// Writes as many bytes as an entry has into the folder, and removes them again.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub(super) fn try_writing(&self) -> Result<(), StoreError> {
        let written = self.made_folder()?.try_writing(USUAL_SIZE);
        written.map_err(StoreError::disk("write", &self.path.join(MARK)))
    }

    /// Destroys the key, then everything that it opened. Returns the files that `jit` did not create, which
    /// are left alone. Continues after a failure, and returns the first error.
    pub(super) fn forget(&self) -> Result<Vec<PathBuf>, StoreError> {
        let destroyed = self.home.destroy(self.prompts);
        let uncopied = self.copy.remove().map(drop).or_else(|error| match error {
            // Without a keyring in the kernel there is no copy.
            StoreError::Unavailable { .. } => Ok(()),
            error => Err(error),
        });
        let mut left = Vec::new();
        let removed = self.remove_entries(destroyed.is_ok(), &mut left);
        destroyed.and(uncopied).and(removed).map(|()| left)
    }

    /// Removes the files with names that `jit` uses, and records the rest in `left`. The mark of a key that
    /// still exists stays, so that the key can be forgotten again.
    pub(super) fn remove_entries(&self, mark_too: bool, left: &mut Vec<PathBuf>) -> Result<(), StoreError> {
        let folder = match self.folder() {
            Ok(Some(folder)) => folder,
            Ok(None) => return Ok(()),
            // Something else is in the folder's place. It is not jit's, so it stays.
            Err(StoreError::Disk { source, .. }) if NotOurs::in_error(&source).is_some() => {
                left.push(self.path.clone());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut removed = Ok(());
        for name in folder.all_names().map_err(StoreError::disk("read", &self.path))? {
            let made_here =
                name == MARK || state::is_sibling(&name) || EntryKey::from_file_name(&name).is_some();
            if !made_here {
                left.push(self.path.join(name));
            } else if mark_too || name != MARK {
                match remove(&folder.spot(&*name)) {
                    Err(StoreError::Disk { source, .. }) if NotOurs::in_error(&source).is_some() => {
                        left.push(self.path.join(name));
                    }
                    outcome => removed = removed.and(outcome.map(drop)),
                }
            }
        }
        removed
    }

    /// The names of everything in the folder.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        let names = self.folder()?.map(|folder| folder.names()).transpose();
        names.map(Option::unwrap_or_default).map_err(StoreError::disk("read", &self.path))
    }

    /// The error for entries that can never be opened again.
    pub(super) fn lost(&self) -> StoreError {
        StoreError::KeyLost { kind: self.kind, folder: self.path.clone() }
    }

    /// Reads the key, one process after another, so that all can use the copy that the first one makes; then
    /// asks the person if needed, without holding a lock.
    fn load(&self) -> Result<Option<DataKey>, StoreError> {
        if self.kind == StoreKind::Kernel {
            // A passphrase cannot be read without asking, so there is no need to wait.
            return self.home.load(None, Prompts::Never);
        }
        let mark = self.mark()?;
        match self.load_quietly(mark.as_ref()) {
            Err(StoreError::Locked { .. }) if self.prompts == Prompts::Allowed => {
                let key = self.home.load(mark.as_ref(), Prompts::Allowed)?;
                key.iter().for_each(|key| self.keep_copy(key));
                Ok(key)
            }
            answer => answer,
        }
    }

    fn load_quietly(&self, mark: Option<&Mark>) -> Result<Option<DataKey>, StoreError> {
        let what = "reading the key of the store";
        let at_most = READING_AT_MOST;
        let waiting = Waiting { person: self.person, what, at_most, order: Order::Any };
        // The copy made by the first process serves all others, and they do not try a keychain again that
        // hung.
        let gone = |why: &str| StoreError::gone(why).at(self.kind);
        let look = |why: Option<&str>| self.copied().map(Ok).or_else(|| why.map(|why| Err(gone(why))));
        let spot = self
            .state
            .as_ref()
            .and_then(|state| state.make_folder(LOCKS).ok())
            .map(|locks| locks.spot("key"));
        let turn = spot.map(|spot| Lock::take_or(&spot, &waiting, &|| Some(spot.clone()), look));
        let mut lock = match turn {
            Some(Ok(Turn::Lock(lock))) => Some(lock),
            Some(Ok(Turn::Answer(answer))) => return answer.map(Some),
            Some(Err(busy @ StoreError::Busy { .. })) => return Err(busy),
            // On a disk that cannot be written to, every process reads for itself.
            Some(Err(_)) | None => None,
        };
        if let Some(lock) = lock.as_ref().filter(|lock| lock.waited())
            && let Some(answer) = look(lock.message_left())
        {
            return answer.map(Some);
        }
        // If the key is locked, the person is asked next, with time to answer, if possible.
        let prompts = match self.prompts {
            Prompts::Allowed => Prompts::Never,
            prompts => prompts,
        };
        let answer = self.home.load(mark, prompts);
        match (&answer, &mut lock) {
            (Ok(Some(key)), _) => self.keep_copy(key),
            // Otherwise a keychain that hangs would make every waiting process hang in turn.
            (Err(StoreError::Gone { why, .. }), Some(lock)) => lock.leave_message(why),
            _ => {}
        }
        answer
    }

    /// Replaces the existing copy with a copy of another key, even if copies are no longer wanted.
    pub(super) fn replace_copy(&self, key: &DataKey) {
        if self.kind != StoreKind::Kernel {
            let _ = self.copy.remove();
            self.keep_copy(key);
        }
    }

    /// Stores a copy of the key. If that fails, only the next call is slower. If copies are not allowed any
    /// more, removes an old one.
    fn keep_copy(&self, key: &DataKey) {
        let _ = match self.copy_for {
            Some(limit) => self.copy.put(key, Some(limit)),
            None => self.copy.remove().map(drop),
        };
    }
}

/// Removes a file; returns whether it existed.
pub(super) fn remove(spot: &Spot) -> Result<bool, StoreError> {
    spot.folder.remove(&spot.name).map_err(|error| StoreError::disk("remove", &spot.path())(error))
}
