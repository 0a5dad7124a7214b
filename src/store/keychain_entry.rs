//! A key as an entry of `keyring-core`, the library for the keychains of macOS and Windows, and what its
//! errors mean. The same code serves both systems, and is tested on every system with doubles that have the
//! limits of both.

use keyring_core::error::PlatformError;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use crate::store::StoreError;
use crate::store::error::bounded;
use crate::store::sealed::DataKey;
use jit_wire::secret::Secret;

// Codes in Apple's `SecBase.h` that the library does not distinguish.
const USER_CANCELED: i64 = -128;
const AUTH_FAILED: i64 = -25293;
const INTERACTION_NOT_ALLOWED: i64 = -25308;
const INTERACTION_REQUIRED: i64 = -25315;
/// Windows' `winerror.h`: the process belongs to no logon with credentials, such as one over SSH with a key.
pub(super) const NO_SUCH_LOGON_SESSION: i64 = 1312;

/// The platform's own code of an error, if it has one.
pub(super) type CodeOf = fn(&PlatformError) -> Option<i64>;

/// The key in `entry`, if there is one.
pub(super) fn load(entry: &Entry, code_of: CodeOf) -> Result<Option<DataKey>, StoreError> {
    match entry.get_secret().map(Zeroizing::new) {
        // An entry that is not a key counts as missing.
        Ok(bytes) => Ok(<[u8; 32]>::try_from(&bytes[..]).ok().map(Secret::new)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(translate(&error, code_of)),
    }
}

/// Stores the key in `entry`, in place of any other. Uses the function for bytes: the one for passwords
/// converts to UTF-16 on Windows.
pub(super) fn save(entry: &Entry, key: &DataKey, code_of: CodeOf) -> Result<(), StoreError> {
    entry.set_secret(key.expose()).map_err(|error| translate(&error, code_of))
}

/// Removes the key from `entry`.
pub(super) fn destroy(entry: &Entry, code_of: CodeOf) -> Result<(), StoreError> {
    match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(translate(&error, code_of)),
    }
}

/// What `error` means for the store.
pub(super) fn translate(error: &Error, code_of: CodeOf) -> StoreError {
    let (Error::PlatformFailure(inner) | Error::NoStorageAccess(inner)) = error else {
        return StoreError::unavailable(bounded(&error.to_string()));
    };
    let why = bounded(&inner.to_string());
    match code_of(inner) {
        Some(INTERACTION_NOT_ALLOWED | INTERACTION_REQUIRED) => {
            StoreError::locked("the keychain is locked, or requires confirmation before jit can read its key")
        }
        Some(AUTH_FAILED | USER_CANCELED) => StoreError::refused(why),
        Some(NO_SUCH_LOGON_SESSION) => {
            let why = format!("there is no Credential Manager in a session without its own logon ({why})");
            StoreError::unavailable(why)
        }
        _ => StoreError::unavailable(why),
    }
}

#[cfg(test)]
#[path = "keychain_entry/tests.rs"]
mod tests;
