//! How the cache is stored: one file for each day, and an index.

use std::collections::{BTreeMap, BTreeSet};

use jit_access::id::Id;
use jit_access::ledger::{Hash, Key};
use jit_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cache, Covered, Object, Shelf, is_of_all_times};

/// The version of the files' format.
const VERSION: u32 = 1;
const INDEX: &str = "index";

/// The file of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Day {
    /// What every reading needs.
    Always,
    /// The day of its id, counted from 1970.
    Of(i64),
}

impl Day {
    pub(super) fn of(key: &Key) -> Self {
        if is_of_all_times(key) { Self::Always } else { Self::at(key.id().at()) }
    }

    pub(super) fn at(at: Timestamp) -> Self {
        Self::Of(at.0.div_euclid(86_400))
    }

    fn name(self) -> String {
        match self {
            Self::Always => "always".to_owned(),
            Self::Of(day) => format!("day-{day}"),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let day = match name {
            "always" => Self::Always,
            other => Self::Of(other.strip_prefix("day-")?.parse().ok()?),
        };
        (day.name() == name).then_some(day)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    ledger: String,
    covered: Covered,
    /// The name of each file, and the SHA-256 of its contents.
    files: BTreeMap<String, String>,
    looked_for: BTreeSet<Id>,
}

impl Cache {
    /// Loads the cache of `ledger`; empty if the stored one is damaged or of another ledger.
    pub fn load(shelf: &dyn Shelf, ledger: &str) -> Self {
        Self::from_index(shelf, ledger).unwrap_or_else(|| Self::new(ledger))
    }

    fn from_index(shelf: &dyn Shelf, ledger: &str) -> Option<Self> {
        let index: Index = serde_json::from_slice(&shelf.load(&file_name(ledger, INDEX))?).ok()?;
        if index.version != VERSION || index.ledger != ledger {
            return None;
        }
        let named = |(name, hash): (String, String)| Some((Day::from_name(&name)?, hash));
        let on_shelf: Option<BTreeMap<Day, String>> = index.files.into_iter().map(named).collect();
        Some(Self {
            covered: Some(index.covered),
            looked_for: index.looked_for,
            on_shelf: on_shelf?,
            ..Self::new(ledger)
        })
    }

    /// Loads the days that are needed. If one of them is damaged, forgets everything and returns `false`.
    pub(super) fn fetch_days(&mut self, shelf: &dyn Shelf, is_needed: impl Fn(Day) -> bool) -> bool {
        let days: Vec<Day> = self.on_shelf.keys().copied().filter(|day| is_needed(*day)).collect();
        for day in days {
            let hash = self.on_shelf.remove(&day).unwrap_or_default();
            let bytes = shelf.load(&file_name(&self.ledger, &day.name())).unwrap_or_default();
            let objects = (Hash::of(&bytes).to_string() == hash).then(|| unpack(&bytes)).flatten();
            match objects {
                // Objects that this reading got itself are as new.
                Some(objects) => objects.into_iter().for_each(|(key, object)| {
                    self.objects.entry(key).or_insert(object);
                }),
                None => {
                    self.forget();
                    return false;
                }
            }
        }
        true
    }

    /// Stores what is new. The index is written last. Other processes may store at the same time: an index
    /// whose hashes do not match costs them one more reading, nothing else.
    ///
    /// # Errors
    /// Those of the shelf. The only consequence is that the ledger is read again.
    pub fn save(&mut self, shelf: &dyn Shelf) -> std::io::Result<()> {
        let Some(covered) = self.covered else { return Ok(()) };
        if self.changed.is_empty() && shelf.load(&file_name(&self.ledger, INDEX)).is_some() {
            return Ok(());
        }
        let mut days: BTreeMap<Day, Vec<u8>> = BTreeMap::new();
        // A new object of a day that is stored is added to the other objects of that day.
        let changed = self.changed.clone();
        if !self.fetch_days(shelf, |day| changed.contains(&day)) {
            return Ok(());
        }
        for (key, object) in &self.objects {
            let Ok(parsed) = key.parse::<Key>() else { continue };
            pack(days.entry(Day::of(&parsed)).or_default(), key, object);
        }
        let mut files: BTreeMap<String, String> =
            self.on_shelf.iter().map(|(day, hash)| (day.name(), hash.clone())).collect();
        for (day, bytes) in &days {
            if self.changed.contains(day) {
                shelf.store(&file_name(&self.ledger, &day.name()), bytes)?;
            }
            files.insert(day.name(), Hash::of(bytes).to_string());
        }
        let index = Index {
            version: VERSION,
            ledger: self.ledger.clone(),
            covered,
            files,
            looked_for: self.looked_for.clone(),
        };
        shelf.store(&file_name(&self.ledger, INDEX), &serde_json::to_vec(&index)?)?;
        self.changed.clear();
        Ok(())
    }
}

/// Each ledger has its own files.
fn file_name(ledger: &str, name: &str) -> String {
    format!("{}-{name}", &Hash::of(ledger.as_bytes()).to_string()[..16])
}

fn pack(into: &mut Vec<u8>, key: &str, object: &Object) {
    // Keys have a few hundred characters, and objects a mebibyte at most.
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    into.extend(length(key.as_bytes()));
    into.extend(key.as_bytes());
    into.extend(object.written.0.to_be_bytes());
    into.push(u8::from(object.has_more_versions));
    into.extend(length(&object.bytes));
    into.extend(&object.bytes);
}

fn unpack(mut bytes: &[u8]) -> Option<Vec<(String, Object)>> {
    let mut objects = Vec::new();
    while !bytes.is_empty() {
        let length = take(&mut bytes, 4)?.try_into().ok().map(u32::from_be_bytes)?;
        let key = std::str::from_utf8(take(&mut bytes, length as usize)?).ok()?.to_owned();
        let written = take(&mut bytes, 8)?.try_into().ok().map(i64::from_be_bytes)?;
        let has_more_versions = take(&mut bytes, 1)? == [1];
        let length = take(&mut bytes, 4)?.try_into().ok().map(u32::from_be_bytes)?;
        let body = take(&mut bytes, length as usize)?.to_vec();
        objects.push((key, Object { written: Timestamp(written), has_more_versions, bytes: body }));
    }
    Some(objects)
}

fn take<'b>(from: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}
