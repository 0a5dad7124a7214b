//! The interface of a place that keeps the store's data key.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::passphrase::Derivation;
use super::sealed::{self, DataKey, KeyId, Sealed};
use super::{Prompts, StoreError, StoreKind};
use jit_wire::secret::Secret;

/// A place that keeps a data key: the keychain, the kernel, or a passphrase that a person remembers.
///
/// Errors distinguish [`Unavailable`](StoreError::Unavailable) and [`Gone`](StoreError::Gone), after which
/// another place is tried, from [`Locked`](StoreError::Locked) and [`Refused`](StoreError::Refused), which
/// come from the right place.
pub(super) trait KeyHome {
    /// The key; `None` if there is none. It waits for a person only with [`Prompts::Allowed`]; otherwise, if
    /// a person would have to answer, it fails with [`Locked`](StoreError::Locked) within seconds.
    fn load(&self, mark: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError>;

    /// Creates a key, stores it, and reads it back.
    fn create(&self, prompts: Prompts) -> Result<(DataKey, Mark), StoreError>;

    /// Creates the key that replaces `old`, and its mark. Nothing is stored yet.
    fn successor(&self, _old: &DataKey, _mark: &Mark) -> Result<(DataKey, Mark), StoreError> {
        let key = Secret::new(*sealed::random()?);
        let mark = Mark::of(&key);
        Ok((key, mark))
    }

    /// Stores `key` in place of the previous one, which is then gone.
    fn adopt(&self, key: &DataKey, prompts: Prompts) -> Result<(), StoreError>;

    /// Destroys the key; it is no error if there is none.
    fn destroy(&self, prompts: Prompts) -> Result<(), StoreError>;
}

/// A home whose errors name its kind, because the advice depends on it.
pub(super) struct NamedHome<'h> {
    pub(super) kind: StoreKind,
    pub(super) home: Box<dyn KeyHome + 'h>,
}

impl KeyHome for NamedHome<'_> {
    fn load(&self, mark: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError> {
        self.home.load(mark, prompts).map_err(|error| error.at(self.kind))
    }

    fn create(&self, prompts: Prompts) -> Result<(DataKey, Mark), StoreError> {
        self.home.create(prompts).map_err(|error| error.at(self.kind))
    }

    fn successor(&self, old: &DataKey, mark: &Mark) -> Result<(DataKey, Mark), StoreError> {
        self.home.successor(old, mark).map_err(|error| error.at(self.kind))
    }

    fn adopt(&self, key: &DataKey, prompts: Prompts) -> Result<(), StoreError> {
        self.home.adopt(key, prompts).map_err(|error| error.at(self.kind))
    }

    fn destroy(&self, prompts: Prompts) -> Result<(), StoreError> {
        self.home.destroy(prompts).map_err(|error| error.at(self.kind))
    }
}

/// What is stored next to the entries about their key. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The key's id, base64.
    key_id: String,
    /// How the key is derived from a passphrase, if it is.
    pub(super) passphrase: Option<Derivation>,
    /// The next key, while the key is being replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Box<Next>>,
}

/// A key that is about to replace another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    /// The key, sealed under the previous one; base64.
    sealed: String,
    /// The mark to write after the replacement.
    pub(super) mark: Mark,
}

/// The name under which the next key is sealed. No entry has this name.
const NEXT: &str = "next-key";

impl Mark {
    /// The mark of a key that is stored somewhere.
    pub(super) fn of(key: &DataKey) -> Self {
        Self { key_id: BASE64.encode(sealed::key_id(key)), passphrase: None, next: None }
    }

    /// The mark of a key that is derived from a passphrase.
    pub(super) fn derived(key: &DataKey, derivation: Derivation) -> Self {
        Self { passphrase: Some(derivation), ..Self::of(key) }
    }

    /// The same mark while the key `new` with the mark `mark` replaces `old`.
    pub(super) fn followed_by(&self, old: &DataKey, new: &DataKey, mark: Self) -> Result<Self, StoreError> {
        let sealed = sealed::seal(old, NEXT, &Secret::new(new.expose().to_vec()))?;
        let next = Some(Box::new(Next { sealed: BASE64.encode(sealed), mark }));
        Ok(Self { next, ..self.clone() })
    }

    /// The next key, opened with the previous one.
    pub(super) fn next_key(&self, old: &DataKey) -> Option<DataKey> {
        let next = self.next.as_ref()?;
        let bytes = BASE64.decode(&next.sealed).ok()?;
        let opened = Sealed::parse(&bytes, Path::new(NEXT)).and_then(|sealed| sealed.open(old, NEXT)).ok()?;
        let key = Secret::new(<[u8; 32]>::try_from(opened.expose().as_slice()).ok()?);
        (next.mark.key_id() == Some(sealed::key_id(&key))).then_some(key)
    }

    /// Whether entries may be sealed under the key with this id: the current key or the next.
    pub(super) fn has(&self, id: KeyId) -> bool {
        let next = self.next.as_ref().and_then(|next| next.mark.key_id());
        self.key_id() == Some(id) || next == Some(id)
    }

    /// The id of the key; `None` if the mark was tampered with.
    pub(super) fn key_id(&self) -> Option<KeyId> {
        BASE64.decode(&self.key_id).ok()?.try_into().ok()
    }
}
