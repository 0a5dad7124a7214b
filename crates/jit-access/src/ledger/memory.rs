//! A ledger in memory with the same rules as AWS: the author is the session's, nothing is overwritten, the
//! time is the server's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jit_wire::timestamp::Timestamp;

use super::{Entry, Key, Ledger, LedgerError, Put};
use crate::people::UserId;

/// The session that writes. The author of a fact is always that of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// A person, through a door.
    Person {
        /// The session's user id.
        userid: UserId,
        /// Whether the door may publish.
        publishes: bool,
    },
    /// The applier.
    Applier,
    /// Somebody who can only read.
    Reader,
}

/// A ledger in memory, seen by one session.
#[derive(Clone, Debug)]
pub struct Memory {
    store: Arc<Mutex<Store>>,
    session: Session,
}

#[derive(Debug)]
struct Store {
    /// The server's clock, which only [`Memory::set_time`] advances.
    now: Timestamp,
    objects: BTreeMap<String, Object>,
}

#[derive(Debug)]
struct Object {
    bytes: Vec<u8>,
    written: Timestamp,
    versions: usize,
}

impl Memory {
    /// An empty ledger whose server's clock is at `now`, seen by somebody who can only read.
    pub fn new(now: Timestamp) -> Self {
        let store = Store { now, objects: BTreeMap::new() };
        Self { store: Arc::new(Mutex::new(store)), session: Session::Reader }
    }

    /// The same ledger, seen by another session.
    pub fn session(&self, session: Session) -> Self {
        Self { store: Arc::clone(&self.store), session }
    }

    /// Sets the server's clock.
    pub fn set_time(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// What the server's clock says.
    pub fn time(&self) -> Timestamp {
        self.lock().now
    }

    /// Writes anything under any key, as somebody with control over the bucket could. An existing object gets
    /// another version.
    pub fn force(&self, key: &str, bytes: &[u8]) {
        let mut store = self.lock();
        let written = store.now;
        let object = store.objects.entry(key.to_owned());
        object.and_modify(|object| object.versions += 1).or_insert_with(|| Object {
            bytes: bytes.to_vec(),
            written,
            versions: 1,
        });
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_write(&self, key: &Key) -> bool {
        match (&self.session, key) {
            (Session::Person { userid, .. }, Key::Fact { author, .. }) => author == userid,
            (Session::Person { userid, publishes }, Key::Policy { author, .. }) => {
                *publishes && author == userid
            }
            (Session::Applier, Key::Act { .. } | Key::Sweep { .. }) => true,
            _ => false,
        }
    }
}

impl Ledger for Memory {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        if !self.may_write(key) {
            return Err(LedgerError::Refused(format!("this session may not write {key}")));
        }
        let mut store = self.lock();
        let text = key.to_string();
        if store.objects.contains_key(&text) {
            return Ok(Put::Exists);
        }
        let object = Object { bytes: bytes.to_vec(), written: store.now, versions: 1 };
        store.objects.insert(text, object);
        Ok(Put::Created)
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        let store = self.lock();
        let object = store.objects.get(key).ok_or_else(|| LedgerError::Absent(key.to_owned()))?;
        Ok(object.bytes.clone())
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        let store = self.lock();
        let start = prefix.max(after).to_owned();
        let from = store.objects.range(start..);
        let within =
            from.take_while(|(key, _)| key.starts_with(prefix)).filter(|(key, _)| key.as_str() > after);
        let entry = |(key, object): (&String, &Object)| Entry {
            key: key.clone(),
            written: object.written,
            has_more_versions: object.versions > 1,
            doubt: None,
        };
        Ok(within.map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::ledger::{ActKind, FactKind, WriteError, write};
    use crate::testing::userid;

    #[test]
    fn it_refuses_what_aws_refuses_and_accepts_the_valid_counterpart() {
        let ledger = Memory::new(Timestamp(1000));
        let id = Id::new(Timestamp(1000), [1; 10]);
        let (bob, eve) = (userid("hub", "bob@corp.com"), userid("hub", "eve"));
        let person = |userid: &UserId, publishes| {
            ledger.session(Session::Person { userid: userid.clone(), publishes })
        };
        let fact = |author: &UserId| Key::Fact { id, author: author.clone(), kind: FactKind::Request };
        let policy = |author: &UserId| Key::Policy { id, author: author.clone() };
        let act = Key::Act { request: id, kind: ActKind::Decision };
        let refused = |put: Result<Put, LedgerError>| matches!(put, Err(LedgerError::Refused(_)));

        assert!(refused(person(&eve, false).put_new(&fact(&bob), b"x")), "another's name");
        assert!(refused(person(&bob, false).put_new(&policy(&bob), b"x")), "not the publishing door");
        assert!(refused(person(&bob, true).put_new(&act, b"x")), "an act");
        assert!(
            refused(ledger.session(Session::Applier).put_new(&fact(&bob), b"x")),
            "a fact by who applies"
        );
        assert!(refused(ledger.put_new(&fact(&bob), b"x")), "a reader");

        assert_eq!(person(&bob, false).put_new(&fact(&bob), b"x"), Ok(Put::Created));
        assert_eq!(person(&bob, true).put_new(&policy(&bob), b"x"), Ok(Put::Created));
        assert_eq!(ledger.session(Session::Applier).put_new(&act, b"x"), Ok(Put::Created));
        assert_eq!(person(&bob, false).put_new(&fact(&bob), b"y"), Ok(Put::Exists), "never overwritten");
        assert_eq!(ledger.get(&fact(&bob).to_string()), Ok(b"x".to_vec()));
        assert!(matches!(ledger.get("f/x"), Err(LedgerError::Absent(_))));

        // Writing again after a lost answer does no harm; different bytes are an error.
        assert_eq!(write(&person(&bob, false), &fact(&bob), b"x"), Ok(()));
        assert!(matches!(write(&person(&bob, false), &fact(&bob), b"y"), Err(WriteError::Other(_))));
    }

    #[test]
    fn lists_are_sorted_and_can_be_continued() {
        let ledger = Memory::new(Timestamp(1000));
        for key in ["a/1", "f/1", "f/2", "f/3", "g/1"] {
            ledger.force(key, b"");
        }
        ledger.force("f/2", b"other");
        let keys = |prefix, after| -> Vec<(String, bool)> {
            let entries = ledger.list(prefix, after).unwrap();
            entries.into_iter().map(|entry| (entry.key, entry.has_more_versions)).collect()
        };
        let all = [("f/1".to_owned(), false), ("f/2".to_owned(), true), ("f/3".to_owned(), false)];
        assert_eq!(keys("f/", ""), all);
        assert_eq!(keys("f/", "f/1"), all[1..]);
        assert_eq!(keys("f/", "f/3"), []);
        assert_eq!(keys("f/", "a/9"), all);
        assert_eq!(keys("x/", ""), []);
    }
}
