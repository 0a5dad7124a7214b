//! One kind of store at work: its folder of entries, the home of its key, and the copy of that key in the kernel.
//!
//! Beside the entries lies `key.json`, the [`Mark`] of the key they are sealed under. It is there as long as the key
//! is meant to be, so that a key that was lost or replaced is told from one that was never made.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::home::{KeyHome, Mark};
use super::kernel::Slot;
use super::lock::{Lock, Order, Turn, Waiting};
use super::record::{read_json, write_json};
use super::sealed::{self, DataKey, KeyId};
use super::{Kind, Prompts, StoreError};
use crate::plan::EntryKey;
use crate::sys::state::{self, Folder, NotOurs, Spot};
use crate::world::Person;

const MARK: &str = "key.json";
/// The folder of all locks.
pub(super) const LOCKS: &str = "locks";
/// A login or session has about so many bytes.
const USUAL_SIZE: usize = 8 * 1024;
/// Hundreds of processes that all need the key read it one after another where no copy is allowed, each for some tens of
/// milliseconds.
const READING_AT_MOST: Duration = Duration::from_secs(30);

/// One kind of store in one state folder.
pub(super) struct Place<'w> {
    pub(super) kind: Kind,
    /// The folder of its entries, for messages.
    pub(super) path: PathBuf,
    /// The state folder; `None` where there is none yet.
    pub(super) state: Option<Folder>,
    pub(super) home: Box<dyn KeyHome + 'w>,
    /// Where the copy of the key lies, and how long it may; `None` for no copy.
    pub(super) copy: Slot,
    pub(super) copy_for: Option<Duration>,
    pub(super) person: &'w dyn Person,
    /// What the home may ask the person.
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

    /// The folder of the entries, made if need be.
    pub(super) fn made_folder(&self) -> Result<Folder, StoreError> {
        let made = self.state.as_ref().map(|state| state.make_folder(self.kind.name()));
        let nowhere = || Err(io::ErrorKind::NotFound.into());
        made.unwrap_or_else(nowhere).map_err(StoreError::disk("make", &self.path))
    }

    /// The place of an entry, if there is a folder for it.
    pub(super) fn entry(&self, key: &EntryKey) -> Result<Option<Spot>, StoreError> {
        Ok(self.folder()?.map(|folder| folder.spot(key.file_name())))
    }

    /// What is written down about the key; `None` before it was made and after it was destroyed.
    pub(super) fn mark(&self) -> Result<Option<Mark>, StoreError> {
        self.folder()?.map_or(Ok(None), |folder| read_json(&folder, MARK))
    }

    /// Writes down what is to be known about the key.
    pub(super) fn write_mark(&self, mark: &Mark) -> Result<(), StoreError> {
        write_json(&self.made_folder()?, MARK, mark)
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
        // Handed on as it is: each copy of a key is a page more to keep out of swap.
        let copy = match self.copied() {
            Some(key) if right(&key) => return Ok(key),
            other => other,
        };
        let loaded = match self.load()? {
            Some(key) if right(&key) => return Ok(key),
            other => other,
        };
        // While the key is being replaced the next one stands in the mark, for who has the one before.
        let mark = self.mark()?;
        let next = mark.and_then(|mark| copy.iter().chain(&loaded).find_map(|key| mark.next_key(key)));
        next.filter(right).ok_or_else(|| self.lost())
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
        self.write_mark(&mark)?;
        self.keep_copy(&key);
        Ok(key)
    }

    /// Writes as much as an entry has into the folder, and takes it back.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub(super) fn try_writing(&self) -> Result<(), StoreError> {
        let written = self.made_folder()?.try_writing(USUAL_SIZE);
        written.map_err(StoreError::disk("write", &self.path.join(MARK)))
    }

    /// Destroys the key, then everything that it opened, and says what lies there that `jit` did not make and has left.
    /// Goes on after a failure, and reports the first.
    pub(super) fn forget(&self) -> Result<Vec<PathBuf>, StoreError> {
        let destroyed = self.home.destroy(self.prompts);
        let uncopied = self.copy.remove().map(drop).or_else(|error| match error {
            // Where the kernel has no keyring for us there is no copy.
            StoreError::Unavailable { .. } => Ok(()),
            error => Err(error),
        });
        let mut left = Vec::new();
        let removed = self.remove_entries(destroyed.is_ok(), &mut left);
        destroyed.and(uncopied).and(removed).map(|()| left)
    }

    /// Removes what has a name that `jit` gives, and notes the rest. The mark of a key that is still there stays, so that
    /// it can be forgotten again.
    pub(super) fn remove_entries(&self, mark_too: bool, left: &mut Vec<PathBuf>) -> Result<(), StoreError> {
        let folder = match self.folder() {
            Ok(Some(folder)) => folder,
            Ok(None) => return Ok(()),
            // Something else lies where the folder should be: it is not ours to remove.
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

    /// The error of entries that nothing opens any more.
    pub(super) fn lost(&self) -> StoreError {
        StoreError::KeyLost { kind: self.kind, folder: self.path.clone() }
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
        let (what, at_most) = ("reading the key of the store", READING_AT_MOST);
        let waiting = Waiting { person: self.person, what, at_most, order: Order::Any };
        // The first one's copy serves all, and a keychain that hung is not tried in turn by all who waited for it.
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
            // On a disk that cannot be written to, everybody reads for themselves.
            Some(Err(_)) | None => None,
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
            (Err(StoreError::Gone { why, .. }), Some(lock)) => lock.leave_message(why),
            _ => {}
        }
        answer
    }

    /// Puts the copy of another key in the place of what there is, also where no copy is wanted any more.
    pub(super) fn replace_copy(&self, key: &DataKey) {
        if self.kind != Kind::Kernel {
            let _ = self.copy.remove();
            self.keep_copy(key);
        }
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
pub(super) fn remove(spot: &Spot) -> Result<bool, StoreError> {
    spot.folder.remove(&spot.name).map_err(|error| StoreError::disk("remove", &spot.path())(error))
}
