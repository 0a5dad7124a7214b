//! What the store wants of a place that keeps its data key.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::passphrase::Derivation;
use super::sealed::{self, DataKey, KeyId, Sealed};
use super::{Kind, Prompts, StoreError};
use jit_wire::secret::Secret;

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

    /// The key after `old`, with its mark. Nothing is kept yet.
    fn successor(&self, _old: &DataKey, _mark: &Mark) -> Result<(DataKey, Mark), StoreError> {
        let key = Secret::new(*sealed::random()?);
        let mark = Mark::of(&key);
        Ok((key, mark))
    }

    /// Keeps `key` in place of the one before, which is gone then.
    fn adopt(&self, key: &DataKey, prompts: Prompts) -> Result<(), StoreError>;

    /// Destroys the key; no key is as good.
    fn destroy(&self, prompts: Prompts) -> Result<(), StoreError>;
}

/// A home whose errors say which kind it is: what to do next differs.
pub(super) struct Named<'h> {
    pub(super) kind: Kind,
    pub(super) home: Box<dyn KeyHome + 'h>,
}

impl KeyHome for Named<'_> {
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

/// What is written down beside the entries about the key that they are sealed under. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The key's id, base64.
    key_id: String,
    /// How the key comes from a passphrase, if it does.
    pub(super) passphrase: Option<Derivation>,
    /// The key that takes its place, while that is going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Box<Next>>,
}

/// The key that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    /// It, sealed under the key before; base64.
    sealed: String,
    /// The mark that is written when it has.
    pub(super) mark: Mark,
}

/// What the next key is sealed as. No entry is called so.
const NEXT: &str = "next-key";

impl Mark {
    /// The mark of a key that is kept somewhere.
    pub(super) fn of(key: &DataKey) -> Self {
        Self { key_id: BASE64.encode(sealed::key_id(key)), passphrase: None, next: None }
    }

    /// The mark of a key that comes from a passphrase.
    pub(super) fn derived(key: &DataKey, derivation: Derivation) -> Self {
        Self { passphrase: Some(derivation), ..Self::of(key) }
    }

    /// The same mark while `new`, whose own is `mark`, takes the place of `old`.
    pub(super) fn followed_by(&self, old: &DataKey, new: &DataKey, mark: Self) -> Result<Self, StoreError> {
        let sealed = sealed::seal(old, NEXT, &Secret::new(new.expose().to_vec()))?;
        let next = Some(Box::new(Next { sealed: BASE64.encode(sealed), mark }));
        Ok(Self { next, ..self.clone() })
    }

    /// The next key, opened with the one before.
    pub(super) fn next_key(&self, old: &DataKey) -> Option<DataKey> {
        let next = self.next.as_ref()?;
        let bytes = BASE64.decode(&next.sealed).ok()?;
        let opened = Sealed::parse(&bytes, Path::new(NEXT)).and_then(|sealed| sealed.open(old, NEXT)).ok()?;
        let key = Secret::new(<[u8; 32]>::try_from(opened.expose().as_slice()).ok()?);
        (next.mark.key_id() == Some(sealed::key_id(&key))).then_some(key)
    }

    /// Whether entries may be sealed under the key with this id: the one that counts, or the next.
    pub(super) fn has(&self, id: KeyId) -> bool {
        let next = self.next.as_ref().and_then(|next| next.mark.key_id());
        self.key_id() == Some(id) || next == Some(id)
    }

    /// The id of the key; `None` if the mark was tampered with.
    pub(super) fn key_id(&self) -> Option<KeyId> {
        BASE64.decode(&self.key_id).ok()?.try_into().ok()
    }
}
