//! The store for sessions and tokens: small files, each sealed under one data key. The key is in the
//! operating system's keychain, in the kernel, or derived from a passphrase.
//!
//! ```text
//! file                      contents                                                 module
//! STATE/store.json          the id of the store, and the kind that `auto` chose      record, settle
//! STATE/locks/…             locks, and messages to waiting processes                 lock
//! STATE/KIND/key.json       the mark of the key                                      place, home
//! STATE/KIND/session-…      entries                                                  sealed
//! ```
//! Reading an entry on the warm path costs two small files, a lookup in the kernel keyring and a decryption;
//! no keychain is used, no thread is started. Nothing is probed before there is something to store.

mod describe;
mod error;
mod forget;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod home;
#[cfg_attr(not(target_os = "linux"), path = "kernel_elsewhere.rs")]
mod kernel;
mod keychain;
mod lock;
mod passphrase;
mod place;
mod record;
mod renew;
mod sealed;
mod settle;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use self::describe::Description;
pub use self::error::StoreError;
pub use self::forget::RemovedStore;
pub use self::lock::{Lock, Order, Turn, Waiting};

use self::home::KeyHome;
use self::kernel::{KernelHome, Slot};
use self::keychain::Keychain;
use self::passphrase::{Cost, Passphrase};
use self::place::remove;
use self::record::{Record, write_json};
use self::sealed::{DataKey, Sealed};
use self::settle::RECORD;
use crate::plan::EntryKey;
use crate::sys::state::Folder;
use crate::world::{Person, World};
use jit_wire::env::{self, JIT_STORE};
use jit_wire::secret::Secret;

/// The id of a store without an id; no key has it.
const UNNAMED: &str = "unnamed";

/// The options of a store.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a copy of the key may stay in the Linux kernel's keyring after its last use; `None` for no copy.
    pub key_cache: Option<Duration>,
    /// Whether the person may be asked.
    pub prompts: Prompts,
}

/// What the store may ask a person, and how long a prompt of the keychain may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompts {
    /// Nothing, and no prompt is run: for commands that only show something.
    Never,
    /// Nothing, but prompts of the keychain are run for a moment: the Secret Service answers with a prompt
    /// even if it shows none, and KeePassXC completes its own by itself. For commands that other programs
    /// start.
    Brief,
    /// To unlock the keychain, or to type a passphrase: for commands typed on a terminal.
    Allowed,
}

/// Where the data key is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In the keychain of the operating system.
    Keychain,
    /// Only in the Linux kernel's keyring, until the machine is switched off.
    Kernel,
    /// Nowhere: it is derived from a passphrase.
    File,
}

impl StoreKind {
    /// In the order that `auto` tries them.
    const ALL: [Self; 3] = [Self::Keychain, Self::Kernel, Self::File];

    fn name(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::Kernel => "kernel",
            Self::File => "file",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Creates the home of the key for a kind and the store's id; tests pass their own.
type Homes<'w> = Box<dyn Fn(StoreKind, &str) -> Box<dyn KeyHome + 'w> + 'w>;

/// The store of one state folder.
pub struct Store<'w> {
    state: PathBuf,
    person: &'w dyn Person,
    homes: Homes<'w>,
    /// The kind in `JIT_STORE`; `None` for `auto`.
    asked_for: Option<StoreKind>,
    options: Options,
    /// Whether the person can see a dialog of the keychain.
    display: bool,
    /// The key that was used last.
    key: RefCell<Option<(StoreKind, DataKey)>>,
    /// The last time that the keychain did not answer, and what jit was waiting for.
    hung: RefCell<Option<(Instant, String)>>,
}

impl<'w> Store<'w> {
    /// Determines the possible kinds from the environment. Reads neither a file nor a keychain.
    ///
    /// # Errors
    /// [`StoreError::BadSetting`].
    pub fn open(world: &'w World, options: Options) -> Result<Self, StoreError> {
        Self::with_homes(world, options, Self::usual_homes(world))
    }

    fn usual_homes(world: &'w World) -> Homes<'w> {
        let person = &*world.person;
        Box::new(move |kind, id: &str| -> Box<dyn KeyHome + 'w> {
            match kind {
                StoreKind::Keychain => Box::new(Keychain { id: id.to_owned(), person }),
                StoreKind::Kernel => Box::new(KernelHome(Slot::new(id, "key"))),
                StoreKind::File => Box::new(Passphrase { person, cost: Cost::NORMAL }),
            }
        })
    }

    fn with_homes(world: &'w World, options: Options, homes: Homes<'w>) -> Result<Self, StoreError> {
        let asked_for = match world.env.get(JIT_STORE) {
            None | Some("auto") => None,
            Some(name) => {
                let kind = StoreKind::ALL.into_iter().find(|kind| kind.name() == name);
                Some(kind.ok_or_else(|| StoreError::BadSetting { value: error::bounded(name) })?)
            }
        };
        Ok(Self::with_kind(world, options, homes, asked_for))
    }

    fn with_kind(world: &'w World, options: Options, homes: Homes<'w>, asked_for: Option<StoreKind>) -> Self {
        let on_a_desktop =
            [env::DISPLAY, env::WAYLAND_DISPLAY].iter().any(|name| world.env.get(name).is_some());
        Self {
            state: world.folders.state.clone(),
            person: &*world.person,
            homes,
            asked_for,
            options,
            display: on_a_desktop || cfg!(any(target_os = "macos", windows)),
            key: RefCell::default(),
            hung: RefCell::default(),
        }
    }

    /// The value of an entry; `None` if nothing is stored.
    ///
    /// # Errors
    /// Every [`StoreError`] except those of writing. If the kernel was restarted, its entries are forgotten:
    /// that is `None`.
    pub fn get(&self, key: &EntryKey) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let found = self.found(key);
        if let Err(error) = &found {
            log::debug!("store: {key}: {}", error.in_one_line());
        }
        found
    }

    fn found(&self, key: &EntryKey) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let miss = |why: &str| {
            log::debug!("store: {key}: {why}");
            Ok(None)
        };
        let Some(place) = self.place()? else { return miss("nothing was ever stored") };
        let Some(spot) = place.entry(key)? else { return miss("nothing is stored") };
        let path = spot.path();
        // Try again if the key is being replaced right now; the entry may change before the mark does.
        for last in [false, false, true] {
            let bytes = match spot.read(sealed::LARGEST_FILE) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return miss("nothing is stored"),
                Err(error) => return Err(StoreError::unread(&path, error)),
            };
            let entry = Sealed::parse(&bytes, &path)?;
            match self.key_of(&place, entry.key_id()) {
                Ok(data_key) => {
                    let value = entry.open(&data_key, &key.file_name())?;
                    log::debug!("store: {key}: found, sealed under the key in the {} store", place.kind);
                    return Ok(Some(value));
                }
                Err(StoreError::KeyLost { kind, .. }) => {
                    let is_of_this_life = place.mark()?.is_some_and(|mark| mark.has(entry.key_id()));
                    let was_replaced = spot.read(sealed::LARGEST_FILE).is_ok_and(|now| now != bytes);
                    if is_of_this_life && last {
                        return if kind == StoreKind::Kernel {
                            miss("its key is gone from the kernel's keyring, as after a restart")
                        } else {
                            Err(place.lost())
                        };
                    }
                    if !is_of_this_life && (last || !was_replaced) {
                        // From before a logout, and restored from a copy.
                        log::warn!("ignored {}: its key was destroyed by a logout", path.display());
                        return Ok(None);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Stores a value. The lock is only an argument to prove that the caller may write.
    ///
    /// The first value decides the kind of an `auto` store, and makes the key.
    ///
    /// # Errors
    /// Every [`StoreError`]; the entry is then as it was.
    pub fn put(&self, _: &Lock, key: &EntryKey, value: &Secret<Vec<u8>>) -> Result<(), StoreError> {
        // Getting the key may need a person, so do that before making others wait.
        if let Some(place) = self.place()? {
            self.key_in_use(&place)?;
        }
        // Prevents that the key is destroyed between the last look at its mark and the write.
        let _settled = self.settle_lock()?;
        let (place, data_key) = self.settle()?;
        let sealed = sealed::seal(&data_key, &key.file_name(), value)?;
        let spot = place.made_folder()?.spot(key.file_name());
        spot.write(&sealed).map_err(StoreError::disk("write", &spot.path()))?;
        log::debug!("store: {key}: written");
        Ok(())
    }

    /// The error for an entry that opened, but has invalid content.
    pub fn corrupt(&self, key: &EntryKey, why: &'static str) -> StoreError {
        let path = match self.place() {
            Ok(Some(place)) => place.path.join(key.file_name()),
            _ => self.state.join(key.file_name()),
        };
        StoreError::Corrupt { path, why }
    }

    /// Removes an entry, and returns whether it was there. Needs no key.
    ///
    /// # Errors
    /// [`StoreError::Disk`], [`StoreError::Corrupt`].
    pub fn delete(&self, key: &EntryKey) -> Result<bool, StoreError> {
        let spot = self.place()?.map(|place| place.entry(key)).transpose()?.flatten();
        spot.map_or(Ok(false), |spot| remove(&spot))
    }

    /// The keys of all entries. They are not opened, so this does not show whether they can be.
    ///
    /// # Errors
    /// [`StoreError::Disk`], [`StoreError::Corrupt`].
    pub fn keys(&self) -> Result<Vec<EntryKey>, StoreError> {
        let names = self.place()?.map_or(Ok(Vec::new()), |place| place.names())?;
        Ok(names.iter().filter_map(|name| EntryKey::from_file_name(name)).collect())
    }

    /// Destroys the keys of all kinds that were ever used, which makes every entry unreadable, and then
    /// removes the entries. If one kind refuses, the others are still forgotten; `auto` chooses again
    /// afterwards. Returns the files among the entries that `jit` did not create; they are left alone.
    ///
    /// # Errors
    /// The first [`StoreError`].
    pub fn forget_everything(&self) -> Result<Vec<PathBuf>, StoreError> {
        let _settled = self.settle_lock()?;
        self.key.take();
        let state = self.made_state()?;
        let record = match self.record_in(&state) {
            // A record that cannot be read does not tell which key to destroy; the entries are removed
            // anyway.
            Err(StoreError::Corrupt { .. }) => Record::default(),
            record => record?,
        };
        let record = Record { auto: None, ..record };
        // From here on nothing can be stored any more, whatever happens to this process. If the disk does not
        // accept this mark, forget everything anyway.
        let _ = write_json(&state, RECORD, &Record { forgetting: true, ..record.clone() });
        let forgotten = self.forget_kinds(&record, &state);
        let written = write_json(&state, RECORD, &Record { forgetting: false, ..record });
        forgotten.and_then(|left| written.map(|()| left))
    }

    /// Forgets what each kind holds; returns the first error, after trying all.
    fn forget_kinds(&self, record: &Record, state: &Folder) -> Result<Vec<PathBuf>, StoreError> {
        let id = record.id.as_deref().unwrap_or(UNNAMED);
        let mut left = Vec::new();
        let mut forgotten = Ok(());
        // There may have been a key even if something else has taken the folder's place.
        for kind in StoreKind::ALL.into_iter().filter(|kind| state.stamp(kind.name()).is_some()) {
            match self.place_of(kind, id, Some(state.clone())).forget() {
                Ok(some) => left.extend(some),
                Err(error) => forgotten = forgotten.and(Err(error)),
            }
        }
        forgotten.map(|()| left)
    }

    /// Removes the copies of the key from the kernel keyring; returns whether there were any. The next use
    /// reads the keychain again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the kernel's keyring fails halfway through.
    pub fn drop_cached_key(&self) -> Result<bool, StoreError> {
        self.key.take();
        let Some(id) = self.record()?.id else { return Ok(false) };
        let mut dropped = false;
        for kind in StoreKind::ALL {
            let copy = self.place_of(kind, &id, None).copy;
            // If the kernel refuses, there is no copy either.
            if copy.find(None).is_ok_and(|key| key.is_some()) {
                dropped |= copy.remove()?;
            }
        }
        Ok(dropped)
    }

    /// Takes the lock of an entry, or waits for it `at_most`; `what` describes the work for the messages of
    /// waiting processes.
    ///
    /// If nothing can be written (full disk, read-only home), there is nothing to lock either: the caller
    /// continues alone, and gets the error when it stores its result.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Disk`], and [`StoreError::Corrupt`] if nothing could be
    /// stored.
    pub fn lock(
        &self,
        key: &EntryKey,
        person: &dyn Person,
        what: &str,
        at_most: Duration,
    ) -> Result<Lock, StoreError> {
        let waiting = Waiting { person, what, at_most, order: Order::Any };
        match self.lock_or(key, &waiting, |_| None::<Infallible>)? {
            Turn::Lock(lock) => Ok(lock),
            Turn::Answer(never) => match never {},
        }
    }

    /// The same for a caller that needs the lock only until there is an `answer`. While waiting for the lock,
    /// `answer` is called at each change of the entry and for each message, which it gets as argument, and
    /// ends the wait.
    ///
    /// # Errors
    /// As [`Store::lock`].
    pub fn lock_or<T>(
        &self,
        key: &EntryKey,
        waiting: &Waiting<'_>,
        answer: impl FnMut(Option<&str>) -> Option<T>,
    ) -> Result<Turn<T>, StoreError> {
        if let Ok(Some(place)) = self.place() {
            // Nobody should sign in for a session that could not be stored.
            place.mark()?;
            // Before anybody waits for this lock: a keychain that is locked or hangs later then blocks
            // nobody. A caller that needs the key reports what is wrong with it.
            if place.prompts != Prompts::Allowed {
                let _ = self.key_in_use(&place);
            }
        }
        let entry = || self.place().ok()??.entry(key).ok()?;
        let turn = |locks: Folder| Lock::take_or(&locks.spot(key.file_name()), waiting, &entry, answer);
        match self.locks().and_then(turn) {
            Err(error) if error.is_unwritable() => Ok(Turn::Lock(Lock::of_nothing())),
            turn => turn,
        }
    }
}
