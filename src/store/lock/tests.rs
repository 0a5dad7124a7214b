use super::*;
use crate::sys::state::Folder;
use crate::world::doubles::Nobody;

const LONG: Duration = Duration::from_secs(60);

fn waiting(person: &dyn Person, at_most: Duration) -> Waiting<'_> {
    Waiting { person, what: "a test", at_most, order: Order::After }
}

/// The place of a lock in `folder`.
fn lock_in(folder: &tempfile::TempDir) -> Spot {
    Folder::open(folder.path()).unwrap().spot("lock")
}

fn take(path: &Spot, at_most: Duration) -> Result<Lock, StoreError> {
    Lock::take(path, &waiting(&Nobody::default(), at_most))
}

/// Starts a thread that waits for the lock of `path`, and returns once it does.
fn waiter(path: &Spot) -> std::thread::JoinHandle<(bool, Option<String>)> {
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
        ) -> std::pin::Pin<Box<dyn Future<Output = jit_wire::secret::Secret<String>> + '_>> {
            Box::pin(std::future::pending())
        }
        fn password(&self, _: &str) -> Option<jit_wire::secret::Secret<String>> {
            None
        }
        fn confirm(&self, _: &str) -> Option<bool> {
            None
        }
    }
    let (tell, told) = std::sync::mpsc::channel();
    let path = path.clone();
    let thread = std::thread::spawn(move || {
        let lock = Lock::take(&path, &waiting(&Signal(tell), LONG)).unwrap();
        (lock.waited(), lock.message_left().map(str::to_owned))
    });
    told.recv().unwrap();
    thread
}

#[test]
fn a_free_lock_is_taken_at_once_without_old_messages() {
    let folder = tempfile::tempdir().unwrap();
    let path = lock_in(&folder);
    let mut first = take(&path, LONG).unwrap();
    assert!(!first.waited());
    first.leave_message("old");
    drop(first);
    let second = take(&path, LONG).unwrap();
    assert_eq!((second.waited(), second.message_left()), (false, None));
}

#[test]
fn a_waiter_gets_only_messages_left_during_its_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = lock_in(&folder);
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
    let path = lock_in(&folder);
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
    let path = lock_in(&folder);
    let _holder = take(&path, LONG).unwrap();
    for at_most in [Duration::ZERO, Duration::from_millis(10)] {
        let error = take(&path, at_most).unwrap_err();
        assert!(
            matches!(&error, StoreError::Busy { what, waited } if what == "a test" && *waited >= at_most)
        );
    }
}

#[test]
fn an_answer_needs_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (path, entry) = (lock_in(&folder), Folder::open(folder.path()).unwrap().spot("entry"));
    let mut holder = take(&path, LONG).unwrap();
    // The answer exists once the file or a message does.
    let waits = |what: &str| {
        let (path, entry) = (path.clone(), entry.clone());
        let what = what.to_owned();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let nobody = Nobody::default();
            let answer = |message: Option<&str>| {
                let _ = tell.send(());
                message.map(str::to_owned).or_else(|| std::fs::read_to_string(entry.path()).ok())
            };
            let answer = |message: Option<&str>| answer(message).filter(|found| *found == what);
            Lock::take_or(&path, &waiting(&nobody, LONG), &|| Some(entry.clone()), answer).unwrap()
        });
        // It has looked once, and found nothing.
        told.recv().unwrap();
        thread
    };
    let (stored, failed) = (waits("stored"), waits("failed"));
    entry.write(b"stored").unwrap();
    assert!(matches!(stored.join().unwrap(), Turn::Answer(found) if found == "stored"));
    assert!(!failed.is_finished(), "that was no answer for this one");
    holder.leave_message("failed");
    assert!(matches!(failed.join().unwrap(), Turn::Answer(found) if found == "failed"));
    // While the lock is still held.
    drop(holder);
}

#[test]
fn the_lock_is_left_to_callers_that_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = lock_in(&folder);
    let nobody = Nobody::default();
    let first = Waiting { order: Order::First, ..waiting(&nobody, LONG) };
    let short = Duration::from_millis(10);

    let holder = take(&path, LONG).unwrap();
    let watched = || Some(path.clone());
    let mut wait_of_a_person = Wait::begin(&path, &watched);
    wait_of_a_person.go_first(&path);
    drop(holder);
    assert!(matches!(take(&path, short), Err(StoreError::Busy { .. })), "it is free, and left alone");
    drop(Lock::take(&path, &first).unwrap());
    // This caller was stopped and never takes the lock: that costs each of the others a second.
    assert!(take(&path, LONG).unwrap().waited());
    drop(wait_of_a_person);
    assert!(!take(&path, short).unwrap().waited());

    // A real one gives up its place when its wait ends.
    let holder = take(&path, LONG).unwrap();
    let person = std::thread::spawn({
        let path = path.clone();
        move || {
            let nobody = Nobody::default();
            let taken = Lock::take(&path, &Waiting { order: Order::First, ..waiting(&nobody, LONG) });
            taken.unwrap().waited()
        }
    });
    while !is_left_to_others(&path) {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(holder);
    assert!(person.join().unwrap());
    assert!(!take(&path, LONG).unwrap().waited());
}
