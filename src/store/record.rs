//! The small unencrypted files of the store: its id, and the kind that `auto` chose.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{MachineRules, StoreError, StoreKind};
use crate::sys::state::Folder;

/// `store.json` of a state folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// A random id, created once, under which the key is stored everywhere: a demo or a test with another
    /// state folder never touches the user's key.
    pub(super) id: Option<String>,
    /// What `auto` chose, so that it never changes silently.
    pub(super) auto: Option<Choice>,
    /// Set while everything is being forgotten. If it is still set later, that process was killed: nothing in
    /// the store is valid any more, and the next process that stores something completes the work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) forgetting: bool,
    /// What the administrator of the machine has set when jit last read all files. Commands that read only a part of the
    /// files find it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) machine: Option<Box<MachineRules>>,
}

/// What `auto` chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Choice {
    pub(super) kind: StoreKind,
    /// The reason.
    pub(super) because: String,
}

/// Reads a small file of the store; `None` if there is none.
///
/// # Errors
/// [`StoreError::Corrupt`], [`StoreError::Disk`].
pub(super) fn read_json<T: DeserializeOwned>(folder: &Folder, name: &str) -> Result<Option<T>, StoreError> {
    let path = || folder.path().join(name);
    match folder.read(name, 16 * 1024) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| StoreError::Corrupt { path: path(), why: "it was not written by jit" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::unread(&path(), error)),
    }
}

/// Writes a small file of the store.
///
/// # Errors
/// [`StoreError::Disk`].
pub(super) fn write_json(folder: &Folder, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
    let text = serde_json::to_vec(value).map_err(io::Error::from);
    text.and_then(|text| folder.write(name, &text))
        .map_err(StoreError::disk("write", &folder.path().join(name)))
}
