//! The login keychain of macOS. An item's access list contains the signature of the program that created it.
//! For another program, or an unsigned one that was rebuilt, the system asks the person.

use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::error::PlatformError;
use security_framework::os::macos::keychain::SecKeychain;

use super::{Dialogs, SERVICE, Window, entry};
use crate::store::error::bounded;
use crate::store::sealed::DataKey;
use crate::store::{Prompts, StoreError};

/// The key of the store `id`, if the keychain has one.
pub(super) fn load(id: &str, dialogs: &Dialogs) -> Result<Option<DataKey>, StoreError> {
    with_entry(id, dialogs, |found| entry::load(found, code_of))
}

/// Stores the key of the store `id` in the keychain, in place of any other.
pub(super) fn save(id: &str, key: &DataKey, dialogs: &Dialogs) -> Result<(), StoreError> {
    with_entry(id, dialogs, |found| entry::save(found, key, code_of))
}

/// Removes the key of the store `id` from the keychain.
pub(super) fn destroy(id: &str, dialogs: &Dialogs) -> Result<(), StoreError> {
    with_entry(id, dialogs, |found| entry::destroy(found, code_of))
}

fn with_entry<T>(
    id: &str,
    dialogs: &Dialogs,
    work: impl FnOnce(&Entry) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // While this exists, calls that would show a dialog fail with a code that means `Locked`. It applies to
    // the whole process, which is fine: a process makes one keychain call at a time.
    let _quiet = match dialogs.prompts {
        Prompts::Never | Prompts::Brief => Some(
            SecKeychain::disable_user_interaction()
                .map_err(|error| StoreError::unavailable(bounded(&error.to_string())))?,
        ),
        Prompts::Allowed => {
            // The system does not say whether it shows a dialog.
            (dialogs.begin)(Window::Sure);
            None
        }
    };
    let translate = |error| entry::translate(&error, code_of);
    let store: Arc<Store> = Store::new().map_err(translate)?;
    work(&store.build(SERVICE, id, None).map_err(translate)?)
}

fn code_of(error: &PlatformError) -> Option<i64> {
    error.downcast_ref::<security_framework::base::Error>().map(|error| error.code().into())
}
