//! A ledger in a folder: for a trial on one machine, by one person or by several who have accounts there.
//!
//! The keys are paths below the folder, as the contract specifies (`docs/design/access.md`);
//! `docs/access/folder.md` explains how to share a folder, and its limits. An object is written completely in
//! `tmp/`, synced, and then moved to its name in one step that never replaces anything, so a kill at any
//! moment leaves either nothing or the whole object.
//!
//! In S3, AWS attests the author and the time of an object. Here the system does: the author is the owner of
//! the file, and the time is that of its last change (`ctime`), which only the system's clock sets. The
//! folder's owner, and root, can do everything.

pub(crate) mod about;
mod accounts;
mod error;
mod layout;
mod list;
#[cfg_attr(unix, path = "folder/unix.rs")]
#[cfg_attr(not(unix), path = "folder/elsewhere.rs")]
pub(crate) mod platform;
#[cfg(test)]
mod tests;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jit_access::ledger::{Entry, FactKind, Key, Ledger, LedgerError, Put};
use jit_wire::name::is_session_name;
use jit_wire::timestamp::Timestamp;

pub use accounts::{Accounts, SystemAccounts, own_account};
pub use error::FolderError;

use about::{About, Kind};
use layout::{AREAS, Area, Place, STAGING};
use list::OldFacts;
use platform::Handle;

/// How an object gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publishing {
    /// By a rename that never replaces anything (`RENAME_NOREPLACE`).
    ByRename,
    /// By a hard link, if the file system does not support that.
    #[cfg_attr(not(test), expect(dead_code, reason = "the file system says so; tests choose it"))]
    ByLink,
}

/// A ledger in a folder.
#[derive(Clone, Debug)]
pub struct FolderLedger {
    path: PathBuf,
    root: Arc<Handle>,
    sharing: Sharing,
    publishing: Publishing,
}

/// Who can write to it.
#[derive(Clone, Debug)]
enum Sharing {
    /// Only its owner, who may act as several people: the author is the one in the key.
    Private,
    /// Others too: the author is the owner of the file.
    Shared(Arc<dyn Accounts>),
}

impl FolderLedger {
    /// Opens the ledger at `path`. `accounts` returns the names of the owners of its files.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(path: &Path, accounts: Arc<dyn Accounts>) -> Result<Self, FolderError> {
        let in_words = |error| FolderError::of(path, error);
        let root = Handle::open(path).map_err(in_words)?;
        let mut is_shared = is_open_to_others(&root.about);
        let mut found = 0;
        for name in AREAS.map(Area::name).into_iter().chain([STAGING]) {
            let top = match root.folder(name) {
                Ok(top) => top,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(FolderError::of(&path.join(name), error)),
            };
            found += 1;
            is_shared |= is_open_to_others(&top.about);
            if top.about.owner != root.about.owner {
                return Err(FolderError::Unsafe { path: path.join(name), what: OTHER_OWNER });
            }
            check_sticky(&path.join(name), &top.about)?;
        }
        check_sticky(path, &root.about)?;
        if found <= AREAS.len() {
            return Err(FolderError::NotALedger { path: path.to_owned() });
        }
        let sharing = if is_shared { Sharing::Shared(accounts) } else { Sharing::Private };
        Ok(Self { path: path.to_owned(), root: Arc::new(root), sharing, publishing: Publishing::ByRename })
    }

    /// Creates a ledger at `path`, or the missing parts of one, and opens it. A new folder is accessible to
    /// this user alone (0700). If the folder exists, everything in it gets its permissions and its group, so
    /// that a folder that others can write to becomes a ledger that they share.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn create(path: &Path, accounts: Arc<dyn Accounts>) -> Result<Self, FolderError> {
        let in_words = |error| FolderError::of(path, error);
        match make_private(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(in_words(error)),
            _ => {}
        }
        let root = Handle::open(path).map_err(in_words)?;
        if root.about.owner != platform::own_user() {
            return Err(FolderError::Unsafe { path: path.to_owned(), what: OTHER_OWNER });
        }
        check_sticky(path, &root.about)?;
        for name in [STAGING].into_iter().chain(AREAS.map(Area::name)) {
            write::make_folder(&root, &root, name, root.about.mode, Publishing::ByRename)
                .map_err(|error| FolderError::of(&path.join(name), error))?;
        }
        root.sync();
        Self::open(path, accounts)
    }

    /// The name under which this user writes to a shared folder; `None` if the folder is theirs alone, and
    /// the key names the author.
    ///
    /// # Errors
    /// [`FolderError::NoName`] if the system's name for this user cannot be the name of a session, or it has
    /// none.
    pub fn own_name(&self) -> Result<Option<String>, FolderError> {
        let Sharing::Shared(accounts) = &self.sharing else { return Ok(None) };
        let user = platform::own_user();
        let name = accounts.name(user).filter(|name| is_session_name(name));
        name.map(Some).ok_or(FolderError::NoName { user })
    }

    /// The time on the clock of the file system, from which the times in lists come; ids are made from it.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn time(&self) -> Result<Timestamp, FolderError> {
        let path = self.path.join(STAGING);
        let staging = self.root.folder(STAGING).map_err(|error| FolderError::of(&path, error))?;
        write::clock(&staging).map(Timestamp).map_err(|error| FolderError::of(&path, error))
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of one area, after checking that it is as safe as when the ledger was opened.
    fn area(&self, area: Area) -> Result<Handle, LedgerError> {
        let top = self.root.folder(area.name()).map_err(|error| self.failed(area.name(), &error))?;
        if top.about.owner != self.root.about.owner {
            return Err(LedgerError::Damaged(format!("{}: {OTHER_OWNER}", self.shown(area.name()))));
        }
        check_sticky(&self.path.join(area.name()), &top.about)
            .map_err(|error| LedgerError::Damaged(error.to_string()))?;
        Ok(top)
    }

    /// Why the object at `place` is not what its key says, judged by its file and the folders around it (the
    /// outermost first). An object that others could have put there, or could change, is not trusted.
    fn doubt(&self, place: &Place, top: &About, around: &[About], file: &About) -> Option<String> {
        if file.kind != Kind::File {
            return Some(what_it_is(file.kind).to_owned());
        }
        // Everybody who may write to this area may write acts, so the folder of an act may have the same
        // permissions.
        let allowed = if place.area.is_shared() { top.mode } else { 0 };
        let is_open = |about: &About| about.mode & OTHERS_WRITE & !allowed != 0;
        if file.mode & OTHERS_WRITE != 0 || around.iter().any(is_open) {
            return Some("other users can change it".to_owned());
        }
        if place.area.is_shared() {
            return (is_private(&self.sharing) && file.owner != self.root.about.owner)
                .then(|| "its file belongs to another user than the ledger".to_owned());
        }
        if around.iter().any(|about| about.owner != file.owner) {
            return Some("its file was put into a folder of another user".to_owned());
        }
        match (&self.sharing, &place.author) {
            (Sharing::Private, _) => (file.owner != self.root.about.owner)
                .then(|| "its file belongs to another user than the ledger".to_owned()),
            (Sharing::Shared(accounts), Some(author)) => match accounts.name(file.owner) {
                Some(name) if name == *author && is_session_name(&name) => None,
                Some(name) => Some(format!("its file belongs to the user `{}`", name.escape_debug())),
                None => Some(format!("its file belongs to user {}, who has no name here", file.owner)),
            },
            // A sweep: written by anybody who may write to that area.
            (Sharing::Shared(_), None) => None,
        }
    }

    /// The ledger error for a system error below the ledger.
    fn failed(&self, below: &str, error: &io::Error) -> LedgerError {
        let what = format!("{}: {}", self.shown(below), error::in_words(error));
        match error.kind() {
            io::ErrorKind::NotFound => LedgerError::Absent(below.to_owned()),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => LedgerError::Refused(what),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LedgerError::Full(what),
            // The system's own limit; jit's own limit has no error number.
            io::ErrorKind::FileTooLarge if error.raw_os_error().is_some() => LedgerError::Full(what),
            io::ErrorKind::FileTooLarge
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename => LedgerError::Damaged(what),
            _ if error::is_link(error) => LedgerError::Damaged(what),
            _ => LedgerError::Unreachable(what),
        }
    }

    fn shown(&self, below: &str) -> String {
        self.path.join(below).display().to_string()
    }
}

impl Ledger for FolderLedger {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, LedgerError> {
        self.write(key, bytes)
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, LedgerError> {
        let absent = || LedgerError::Absent(key.to_owned());
        let place = Place::of(&key.parse::<Key>().map_err(|_| absent())?);
        let top = self.area(place.area)?;
        let mut around: Vec<Handle> = Vec::with_capacity(2);
        for name in &place.folders {
            let inner = around.last().unwrap_or(&top).folder(name);
            around.push(inner.map_err(|error| self.failed(key, &error))?);
        }
        let inner = around.last().unwrap_or(&top);
        let (bytes, file) = inner.read(&place.file, place.limit).map_err(|error| self.failed(key, &error))?;
        let around: Vec<About> = around.iter().map(|folder| folder.about).collect();
        match self.doubt(&place, &top.about, &around, &file) {
            Some(why) => Err(LedgerError::Damaged(format!("{}: {why}", self.shown(key)))),
            None => Ok(bytes),
        }
    }

    fn list(&self, prefix: &str, after: &str) -> Result<Vec<Entry>, LedgerError> {
        self.entries(prefix, after, None)
    }

    fn list_facts(&self, from: Timestamp, always: &[FactKind]) -> Result<Vec<Entry>, LedgerError> {
        self.entries("f/", "", Some(&OldFacts::but(always, from)))
    }
}

const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
const OTHER_OWNER: &str = "it belongs to another user than the ledger";

fn is_private(sharing: &Sharing) -> bool {
    matches!(sharing, Sharing::Private)
}

fn is_open_to_others(about: &About) -> bool {
    about.mode & OTHERS_WRITE != 0
}

/// If others can write to it, the sticky bit must keep them from renaming and removing what others created.
fn check_sticky(path: &Path, about: &About) -> Result<(), FolderError> {
    if is_open_to_others(about) && about.mode & STICKY == 0 {
        let what = "other users can write to it, and without the sticky bit they can rename and remove what is in it";
        return Err(FolderError::Unsafe { path: path.to_owned(), what });
    }
    Ok(())
}

fn what_it_is(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "it is a file",
        Kind::Folder => "it is a folder and not a file",
        Kind::Link => "it is a symbolic link, which is not followed",
        Kind::Other => "it is not a regular file",
    }
}

/// Creates the folder, accessible to this user alone from the start. Its parents must exist.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "elsewhere there is no mode to set"))]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
