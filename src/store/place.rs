//! One kind of store at work: its folder of entries, the home of its key, and the copy of that key in the kernel.
//!
//! Beside the entries lies `key.json`, the [`Mark`] of the key they are sealed under. It is there as long as the key
//! is meant to be, so that a key that was lost or replaced is told from one that was never made.

use std::path::PathBuf;
use std::time::Duration;

use super::home::{KeyHome, Mark};
use super::kernel::Slot;
use super::lock::{Lock, Order, Turn, Waiting};
use super::record::{read_json, write_json};
use super::sealed::{self, DataKey, KeyId};
use super::{Kind, Prompts, StoreError};
use crate::plan::EntryKey;
use crate::sys;
use crate::world::Person;

const MARK: &str = "key.json";
/// A login or session has about so many bytes.
const USUAL_SIZE: usize = 8 * 1024;
/// Hundreds of processes that all need the key read it one after another where no copy is allowed, each for some tens of
/// milliseconds.
const READING_AT_MOST: Duration = Duration::from_secs(30);

/// One kind of store in one state folder.
pub(super) struct Place<'w> {
    pub(super) kind: Kind,
    /// Its entries.
    pub(super) folder: PathBuf,
    /// The folder of all locks.
    pub(super) locks: PathBuf,
    pub(super) home: Box<dyn KeyHome + 'w>,
    /// Where the copy of the key lies, and how long it may; `None` for no copy.
    pub(super) copy: Slot,
    pub(super) copy_for: Option<Duration>,
    pub(super) person: &'w dyn Person,
    /// What the home may ask the person.
    pub(super) prompts: Prompts,
}

impl Place<'_> {
    /// The file of an entry.
    pub(super) fn entry(&self, key: &EntryKey) -> PathBuf {
        self.folder.join(key.file_name())
    }

    /// What is written down about the key; `None` before it was made and after it was destroyed.
    pub(super) fn mark(&self) -> Result<Option<Mark>, StoreError> {
        read_json(&self.folder.join(MARK))
    }

    /// The copy of the key in the kernel, its time limit renewed.
    pub(super) fn copied(&self) -> Option<DataKey> {
        self.copy_for.and_then(|limit| self.copy.find(Some(limit)).ok().flatten())
    }

    /// The key with the id `wanted`: the copy, or else the home's own.
    ///
    /// # Errors
    /// [`StoreError::KeyLost`] if the home has no such key, and the home's own.
    pub(super) fn key(&self, wanted: KeyId) -> Result<DataKey, StoreError> {
        let right = |key: &DataKey| sealed::key_id(key) == wanted;
        if let Some(key) = self.copied().filter(right) {
            return Ok(key);
        }
        self.load()?.filter(right).ok_or_else(|| self.lost())
    }

    /// Takes over the key that the home has, or makes one. Only for the holder of the store's lock.
    pub(super) fn establish(&self) -> Result<DataKey, StoreError> {
        let (key, mark) = match self.load()? {
            Some(key) => {
                // A key that comes from a passphrase would be lost with what is written down about it.
                let own = |mark: &Mark| mark.key_id() == Some(sealed::key_id(&key));
                let mark = self.mark()?.filter(own).unwrap_or_else(|| Mark::of(&key));
                (key, mark)
            }
            None => self.home.create(self.prompts)?,
        };
        sys::fs::private_folder(&self.folder).map_err(StoreError::disk("make", &self.folder))?;
        write_json(&self.folder.join(MARK), &mark)?;
        self.keep_copy(&key);
        Ok(key)
    }

    /// Writes as much as an entry has into the folder, and takes it back.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub(super) fn try_writing(&self) -> Result<(), StoreError> {
        sys::fs::private_folder(&self.folder).map_err(StoreError::disk("make", &self.folder))?;
        let path = self.folder.join(MARK);
        let written = sys::fs::write_if(&path, &[0; USUAL_SIZE], || Ok(false));
        written.map(drop).map_err(StoreError::disk("write", &path))
    }

    /// Destroys the key, then everything that it opened. Goes on after a failure, and reports the first.
    pub(super) fn forget(&self) -> Result<(), StoreError> {
        let destroyed = self.home.destroy(self.prompts);
        let uncopied = self.copy.remove().map(drop).or_else(|error| match error {
            // Where the kernel has no keyring for us there is no copy.
            StoreError::Unavailable { .. } => Ok(()),
            error => Err(error),
        });
        let mut removed = Ok(());
        for path in self.files()? {
            // The mark of a key that is still there stays, so that it can be forgotten again.
            if destroyed.is_ok() || path.file_name().is_none_or(|name| name != MARK) {
                removed = removed.and(remove_file(&path).map(drop));
            }
        }
        destroyed.and(uncopied).and(removed)
    }

    /// Everything in the folder.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let disk = |error| StoreError::disk("read", &self.folder)(error);
        match std::fs::read_dir(&self.folder) {
            Ok(files) => files.map(|file| file.map(|file| file.path()).map_err(disk)).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(disk(error)),
        }
    }

    /// The error of entries that nothing opens any more.
    pub(super) fn lost(&self) -> StoreError {
        StoreError::KeyLost { kind: self.kind, folder: self.folder.clone() }
    }

    /// Asks the home, one process after another, so that the first one's copy serves all; then the person, if that is
    /// what it takes, with no lock held meanwhile.
    fn load(&self) -> Result<Option<DataKey>, StoreError> {
        if self.kind == Kind::Kernel {
            // It answers at once, everybody alike, and has nothing to ask.
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
        let path = self.locks.join("key");
        let (what, at_most) = ("reading the key of the store", READING_AT_MOST);
        let waiting = Waiting { person: self.person, what, at_most, order: Order::Any };
        // The first one's copy serves all, and a keychain that hung is not tried in turn by all who waited for it.
        let gone = |why: &str| StoreError::Gone { why: why.to_owned() };
        let look = |why: Option<&str>| self.copied().map(Ok).or_else(|| why.map(|why| Err(gone(why))));
        let mut lock = match Lock::take_or(&path, &waiting, &|| path.clone(), look) {
            Ok(Turn::Lock(lock)) => Some(lock),
            Ok(Turn::Answer(answer)) => return answer.map(Some),
            Err(busy @ StoreError::Busy { .. }) => return Err(busy),
            // On a disk that cannot be written to, everybody reads for themselves.
            Err(_) => None,
        };
        if let Some(lock) = lock.as_ref().filter(|lock| lock.waited())
            && let Some(answer) = look(lock.message_left())
        {
            return answer.map(Some);
        }
        // What is locked is asked about next, with time to answer, where somebody is there.
        let prompts = match self.prompts {
            Prompts::Allowed => Prompts::Never,
            prompts => prompts,
        };
        let answer = self.home.load(mark, prompts);
        match (&answer, &mut lock) {
            (Ok(Some(key)), _) => self.keep_copy(key),
            // A keychain that hangs would make all who wait here hang in turn.
            (Err(StoreError::Gone { why }), Some(lock)) => lock.leave_message(why),
            _ => {}
        }
        answer
    }

    /// A copy that cannot be made only makes the next call slower. One left from when copies were allowed goes.
    fn keep_copy(&self, key: &DataKey) {
        let _ = match self.copy_for {
            Some(limit) => self.copy.put(key, Some(limit)),
            None => self.copy.remove().map(drop),
        };
    }
}

/// Removes a file, and says whether it was there.
pub(super) fn remove_file(path: &std::path::Path) -> Result<bool, StoreError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::disk("remove", path)(error)),
    }
}
