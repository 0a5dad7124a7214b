//! Lists the folder in the order of keys.

use std::io;

use jit_access::id::Id;
use jit_access::ledger::{Entry, FactKind, Key, LedgerError};
use jit_wire::timestamp::Timestamp;

use super::about::{About, Kind};
use super::layout::{AREAS, Area, Place, in_key};
use super::platform::Handle;
use super::{FolderLedger, what_it_is};

/// The requested keys.
#[derive(Clone, Copy)]
struct RequestedKeys<'w> {
    prefix: &'w str,
    after: &'w str,
}

impl RequestedKeys<'_> {
    /// Whether a requested key can be below the folder `path`, which ends in a slash.
    fn is_below(&self, path: &str) -> bool {
        (path.starts_with(self.prefix) || self.prefix.starts_with(path))
            && (path > self.after || self.after.starts_with(path))
    }

    fn is(&self, key: &str) -> bool {
        key.starts_with(self.prefix) && key > self.after
    }
}

/// Old facts that only matter if they are of certain kinds. Most of a ledger is old, and opening and listing the folder of
/// each object is what a first reading takes its time for; whether it holds a file of a certain name is a quicker question.
pub(super) struct OldFacts {
    /// Those with ids from before this.
    before: Timestamp,
    /// The names of the files that matter.
    files: Vec<String>,
}

impl OldFacts {
    pub(super) fn but(kinds: &[FactKind], before: Timestamp) -> Self {
        Self { before, files: kinds.iter().map(|kind| format!("{}.json", kind.name())).collect() }
    }

    /// Whether `path`, a folder of facts, has an id that is old.
    fn are_in(&self, path: &str) -> bool {
        let id = path.strip_prefix("f/").and_then(|rest| rest.strip_suffix('/'));
        id.and_then(|id| id.parse::<Id>().ok()).is_some_and(|id| id.at() < self.before)
    }
}

impl FolderLedger {
    pub(super) fn entries(
        &self,
        prefix: &str,
        after: &str,
        skipped: Option<&OldFacts>,
    ) -> Result<Vec<Entry>, LedgerError> {
        let wanted = RequestedKeys { prefix, after };
        let mut found = Vec::new();
        for area in AREAS {
            let path = format!("{}/", area.name());
            if wanted.is_below(&path) {
                let top = self.area(area)?;
                let mut walk =
                    Walk { ledger: self, area, top: top.about, wanted, skipped, found: &mut found };
                walk.folder(&top, &path, &mut Vec::new())?;
            }
        }
        found.sort_by(|one: &Entry, other: &Entry| one.key.cmp(&other.key));
        Ok(found)
    }
}

struct Walk<'w> {
    ledger: &'w FolderLedger,
    area: Area,
    top: About,
    wanted: RequestedKeys<'w>,
    skipped: Option<&'w OldFacts>,
    found: &'w mut Vec<Entry>,
}

impl Walk<'_> {
    /// Goes through `folder`, which is `path` in the ledger, below the folders `around`.
    fn folder(&mut self, folder: &Handle, path: &str, around: &mut Vec<About>) -> Result<(), LedgerError> {
        let are_files = around.len() == self.area.depth();
        let mut names = Vec::new();
        let mut key = path.to_owned();
        let listed = folder.names(|name| {
            let Some(name) = name else { return names.push(None) };
            key.truncate(path.len());
            key.push_str(name);
            if !are_files {
                key.push('/');
            }
            let is_wanted =
                if are_files { self.wanted.is(&in_key(&key)) } else { self.wanted.is_below(&key) };
            // An entry that is not a folder would be a key itself.
            if is_wanted || self.wanted.is(key.trim_end_matches('/')) {
                names.push(Some(name.to_owned()));
            }
        });
        if let Err(error) = listed {
            return self.ledger_failed(path, &error);
        }
        let skipped = self.skipped.filter(|old| old.are_in(path));
        for name in names {
            match name {
                Some(name) if skipped.is_some_and(|old| !folder.has_any(&name, &old.files)) => {}
                None => self.foreign(path, "\u{fffd}", "its name is not text"),
                Some(name) if are_files => self.file(folder, path, &name, around)?,
                Some(name) => match folder.folder(&name) {
                    Ok(inner) => {
                        around.push(inner.about);
                        self.folder(&inner, &format!("{path}{}/", in_key(&name)), around)?;
                        around.pop();
                    }
                    Err(error) => self.not_a_folder(folder, path, &name, &error)?,
                },
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &Handle, path: &str, name: &str, around: &[About]) -> Result<(), LedgerError> {
        let key = format!("{path}{}", in_key(name));
        let file = match folder.about(name) {
            Ok(file) => file,
            Err(error) => return self.ledger_failed(&key, &error),
        };
        let written = Timestamp(file.changed);
        match key.parse::<Key>() {
            Ok(parsed) => {
                let doubt = self.ledger.doubt(&Place::of(&parsed), &self.top, around, &file);
                self.found.push(Entry { doubt, ..Entry::new(key, written) });
            }
            Err(_) => self.found.push(Entry::new(escaped(&key), written)),
        }
        Ok(())
    }

    /// Reports another entry where the layout has only folders.
    fn not_a_folder(
        &mut self,
        folder: &Handle,
        path: &str,
        name: &str,
        error: &io::Error,
    ) -> Result<(), LedgerError> {
        let what = match folder.about(name) {
            Ok(about) if about.kind == Kind::Folder => super::error::in_words(error),
            Ok(about) => what_it_is(about.kind).to_owned(),
            Err(error) => return self.ledger_failed(&format!("{path}{name}"), &error),
        };
        if error.kind() == io::ErrorKind::PermissionDenied
            || error.kind() == io::ErrorKind::NotADirectory
            || super::error::is_link(error)
        {
            self.foreign(path, name, &what);
            return Ok(());
        }
        self.ledger_failed(path, error)
    }

    /// Handles an error about one name: it is reported, and the others are read. A name that has disappeared
    /// was not an object yet.
    fn ledger_failed(&mut self, key: &str, error: &io::Error) -> Result<(), LedgerError> {
        match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            io::ErrorKind::PermissionDenied if key.matches('/').count() > 1 => {
                let (path, name) = key.trim_end_matches('/').rsplit_once('/').unwrap_or(("", key));
                self.foreign(&format!("{path}/"), name, &super::error::in_words(error));
                Ok(())
            }
            _ => Err(self.ledger.failed(key, error)),
        }
    }

    fn foreign(&mut self, path: &str, name: &str, what: &str) {
        let key = escaped(&format!("{path}{}", in_key(name)));
        self.found.push(Entry { doubt: Some(what.to_owned()), ..Entry::new(key, Timestamp(0)) });
    }
}

/// A name that does not fit the layout may be anybody's choice, so it may contain control characters for
/// terminals.
fn escaped(key: &str) -> String {
    key.chars().flat_map(|c| if c == '/' { vec![c] } else { c.escape_debug().collect() }).collect()
}
