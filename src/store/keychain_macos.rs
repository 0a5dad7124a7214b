//! The login keychain of macOS. An item's access list names the signature of the program that made it; another
//! program, or an unsigned one that was built anew, makes the system ask the person.

use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
use security_framework::os::macos::keychain::SecKeychain;
use zeroize::Zeroizing;

use super::{Dialogs, SERVICE};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::error::bounded;
use crate::store::sealed::DataKey;

/// Codes of Apple's `SecBase.h` that the store crate does not tell apart.
const INTERACTION_NOT_ALLOWED: i32 = -25308;
const AUTH_FAILED: i32 = -25293;
const USER_CANCELED: i32 = -128;

/// The key of the store `id`, if the keychain has one.
pub(super) fn load(id: &str, dialogs: Dialogs) -> Result<Option<DataKey>, StoreError> {
    let secret = with_entry(id, dialogs, |entry| match entry.get_secret() {
        Ok(bytes) => Ok(Zeroizing::new(bytes)),
        Err(Error::NoEntry) => Ok(Zeroizing::default()),
        Err(error) => Err(error),
    })?;
    // An item that is no key is as good as none.
    Ok(<[u8; 32]>::try_from(&secret[..]).ok().map(Secret::new))
}

/// Puts the key of the store `id` into the keychain, in place of any other.
pub(super) fn save(id: &str, key: &DataKey, dialogs: Dialogs) -> Result<(), StoreError> {
    with_entry(id, dialogs, |entry| entry.set_secret(key.expose()))
}

/// Takes the key of the store `id` out of the keychain.
pub(super) fn destroy(id: &str, dialogs: Dialogs) -> Result<(), StoreError> {
    with_entry(id, dialogs, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        answer => answer,
    })
}

fn with_entry<T>(
    id: &str,
    dialogs: Dialogs,
    work: impl FnOnce(&Entry) -> Result<T, Error>,
) -> Result<T, StoreError> {
    // While this is held, what would show a dialog fails with `INTERACTION_NOT_ALLOWED`.
    let _quiet = match dialogs {
        Dialogs::Never => Some(
            SecKeychain::disable_user_interaction()
                .map_err(|error| StoreError::Unavailable { why: bounded(&error.to_string()) })?,
        ),
        Dialogs::Allowed => None,
    };
    let store: Arc<Store> = Store::new().map_err(translate)?;
    let entry = store.build(SERVICE, id, None).map_err(translate)?;
    work(&entry).map_err(translate)
}

fn translate(error: Error) -> StoreError {
    let (Error::PlatformFailure(inner) | Error::NoStorageAccess(inner)) = &error else {
        return StoreError::Unavailable { why: bounded(&error.to_string()) };
    };
    let code = inner.downcast_ref::<security_framework::base::Error>().map(|error| error.code());
    let why = bounded(&inner.to_string());
    match code {
        Some(INTERACTION_NOT_ALLOWED) => {
            StoreError::Locked { what: "the keychain is locked, or wants to ask before jit may read its key" }
        }
        Some(AUTH_FAILED | USER_CANCELED) => StoreError::Refused { why },
        _ => StoreError::Unavailable { why },
    }
}
