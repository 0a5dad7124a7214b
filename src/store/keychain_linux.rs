//! The Secret Service over D-Bus: GNOME Keyring, KWallet, KeePassXC.
//!
//! `dbus-secret-service` is used directly. The `keyring` store over it connects without a limit for dialogs, so
//! that a locked collection waits for ever, and it unlocks whatever it finds, so that "locked" cannot be told from
//! "not there" without showing a dialog. Here a call that may show none has a dialog time of zero.
//!
//! The key is stored as base64, since KWallet keeps nothing but text, in the default collection.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use dbus_secret_service::{Collection, EncryptionType, Error, SecretService};
use zeroize::Zeroizing;

use super::{Dialogs, SERVICE, UNLOCK_WITHIN};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::error::bounded;
use crate::store::sealed::DataKey;

const LOCKED: StoreError = StoreError::Locked { what: "the keychain is locked" };

/// The key of the store `id`, if the keychain has one.
pub(super) fn load(id: &str, dialogs: Dialogs) -> Result<Option<DataKey>, StoreError> {
    with_collection(dialogs, |collection| {
        let items = collection.search_items(attributes(id)).map_err(translate)?;
        let Some(item) = items.first() else { return Ok(None) };
        if item.is_locked().map_err(translate)? {
            unlock(dialogs, || item.unlock())?;
        }
        let text = Zeroizing::new(item.get_secret().map_err(translate)?);
        let bytes = BASE64.decode(&*text).map(Zeroizing::new).unwrap_or_default();
        // An item that is no key is as good as none.
        Ok(<[u8; 32]>::try_from(&bytes[..]).ok().map(Secret::new))
    })
}

/// Puts the key of the store `id` into the keychain, in place of any other.
pub(super) fn save(id: &str, key: &DataKey, dialogs: Dialogs) -> Result<(), StoreError> {
    with_collection(dialogs, |collection| {
        let text = Zeroizing::new(BASE64.encode(key.expose()));
        let label = "jit: key of the stored AWS sessions";
        collection
            .create_item(label, attributes(id), text.as_bytes(), true, "text/plain")
            .map(drop)
            .map_err(translate)
    })
}

/// Takes the key of the store `id` out of the keychain.
pub(super) fn destroy(id: &str, dialogs: Dialogs) -> Result<(), StoreError> {
    with_collection(dialogs, |collection| {
        let items = collection.search_items(attributes(id)).map_err(translate)?;
        items.iter().try_for_each(|item| item.delete()).map_err(translate)
    })
}

fn attributes(id: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("account", id)])
}

/// Calls `work` with the default collection, unlocked.
fn with_collection<T>(
    dialogs: Dialogs,
    work: impl FnOnce(&Collection<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let dialog_time = match dialogs {
        Dialogs::Never => 0,
        // The caller gives up first; this only ends the thread that it leaves behind.
        Dialogs::Allowed => 2 * UNLOCK_WITHIN.as_secs(),
    };
    let service =
        SecretService::connect_with_max_prompt_timeout(EncryptionType::Dh, dialog_time).map_err(translate)?;
    let collection = service.get_default_collection().map_err(|error| match error {
        Error::NoResult => {
            StoreError::Unavailable { why: "the Secret Service has no default collection".to_owned() }
        }
        error => translate(error),
    })?;
    if collection.is_locked().map_err(translate)? {
        unlock(dialogs, || collection.unlock())?;
    }
    work(&collection)
}

fn unlock(dialogs: Dialogs, unlock: impl FnOnce() -> Result<(), Error>) -> Result<(), StoreError> {
    match dialogs {
        Dialogs::Never => Err(LOCKED),
        Dialogs::Allowed => unlock().map_err(translate),
    }
}

fn translate(error: Error) -> StoreError {
    match error {
        Error::Locked => LOCKED,
        Error::Prompt => StoreError::Refused { why: "the keychain's dialog was dismissed".to_owned() },
        Error::Dbus(error) => by_name(error.name().unwrap_or_default(), error.message().unwrap_or_default()),
        other => StoreError::Unavailable { why: bounded(&other.to_string()) },
    }
}

/// The errors of D-Bus (its specification, "Standard error names") and of the Secret Service by their last word.
fn by_name(name: &str, message: &str) -> StoreError {
    let why = if message.is_empty() { bounded(name) } else { bounded(message) };
    match name.rsplit('.').next().unwrap_or_default() {
        "IsLocked" => LOCKED,
        "AccessDenied" | "AuthFailed" => StoreError::Refused { why },
        "NotSupported" => StoreError::Unavailable { why: "there is no session bus here".to_owned() },
        "ServiceUnknown" => {
            StoreError::Unavailable { why: "there is no Secret Service on the session bus".to_owned() }
        }
        "NoReply" | "Timeout" | "TimedOut" | "Disconnected" => StoreError::Gone { why },
        _ => StoreError::Unavailable { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_errors_fall_into_their_kinds() {
        let kind = |name| match by_name(name, "x") {
            StoreError::Locked { .. } => "locked",
            StoreError::Refused { .. } => "refused",
            StoreError::Gone { .. } => "gone",
            StoreError::Unavailable { .. } => "unavailable",
            _ => "other",
        };
        let cases = [
            ("org.freedesktop.Secret.Error.IsLocked", "locked"),
            ("org.freedesktop.DBus.Error.AccessDenied", "refused"),
            ("org.freedesktop.DBus.Error.NoReply", "gone"),
            ("org.freedesktop.DBus.Error.Disconnected", "gone"),
            ("org.freedesktop.DBus.Error.ServiceUnknown", "unavailable"),
            ("org.freedesktop.DBus.Error.NotSupported", "unavailable"),
            ("", "unavailable"),
        ];
        for (name, expected) in cases {
            assert_eq!(kind(name), expected, "{name}");
        }
        let long = by_name("org.freedesktop.DBus.Error.NoReply", &"x".repeat(10_000));
        assert!(long.to_string().len() < 400);
    }
}
