//! What `jit status` and `jit doctor` show about the store.

use std::path::PathBuf;
use std::time::Duration;

use super::place::Place;
use super::settle::{because, reason};
use super::{Prompts, Store, StoreError, StoreKind, UNNAMED, error, sealed};
use crate::sys;

/// The store as `jit status` and `jit doctor` describe it.
#[derive(Debug)]
pub struct Description {
    /// The kind in use, or the one that would be; `None` if none can be used.
    pub kind: Option<StoreKind>,
    /// A sentence that says why it was chosen.
    pub why: String,
    /// Where its entries are, or would be.
    pub folder: PathBuf,
    /// Whether the kernel keyring has a copy of the key.
    pub key_cached: bool,
    /// How long that copy will stay if it is not used; in whole minutes or hours, as the kernel reports it.
    pub key_cached_for: Option<Duration>,
    /// What prevents entries from being read now.
    pub problem: Option<StoreError>,
}

impl Store<'_> {
    /// Describes the store and its state, within a second.
    pub fn describe(&self) -> Description {
        let state = self.state();
        let record = match &state {
            Ok(Some(state)) => self.record_in(state),
            _ => self.record(),
        };
        let settled = record.as_ref().ok().and_then(|record| self.place_in(record, state.ok().flatten()));
        let Some(place) = settled else { return self.describe_unsettled(record.err()) };
        let chosen = || {
            let because = record.ok().and_then(|record| record.auto).map(|choice| choice.because);
            let because = error::bounded(&because.unwrap_or_default());
            format!("chosen when the first session was stored: {because}")
        };
        let why = self.set_by().unwrap_or_else(chosen);
        let key_cached = place.copy_for.is_some() && place.copy.find(None).is_ok_and(|key| key.is_some());
        let problem = if key_cached { None } else { problem(&place) };
        Description {
            kind: Some(place.kind),
            why,
            key_cached,
            key_cached_for: place.copy.time_left().filter(|_| key_cached),
            folder: place.path,
            problem,
        }
    }

    /// Creates, reads and destroys a test key in the place where this kind of store keeps its key, so that a
    /// keychain that answers but stores nothing is noticed early. A store with a passphrase has nothing to
    /// test.
    ///
    /// # Errors
    /// Every [`StoreError`] of the place of a key.
    pub fn try_home(&self, kind: StoreKind) -> Result<(), StoreError> {
        if kind == StoreKind::File {
            return Ok(());
        }
        let id: String = sealed::random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let place = self.place_of(kind, &id, self.state()?);
        let prompts = place.briefly();
        let made = place.home.create(prompts).map(drop);
        // Whatever happened, the test key is removed.
        let destroyed = place.home.destroy(prompts);
        made.and(destroyed)?;
        match place.home.load(None, prompts)? {
            None => Ok(()),
            Some(_) => Err(StoreError::unavailable("it keeps keys that jit deleted")),
        }
    }

    /// What `auto` would choose, or why that is not known.
    fn describe_unsettled(&self, broken: Option<StoreError>) -> Description {
        let mut passed = Vec::new();
        let set = self.set_kind();
        let kinds: &[StoreKind] = match (&broken, &set) {
            (Some(_), _) => &[],
            (None, Some(kind)) => std::slice::from_ref(kind),
            (None, None) => &StoreKind::ALL,
        };
        for kind in kinds {
            let place = self.place_of(*kind, UNNAMED, None);
            let answer = match kind {
                // A command that may not ask says what a command that may ask would choose.
                StoreKind::File
                    if place.prompts == Prompts::Brief
                        || place.prompts == Prompts::Never && !sys::terminal::interactive() =>
                {
                    place.home.create(Prompts::Never).map(drop)
                }
                _ => place.home.load(None, place.briefly()).map(drop),
            };
            match answer {
                Err(error) if error.leads_on() => passed.push(reason(*kind, &error)),
                answer => {
                    let why = self.set_by().unwrap_or_else(|| because(*kind, &passed));
                    return Description {
                        kind: Some(*kind),
                        why: format!("empty; {why}"),
                        folder: place.path,
                        key_cached: false,
                        key_cached_for: None,
                        problem: answer.err(),
                    };
                }
            }
        }
        let problem = broken.unwrap_or(StoreError::unavailable(passed.join("; ")));
        Description {
            kind: None,
            why: "no store is usable".to_owned(),
            folder: self.state.clone(),
            key_cached: false,
            key_cached_for: None,
            problem: Some(problem),
        }
    }
}

impl Place<'_> {
    /// Describing the store never asks a person.
    pub(super) fn briefly(&self) -> Prompts {
        match self.prompts {
            Prompts::Allowed => Prompts::Brief,
            prompts => prompts,
        }
    }
}

/// What prevents the entries of a place from being read now.
fn problem(place: &Place<'_>) -> Option<StoreError> {
    let mark = match place.mark() {
        Ok(Some(mark)) => mark,
        // Nothing is stored there yet; the passphrase is asked for when something is.
        Ok(None) if place.kind == StoreKind::File => return None,
        Ok(None) => return place.home.load(None, place.briefly()).err(),
        Err(error) => return Some(error),
    };
    match place.home.load(Some(&mark), place.briefly()) {
        Ok(Some(key)) if Some(sealed::key_id(&key)) == mark.key_id() => None,
        Ok(_) if place.kind == StoreKind::Kernel => None,
        Ok(_) => Some(place.lost()),
        Err(error) => Some(error),
    }
}
