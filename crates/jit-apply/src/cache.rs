//! A cache of a ledger. Objects never change, so each is read once and kept; the next reading lists only the
//! part that can be new and gets only the new objects. The result is the same as that of reading everything,
//! which a test compares.
//!
//! A reading covers a window of time ([`read`](Cache::read)): everything about requests that were made since
//! its start, and everything older that these depend on. Policies, and uses of break-glass with their
//! reviews, are read whatever their age, since a single old one can matter.
//!
//! The cache contains only what everybody who may enter can read, so it is not secret. A [`Shelf`] stores it,
//! in one file for each day and an index with their hashes, so that a command loads only the days that it
//! needs. A file that is damaged, of another version or of another ledger is dropped and its objects are read
//! again.

mod days;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jit_access::id::Id;
use jit_access::ledger::{Entry, Fact, FactKind, Key, LOOK_BACK, Ledger, LedgerError, Records};
use jit_wire::timestamp::Timestamp;

pub use shelf::{FolderShelf, Shelf};

use days::Day;

/// The start of a window that covers everything, for the audit.
pub const EVERYTHING: Timestamp = Timestamp(0);

/// What was read of one ledger.
#[derive(Debug, Default)]
pub struct Cache {
    /// The ledger's URL or path.
    ledger: String,
    objects: BTreeMap<String, Object>,
    covered: Option<Covered>,
    /// Requests from before the window that were already looked up because something refers to them.
    looked_for: BTreeSet<Id>,
    /// The days that are stored and not loaded into `objects` yet.
    on_shelf: BTreeMap<Day, String>,
    changed: BTreeSet<Day>,
}

/// The window whose facts are all in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Covered {
    since: i64,
    until: i64,
}

/// An object as it was when it was first read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    written: Timestamp,
    has_more_versions: bool,
    bytes: Vec<u8>,
}

/// The result of a reading.
#[derive(Debug)]
pub struct Reading {
    /// What counts, and what does not.
    pub records: Records,
    /// How many keys the ledger listed.
    pub listed: usize,
    /// How many objects were read from it.
    pub got: usize,
}

impl Cache {
    /// An empty cache for `ledger`: its URL or its path.
    pub fn new(ledger: impl Into<String>) -> Self {
        Self { ledger: ledger.into(), ..Self::default() }
    }

    /// Reads everything about requests that were made since `since`. `since` and `now` are times of the
    /// server's clock.
    ///
    /// Objects that cannot be read are anomalies in the records, and are tried again the next time.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger as a whole cannot be read. The cache is then unchanged, or has more
    /// objects.
    pub fn read(
        &mut self,
        ledger: &dyn Ledger,
        shelf: &dyn Shelf,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Reading, LedgerError> {
        loop {
            // `None` means that the stored cache was damaged. It is dropped then, so this happens only once.
            if let Some(reading) = self.try_to_read(ledger, shelf, since, now)? {
                return Ok(reading);
            }
        }
    }

    fn try_to_read(
        &mut self,
        ledger: &dyn Ledger,
        shelf: &dyn Shelf,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Reading>, LedgerError> {
        // Ids are created before they are stored, and arrive out of order.
        let from = Timestamp(since.0.saturating_sub(LOOK_BACK));
        // The list starts a little before the end of the last reading, which may be long ago.
        let listed = self.covered.map_or(from, |covered| Timestamp(covered.until.saturating_sub(LOOK_BACK)));
        let first = Day::at(from.min(listed));
        if !self.fetch_days(shelf, |day| day == Day::Always || day >= first) {
            return Ok(None);
        }
        let mut pass = Pass::of(ledger);
        let policies = pass.list("policy/", "")?;
        if self.is_of_another(&policies) {
            self.forget();
        }
        self.take_all(&mut pass, policies, |_| true)?;

        let known = self.covered.filter(|covered| covered.since <= from.0);
        let after = match (known, self.covered) {
            (Some(covered), _) => floor("f", Timestamp(covered.until.saturating_sub(LOOK_BACK))),
            // All uses and reviews are known; the window becomes longer.
            (None, Some(_)) => floor("f", from),
            (None, None) => String::new(),
        };
        let begin = self.covered.map_or(from.0, |covered| covered.since.min(from.0));
        let facts = match self.covered {
            Some(_) => pass.list("f/", &after)?,
            None => pass.list_facts(Timestamp(begin))?,
        };
        let newest = facts.iter().map(|entry| entry.written.0).max().unwrap_or(i64::MIN);
        self.take_all(&mut pass, facts, |key| is_of_all_times(key) || key.id().at().0 >= begin)?;
        let acts = pass.list("a/", &floor("a", from))?;
        self.take_all(&mut pass, acts, |_| true)?;
        let read_until = known.map_or(from.0, |covered| covered.until);
        let sweeps = pass.list("s/", &floor("s", Timestamp(read_until.saturating_sub(LOOK_BACK))))?;
        self.take_all(&mut pass, sweeps, |_| true)?;
        // After a clock was set back, new ids may be older than those that are known.
        let until = self.covered.map_or(newest, |covered| covered.until.max(newest)).min(now.0);
        self.covered = Some(Covered { since: begin, until: until.max(begin) });

        for (key, object) in &self.objects {
            let Ok(parsed) = key.parse::<Key>() else { continue };
            if is_of_all_times(&parsed) || parsed.id().at().0 >= from.0 {
                pass.read.records.take(&object.entry(key), &object.bytes);
            }
        }
        if !self.follow(&mut pass, shelf, from)? {
            return Ok(None);
        }
        match pass.refused.filter(|_| pass.read.got == 0 && self.objects.is_empty()) {
            Some(refused) => Err(refused),
            None => Ok(Some(pass.read)),
        }
    }

    /// Whether anything about `request` was written since the last reading. For a process that waits for one
    /// request: this needs only two short lists, while a reading lists the whole window. The objects that it
    /// reads are kept for the next reading. Also returns `true` if nothing was read before.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn has_news(&mut self, ledger: &dyn Ledger, request: Id) -> Result<bool, LedgerError> {
        let Some(covered) = self.covered else { return Ok(true) };
        let mut pass = Pass::of(ledger);
        let mut entries = pass.list(&format!("a/{request}/"), "")?;
        entries.extend(pass.list("f/", &floor("f", Timestamp(covered.until.saturating_sub(LOOK_BACK))))?);
        entries.retain(|entry| !self.objects.contains_key(&entry.key));
        let new: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        self.take_all(&mut pass, entries, |_| true)?;
        Ok(new.iter().any(|key| self.is_about(key, request)))
    }

    /// Whether the object at `key`, which was already read, is an act or a fact about `request`.
    fn is_about(&self, key: &str, request: Id) -> bool {
        match key.parse::<Key>() {
            Ok(Key::Act { request: about, .. }) => about == request,
            Ok(Key::Fact { kind, .. }) => self
                .objects
                .get(key)
                .and_then(|object| Fact::read(kind, &object.bytes).ok()?.about())
                .is_some_and(|(about, _)| about == request),
            _ => false,
        }
    }

    /// Reads requests from before the window that those in it extend, or that votes in it are about. `false`
    /// if the stored cache is damaged.
    fn follow(
        &mut self,
        pass: &mut Pass<'_>,
        shelf: &dyn Shelf,
        from: Timestamp,
    ) -> Result<bool, LedgerError> {
        loop {
            let missing: Vec<Id> =
                pass.read.records.missing().into_iter().filter(|id| id.at().0 < from.0).collect();
            let mut found = false;
            for id in missing {
                let path = format!("f/{id}/");
                if !self.fetch_days(shelf, |day| day == Day::at(id.at())) {
                    return Ok(false);
                }
                if self.looked_for.insert(id) {
                    self.changed.insert(Day::Always);
                    let entries = pass.list(&path, "")?;
                    self.take_all(pass, entries, |_| true)?;
                }
                let range = self.objects.range(path.clone()..).take_while(|(key, _)| key.starts_with(&path));
                for (key, object) in range {
                    let is_request = matches!(key.parse(), Ok(Key::Fact { kind: FactKind::Request, .. }));
                    if is_request {
                        pass.read.records.take(&object.entry(key), &object.bytes);
                        found = true;
                    }
                }
            }
            if !found {
                return Ok(true);
            }
        }
    }

    /// Reads those of `entries` that are wanted and not known.
    fn take_all(
        &mut self,
        pass: &mut Pass<'_>,
        entries: Vec<Entry>,
        is_wanted: impl Fn(&Key) -> bool,
    ) -> Result<(), LedgerError> {
        let mut wanted = Vec::new();
        for entry in entries {
            let key = entry.key.parse::<Key>();
            if let Some(known) = self.objects.get_mut(&entry.key) {
                // The object differs from the one that was read: the first version counts.
                let is_another = entry.has_more_versions || entry.written != known.written;
                if is_another && !known.has_more_versions {
                    known.has_more_versions = true;
                    self.changed.extend(key.ok().map(|key| Day::of(&key)));
                }
                continue;
            }
            match key {
                Err(_) => pass.read.records.take(&entry, b""),
                Ok(_) if entry.doubt.is_some() => pass.read.records.take(&entry, b""),
                Ok(key) if is_wanted(&key) => wanted.push((entry, Day::of(&key))),
                Ok(_) => {}
            }
        }
        let keys: Vec<&str> = wanted.iter().map(|(entry, _)| entry.key.as_str()).collect();
        let mut failure = None;
        // What was read before a failure is kept, so that it is not read again.
        for (bytes, (entry, day)) in pass.ledger.get_all(&keys).into_iter().zip(wanted) {
            match pass.got(&entry, bytes) {
                Ok(Some(bytes)) => {
                    self.changed.insert(day);
                    let Entry { key, written, has_more_versions, .. } = entry;
                    self.objects.insert(key, Object { written, has_more_versions, bytes });
                }
                Ok(None) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Whether a known policy is missing: then somebody created a new ledger in the same place.
    fn is_of_another(&self, policies: &[Entry]) -> bool {
        let known =
            self.objects.range("policy/".to_owned()..).take_while(|(key, _)| key.starts_with("policy/"));
        let mut known = known.map(|(key, _)| key.as_str());
        known.any(|key| !policies.iter().any(|entry| entry.key == key))
    }

    fn forget(&mut self) {
        *self = Self::new(std::mem::take(&mut self.ledger));
    }
}

/// One reading of a ledger.
struct Pass<'l> {
    ledger: &'l dyn Ledger,
    read: Reading,
    refused: Option<LedgerError>,
}

impl<'l> Pass<'l> {
    fn of(ledger: &'l dyn Ledger) -> Self {
        Self { ledger, read: Reading { records: Records::default(), listed: 0, got: 0 }, refused: None }
    }

    fn list(&mut self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.ledger.list(prefix, after)?;
        self.read.listed += entries.len();
        Ok(entries)
    }

    /// All facts from `from` on, and those that are read whatever their age.
    fn list_facts(&mut self, from: Timestamp) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.ledger.list_facts(from, &OF_ALL_TIMES)?;
        self.read.listed += entries.len();
        Ok(entries)
    }

    /// The bytes, or an anomaly.
    fn got(
        &mut self,
        entry: &Entry,
        bytes: Result<Vec<u8>, LedgerError>,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        match bytes {
            Ok(bytes) => {
                self.read.got += 1;
                Ok(Some(bytes))
            }
            Err(error) if error.is_about_one_object() => {
                self.read.records.unreadable(entry, &error);
                if matches!(error, LedgerError::Refused(_)) {
                    self.refused = Some(error);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Object {
    fn entry(&self, key: &str) -> Entry {
        Entry { has_more_versions: self.has_more_versions, ..Entry::new(key, self.written) }
    }
}

/// The facts that are read whatever their age.
const OF_ALL_TIMES: [FactKind; 2] = [FactKind::Use, FactKind::Review];

/// What is read whatever its age.
fn is_of_all_times(key: &Key) -> bool {
    match key {
        Key::Policy { .. } => true,
        Key::Fact { kind, .. } => OF_ALL_TIMES.contains(kind),
        Key::Act { .. } | Key::Sweep { .. } => false,
    }
}

/// A text that sorts before every key of `area` whose id is from `at` or later, and after every other.
fn floor(area: &str, at: Timestamp) -> String {
    if at.0 <= 0 { String::new() } else { format!("{area}/{}", Id::new(at, [0; 10])) }
}
