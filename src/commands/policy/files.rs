//! The files of a policy, and what is known beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::fs;
use jit_access::check::Surroundings;
use jit_access::people::Directory;
use jit_access::policy::{LARGEST_POLICY, Policy, PolicyFile};
use jit_wire::explain::{Explain, Next};
use jit_wire::name::{is_account_id, is_session_name};
use jit_wire::section::Mistake;

/// The largest `allow` document that is read. AWS takes 10,240 characters.
const LARGEST_DOCUMENT: u64 = 128 * 1024;
/// The largest file with the members of groups and the accounts of units.
const LARGEST_DIRECTORY: u64 = 64 * 1024 * 1024;

/// Why the files cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    #[error("cannot read {path}")]
    Unreadable { path: String, source: io::Error },
    #[error("{0} is not UTF-8 text")]
    NotText(String),
    #[error("the folder {0} has no file that ends in .toml")]
    EmptyFolder(String),
    #[error("{path} is not a directory file: {why}")]
    NotADirectory { path: String, why: String },
}

impl Explain for FilesError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Unreadable { source, .. } => vec![source.to_string()],
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unreadable { source, .. } => Next::list([match source.kind() {
                io::ErrorKind::NotFound => "check the path",
                io::ErrorKind::FileTooLarge => {
                    "a policy has at most 1 MiB; check that this is the right file"
                }
                _ => "check its owner and its permissions",
            }]),
            Self::NotText(_) => Next::list(["save it as UTF-8"]),
            Self::EmptyFolder(_) => Next::list(["name the files, or the folder that they are in"]),
            Self::NotADirectory { .. } => Next::list([
                "write JSON: {\"groups\": {\"ID\": [\"NAME\"]}, \"units\": {\"ou-…\": [\"111122223333\"]}, \"sessions\": {\"ROLE\": 3600}}",
            ]),
        }
    }
}

/// The files of a policy.
pub(super) struct PolicySources {
    /// Each as the reader takes it.
    pub(super) files: Vec<PolicyFile>,
    /// The path of each, by how it is shown: not every path is text.
    paths: BTreeMap<String, PathBuf>,
}

impl PolicySources {
    /// Reads the files that `typed` names: itself, or those of a folder. A file that is named twice is read once.
    ///
    /// # Errors
    /// [`FilesError`].
    pub(super) fn read(typed: &[PathBuf]) -> Result<Self, FilesError> {
        let mut sources = Self { files: Vec::new(), paths: BTreeMap::new() };
        for path in typed {
            if path.is_dir() {
                sources.folder(path)?;
            } else {
                sources.file(path)?;
            }
        }
        Ok(sources)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), FilesError> {
        let shown = || folder.display().to_string();
        let mut names =
            fs::names_in(folder).map_err(|source| FilesError::Unreadable { path: shown(), source })?;
        names.retain(|name| name.ends_with(".toml") && !name.starts_with('.'));
        if names.is_empty() {
            return Err(FilesError::EmptyFolder(shown()));
        }
        names.sort();
        names.iter().try_for_each(|name| self.file(&folder.join(name)))
    }

    fn file(&mut self, path: &Path) -> Result<(), FilesError> {
        let shown = path.display().to_string();
        if self.paths.contains_key(&shown) {
            return Ok(());
        }
        let text = text_of(path, LARGEST_POLICY as u64)?;
        self.paths.insert(shown.clone(), path.to_owned());
        self.files.push(PolicyFile { path: shown, text });
        Ok(())
    }

    /// The policy.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn policy(&self) -> Result<Policy, Mistake> {
        Policy::read(&self.files, &|policy, document| self.document(policy, document))
    }

    /// A document that the file `policy` names: relative to that file.
    fn document(&self, policy: &str, document: &str) -> Result<String, String> {
        let folder = self.paths.get(policy).and_then(|path| path.parent()).unwrap_or(Path::new(""));
        text_of(&folder.join(document), LARGEST_DOCUMENT).map_err(|error| match &error {
            FilesError::Unreadable { source, .. } => format!("{error}: {source}"),
            _ => error.to_string(),
        })
    }

    /// How many files, in words.
    pub(super) fn counted(&self) -> String {
        match self.files.len() {
            1 => self.files[0].path.clone(),
            several => format!("{several} files"),
        }
    }
}

/// The text of a file.
///
/// # Errors
/// [`FilesError`].
pub(super) fn text_of(path: &Path, limit: u64) -> Result<String, FilesError> {
    let shown = || path.display().to_string();
    let bytes =
        fs::read_limited(path, limit).map_err(|source| FilesError::Unreadable { path: shown(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| FilesError::NotText(shown()))?;
    // Some editors of Windows begin a file with it, and no reader of TOML or JSON takes it.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// What `--directory` names: what only AWS knows, such as the members of a group of Identity Center.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryFile {
    #[serde(default)]
    groups: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    units: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    sessions: BTreeMap<String, u32>,
}

/// What the file at `path` says; nothing is known without one.
///
/// # Errors
/// It cannot be read, or is something else.
pub(super) fn surroundings(path: Option<&Path>) -> CommandResult<Surroundings> {
    let Some(path) = path else { return Ok(Surroundings::default()) };
    let text = text_of(path, LARGEST_DIRECTORY)?;
    let wrong = |why: String| -> CommandError {
        FilesError::NotADirectory { path: path.display().to_string(), why }.into()
    };
    let read: DirectoryFile = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let accounts = read.units.values().flatten();
    if let Some(account) = accounts.into_iter().find(|account| !is_account_id(account)) {
        return Err(wrong(format!("`{account}` is not an account of twelve digits")));
    }
    if let Some(name) = read.groups.values().flatten().find(|name| !is_session_name(name)) {
        return Err(wrong(format!("`{name}` cannot be a session name")));
    }
    let directory = Directory { groups: read.groups, units: read.units };
    Ok(Surroundings { directory, sessions: read.sessions })
}
