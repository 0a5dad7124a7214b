//! Which kind of store is in use: how it is chosen, recorded, and how its key is created.

use std::io;
use std::time::{Duration, Instant};

use super::home::NamedHome;
use super::kernel::Slot;
use super::place::{LOCKS, Place};
use super::record::{Choice, Record, read_json, write_json};
use super::rules::boxed;
use super::sealed::{self, DataKey};
use super::{Lock, MachineSettings, Order, Prompts, Store, StoreError, StoreKind, UNNAMED, Waiting};
use crate::sys::state::Folder;

/// The record's name.
pub(super) const RECORD: &str = "store.json";
/// Creating the key takes as long as the keychain does; a process behind it is told when that takes too long.
const SETTLING_AT_MOST: Duration = Duration::from_secs(10);
/// How long a keychain that did not answer is not called again: each attempt would take as long as the first.
const HUNG_FOR: Duration = Duration::from_secs(60);

impl<'w> Store<'w> {
    /// The lock for the record, the marks and the existence of the keys.
    pub(super) fn settle_lock(&self) -> Result<Lock, StoreError> {
        let what = "setting up the store";
        let at_most = SETTLING_AT_MOST;
        let waiting = Waiting { person: self.person, what, at_most, order: Order::Any };
        Lock::take(&self.locks()?.spot("store"), &waiting)
    }

    /// The state folder; `None` if there is none yet.
    pub(super) fn state(&self) -> Result<Option<Folder>, StoreError> {
        match Folder::open(&self.state) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::disk("use", &self.state)(error)),
        }
    }

    /// The state folder, created if needed.
    pub(super) fn made_state(&self) -> Result<Folder, StoreError> {
        Folder::make(&self.state).map_err(StoreError::disk("make", &self.state))
    }

    /// The folder of the locks, created if needed.
    pub(super) fn locks(&self) -> Result<Folder, StoreError> {
        let state = self.made_state()?;
        state.make_folder(LOCKS).map_err(StoreError::disk("make", &self.state.join(LOCKS)))
    }

    pub(super) fn record(&self) -> Result<Record, StoreError> {
        self.state()?.map_or_else(|| Ok(Record::default()), |state| self.record_in(&state))
    }

    /// The record. Its id becomes part of names elsewhere, so it must have the form that jit creates.
    pub(super) fn record_in(&self, state: &Folder) -> Result<Record, StoreError> {
        let mut record: Record = read_json(state, RECORD)?.unwrap_or_default();
        match &self.options.machine {
            MachineSettings::Recorded if record.machine.is_some() => {
                self.rules.replace(record.machine.clone());
            }
            MachineSettings::Recorded => {}
            MachineSettings::Read { rules, .. } => record.machine = boxed(rules),
        }
        let made_here = |id: &String| {
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if record.id.as_ref().is_none_or(made_here) {
            Ok(record)
        } else {
            let path = self.state.join(RECORD);
            Err(StoreError::Corrupt { path, why: "it was not written by jit" })
        }
    }

    /// The kind in use; `None` if nothing was ever stored.
    pub(super) fn place(&self) -> Result<Option<Place<'w>>, StoreError> {
        let Some(state) = self.state()? else { return Ok(None) };
        Ok(self.place_in(&self.record_in(&state)?, Some(state)))
    }

    pub(super) fn place_in(&self, record: &Record, state: Option<Folder>) -> Option<Place<'w>> {
        if record.forgetting {
            return None;
        }
        let kind = self.set_kind().or(record.auto.as_ref().map(|choice| choice.kind))?;
        Some(self.place_of(kind, record.id.as_deref()?, state))
    }

    /// One kind, in the state folder if that exists.
    pub(super) fn place_of(&self, kind: StoreKind, id: &str, state: Option<Folder>) -> Place<'w> {
        Place {
            kind,
            path: self.state.join(kind.name()),
            state,
            home: Box::new(NamedHome { kind, home: (self.homes)(kind, id) }),
            copy: Slot::new(id, &format!("copy-of-{kind}")),
            // If the kernel is the home of the key, there is no copy.
            copy_for: self.key_cache().filter(|_| kind != StoreKind::Kernel),
            person: self.person,
            prompts: match (self.options.prompts, kind) {
                (Prompts::Allowed, StoreKind::Keychain) if !self.display => Prompts::Brief,
                (Prompts::Allowed, StoreKind::Kernel) => Prompts::Brief,
                (Prompts::Allowed, StoreKind::File) if !self.person.can_be_asked() => Prompts::Brief,
                (prompts, _) => prompts,
            },
        }
    }

    /// The key with this id, from memory if it was used before.
    pub(super) fn key_of(&self, place: &Place<'_>, wanted: sealed::KeyId) -> Result<DataKey, StoreError> {
        let remembered = self.key.borrow().clone();
        if let Some((_, key)) =
            remembered.filter(|(kind, key)| *kind == place.kind && sealed::key_id(key) == wanted)
        {
            return Ok(key);
        }
        if let Some((_, why)) = self.hung.borrow().as_ref().filter(|(at, _)| at.elapsed() < HUNG_FOR) {
            return Err(StoreError::gone(why.clone()).at(place.kind));
        }
        let key = place.key(wanted).inspect_err(|error| {
            if let StoreError::Gone { why, .. } = error {
                self.hung.replace(Some((Instant::now(), why.clone())));
            }
        })?;
        self.key.replace(Some((place.kind, key.clone())));
        Ok(key)
    }

    /// The key for new entries of this kind, if there is one.
    pub(super) fn key_in_use(&self, place: &Place<'_>) -> Result<Option<DataKey>, StoreError> {
        let Some(mark) = place.mark()? else { return Ok(None) };
        let next = mark.next.as_ref().and_then(|next| next.mark.key_id());
        let key = mark.key_id().ok_or_else(|| place.lost()).and_then(|id| self.key_of(place, id));
        // The process that replaced the key may have been killed after it stored the next one.
        let key = match (key, next) {
            (Err(StoreError::KeyLost { .. }), Some(next)) => self.key_of(place, next),
            (key, _) => key,
        };
        match key {
            // A kernel that was restarted has forgotten its key, as expected.
            Err(StoreError::KeyLost { kind: StoreKind::Kernel, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The place to write to and its key, which is created the first time. The caller must hold the store's
    /// lock.
    pub(super) fn settle(&self) -> Result<(Place<'w>, DataKey), StoreError> {
        let state = self.made_state()?;
        let mut record = self.record_in(&state)?;
        if record.forgetting {
            self.forget_kinds(&record, &state)?;
            record.forgetting = false;
            write_json(&state, RECORD, &record)?;
        }
        let id = match &record.id {
            Some(id) => id.clone(),
            None => {
                let id: String = sealed::random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
                record.id = Some(id.clone());
                write_json(&state, RECORD, &record)?;
                id
            }
        };
        if let Some(place) = self.place_in(&record, Some(state.clone()))
            && let Some(key) = self.key_in_use(&place)?
        {
            let key = self.finish_renewal(&place, key)?;
            return Ok((place, key));
        }
        let (place, key) = match self.set_kind() {
            Some(kind) => {
                let place = self.place_of(kind, &id, Some(state));
                let key = place.establish()?;
                (place, key)
            }
            None => {
                let (place, key, because) = self.choose(&id, &state)?;
                record.auto = Some(Choice { kind: place.kind, because });
                write_json(&state, RECORD, &record)?;
                (place, key)
            }
        };
        self.key.replace(Some((place.kind, key.clone())));
        Ok((place, key))
    }

    /// Makes sure that the next value can be stored: the kind is available, its key can be read (a person is
    /// asked now if needed) and the folder can be written to. The kernel is only tested: a sign-in that fails
    /// should leave nothing there.
    ///
    /// # Errors
    /// What [`Store::put`] would fail with.
    pub fn prepare(&self) -> Result<(), StoreError> {
        if let Some(place) = self.place()? {
            self.key_in_use(&place)?;
        }
        let _settled = self.settle_lock()?;
        let state = self.made_state()?;
        let record = self.record_in(&state)?;
        let place = match self.place_in(&record, Some(state.clone())) {
            Some(place) if self.key_in_use(&place)?.is_some() => place,
            settled => {
                let kind = settled.map(|place| place.kind).or(self.set_kind());
                match self.try_kernel(kind, &state) {
                    Some(tried) => tried?,
                    None => self.settle()?.0,
                }
            }
        };
        place.try_writing()
    }

    /// Whether the kernel can store a key; `None` if the kernel would not be used. `kind` is the one in use,
    /// if any.
    fn try_kernel(&self, kind: Option<StoreKind>, state: &Folder) -> Option<Result<Place<'w>, StoreError>> {
        let passed_over = || {
            let keychain = self.place_of(StoreKind::Keychain, UNNAMED, None);
            keychain.home.load(None, keychain.prompts).is_err_and(|error| error.leads_on())
        };
        if kind.map_or_else(|| !passed_over(), |kind| kind != StoreKind::Kernel) {
            return None;
        }
        match self.try_home(StoreKind::Kernel) {
            Ok(()) => Some(Ok(self.place_of(StoreKind::Kernel, UNNAMED, Some(state.clone())))),
            Err(error) if kind.is_none() && error.leads_on() => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The first kind that works. If one is available but locked, or refuses, the search ends: the user's
    /// keychain is not skipped because it happens to be locked.
    fn choose(&self, id: &str, state: &Folder) -> Result<(Place<'w>, DataKey, String), StoreError> {
        let mut passed = Vec::new();
        for kind in StoreKind::ALL {
            let place = self.place_of(kind, id, Some(state.clone()));
            match place.establish() {
                Ok(key) => return Ok((place, key, because(kind, &passed))),
                Err(error) if error.leads_on() => passed.push(reason(kind, &error)),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::unavailable(passed.join("; ")))
    }
}

/// Why a kind was skipped.
pub(super) fn reason(kind: StoreKind, error: &StoreError) -> String {
    format!("{kind}: {}", error.reason())
}

/// Why this kind was chosen, after those that were skipped.
pub(super) fn because(kind: StoreKind, passed: &[String]) -> String {
    let itself = match kind {
        StoreKind::Keychain => "the operating system's keychain is available",
        StoreKind::Kernel => "the kernel keyring is available",
        StoreKind::File => "jit can ask for a passphrase",
    };
    if passed.is_empty() { itself.to_owned() } else { format!("{itself} ({})", passed.join("; ")) }
}
