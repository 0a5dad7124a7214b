//! Forgetting everything at once, even if something is broken: `jit logout --all`.
//!
//! 1. Move the entries from the disk into memory. After this, nothing on the disk can be opened any more.
//! 2. Get their keys, as far as that is possible without asking. The entries in memory are used to sign out
//!    at the IdPs.
//! 3. Destroy the keys.

use std::path::PathBuf;
use std::time::Duration;

use super::home::Mark;
use super::lock::{Lock, Order, Waiting};
use super::place::Place;
use super::record::{Record, write_json};
use super::sealed::{self, DataKey, Sealed};
use super::settle::RECORD;
use super::{Homes, Options, Prompts, Store, StoreError, StoreKind, UNNAMED};
use crate::plan::{EntryKey, EntryKind};
use crate::sys::state::Folder;
use crate::world::World;
use jit_wire::secret::Secret;

/// How long to wait for a process that sets up the store. Short, because nothing may delay this.
const WAITED_FOR: Duration = Duration::from_secs(2);
/// The maximum number of entries in memory: nobody's sign-ins write more.
const MOST_ENTRIES: usize = 20_000;

/// The entries that were removed from the disk.
#[derive(Default)]
pub struct RemovedStore<'w> {
    kinds: Vec<RemovedKind<'w>>,
    /// Files among the entries that `jit` did not create; they are left alone.
    pub left: Vec<PathBuf>,
    /// The entries that could not be removed from the disk.
    pub not_removed: Vec<StoreError>,
    /// The keys that could not be destroyed. They open nothing that is left on the disk.
    pub keys_left: Vec<(StoreKind, StoreError)>,
}

struct RemovedKind<'w> {
    place: Place<'w>,
    mark: Option<Mark>,
    /// Sign-ins and sessions, still sealed.
    entries: Vec<(EntryKey, Vec<u8>)>,
    key: Option<DataKey>,
    /// Why the key could not be found.
    why: Option<StoreError>,
}

impl<'w> Store<'w> {
    /// A store for forgetting everything: all kinds, whatever a setting says.
    pub fn of_every_kind(world: &'w World) -> Self {
        let homes = Self::usual_homes(world);
        Self::of_every_kind_with(world, homes)
    }

    pub(super) fn of_every_kind_with(world: &'w World, homes: Homes<'w>) -> Self {
        let prompts = if world.person.can_be_asked() { Prompts::Allowed } else { Prompts::Brief };
        Self::with_kind(world, Options::plain(prompts), homes, None)
    }

    /// Removes all entries of every kind from the disk, then destroys all keys. Continues after every
    /// failure.
    pub fn take_everything(&self) -> RemovedStore<'w> {
        self.key.take();
        let mut taken = RemovedStore::default();
        let state = match self.state() {
            Ok(Some(state)) => state,
            Ok(None) => return taken,
            Err(error) => {
                taken.not_removed.push(error);
                return taken;
            }
        };
        let id = match self.record_in(&state) {
            Ok(record) => record.id,
            // The record has the id of the keys, which must be destroyed in any case.
            Err(_) => state.read(RECORD, 64 * 1024).ok().and_then(|bytes| id_in(&bytes)),
        };
        let record = Record { id, ..Record::default() };
        // From here on nothing can be stored any more, whatever happens to this process. If the disk does not
        // accept this mark, forget everything anyway.
        let _ = write_json(&state, RECORD, &Record { forgetting: true, ..record.clone() });
        // There may have been a key even if something else has taken the folder's place.
        for kind in StoreKind::ALL.into_iter().filter(|kind| state.stamp(kind.name()).is_some()) {
            let id = record.id.as_deref().unwrap_or(UNNAMED);
            let place = self.place_of(kind, id, Some(state.clone()));
            let entries = entries(&place);
            let mark = place.mark().ok().flatten();
            // Without its mark, entries under a passphrase can never be opened again.
            taken.remove(&place, kind == StoreKind::File);
            taken.kinds.push(RemovedKind { place, mark, entries, key: None, why: None });
        }
        // A process that creates a key from now on gets a new one, which is not destroyed below.
        let settled = self.settled_soon();
        taken.left.clear();
        for mut kind in std::mem::take(&mut taken.kinds) {
            kind.find_key();
            let destroyed = kind.destroy_key();
            taken.remove(&kind.place, destroyed.is_ok());
            if let Err(error) = destroyed {
                taken.keys_left.push((kind.place.kind, error));
            }
            taken.kinds.push(kind);
        }
        if let Err(error) = write_json(&state, RECORD, &record) {
            taken.not_removed.push(error);
        }
        drop(settled);
        taken
    }

    /// The lock of the store, if it becomes free soon.
    fn settled_soon(&self) -> Option<Lock> {
        let waiting = Waiting {
            person: self.person,
            what: "setting up the store",
            at_most: WAITED_FOR,
            order: Order::Any,
        };
        self.locks().and_then(|locks: Folder| Lock::take(&locks.spot("store"), &waiting)).ok()
    }
}

impl RemovedStore<'_> {
    fn remove(&mut self, place: &Place<'_>, mark_too: bool) {
        if let Err(error) = place.remove_entries(mark_too, &mut self.left)
            && !self.not_removed.iter().any(|one| one.in_one_line() == error.in_one_line())
        {
            self.not_removed.push(error);
        }
    }

    /// Why stored sign-ins cannot be opened; `None` if there are none of these.
    pub fn sealed(&self) -> Option<&StoreError> {
        let login = |(key, _): &(EntryKey, Vec<u8>)| key.kind == EntryKind::Login;
        let kinds = self.kinds.iter().filter(|kind| kind.key.is_none() && kind.entries.iter().any(login));
        kinds.filter_map(|kind| kind.why.as_ref()).next()
    }

    /// Whether a person could open them with a passphrase.
    pub fn has_passphrase(&self) -> bool {
        let askable = |kind: &RemovedKind<'_>| {
            kind.place.kind == StoreKind::File
                && kind.place.prompts == Prompts::Allowed
                && kind.mark.as_ref().is_some_and(|mark| mark.passphrase.is_some())
        };
        self.sealed().is_some() && self.kinds.iter().any(|kind| kind.key.is_none() && askable(kind))
    }

    /// Asks for the passphrase.
    pub fn ask(&mut self) {
        for kind in
            self.kinds.iter_mut().filter(|kind| kind.key.is_none() && kind.place.kind == StoreKind::File)
        {
            kind.load(Prompts::Allowed);
        }
    }

    /// How many entries of `kind` have a key that was found.
    pub fn with_key(&self, kind: EntryKind) -> usize {
        let entries = self.kinds.iter().filter(|taken| taken.key.is_some()).flat_map(|taken| &taken.entries);
        entries.filter(|(key, _)| key.kind == kind).count()
    }

    /// The entries of `kind` that could be opened.
    pub fn opened(&self, kind: EntryKind) -> Vec<(EntryKey, Secret<Vec<u8>>)> {
        let mut opened = Vec::new();
        for taken in &self.kinds {
            let Some(data_key) = &taken.key else { continue };
            for (key, bytes) in taken.entries.iter().filter(|(key, _)| key.kind == kind) {
                let name = key.file_name();
                let path = taken.place.path.join(&name);
                let open = |data_key: &DataKey| Sealed::parse(bytes, &path)?.open(data_key, &name);
                // The key may have been in the middle of a replacement.
                let next = || taken.mark.as_ref()?.next_key(data_key);
                let value = open(data_key).ok().or_else(|| open(&next()?).ok());
                opened.extend(value.map(|value| (key.clone(), value)));
            }
        }
        opened
    }
}

impl RemovedKind<'_> {
    /// Finds the key of the entries without asking; a keychain that shows a window may do so, because the
    /// entries are already gone.
    fn find_key(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        self.key = self.place.copy.find(None).ok().flatten();
        if self.key.is_none() {
            self.load(self.place.briefly());
        }
        let locked = matches!(self.why, Some(StoreError::Locked { .. }));
        if locked && self.place.kind == StoreKind::Keychain && self.place.prompts == Prompts::Allowed {
            self.load(Prompts::Allowed);
        }
    }

    fn load(&mut self, prompts: Prompts) {
        let own = |key: &DataKey| self.mark.as_ref().is_none_or(|mark| mark.has(sealed::key_id(key)));
        match self.place.home.load(self.mark.as_ref(), prompts) {
            Ok(key) => {
                self.key = key.filter(own);
                self.why = self.key.is_none().then(|| self.place.lost());
            }
            Err(error) => self.why = Some(error),
        }
    }

    fn destroy_key(&self) -> Result<(), StoreError> {
        let uncopied = match self.place.copy.remove() {
            // Without a keyring in the kernel there is no copy.
            Ok(_) | Err(StoreError::Unavailable { .. }) => Ok(()),
            Err(error) => Err(error),
        };
        let destroyed = match &self.why {
            // It did not answer before, so do not wait again.
            Some(StoreError::Gone { why, .. }) => Err(StoreError::gone(why.clone()).at(self.place.kind)),
            _ => self.place.home.destroy(self.place.prompts),
        };
        destroyed.and(uncopied)
    }
}

/// The sign-ins and sessions in `place`, as far as they can be read.
fn entries(place: &Place<'_>) -> Vec<(EntryKey, Vec<u8>)> {
    let Ok(Some(folder)) = place.folder() else { return Vec::new() };
    let names = folder.names().unwrap_or_default();
    let keys = names.iter().filter_map(|name| EntryKey::from_file_name(name));
    let keys = keys.filter(|key| matches!(key.kind, EntryKind::Login | EntryKind::Session));
    let entry = |key: EntryKey| Some((folder.read(&key.file_name(), sealed::LARGEST_FILE).ok()?, key));
    keys.take(MOST_ENTRIES).filter_map(entry).map(|(bytes, key)| (key, bytes)).collect()
}

/// The id from a record that is otherwise unreadable.
fn id_in(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.split_once("\"id\"")?;
    let id = rest.split('"').nth(1)?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (id.len() == 32 && id.bytes().all(hex)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_damaged_record_is_found_if_it_is_there() {
        let id = "0123456789abcdef0123456789abcdef";
        let cases = [
            (format!(r#"{{"id":"{id}","auto":{{"kind":"ker"#), Some(id)),
            (format!(r#"{{"id" : "{id}", "auto": 7}}"#), Some(id)),
            (format!(r#"{{"id":"{}"}}"#, &id[1..]), None),
            (r#"{"id":"../../../../../../../../../x.."}"#.to_owned(), None),
            (format!("{{\"id\":\"{}\"}}", id.to_uppercase()), None),
            (r#"{"id":null}"#.to_owned(), None),
            (String::new(), None),
        ];
        for (text, expected) in cases {
            assert_eq!(id_in(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
