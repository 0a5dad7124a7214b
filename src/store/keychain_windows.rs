//! The Windows Credential Manager. It shows no dialogs; what is stored does not roam to other machines.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::error::PlatformError;
use windows_native_keyring_store::Store;

use super::{Dialogs, SERVICE, entry};
use crate::store::StoreError;
use crate::store::sealed::DataKey;

/// The key of the store `id`, if the Credential Manager has one.
pub(super) fn load(id: &str, _: &Dialogs) -> Result<Option<DataKey>, StoreError> {
    entry::load(&open(id)?, code_of)
}

/// Stores the key of the store `id` in the Credential Manager, in place of any other.
pub(super) fn save(id: &str, key: &DataKey, _: &Dialogs) -> Result<(), StoreError> {
    entry::save(&open(id)?, key, code_of)
}

/// Removes the key of the store `id` from the Credential Manager.
pub(super) fn destroy(id: &str, _: &Dialogs) -> Result<(), StoreError> {
    entry::destroy(&open(id)?, code_of)
}

fn open(id: &str) -> Result<Entry, StoreError> {
    let translate = |error| entry::translate(&error, code_of);
    let store: Arc<Store> = Store::new().map_err(translate)?;
    store.build(SERVICE, id, Some(&HashMap::from([("persistence", "Local")]))).map_err(translate)
}

/// The library does not expose its error; the error code is hidden, so its name is looked for in the message.
fn code_of(error: &PlatformError) -> Option<i64> {
    error.to_string().contains("ERROR_NO_SUCH_LOGON_SESSION").then_some(entry::NO_SUCH_LOGON_SESSION)
}
