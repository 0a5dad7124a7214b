//! The ledger in a bucket of S3: AWS says who wrote an object and when, and refuses a second version of it.
//!
//! An object is created with `If-None-Match: *`. Its first version counts, so lists are lists of versions, and what is read is
//! that version. The time is S3's: that of each object, and that of its answers, from which ids are made.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Instant;

use jit_access::ledger::{Entry, Key, Ledger, LedgerError, Put};
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::signed::{Addressing, Bucket, CallError, Caller, Endpoint, ObjectVersion, Retry};
use jit_wire::timestamp::Timestamp;

use crate::calls::AwsCalls;

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
        let first = RefCell::default();
        let dated = Cell::default();
        Ok(Self { calls, endpoint, bucket: bucket.to_owned(), session, first, dated })
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

    fn call<T>(
        &self,
        call: impl AsyncFn(&Bucket<'_>, &Caller<'_>) -> Result<T, CallError>,
    ) -> Result<Result<T, CallError>, LedgerError> {
        let credentials = (self.session)().map_err(LedgerError::Unreachable)?;
        let bucket = Bucket::new(&self.endpoint, &self.bucket, Addressing::VirtualHost)
            .map_err(|error| self.failed(&error))?;
        let answer = self.calls.wait(async |now| {
            let http = self.calls.http();
            let endpoint = &self.endpoint;
            call(&bucket, &Caller { http, endpoint, credentials: &credentials, now }).await
        });
        if let Some(date) = self.calls.http().server_date() {
            self.dated.set(Some((date, Instant::now())));
        }
        Ok(answer)
    }

    fn page(
        &self,
        prefix: &str,
        from: Option<(&str, &str)>,
    ) -> Result<jit_wire::signed::Versions, LedgerError> {
        self.call(async |bucket, caller| bucket.versions(caller, prefix, from).await)?
            .map_err(|error| self.failed(&error))
    }

    /// All versions of the keys that begin with `prefix` and sort after `after`, by key, the latest first.
    fn versions(&self, prefix: &str, after: &str) -> Result<Vec<ObjectVersion>, LedgerError> {
        let mut all = Vec::new();
        let mut from = (!after.is_empty()).then(|| (after.to_owned(), String::new()));
        loop {
            let page = self.page(prefix, from.as_ref().map(|(key, version)| (&**key, &**version)))?;
            all.extend(page.versions);
            match page.next {
                // A server that sends the same page again would never come to an end.
                Some(next) if from.as_ref() != Some(&next) => from = Some(next),
                Some(_) => {
                    return Err(LedgerError::Damaged(format!("the list of {} repeats itself", self.bucket)));
                }
                None => return Ok(all),
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
            entries.insert(version.key.clone(), Entry::new(version.key, version.written));
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
        let refusal = match error {
            CallError::Refused(refusal) if refusal.retry() == Retry::Never => refusal,
            CallError::Answer { .. } => return LedgerError::Damaged(error.to_string()),
            _ => return LedgerError::Unreachable(error.to_string()),
        };
        match refusal.code.as_str() {
            "NoSuchBucket" => LedgerError::Unreachable(format!("there is no bucket {}", self.bucket)),
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
                let region = self.endpoint.region();
                LedgerError::Unreachable(format!("the bucket {} is not in {region}", self.bucket))
            }
            _ => LedgerError::Refused(refusal.to_string()),
        }
    }
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
        let found = self
            .call(async |bucket, caller| bucket.get_version(caller, key, &version).await)?
            .map_err(|error| self.failed(&error))?;
        found.map(|bytes| bytes.expose().clone()).ok_or_else(|| LedgerError::Absent(key.to_owned()))
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.entries(self.versions(prefix, after)?))
    }
}

#[cfg(test)]
mod tests;
