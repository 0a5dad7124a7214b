//! Why a folder cannot be used as a ledger.

use std::io;
use std::path::{Path, PathBuf};

use jit_wire::explain::{Explain, Kind, Next};

/// Why the folder cannot be used as a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// There is no such folder.
    #[error("there is no folder {}", .path.display())]
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// The system denies access.
    #[error("cannot use {}: {why}", .path.display())]
    Denied {
        /// The path.
        path: PathBuf,
        /// The system's message.
        why: String,
    },
    /// Something else is in its place.
    #[error("{} is not a folder: {what}", .path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
        /// The type of the entry.
        what: String,
    },
    /// A folder that is not a ledger.
    #[error("{} is not a ledger: it does not have the folders a, f, policy, s and tmp", .path.display())]
    NotALedger {
        /// The path.
        path: PathBuf,
    },
    /// Others could change what is in it.
    #[error("{} is not safe for a ledger: {what}", .path.display())]
    Unsafe {
        /// The path.
        path: PathBuf,
        /// Why.
        what: &'static str,
    },
    /// The disk is full.
    #[error("no room is left for {}: {why}", .path.display())]
    Full {
        /// The path.
        path: PathBuf,
        /// The system's message.
        why: String,
    },
    /// This user has no name that others could know them by.
    #[error("user {user} has no name on this machine that can be the name of a person in a policy")]
    NoName {
        /// The user id.
        user: u32,
    },
    /// Any other error of the system.
    #[error("cannot use {}: {why}", .path.display())]
    Failed {
        /// The path.
        path: PathBuf,
        /// The system's message.
        why: String,
    },
}

impl FolderError {
    pub(super) fn of(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        let why = in_words(&error);
        match error.kind() {
            io::ErrorKind::NotFound => Self::Absent { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { path, why },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { path, why }
            }
            io::ErrorKind::NotADirectory => {
                Self::NotAFolder { path, what: "it is a file or a link".to_owned() }
            }
            _ if is_link(&error) => Self::NotAFolder { path, what: why },
            _ => Self::Failed { path, why },
        }
    }
}

impl Explain for FolderError {
    fn kind(&self) -> Kind {
        match self {
            Self::Absent { .. } | Self::NotAFolder { .. } | Self::NotALedger { .. } => Kind::Usage,
            Self::Unsafe { .. } | Self::NoName { .. } => Kind::Usage,
            Self::Denied { .. } | Self::Full { .. } | Self::Failed { .. } => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Absent { .. } => vec![Next::words(
                "check `ledger` in the section [access]; the folder may be on a disk that is not mounted",
            )],
            Self::Denied { .. } => {
                vec![Next::words("ask the owner of the folder for permission to read and write it")]
            }
            Self::NotAFolder { .. } | Self::NotALedger { .. } => {
                vec![Next::words(
                    "check `ledger` in the section [access]: it names a folder that holds a ledger",
                )]
            }
            Self::Unsafe { path, what } => match *what == super::OTHER_OWNER {
                true => vec![Next::words(
                    "a ledger and the folders in it belong to one user: create it in a new folder",
                )],
                false => vec![Next::words(format!(
                    "set the sticky bit: `chmod +t {}`",
                    jit_wire::name::in_command(&path.display().to_string())
                ))],
            },
            Self::Full { .. } => {
                vec![Next::words("free some space on that disk or raise the quota"), Next::TryAgain]
            }
            Self::NoName { .. } => vec![Next::words(
                "use an account whose name is 2 to 64 letters, digits and _+=,.@-, or a ledger of your own",
            )],
            Self::Failed { .. } => vec![Next::TryAgain],
        }
    }
}

/// Whether the system found a link where none is allowed.
#[cfg(unix)]
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Whether the system found a link where none is allowed.
#[cfg(not(unix))]
pub(super) fn is_link(_: &io::Error) -> bool {
    false
}

/// The system's message without its error number.
pub(super) fn in_words(error: &io::Error) -> String {
    if is_link(error) {
        return "it is a symbolic link, which is not followed".to_owned();
    }
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
