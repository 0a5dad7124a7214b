//! What the store wants of a place that keeps its data key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::passphrase::Derivation;
use super::sealed::{self, DataKey, KeyId};
use super::{Prompts, StoreError};

/// A place that keeps a data key: the keychain, the kernel, or a person's memory of a passphrase.
///
/// Errors tell [`Unavailable`](StoreError::Unavailable) and [`Gone`](StoreError::Gone) (look elsewhere) from
/// [`Locked`](StoreError::Locked) and [`Refused`](StoreError::Refused) (it is the right place, and says no).
pub(super) trait KeyHome {
    /// The key, `None` if the home has none. Only with [`Prompts::Allowed`] does it wait for a person; otherwise what a
    /// person would have to answer is [`Locked`](StoreError::Locked), within seconds.
    fn load(&self, mark: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError>;

    /// Makes a key, keeps it, and has read it back.
    fn create(&self, prompts: Prompts) -> Result<(DataKey, Mark), StoreError>;

    /// Destroys the key; no key is as good.
    fn destroy(&self, prompts: Prompts) -> Result<(), StoreError>;
}

/// What is written down beside the entries about the key that they are sealed under. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The key's id, base64.
    key_id: String,
    /// How the key comes from a passphrase, if it does.
    pub(super) passphrase: Option<Derivation>,
}

impl Mark {
    /// The mark of a key that is kept somewhere.
    pub(super) fn of(key: &DataKey) -> Self {
        Self { key_id: BASE64.encode(sealed::key_id(key)), passphrase: None }
    }

    /// The mark of a key that comes from a passphrase.
    pub(super) fn derived(key: &DataKey, derivation: Derivation) -> Self {
        Self { passphrase: Some(derivation), ..Self::of(key) }
    }

    /// The id of the key; `None` if the mark was tampered with.
    pub(super) fn key_id(&self) -> Option<KeyId> {
        BASE64.decode(&self.key_id).ok()?.try_into().ok()
    }
}
