//! The operating system's keychain as the home of the key. Its calls can hang (a stopped daemon, a dialog
//! that nobody sees), so each runs in a thread of its own that is abandoned after a time limit.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::home::{KeyHome, Mark};
use super::sealed::{self, DataKey};
use super::{Prompts, StoreError};
use crate::world::{Note, Person};
use jit_wire::secret::Secret;

#[cfg(any(test, target_os = "macos", windows))]
#[path = "keychain_entry.rs"]
mod entry;
#[cfg_attr(target_os = "macos", path = "keychain_macos.rs")]
#[cfg_attr(windows, path = "keychain_windows.rs")]
#[cfg_attr(not(any(target_os = "macos", windows)), path = "keychain_linux.rs")]
mod platform;

/// The name of the key in the keychain, together with the id of the store.
const SERVICE: &str = "jit";
/// How long a working keychain may take to answer a read or a probe.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// A write must reach the disk.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// How long a person may take for the keychain's own dialog.
const UNLOCK_WITHIN: Duration = Duration::from_secs(60);

/// How long a prompt may take if nobody can answer it. KeePassXC completes its own within milliseconds.
const BRIEFLY: Duration = Duration::from_secs(1);

/// The keychain's item for one store.
pub(super) struct Keychain<'w> {
    /// The id of the store.
    pub(super) id: String,
    pub(super) person: &'w dyn Person,
}

/// What a call may do about the keychain's own prompts.
#[cfg_attr(windows, allow(dead_code, reason = "the Credential Manager shows no prompts"))]
struct Dialogs {
    prompts: Prompts,
    /// Called before a prompt begins, with whether it will certainly show a window.
    begin: Box<dyn Fn(Window) + Send>,
}

/// Whether a prompt shows a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    Sure,
    #[cfg_attr(
        any(target_os = "macos", windows),
        allow(dead_code, reason = "only D-Bus says that a prompt begins")
    )]
    Unknown,
}

/// What the thread of a call reports.
enum Event<T> {
    /// A prompt begins.
    Prompting(Window),
    Done(Result<T, StoreError>),
}

impl Keychain<'_> {
    fn call<T: Send + 'static>(
        &self,
        prompts: Prompts,
        answers_within: Duration,
        work: impl FnOnce(&str, &Dialogs) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let id = self.id.clone();
        let tell = || self.person.tell(Note::Unlocking { what: "the keychain", at_most: UNLOCK_WITHIN });
        within(answers_within, prompts, tell, move |dialogs| work(&id, dialogs))
    }
}

impl KeyHome for Keychain<'_> {
    fn load(&self, _: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError> {
        self.call(prompts, READ_WITHIN, platform::load)
    }

    fn create(&self, prompts: Prompts) -> Result<(DataKey, Mark), StoreError> {
        self.call(prompts, WRITE_WITHIN, |id, dialogs| {
            let key = Secret::new(*sealed::random()?);
            platform::save(id, &key, dialogs)?;
            // In the same thread: Windows does not promise that another thread sees what was just written.
            match platform::load(id, dialogs)? {
                Some(found) if found == key => Ok((Secret::clone(&key), Mark::of(&key))),
                _ => Err(StoreError::unavailable("the keychain does not keep keys")),
            }
        })
    }

    fn adopt(&self, key: &DataKey, prompts: Prompts) -> Result<(), StoreError> {
        let key = key.clone();
        self.call(prompts, WRITE_WITHIN, move |id, dialogs| platform::save(id, &key, dialogs))
    }

    fn destroy(&self, prompts: Prompts) -> Result<(), StoreError> {
        self.call(prompts, WRITE_WITHIN, platform::destroy)
    }
}

/// Waits for `work` in a thread of its own: `at_most`, and longer only while a prompt runs. If a prompt takes
/// more than a moment, a person must answer it, so they are told.
fn within<T: Send + 'static>(
    at_most: Duration,
    prompts: Prompts,
    tell: impl Fn(),
    work: impl FnOnce(&Dialogs) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::channel();
    let begin = {
        let sender = sender.clone();
        move |window| drop(sender.send(Event::Prompting(window)))
    };
    let dialogs = Dialogs { prompts, begin: Box::new(begin) };
    let call = move || {
        let done = work(&dialogs);
        let _ = sender.send(Event::Done(done));
    };
    std::thread::Builder::new().name("keychain".to_owned()).spawn(call).map_err(|error| {
        StoreError::unavailable(format!("could not start a thread for the keychain ({error})"))
    })?;
    let gone = |why: String| Err(StoreError::gone(why));
    let mut waited_for = at_most;
    let mut prompting = false;
    let mut told = false;
    loop {
        match receiver.recv_timeout(waited_for) {
            Ok(Event::Done(done)) => return done,
            Ok(Event::Prompting(window)) => {
                prompting = true;
                if prompts == Prompts::Allowed && window == Window::Sure && !told {
                    told = true;
                    tell();
                }
                waited_for = match (prompts, told) {
                    (Prompts::Allowed, true) => UNLOCK_WITHIN,
                    (Prompts::Allowed, false) => BRIEFLY,
                    // The call itself ends a prompt that nobody can answer; this limit only has to be longer.
                    (Prompts::Never | Prompts::Brief, _) => 2 * BRIEFLY + at_most,
                };
            }
            Err(RecvTimeoutError::Timeout) if prompting && prompts == Prompts::Allowed && !told => {
                told = true;
                tell();
                waited_for = UNLOCK_WITHIN;
            }
            Err(RecvTimeoutError::Timeout) => {
                return gone(format!("no answer within {} s", waited_for.as_secs()));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return gone("the call ended without an answer".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_hangs_is_abandoned() {
        let (_never, forever) = mpsc::channel::<()>();
        let hung = within(
            Duration::from_millis(1),
            Prompts::Brief,
            || (),
            move |_| {
                let _ = forever.recv();
                Ok(())
            },
        );
        assert!(matches!(hung, Err(StoreError::Gone { why, .. }) if why.contains("no answer")));
        assert_eq!(within(UNLOCK_WITHIN, Prompts::Never, || (), |_| Ok(7)).unwrap(), 7);
    }

    /// The person is told about a prompt that waits for them, and about no other.
    #[test]
    fn a_prompt_has_more_time_than_an_answer() {
        let (answer, answered) = mpsc::channel();
        let tell = || answer.send(7).unwrap();
        let waits = within(Duration::ZERO, Prompts::Allowed, tell, move |dialogs| {
            (dialogs.begin)(Window::Unknown);
            Ok(answered.recv().unwrap())
        });
        // Without time for an answer, the call may be given up before it has started its prompt.
        assert!(matches!(waits, Ok(7) | Err(StoreError::Gone { .. })));
        let tell = || panic!("nobody has to be told of a prompt that completes by itself");
        let completes = within(UNLOCK_WITHIN, Prompts::Allowed, tell, |dialogs| {
            (dialogs.begin)(Window::Unknown);
            Ok(7)
        });
        assert_eq!(completes.unwrap(), 7);
    }

    /// The Credential Manager shows no prompt, so the test can use the real one.
    #[cfg(windows)]
    #[test]
    fn the_credential_manager_keeps_replaces_and_forgets_a_key() {
        let person = crate::world::doubles::Nobody::default();
        let keychain = Keychain { id: "jit-unit-test".to_owned(), person: &person };
        keychain.destroy(Prompts::Never).unwrap();
        assert!(keychain.load(None, Prompts::Never).unwrap().is_none());
        let (first, _) = keychain.create(Prompts::Never).unwrap();
        assert!(keychain.load(None, Prompts::Never).unwrap() == Some(first.clone()));
        let (second, mark) = keychain.create(Prompts::Never).unwrap();
        assert!(first != second);
        assert_eq!(
            mark.key_id(),
            keychain.load(None, Prompts::Never).unwrap().map(|key| sealed::key_id(&key))
        );
        keychain.destroy(Prompts::Never).unwrap();
        assert!(keychain.load(None, Prompts::Never).unwrap().is_none());
    }
}
