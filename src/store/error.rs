//! The errors of the store. "Nothing stored" is not an error.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreKind;
use crate::sys::state::NotOurs;
use jit_wire::explain::{self, Explain, Next};

/// The longest text from outside (a keychain's own message, a setting) that an error quotes.
const LONGEST_QUOTE: usize = 300;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `JIT_STORE` is not the name of a store.
    #[error("JIT_STORE is {value:?}; it must be auto, keychain, kernel or file")]
    BadSetting {
        /// Its value.
        value: String,
    },
    /// The key is locked, and nobody can be asked to unlock it now.
    #[error("{what}, and jit cannot ask {} here", match home { Some(StoreKind::File) => "for it", _ => "you to unlock it" })]
    Locked {
        /// What is locked, as the first half of the message.
        what: &'static str,
        /// The kind of store.
        home: Option<StoreKind>,
    },
    /// The person or the keychain refused: prompt dismissed, access denied, wrong passphrase.
    #[error("access to the key was refused: {why}")]
    Refused {
        /// What was refused, and by whom.
        why: String,
        /// The kind that refused; `None` if all did.
        home: Option<StoreKind>,
    },
    /// The store that holds the sessions, or that was asked for, does not exist; or there is no store at all.
    #[error("cannot use the secret store: {why}")]
    Unavailable {
        /// Each store that was tried, and its message.
        why: String,
        /// The kind that is missing; `None` if all are.
        home: Option<StoreKind>,
    },
    /// The keychain stopped answering, or never answered in time.
    #[error("the keychain did not answer: {why}")]
    Gone {
        /// What was waited for.
        why: String,
        /// The kind that failed; `None` if all did.
        home: Option<StoreKind>,
    },
    /// A file of the store does not contain what was written to it.
    #[error("cannot read {}: {why}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A newer `jit` wrote the entry.
    #[error("{} was written by a newer jit (format {version})", path.display())]
    Newer {
        /// The entry's file.
        path: PathBuf,
        /// The entry's format.
        version: u8,
    },
    /// There are entries, but their key was lost or replaced, so they can never be opened again. Forgetting
    /// everything allows a fresh start.
    #[error("the key of the sessions in {} is no longer in the {kind} store", folder.display())]
    KeyLost {
        /// The store that should hold the key.
        kind: StoreKind,
        /// The entries that cannot be opened.
        folder: PathBuf,
    },
    /// The value is too large.
    #[error("{size} bytes are too many for an entry of the store")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// The file system refused: full, read-only, not permitted.
    #[error("cannot {doing} {}", path.display())]
    Disk {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another process held the lock for the whole waiting time.
    #[error("another jit process has been busy for {}: {what}", jit_wire::timestamp::duration(*waited))]
    Busy {
        /// What that process is doing.
        what: String,
        /// How long this process waited.
        waited: Duration,
    },
}

impl StoreError {
    /// A [`StoreError::Locked`]; [`at`](Self::at) adds its kind.
    pub(super) const fn locked(what: &'static str) -> Self {
        Self::Locked { what, home: None }
    }

    /// A [`StoreError::Refused`].
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), home: None }
    }

    /// A [`StoreError::Unavailable`].
    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into(), home: None }
    }

    /// A [`StoreError::Gone`].
    pub(super) fn gone(why: impl Into<String>) -> Self {
        Self::Gone { why: why.into(), home: None }
    }

    /// The same error, for this kind of store.
    pub(super) fn at(mut self, kind: StoreKind) -> Self {
        if let Self::Locked { home, .. }
        | Self::Refused { home, .. }
        | Self::Unavailable { home, .. }
        | Self::Gone { home, .. } = &mut self
        {
            *home = Some(kind);
        }
        self
    }

    /// The error for a file of the store that could not be read; if it is not a regular file, that is
    /// [`StoreError::Corrupt`].
    pub(super) fn unread(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match NotOurs::in_error(&source) {
            Some(why) => Self::Corrupt { path, why: why.why() },
            None if source.kind() == io::ErrorKind::FileTooLarge => {
                Self::Corrupt { path, why: "it is larger than any entry" }
            }
            None => Self::Disk { doing: "read", path, source },
        }
    }

    /// A [`StoreError::Disk`], for `map_err`.
    pub(super) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { doing, path: path.to_owned(), source }
    }

    /// Whether the cause is that nothing can be written in the state folder: read-only, not the user's, full,
    /// or missing.
    pub(super) fn is_unwritable(&self) -> bool {
        use io::ErrorKind::{
            NotADirectory, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        };
        let Self::Disk { source, .. } = self else { return false };
        matches!(
            source.kind(),
            NotADirectory | NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull
        )
    }

    /// The whole message with the system's reason, for places that do not show error sources.
    pub fn in_one_line(&self) -> String {
        match self {
            Self::Disk { source, .. } => format!("{self}: {source}"),
            other => other.to_string(),
        }
    }

    /// Whether only one entry is affected, and others may still be readable.
    pub fn is_about_entry(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Newer { .. })
    }

    /// Whether it is about the key, which exists but cannot be read here and now.
    pub fn is_about_key(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. } | Self::Refused { .. } | Self::Unavailable { .. } | Self::Gone { .. }
        )
    }

    /// Whether this kind of store cannot work here at all, so that `auto` tries the next one. "Locked" and
    /// "refused" come from a store that exists.
    pub(super) fn leads_on(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Gone { .. })
    }

    /// The reason without the rest of the message, for a list of reasons.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Unavailable { why, .. } | Self::Gone { why, .. } => why.clone(),
            other => other.to_string(),
        }
    }
}

impl Explain for StoreError {
    fn kind(&self) -> explain::Kind {
        match self {
            Self::BadSetting { .. } => explain::Kind::Usage,
            Self::Busy { .. } => explain::Kind::Failed,
            _ => explain::Kind::Store,
        }
    }

    fn why(&self) -> Vec<String> {
        std::error::Error::source(self).map(ToString::to_string).into_iter().collect()
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::BadSetting { .. } => {
                Next::list(["unset JIT_STORE to let jit choose the keychain or the next best store"])
            }
            Self::Locked { home: Some(StoreKind::File), .. } => {
                vec![Next::SignInAt("a terminal, where jit can ask for the passphrase".into())]
            }
            Self::Locked { .. } => vec![Next::Unlock],
            Self::Refused { home: Some(StoreKind::File), .. } => {
                vec![Next::words("run the command again and type the passphrase"), Next::StartAfresh]
            }
            Self::Refused { .. } => Next::list(["allow jit to use the keychain and try again"]),
            Self::Unavailable { home: None, .. } | Self::Unavailable { home: Some(StoreKind::File), .. } => {
                vec![Next::SignInAt("a terminal, where jit can ask for a passphrase".into())]
            }
            Self::Unavailable { home: Some(StoreKind::Kernel), .. } => vec![WITH_PASSPHRASE],
            Self::Unavailable { .. } | Self::Gone { .. } if cfg!(target_os = "linux") => {
                Next::list(["without a keychain, JIT_STORE=kernel keeps sessions until the next reboot"])
            }
            Self::Unavailable { .. } | Self::Gone { .. } => vec![WITH_PASSPHRASE],
            Self::Corrupt { .. } | Self::KeyLost { .. } => vec![Next::StartAfresh],
            Self::Busy { .. } => Next::list(["try again when it has finished"]),
            Self::Newer { .. } => Next::list(["update jit"]),
            Self::Disk { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    Next::list(["check the owner and the permissions of that folder and of its parents"])
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Next::list(["free some space on that disk"])
                }
                _ => Vec::new(),
            },
            Self::TooLarge { .. } => Vec::new(),
        }
    }
}

/// The advice if neither the keychain nor the kernel stores a key.
const WITH_PASSPHRASE: Next =
    Next::Do(std::borrow::Cow::Borrowed("JIT_STORE=file keeps sessions under a passphrase"));

/// `text`, cut to what an error may quote.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_QUOTE).collect()
}
