//! What can go wrong with the store, each with its own sentence. "Nothing stored" is none of these.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Kind;
use crate::sys::state::NotOurs;
use jit_wire::explain::{self, Explain, Next};

/// The most of a text from outside (a keychain's own message, a setting) that an error carries.
const LONGEST_QUOTE: usize = 300;

/// Why the store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `JIT_STORE` names no store.
    #[error("JIT_STORE is {value:?}, which is none of auto, keychain, kernel and file")]
    BadSetting {
        /// What it says.
        value: String,
    },
    /// The key is behind a lock that only a person opens, and nobody may or can be asked now.
    #[error("{what}, and nobody can be asked to unlock it here")]
    Locked {
        /// What is locked, as the first half of the sentence.
        what: &'static str,
        /// Which kind is.
        home: Option<Kind>,
    },
    /// The person or the keychain said no: prompt dismissed, access denied, wrong passphrase.
    #[error("access to the key was refused: {why}")]
    Refused {
        /// What was refused and by whom.
        why: String,
        /// The kind that says so; `None` if all of them do.
        home: Option<Kind>,
    },
    /// The store that holds the sessions, or that was asked for, is not there; or none is at all.
    #[error("the secret store cannot be used: {why}")]
    Unavailable {
        /// Each store that was tried, and what it said.
        why: String,
        /// The kind that says so; `None` if all of them do.
        home: Option<Kind>,
    },
    /// The keychain was there and stopped answering, or never answered in time.
    #[error("the keychain did not answer: {why}")]
    Gone {
        /// What was waited for.
        why: String,
        /// The kind that says so; `None` if all of them do.
        home: Option<Kind>,
    },
    /// A file of the store holds something else than what was written to it.
    #[error("{} cannot be read back: {why}", path.display())]
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
        /// The format it names.
        version: u8,
    },
    /// There are entries, but the key that opens them is gone or has been replaced; nothing will ever open them
    /// again. Forgetting everything starts afresh.
    #[error("the key of the sessions in {} is no longer in the {kind} store", folder.display())]
    KeyLost {
        /// The store that should hold the key.
        kind: Kind,
        /// The entries that cannot be opened.
        folder: PathBuf,
    },
    /// A value of a size that no session has.
    #[error("{size} bytes are more than an entry of the store may hold")]
    TooLarge {
        /// How many bytes it has.
        size: usize,
    },
    /// The file system said no: full, read-only, not permitted.
    #[error("cannot {doing} {}", path.display())]
    Disk {
        /// The verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process held the lock all the time.
    #[error("another jit has been busy for {} seconds: {what}", waited.as_secs())]
    Busy {
        /// What it is busy with.
        what: String,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl StoreError {
    /// A [`StoreError::Locked`]; its kind is added by [`at`](Self::at).
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

    /// The same, said by this kind of store.
    pub(super) fn at(mut self, kind: Kind) -> Self {
        if let Self::Locked { home, .. }
        | Self::Refused { home, .. }
        | Self::Unavailable { home, .. }
        | Self::Gone { home, .. } = &mut self
        {
            *home = Some(kind);
        }
        self
    }

    /// A file of the store that could not be read; what lies there instead of one makes it [`StoreError::Corrupt`].
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

    /// Whether it says that nothing can be written in the state folder: read-only, not the user's, full, or not there.
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

    /// The whole sentence with the system's words, for a place that shows no causes.
    pub fn in_one_line(&self) -> String {
        match self {
            Self::Disk { source, .. } => format!("{self}: {source}"),
            other => other.to_string(),
        }
    }

    /// Whether it is about one entry only, and others may well be read.
    pub fn is_about_entry(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Newer { .. })
    }

    /// Whether it is about the key that opens what is stored, which is there but cannot be had here and now.
    pub fn is_about_key(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. } | Self::Refused { .. } | Self::Unavailable { .. } | Self::Gone { .. }
        )
    }

    /// Whether it says that this kind of store cannot serve here at all, so that `auto` looks at the next one.
    /// Locked and refused are answers of a store that is there.
    pub(super) fn leads_on(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Gone { .. })
    }

    /// What happened without the sentence around it, for a list of reasons.
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
                Next::list(["unset JIT_STORE, and jit takes the keychain, or what comes next to it"])
            }
            Self::Locked { home: Some(Kind::File), .. } => {
                vec![Next::SignInAt("a terminal, which asks for the passphrase".into())]
            }
            Self::Locked { .. } => vec![Next::Unlock],
            Self::Refused { home: Some(Kind::File), .. } => {
                vec![Next::words("run the command again and type the passphrase"), Next::StartAfresh]
            }
            Self::Refused { .. } => Next::list(["allow jit to use the keychain and try again"]),
            Self::Unavailable { home: None, .. } | Self::Unavailable { home: Some(Kind::File), .. } => {
                vec![Next::SignInAt("a terminal, where a passphrase can be asked for".into())]
            }
            Self::Unavailable { home: Some(Kind::Kernel), .. } => vec![WITH_PASSPHRASE],
            Self::Unavailable { .. } | Self::Gone { .. } if cfg!(target_os = "linux") => {
                Next::list(["JIT_STORE=kernel keeps sessions until reboot where there is no keychain"])
            }
            Self::Unavailable { .. } | Self::Gone { .. } => vec![WITH_PASSPHRASE],
            Self::Corrupt { .. } | Self::KeyLost { .. } => vec![Next::StartAfresh],
            Self::Busy { .. } => Next::list(["try again when that is done"]),
            Self::Newer { .. } => Next::list(["update jit; it was written by a newer version"]),
            Self::Disk { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    Next::list(["check the owner and the permissions of that folder, and of those above it"])
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Next::list(["make room on that disk"])
                }
                _ => Vec::new(),
            },
            Self::TooLarge { .. } => Vec::new(),
        }
    }
}

/// Where neither the keychain nor the kernel keeps a key.
const WITH_PASSPHRASE: Next =
    Next::Do(std::borrow::Cow::Borrowed("JIT_STORE=file keeps sessions under a passphrase that you type"));

/// `text` cut to what an error may carry.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_QUOTE).collect()
}
