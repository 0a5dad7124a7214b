//! A new data key for the remaining entries, so that no copy of a deleted entry opens again.
//!
//! An entry that was deleted and restored from a copy opens as long as its key exists. So signing out of one
//! IdP replaces the key and seals the remaining entries again. The process may be killed at any point:
//!
//! 1. Add the next key to the mark, sealed under the old one. Entries may now be sealed under either.
//! 2. Seal each entry under the next key, one after another.
//! 3. Store the next key in its home in place of the old one, which is lost from here on, and replace the
//!    kernel's copy.
//! 4. Leave only the new key in the mark.
//!
//! After a kill, the next process that stores something continues with step 2.

use super::place::Place;
use super::sealed::{self, DataKey, Sealed};
use super::{Store, StoreError};
use crate::plan::EntryKey;

impl Store<'_> {
    /// Replaces the key of the store in use. The stored entries stay; what was removed before never opens
    /// again, even from a copy.
    ///
    /// # Errors
    /// Every [`StoreError`]; all entries can then be read as before.
    pub fn renew_key(&self) -> Result<(), StoreError> {
        // If a person must be asked for the key, do that before making others wait.
        match self.place()? {
            Some(place) if self.key_in_use(&place)?.is_some() => {}
            _ => return Ok(()),
        }
        let _settled = self.settle_lock()?;
        let Some(place) = self.place()? else { return Ok(()) };
        let Some(key) = self.key_in_use(&place)? else { return Ok(()) };
        let old = self.finish_renewal(&place, key)?;
        let Some(mark) = place.mark()? else { return Ok(()) };
        let (new, new_mark) = place.home.successor(&old, &mark)?;
        place.write_mark(&mark.followed_by(&old, &new, new_mark)?)?;
        self.finish_renewal(&place, old).map(drop)
    }

    /// Continues a replacement that the mark records, if there is one, and returns the key that is then
    /// valid. `key` is the one in its home. The caller must hold the store's lock.
    pub(super) fn finish_renewal(&self, place: &Place<'_>, key: DataKey) -> Result<DataKey, StoreError> {
        let Some(mark) = place.mark()? else { return Ok(key) };
        let Some(next) = &mark.next else { return Ok(key) };
        let new = if next.mark.key_id() == Some(sealed::key_id(&key)) {
            // It is stored already.
            key
        } else {
            let new = mark.next_key(&key).ok_or_else(|| place.lost())?;
            seal_anew(place, &key, &new)?;
            place.home.adopt(&new, place.prompts)?;
            new
        };
        place.replace_copy(&new);
        place.write_mark(&next.mark)?;
        self.key.replace(Some((place.kind, new.clone())));
        Ok(new)
    }
}

/// Seals every entry that `old` opens under `new`. Entries that it does not open are invalid already.
fn seal_anew(place: &Place<'_>, old: &DataKey, new: &DataKey) -> Result<(), StoreError> {
    let Some(folder) = place.folder()? else { return Ok(()) };
    for name in place.names()? {
        if EntryKey::from_file_name(&name).is_none() {
            continue;
        }
        let spot = folder.spot(&*name);
        let Ok(bytes) = spot.read(sealed::LARGEST_FILE) else { continue };
        let path = spot.path();
        let opened = Sealed::parse(&bytes, &path).and_then(|entry| entry.open(old, &name));
        if let Ok(value) = opened {
            let bytes = sealed::seal(new, &name, &value)?;
            spot.write(&bytes).map_err(StoreError::disk("write", &path))?;
        }
    }
    Ok(())
}
