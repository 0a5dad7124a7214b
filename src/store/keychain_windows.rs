//! The Windows Credential Manager. It shows no dialogs; what is stored is not to roam to other machines.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
use windows_native_keyring_store::Store;
use zeroize::Zeroizing;

use super::{Dialogs, SERVICE};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::error::bounded;
use crate::store::sealed::DataKey;

/// The key of the store `id`, if the Credential Manager has one.
pub(super) fn load(id: &str, _: Dialogs) -> Result<Option<DataKey>, StoreError> {
    match entry(id)?.get_secret().map(Zeroizing::new) {
        // A credential that is no key is as good as none.
        Ok(bytes) => Ok(<[u8; 32]>::try_from(&bytes[..]).ok().map(Secret::new)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(translate(error)),
    }
}

/// Puts the key of the store `id` into the Credential Manager, in place of any other. The bytes call: the one for
/// passwords converts to UTF-16.
pub(super) fn save(id: &str, key: &DataKey, _: Dialogs) -> Result<(), StoreError> {
    entry(id)?.set_secret(key.expose()).map_err(translate)
}

/// Takes the key of the store `id` out of the Credential Manager.
pub(super) fn destroy(id: &str, _: Dialogs) -> Result<(), StoreError> {
    match entry(id)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(translate(error)),
    }
}

fn entry(id: &str) -> Result<Entry, StoreError> {
    let store: Arc<Store> = Store::new().map_err(translate)?;
    store.build(SERVICE, id, Some(&HashMap::from([("persistence", "Local")]))).map_err(translate)
}

fn translate(error: Error) -> StoreError {
    let why = match &error {
        Error::PlatformFailure(inner) | Error::NoStorageAccess(inner) => bounded(&inner.to_string()),
        other => bounded(&other.to_string()),
    };
    StoreError::Unavailable { why }
}
