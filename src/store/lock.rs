//! Locks that the kernel releases when their holder dies, so none is ever left behind; and the message that a
//! holder leaves for the processes that were waiting.
//!
//! # Fairness
//!
//! There is no queue. In a queue every process depends on the one before it, and a single process stopped
//! with Ctrl-Z would block all others. It also does not matter which process does the work, because all of
//! them use the result. So:
//!
//! 1. **A result answers every process that waited for it.** A waiting process looks at the result and the
//!    messages, and needs no lock for that: neither later callers nor a holder that never ends can keep an
//!    existing answer from it.
//! 2. **Callers that can do more go first.** "You need to sign in" does not help a caller that may start a
//!    sign-in. While such a caller waits, callers that may not ask a person leave the lock alone for a
//!    second. The first caller looks forty times in a second; if it is stopped, the second is all that the
//!    others lose.
//! 3. **Every wait has an end**, which the caller sets beforehand.

use std::convert::Infallible;
use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use super::StoreError;
use crate::sys::state::{Spot, Stamp};
use crate::world::{Note, Person};

/// The time between two attempts.
const SHORTEST_NAP: Duration = Duration::from_millis(5);
const LONGEST_NAP: Duration = Duration::from_millis(25);
/// The person is told after this long; a shorter wait is not worth a message.
const TOLD_AFTER: Duration = Duration::from_millis(300);
/// How long a lock is left to callers that go first.
const LEFT_FOR: Duration = Duration::from_secs(1);
/// The longest message, in bytes.
const LONGEST_MESSAGE: usize = 2048;
/// The suffix of the message files next to a lock.
const MESSAGE: &str = "message";
const FIRST: &str = "first";

/// Who waits for a lock, and how.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    /// Is told once what this process waits for.
    pub person: &'a dyn Person,
    /// What the holder is doing, for that message.
    pub what: &'a str,
    /// The longest wait.
    pub at_most: Duration,
    /// Whether this caller goes before or after others.
    pub order: Order,
}

/// Which waiting callers go before others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// No order for this lock.
    Any,
    /// This caller goes first: it can do what others cannot.
    First,
    /// This caller leaves the lock to those that go first.
    After,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Turn<T> {
    /// With the lock.
    Lock(Lock),
    /// With the result: another process did the work, and this one does not hold the lock.
    Answer(T),
}

/// A lock that is held; dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub struct Lock {
    // Only held, never unlocked explicitly: on some systems `File::unlock` fails although it worked.
    _file: Option<File>,
    /// The place of the message; `None` if nothing can be written.
    message_at: Option<Spot>,
    waited: bool,
    message: Option<String>,
}

impl Lock {
    /// Takes the lock of the file `spot`. If another process has it, this waits for it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the time is over, [`StoreError::Disk`].
    pub(super) fn take(spot: &Spot, waiting: &Waiting<'_>) -> Result<Self, StoreError> {
        match Self::take_or(spot, waiting, &|| Some(spot.clone()), |_| None::<Infallible>)? {
            Turn::Lock(lock) => Ok(lock),
            Turn::Answer(never) => match never {},
        }
    }

    /// The same for a caller that needs the lock only until there is an `answer`. `answer` is called at the
    /// beginning of a wait, and whenever the `watched` file was replaced or a message was left, which it gets
    /// as argument.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the time is over, [`StoreError::Disk`].
    pub(super) fn take_or<T>(
        spot: &Spot,
        waiting: &Waiting<'_>,
        watched: &dyn Fn() -> Option<Spot>,
        mut answer: impl FnMut(Option<&str>) -> Option<T>,
    ) -> Result<Turn<T>, StoreError> {
        let &Waiting { person, what, at_most, order } = waiting;
        let disk = |error| StoreError::disk("lock", &spot.path())(error);
        let file = spot.open_to_lock().map_err(disk)?;
        let start = Instant::now();
        let mut nap = SHORTEST_NAP;
        let mut told = false;
        let mut wait = None;
        loop {
            let waited = start.elapsed();
            let left_to_others = order == Order::After && waited < LEFT_FOR && is_left_to_others(spot);
            if !left_to_others && is_taken(&file).map_err(disk)? {
                break;
            }
            if waited >= at_most {
                return Err(StoreError::Busy { what: what.to_owned(), waited });
            }
            let wait = wait.get_or_insert_with(|| Wait::begin(spot, watched));
            if order == Order::First {
                wait.go_first(spot);
            }
            if wait.has_changed()
                && let Some(answer) = answer(wait.message().as_deref())
            {
                return Ok(Turn::Answer(answer));
            }
            if waited > TOLD_AFTER && !told {
                person.tell(Note::Waiting { what });
                told = true;
            }
            std::thread::sleep(nap.min(at_most.saturating_sub(waited)));
            nap = (nap * 2).min(LONGEST_NAP);
        }
        let message = wait.as_ref().and_then(Wait::message);
        let message_at = Some(spot.beside(MESSAGE));
        Ok(Turn::Lock(Self { _file: Some(file), message_at, waited: wait.is_some(), message }))
    }

    /// A lock that excludes nobody, for a disk that cannot be written to: nothing can be stored there, so
    /// there is nothing to protect.
    pub(super) fn of_nothing() -> Self {
        Self { _file: None, message_at: None, waited: false, message: None }
    }

    /// Whether another process had the lock when it was requested.
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// The message that a holder left while this process waited for the lock; earlier messages do not count.
    pub fn message_left(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Leaves a message for the processes that are waiting for this lock: not secret, 2 KB at most. If it
    /// cannot be written, they find out for themselves.
    pub fn leave_message(&mut self, message: &str) {
        let Some(spot) = &self.message_at else { return };
        let (count, _) = read_message(spot);
        let message = &message[..message.floor_char_boundary(LONGEST_MESSAGE)];
        let text = format!("{}\n{message}", count.wrapping_add(1));
        let _ = spot.write(text.as_bytes());
    }
}

/// A wait in progress.
struct Wait<'a> {
    message_at: Spot,
    /// How many messages there were before.
    count_before: u64,
    watched: &'a dyn Fn() -> Option<Spot>,
    /// The place of the watched file, if it is known yet.
    watched_at: Option<Spot>,
    /// The stamps of both files at the last look.
    seen: Option<[Option<Stamp>; 2]>,
    /// Held with a shared lock by callers that go first.
    first: Option<File>,
}

impl<'a> Wait<'a> {
    fn begin(spot: &Spot, watched: &'a dyn Fn() -> Option<Spot>) -> Self {
        let message_at = spot.beside(MESSAGE);
        let (count_before, _) = read_message(&message_at);
        Self { message_at, count_before, watched, watched_at: watched(), seen: None, first: None }
    }

    /// Whether something has changed since the last look.
    fn has_changed(&mut self) -> bool {
        let look = |it: &Self| {
            let watched = it.watched_at.as_ref().and_then(Spot::stamp);
            Some([it.message_at.stamp(), watched])
        };
        if self.watched_at.is_none() {
            self.watched_at = (self.watched)();
        }
        if self.seen.is_some() && self.seen == look(self) {
            return false;
        }
        // Before the first entry of a store exists, its place is not known.
        self.watched_at = (self.watched)();
        self.seen = look(self);
        true
    }

    /// The last message, if it was left during this wait.
    fn message(&self) -> Option<String> {
        let (count, message) = read_message(&self.message_at);
        (count != self.count_before).then_some(message)
    }

    /// Tells other callers that this one goes first, for as long as it waits. A process that checks for that
    /// holds this lock for a moment, so it may take until the next look.
    fn go_first(&mut self, spot: &Spot) {
        if self.first.is_none() {
            let file = spot.beside(FIRST).open_to_lock().ok();
            self.first = file.filter(|file| file.try_lock_shared().is_ok());
        }
    }
}

/// Whether a caller that goes first is waiting.
fn is_left_to_others(spot: &Spot) -> bool {
    let first = spot.beside(FIRST);
    // For most locks there is never a caller that goes first.
    let file = first.stamp().and_then(|_| first.open_to_lock().ok());
    file.is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Takes the lock, if nobody has it.
fn is_taken(file: &File) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// The last message, and the number of messages so far. A wall clock could be set back; a count always
/// differs. The message is in a separate file, because on Windows nobody can read a file that another process
/// has locked.
fn read_message(spot: &Spot) -> (u64, String) {
    let text = spot.read(LONGEST_MESSAGE as u64 + 32).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.split_once('\n') {
        Some((count, message)) => (count.parse().unwrap_or(0), message.to_owned()),
        None => (0, String::new()),
    }
}

#[cfg(test)]
mod tests;
