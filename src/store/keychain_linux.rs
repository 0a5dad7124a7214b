//! The Secret Service over D-Bus: GNOME Keyring, KWallet, KeePassXC.
//!
//! `dbus-secret-service` is used directly. The `keyring` crate on top of it connects without a time limit for
//! dialogs, so a locked collection waits forever, and it unlocks whatever it finds, so "locked" cannot be
//! distinguished from "missing" without showing a dialog.
//!
//! The service may answer a call to create, delete or unlock with a prompt, which must be run even if it
//! shows no window (Secret Service API, "Prompts and prompting"). KeePassXC always does, and completes the
//! prompt by itself if it is configured not to ask. Whether the call worked is checked by looking, not by the
//! prompt's own answer.
//!
//! The key is stored as base64, because KWallet stores only text, in the default collection.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use dbus::blocking::Connection;
use dbus_secret_service::{Collection, EncryptionType, Error, SecretService};
use zeroize::Zeroizing;

use super::{BRIEFLY, Dialogs, READ_WITHIN, SERVICE, UNLOCK_WITHIN, Window};
use crate::store::error::bounded;
use crate::store::sealed::DataKey;
use crate::store::{Prompts, StoreError};
use jit_wire::secret::Secret;

/// How often to check whether a prompt has had its effect.
const LOOKED_EVERY: Duration = Duration::from_millis(10);
const LOCKED: StoreError = StoreError::locked("the keychain is locked");

/// Services whose unlock prompt always shows a window. A prompt that is run only briefly would make it flash.
const WINDOWED: [&str; 4] =
    ["org.gnome.keyring", "org.kde.kwalletd6", "org.kde.kwalletd5", "org.kde.secretservicecompat"];

/// The key of the store `id`, if the keychain has one.
pub(super) fn load(id: &str, dialogs: &Dialogs) -> Result<Option<DataKey>, StoreError> {
    with_collection(dialogs, |collection| {
        let items = collection.search_items(attributes(id)).map_err(translate)?;
        let Some(item) = items.first() else { return Ok(None) };
        open(dialogs, || item.is_locked(), || item.unlock())?;
        let text = Zeroizing::new(item.get_secret().map_err(translate)?);
        let bytes = BASE64.decode(&*text).map(Zeroizing::new).unwrap_or_default();
        // An item that is not a key counts as missing.
        Ok(<[u8; 32]>::try_from(&bytes[..]).ok().map(Secret::new))
    })
}

/// Stores the key of the store `id` in the keychain, in place of any other. If a prompt was not completed in
/// time, callers find out whether the key was stored by reading it back.
pub(super) fn save(id: &str, key: &DataKey, dialogs: &Dialogs) -> Result<(), StoreError> {
    with_collection(dialogs, |collection| {
        let text = Zeroizing::new(BASE64.encode(key.expose()));
        let label = "jit: key of the stored AWS sessions";
        (dialogs.begin)(Window::Unknown);
        let created =
            collection.create_item(label, attributes(id), text.as_bytes(), true, "text/plain").map(drop);
        let is_there = || collection.search_items(attributes(id)).is_ok_and(|items| !items.is_empty());
        unless(created, dialogs, is_there)
    })
}

/// Removes the key of the store `id` from the keychain.
pub(super) fn destroy(id: &str, dialogs: &Dialogs) -> Result<(), StoreError> {
    with_collection(dialogs, |collection| {
        let items = collection.search_items(attributes(id)).map_err(translate)?;
        (dialogs.begin)(Window::Unknown);
        let deleted = items.iter().try_for_each(|item| item.delete());
        let is_gone = || collection.search_items(attributes(id)).is_ok_and(|items| items.is_empty());
        unless(deleted, dialogs, is_gone)
    })
}

fn attributes(id: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("account", id)])
}

/// Calls `work` with the default collection, unlocked.
fn with_collection<T>(
    dialogs: &Dialogs,
    work: impl FnOnce(&Collection<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let prompt_seconds = match dialogs.prompts {
        Prompts::Never => 0,
        Prompts::Brief => BRIEFLY.as_secs(),
        // The caller gives up first; this only ends the abandoned thread.
        Prompts::Allowed => 2 * UNLOCK_WITHIN.as_secs(),
    };
    let service = SecretService::connect_with_max_prompt_timeout(EncryptionType::Dh, prompt_seconds)
        .map_err(translate)?;
    let collection = service.get_default_collection().map_err(|error| match error {
        Error::NoResult => StoreError::unavailable("the Secret Service has no default collection"),
        error => translate(error),
    })?;
    open(dialogs, || collection.is_locked(), || collection.unlock())?;
    work(&collection)
}

/// Unlocks items that the service reports as locked. It may report that until its prompt has run, and then
/// open without a window.
fn open(
    dialogs: &Dialogs,
    is_locked: impl Fn() -> Result<bool, Error>,
    unlock: impl FnOnce() -> Result<(), Error>,
) -> Result<(), StoreError> {
    if !is_locked().map_err(translate)? {
        return Ok(());
    }
    let window = match dialogs.prompts {
        Prompts::Never => return Err(LOCKED),
        Prompts::Brief | Prompts::Allowed => window_of_service(),
    };
    if dialogs.prompts == Prompts::Brief && window == Window::Sure {
        return Err(LOCKED);
    }
    (dialogs.begin)(window);
    let unlocked = unlock();
    unless(unlocked, dialogs, || is_locked().is_ok_and(|locked| !locked))
}

/// Treats a prompt that was not completed as a success if `is_so` is true anyway, immediately or a moment
/// later: a service may do the work before it says so, and `dbus-secret-service` stops listening at the first
/// other message.
fn unless(outcome: Result<(), Error>, dialogs: &Dialogs, is_so: impl Fn() -> bool) -> Result<(), StoreError> {
    if !matches!(outcome, Err(Error::Prompt)) {
        return outcome.map_err(translate);
    }
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > BRIEFLY {
            // Nobody saw the prompt, so nobody dismissed it.
            return match dialogs.prompts {
                Prompts::Allowed => outcome.map_err(translate),
                Prompts::Never | Prompts::Brief => Err(LOCKED),
            };
        }
        std::thread::sleep(LOOKED_EVERY);
    }
    Ok(())
}

/// Whether unlocking the service needs a window. Call it only for a locked service.
fn window_of_service() -> Window {
    let Ok(bus) = Connection::new_session() else { return Window::Unknown };
    let bus = bus.with_proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", READ_WITHIN);
    let owner = |name: &str| {
        let answer: Result<(String,), dbus::Error> =
            bus.method_call("org.freedesktop.DBus", "GetNameOwner", (name,));
        answer.ok().map(|(owner,)| owner)
    };
    let service = owner("org.freedesktop.secrets");
    let is_one = service.is_some() && WINDOWED.iter().any(|name| owner(name) == service);
    if is_one { Window::Sure } else { Window::Unknown }
}

fn translate(error: Error) -> StoreError {
    match error {
        Error::Locked => LOCKED,
        Error::Prompt => StoreError::refused("the keychain's dialog was cancelled"),
        Error::Dbus(error) => by_name(error.name().unwrap_or_default(), error.message().unwrap_or_default()),
        other => StoreError::unavailable(bounded(&other.to_string())),
    }
}

/// Translates errors of D-Bus (its specification, "Standard error names") and of the Secret Service, by their
/// last part.
fn by_name(name: &str, message: &str) -> StoreError {
    let why = if message.is_empty() { bounded(name) } else { bounded(message) };
    match name.rsplit('.').next().unwrap_or_default() {
        "IsLocked" => LOCKED,
        "AccessDenied" | "AuthFailed" => StoreError::refused(why),
        "NotSupported" => StoreError::unavailable("no D-Bus session"),
        "ServiceUnknown" => StoreError::unavailable("no Secret Service on the D-Bus session"),
        "NoReply" | "Timeout" | "TimedOut" | "Disconnected" => StoreError::gone(why),
        _ => StoreError::unavailable(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_map_to_kinds() {
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
