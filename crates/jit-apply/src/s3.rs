//! The ledger in a bucket of S3: AWS says who wrote an object and when, and refuses a second version of it.
//!
//! An object is created with `If-None-Match: *`. Its first version counts, so lists are lists of versions, and what is read is
//! that version. The time is S3's: that of each object, and that of its answers, from which ids are made. How the bucket
//! encrypts is its own setting: no request says anything about it.

mod listing;
mod refused;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Instant;

use jit_access::ledger::{Entry, Key, Ledger, LedgerError, Put};
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::signed::{Addressing, Bucket, CallError, Caller, Endpoint, ObjectVersion, Versions};
use jit_wire::timestamp::Timestamp;

use crate::calls::AwsCalls;
use listing::{Listing, MOST_PAGES};

/// So many objects are read under one session before it is asked for again: it may have to be renewed.
const READ_UNDER_ONE_SESSION: usize = 1_000;

/// Gives the session to call with, and renews it where needed. The error is a sentence.
pub type SessionForLedger<'s> = Box<dyn Fn() -> Result<Credentials, String> + 's>;

/// A ledger in a bucket, seen by one session.
pub struct S3Ledger<'s> {
    calls: Rc<AwsCalls<'s>>,
    endpoint: Endpoint,
    bucket: String,
    session: SessionForLedger<'s>,
    /// The first version of each key that was listed.
    first: RefCell<HashMap<String, String>>,
    most_pages: usize,
    /// What S3's clock said last, and when it said so.
    dated: Cell<Option<(Timestamp, Instant)>>,
}

impl<'s> S3Ledger<'s> {
    /// The ledger in `bucket` at `endpoint`.
    ///
    /// # Errors
    /// [`CallError::Request`] if that is not the name of a bucket.
    pub fn new(
        calls: Rc<AwsCalls<'s>>,
        endpoint: Endpoint,
        bucket: &str,
        session: SessionForLedger<'s>,
    ) -> Result<Self, CallError> {
        Bucket::new(&endpoint, bucket, Addressing::VirtualHost)?;
        let (first, dated) = (RefCell::default(), Cell::default());
        let (bucket, most_pages) = (bucket.to_owned(), MOST_PAGES);
        Ok(Self { calls, endpoint, bucket, session, first, most_pages, dated })
    }

    /// With lists of at most so many pages, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn listing_at_most(self, most_pages: usize) -> Self {
        Self { most_pages, ..self }
    }

    /// What S3's clock says.
    ///
    /// # Errors
    /// [`LedgerError`], if it was not asked for anything before and cannot be reached.
    pub fn time(&self) -> Result<Timestamp, LedgerError> {
        if self.dated.get().is_none() {
            self.page("policy/", None)?;
        }
        let at = self.dated.get().map(|(date, said)| {
            Timestamp(date.0.saturating_add(i64::try_from(said.elapsed().as_secs()).unwrap_or(0)))
        });
        // A server that imitates S3 may send no date.
        Ok(at.unwrap_or_else(|| self.calls.now()))
    }

    fn bucket_and_session(&self) -> Result<(Bucket<'_>, Credentials), LedgerError> {
        let credentials = (self.session)().map_err(LedgerError::Unreachable)?;
        let bucket = Bucket::new(&self.endpoint, &self.bucket, Addressing::VirtualHost)
            .map_err(|error| self.failed(&error))?;
        Ok((bucket, credentials))
    }

    fn call<T>(
        &self,
        call: impl AsyncFn(&Bucket<'_>, &Caller<'_>) -> Result<T, CallError>,
    ) -> Result<Result<T, CallError>, LedgerError> {
        let (bucket, credentials) = self.bucket_and_session()?;
        let answer = self.calls.wait(async |now| {
            let http = self.calls.http();
            let endpoint = &self.endpoint;
            call(&bucket, &Caller { http, endpoint, credentials: &credentials, now }).await
        });
        self.note_date();
        Ok(answer)
    }

    fn note_date(&self) {
        if let Some(date) = self.calls.http().server_date() {
            self.dated.set(Some((date, Instant::now())));
        }
    }

    fn page(&self, prefix: &str, from: Option<(&str, &str)>) -> Result<Versions, LedgerError> {
        self.call(async |bucket, caller| bucket.versions(caller, prefix, from).await)?
            .map_err(|error| self.failed(&error))
    }

    /// All versions of the keys that begin with `prefix` and sort after `after`, by key, the latest first.
    fn versions(&self, prefix: &str, after: &str) -> Result<Vec<ObjectVersion>, LedgerError> {
        let mut listing = Listing::new(prefix, after, self.most_pages);
        loop {
            let page = self.page(prefix, listing.from())?;
            let is_wrong = |what| LedgerError::Damaged(format!("the list of {} {what}", self.bucket));
            if !listing.take(page).map_err(is_wrong)? {
                return Ok(listing.found());
            }
        }
    }

    /// One entry for each key that has a version, with when its first one was stored.
    fn entries(&self, versions: Vec<ObjectVersion>) -> Vec<Entry> {
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut first = self.first.borrow_mut();
        for version in versions {
            *seen.entry(version.key.clone()).or_default() += 1;
            if version.is_delete_marker {
                continue;
            }
            // Later in the list is earlier in time.
            first.insert(version.key.clone(), version.version_id);
            let doubt = doubt(&version.key, version.size);
            entries.insert(version.key.clone(), Entry { doubt, ..Entry::new(version.key, version.written) });
        }
        for (key, entry) in &mut entries {
            entry.has_more_versions = seen.get(key).is_some_and(|count| *count > 1);
        }
        entries.into_values().collect()
    }

    fn first_version(&self, key: &str) -> Result<String, LedgerError> {
        if let Some(version) = self.first.borrow().get(key) {
            return Ok(version.clone());
        }
        self.list(key, "")?;
        let first = self.first.borrow();
        first.get(key).cloned().ok_or_else(|| LedgerError::Absent(key.to_owned()))
    }

    fn failed(&self, error: &CallError) -> LedgerError {
        let (bucket, region, now) = (self.bucket.as_str(), self.endpoint.region(), self.calls.now());
        refused::failed(error, refused::About { bucket, region, now })
    }

    fn content(
        &self,
        key: &str,
        found: Result<Option<Secret<Vec<u8>>>, CallError>,
    ) -> Result<Vec<u8>, LedgerError> {
        let found = found.map_err(|error| self.failed(&error))?;
        found.map(|bytes| bytes.expose().clone()).ok_or_else(|| LedgerError::Absent(key.to_owned()))
    }

    /// Reads some of `of` objects, of which `done` were read before. Those that were not tried after a failure are unreachable.
    fn read_some(&self, keys: &[&str], mut done: usize, of: usize) -> Vec<Result<Vec<u8>, LedgerError>> {
        let (bucket, credentials) = match self.bucket_and_session() {
            Ok(both) => both,
            Err(error) => return vec![Err(error); keys.len()],
        };
        let versions: Vec<_> = keys.iter().map(|key| self.first_version(key)).collect();
        let both = keys.iter().zip(&versions);
        let wanted: Vec<(&str, &str)> =
            both.filter_map(|(key, version)| Some((*key, version.as_deref().ok()?))).collect();
        let get = async |(key, version): (&str, &str), now| {
            let (http, endpoint) = (self.calls.http(), &self.endpoint);
            let caller = Caller { http, endpoint, credentials: &credentials, now };
            bucket.get_version(&caller, key, version).await
        };
        let found = self.calls.wait_for_each(&wanted, get, || {
            done += 1;
            self.calls.tell_read(done, of);
        });
        self.note_date();
        let mut found = found.into_iter();
        let not_tried = || LedgerError::Unreachable("an object before this one could not be read".to_owned());
        let read = keys.iter().zip(versions).map(|(key, version)| {
            version.and_then(|_| self.content(key, found.next().flatten().ok_or_else(not_tried)?))
        });
        read.collect()
    }
}

/// Why an object of `size` bytes does not count. It is not read: everybody who can write at all can write five terabytes.
fn doubt(key: &str, size: u64) -> Option<String> {
    let largest = key.parse::<Key>().ok()?.largest();
    let is_too_large = usize::try_from(size).map_or(true, |size| size > largest);
    is_too_large.then(|| format!("it has {size} bytes, and such an object has at most {largest}"))
}

impl Ledger for S3Ledger<'_> {
    /// A put whose answer was lost is made again, and then finds what it has written itself: [`jit_access::ledger::write`]
    /// compares the bytes.
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        let key = key.to_string();
        let kind = if key.ends_with(".json") { "application/json" } else { "application/toml" };
        let put = self.call(async |bucket, caller| {
            bucket.create(caller, &key, kind, Secret::new(bytes.to_vec())).await
        })?;
        match put {
            Ok(()) => Ok(Put::Created),
            Err(error) if error.is("PreconditionFailed") => Ok(Put::Exists),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        let version = self.first_version(key)?;
        let found = self.call(async |bucket, caller| bucket.get_version(caller, key, &version).await)?;
        self.content(key, found)
    }

    fn get_all(&self, keys: &[&str]) -> Vec<Result<Vec<u8>, LedgerError>> {
        self.calls.begin_reading();
        let mut read = Vec::with_capacity(keys.len());
        for part in keys.chunks(READ_UNDER_ONE_SESSION) {
            let some = self.read_some(part, read.len(), keys.len());
            let failure =
                some.iter().filter_map(|one| one.as_ref().err()).find(|error| !error.is_about_one_object());
            let failure = failure.cloned();
            read.extend(some);
            if let Some(failure) = failure {
                read.resize(keys.len(), Err(failure));
                break;
            }
        }
        read
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.entries(self.versions(prefix, after)?))
    }
}

#[cfg(test)]
mod tests;
