//! The keychain of the operating system as the home of the key. Its calls can hang (a daemon that was stopped, a
//! dialog that nobody sees), so each runs in a thread of its own that is left behind when its time is over.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::StoreError;
use super::home::{KeyHome, Mark};
use super::sealed::{self, DataKey};
use crate::secret::Secret;
use crate::world::{Note, Person};

#[cfg(any(test, target_os = "macos", windows))]
#[path = "keychain_entry.rs"]
mod entry;
#[cfg_attr(target_os = "macos", path = "keychain_macos.rs")]
#[cfg_attr(windows, path = "keychain_windows.rs")]
#[cfg_attr(not(any(target_os = "macos", windows)), path = "keychain_linux.rs")]
mod platform;

/// The name that the key goes by in the keychain, beside the id of the store.
const SERVICE: &str = "jit";
/// What a keychain that is there needs to answer; a probe takes no longer.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// It has to reach the disk.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// How long a person may take for the keychain's own dialog.
const UNLOCK_WITHIN: Duration = Duration::from_secs(60);

/// The keychain's item for one store.
pub(super) struct Keychain<'w> {
    /// The id of the store.
    pub(super) id: String,
    pub(super) person: &'w dyn Person,
}

/// Whether a call may show the keychain's own dialogs. Without, what would show one is
/// [`Locked`](StoreError::Locked).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialogs {
    Never,
    Allowed,
}

impl Keychain<'_> {
    fn call<T: Send + 'static>(
        &self,
        ask: bool,
        quick: Duration,
        work: fn(&str, Dialogs) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (dialogs, at_most) = if ask {
            let note = Note::Unlocking { what: "the keychain", at_most: UNLOCK_WITHIN };
            self.person.tell(note);
            (Dialogs::Allowed, UNLOCK_WITHIN)
        } else {
            (Dialogs::Never, quick)
        };
        let id = self.id.clone();
        within(at_most, move || work(&id, dialogs))
    }
}

impl KeyHome for Keychain<'_> {
    fn load(&self, _: Option<&Mark>, ask: bool) -> Result<Option<DataKey>, StoreError> {
        self.call(ask, READ_WITHIN, platform::load)
    }

    fn create(&self, _: bool) -> Result<(DataKey, Mark), StoreError> {
        // Whoever creates has looked first, and by that opened what was locked.
        self.call(false, WRITE_WITHIN, |id, dialogs| {
            let key = Secret::new(*sealed::random()?);
            platform::save(id, &key, dialogs)?;
            // In the same thread: Windows does not promise that another one sees what was just written.
            match platform::load(id, dialogs)? {
                Some(found) if found == key => Ok((Secret::clone(&key), Mark::of(&key))),
                _ => {
                    Err(StoreError::Unavailable { why: "the keychain does not keep what it is given".into() })
                }
            }
        })
    }

    fn destroy(&self, ask: bool) -> Result<(), StoreError> {
        match self.call(false, WRITE_WITHIN, platform::destroy) {
            Err(StoreError::Locked { .. }) if ask => self.call(true, WRITE_WITHIN, platform::destroy),
            answer => answer,
        }
    }
}

/// Waits `at_most` for `work`, and no longer.
fn within<T: Send + 'static>(
    at_most: Duration,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("keychain".to_owned()).spawn(move || sender.send(work())).map_err(
        |error| StoreError::Unavailable { why: format!("no thread to ask the keychain in ({error})") },
    )?;
    receiver.recv_timeout(at_most).unwrap_or_else(|error| {
        let why = match error {
            RecvTimeoutError::Timeout => format!("no answer within {} s", at_most.as_secs()),
            RecvTimeoutError::Disconnected => "the call ended without an answer".to_owned(),
        };
        Err(StoreError::Gone { why })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_hangs_is_left_behind() {
        let (_never, forever) = mpsc::channel::<()>();
        let hung = within(Duration::from_millis(1), move || {
            let _ = forever.recv();
            Ok(())
        });
        assert!(matches!(hung, Err(StoreError::Gone { why }) if why.contains("no answer")));
        assert_eq!(within(UNLOCK_WITHIN, || Ok(7)).unwrap(), 7);
    }

    /// The Credential Manager never asks, so that this one can be tried.
    #[cfg(windows)]
    #[test]
    fn the_credential_manager_keeps_replaces_and_forgets_a_key() {
        let person = crate::world::doubles::Nobody::default();
        let keychain = Keychain { id: "jit-unit-test".to_owned(), person: &person };
        keychain.destroy(false).unwrap();
        assert!(keychain.load(None, false).unwrap().is_none());
        let (first, _) = keychain.create(false).unwrap();
        assert!(keychain.load(None, false).unwrap() == Some(first.clone()));
        let (second, mark) = keychain.create(false).unwrap();
        assert!(first != second);
        assert_eq!(mark.key_id(), keychain.load(None, false).unwrap().map(|key| sealed::key_id(&key)));
        keychain.destroy(false).unwrap();
        assert!(keychain.load(None, false).unwrap().is_none());
    }
}
