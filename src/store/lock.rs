//! Locks that the kernel releases when their holder dies, so that none is ever left behind; and the message that a
//! holder leaves for those who waited meanwhile.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::StoreError;
use crate::sys;
use crate::world::{Note, Person};

/// The steps between two attempts.
const SHORTEST_NAP: Duration = Duration::from_millis(5);
const LONGEST_NAP: Duration = Duration::from_millis(25);
/// A wait that nobody notices is not worth a word.
const TOLD_AFTER: Duration = Duration::from_millis(300);
/// The most that a message may have, in bytes.
const LONGEST_MESSAGE: usize = 2048;

/// A lock that is held; dropping it, or dying, releases it.
#[derive(Debug)]
pub struct Lock {
    // Only held, never unlocked by name: `File::unlock` fails on some systems although it worked.
    _file: Option<File>,
    message_path: PathBuf,
    waited: bool,
    message: Option<String>,
}

impl Lock {
    /// Takes the lock of the file `path`, in a folder that exists. If another process has it, waits `at_most` and
    /// tells the `person` once what for.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when that time is over, [`StoreError::Disk`].
    pub(super) fn take(
        path: &Path,
        person: &dyn Person,
        what: &str,
        at_most: Duration,
    ) -> Result<Self, StoreError> {
        let disk = |error| StoreError::disk("lock", path)(error);
        let file = sys::fs::open_private(path).map_err(disk)?;
        let message_path = path.with_extension("message");
        let start = Instant::now();
        let (mut nap, mut told, mut count_before) = (SHORTEST_NAP, false, None);
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
                    continue;
                }
                Err(TryLockError::Error(error)) => return Err(disk(error)),
            }
            let waited = start.elapsed();
            if waited >= at_most {
                return Err(StoreError::Busy { what: what.to_owned(), waited });
            }
            if count_before.is_none() {
                count_before = Some(read_message(&message_path).0);
            }
            if waited > TOLD_AFTER && !told {
                person.tell(Note::Waiting { what });
                told = true;
            }
            std::thread::sleep(nap.min(at_most - waited));
            nap = (nap * 2).min(LONGEST_NAP);
        }
        let message = count_before.and_then(|before| {
            let (count, message) = read_message(&message_path);
            (count != before).then_some(message)
        });
        Ok(Self { _file: Some(file), message_path, waited: count_before.is_some(), message })
    }

    /// A lock that keeps nobody away, for a disk that nothing can be written to: nobody can store anything there, so
    /// there is nothing to keep whole.
    pub(super) fn of_nothing(path: &Path) -> Self {
        Self { _file: None, message_path: path.with_extension("message"), waited: false, message: None }
    }

    /// Whether another process had the lock when it was asked for.
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// What a holder left while this lock was waited for; messages from before that are not shown.
    pub fn message_left(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Leaves a message, no secret and of 2 KB at most, for those who wait for this lock now. It is a courtesy: if it
    /// cannot be written, they find out for themselves.
    pub fn leave_message(&mut self, message: &str) {
        let (count, _) = read_message(&self.message_path);
        let message = &message[..message.floor_char_boundary(LONGEST_MESSAGE)];
        let text = format!("{}\n{message}", count.wrapping_add(1));
        let _ = sys::fs::write_atomically(&self.message_path, text.as_bytes());
    }
}

/// The message that was left last, and how many there have been. A wall clock could be set back; a count only differs.
/// It lies beside the lock's own file, because Windows lets nobody read a file that another process has locked.
fn read_message(path: &Path) -> (u64, String) {
    let text = sys::fs::read_limited(path, LONGEST_MESSAGE as u64 + 32).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.split_once('\n') {
        Some((count, message)) => (count.parse().unwrap_or(0), message.to_owned()),
        None => (0, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::doubles::Nobody;

    const LONG: Duration = Duration::from_secs(60);

    fn take(path: &Path, at_most: Duration) -> Result<Lock, StoreError> {
        Lock::take(path, &Nobody::default(), "a test", at_most)
    }

    /// Starts a thread that waits for the lock of `path`, and returns once it does.
    fn waiter(path: &Path) -> std::thread::JoinHandle<(bool, Option<String>)> {
        struct Signal(std::sync::mpsc::Sender<()>);
        impl Person for Signal {
            fn can_be_asked(&self) -> bool {
                false
            }
            fn tell(&self, note: Note<'_>) {
                assert!(matches!(note, Note::Waiting { what: "a test" }));
                self.0.send(()).unwrap();
            }
            fn pasted_line(
                &self,
            ) -> std::pin::Pin<Box<dyn Future<Output = crate::secret::Secret<String>> + '_>> {
                Box::pin(std::future::pending())
            }
            fn password(&self, _: &str) -> Option<crate::secret::Secret<String>> {
                None
            }
            fn confirm(&self, _: &str) -> Option<bool> {
                None
            }
        }
        let (tell, told) = std::sync::mpsc::channel();
        let path = path.to_owned();
        let thread = std::thread::spawn(move || {
            let lock = Lock::take(&path, &Signal(tell), "a test", LONG).unwrap();
            (lock.waited(), lock.message_left().map(str::to_owned))
        });
        told.recv().unwrap();
        thread
    }

    #[test]
    fn a_free_lock_is_taken_at_once_and_knows_no_old_messages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut first = take(&path, LONG).unwrap();
        assert!(!first.waited());
        first.leave_message("old");
        drop(first);
        let second = take(&path, LONG).unwrap();
        assert_eq!((second.waited(), second.message_left()), (false, None));
    }

    #[test]
    fn who_waited_hears_what_was_left_meanwhile_and_nothing_older() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut holder = take(&path, LONG).unwrap();
        holder.leave_message("before");
        let late = waiter(&path);
        drop(holder);
        assert_eq!(late.join().unwrap(), (true, None));

        let mut holder = take(&path, LONG).unwrap();
        let waiting = waiter(&path);
        holder.leave_message("meanwhile\nin two lines");
        drop(holder);
        assert_eq!(waiting.join().unwrap(), (true, Some("meanwhile\nin two lines".to_owned())));
    }

    #[test]
    fn messages_are_cut_between_characters() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut holder = take(&path, LONG).unwrap();
        let waiting = waiter(&path);
        holder.leave_message(&format!("x{}", "é".repeat(LONGEST_MESSAGE)));
        drop(holder);
        let message = waiting.join().unwrap().1.unwrap();
        assert_eq!(message, format!("x{}", "é".repeat((LONGEST_MESSAGE - 1) / 2)));
    }

    #[test]
    fn a_held_lock_is_not_waited_for_longer_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let _holder = take(&path, LONG).unwrap();
        for at_most in [Duration::ZERO, Duration::from_millis(10)] {
            let error = take(&path, at_most).unwrap_err();
            assert!(
                matches!(&error, StoreError::Busy { what, waited } if what == "a test" && *waited >= at_most)
            );
        }
    }
}
