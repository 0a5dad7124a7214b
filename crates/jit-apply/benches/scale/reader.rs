//! How many calls to S3 it takes to read such a ledger: pages of 1,000 keys, and objects.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use jit_access::id::Id;
use jit_access::ledger::{Entry, Key, Ledger, LedgerError, Put};
use jit_apply::cache::Cache;
use jit_wire::timestamp::Timestamp;

use crate::record::Simulated;

/// S3 answers with at most so many keys.
const PAGE: usize = 1_000;
/// As far back as commands and the function look.
const WINDOW: i64 = 28 * 86_400;

/// The calls of one reading.
#[derive(Clone, Copy, Default)]
pub(crate) struct Calls {
    pub(crate) lists: u64,
    pub(crate) gets: u64,
}

/// Reads the ledger at each of `times` in turn, with one cache, and says what each of them took.
pub(crate) fn calls<const TIMES: usize>(simulated: &Simulated, times: [Timestamp; TIMES]) -> [Calls; TIMES] {
    let mut cache = Cache::new("scale");
    let shelf = Mutex::new(BTreeMap::new());
    times.map(|now| {
        let counted = Counted { simulated, now, calls: Cell::default() };
        cache.read(&counted, &shelf, Timestamp(now.0 - WINDOW), now).expect("a reading");
        counted.calls.get()
    })
}

/// What a look of somebody who waits for `request` takes, right after a reading.
pub(crate) fn look(simulated: &Simulated, request: Id, now: Timestamp) -> Calls {
    let mut cache = Cache::new("scale");
    let shelf = Mutex::new(BTreeMap::new());
    let counted = Counted { simulated, now, calls: Cell::default() };
    cache.read(&counted, &shelf, Timestamp(now.0 - WINDOW), now).expect("a reading");
    counted.calls.set(Calls::default());
    cache.has_news(&counted, request).expect("a look");
    counted.calls.get()
}

/// The ledger as it was at `now`.
struct Counted<'s> {
    simulated: &'s Simulated,
    now: Timestamp,
    calls: Cell<Calls>,
}

impl Ledger for Counted<'_> {
    fn put_new(&self, key: &Key, _: &[u8]) -> Result<Put, LedgerError> {
        Err(LedgerError::Refused(format!("this only reads, and does not write {key}")))
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        let Calls { lists, gets } = self.calls.get();
        self.calls.set(Calls { lists, gets: gets + 1 });
        let found = self.simulated.objects.get(key).filter(|(_, bytes)| !bytes.is_empty());
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| LedgerError::Absent(key.to_owned()))
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        let start = prefix.max(after).to_owned();
        let entries: Vec<Entry> = self
            .simulated
            .objects
            .range(start..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, (written, _))| key.as_str() > after && *written <= self.now)
            .map(|(key, (written, _))| Entry::new(key.clone(), *written))
            .collect();
        let Calls { lists, gets } = self.calls.get();
        self.calls.set(Calls { lists: lists + entries.len().div_ceil(PAGE).max(1) as u64, gets });
        Ok(entries)
    }
}
