//! The sealed form of an entry: XChaCha20-Poly1305 under the data key, with a new nonce for each write.
//!
//! ```text
//! "jit" · format version (1 byte) · key id (8 bytes) · nonce (24 bytes) · ciphertext and tag
//! ```
//! The header and the name of the entry's file are associated data: an entry that was renamed, swapped for
//! another or given another header does not open. The key id distinguishes a replaced key from a damaged
//! entry; it is a keyed hash and reveals nothing about the key.

use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use super::StoreError;
use jit_wire::secret::Secret;

const MAGIC: &[u8; 3] = b"jit";
const VERSION: u8 = 1;
const KEY_ID_SIZE: usize = 8;
const NONCE_SIZE: usize = 24;
const TAG_SIZE: usize = 16;
const HEADER_SIZE: usize = MAGIC.len() + 1 + KEY_ID_SIZE;
/// The largest value; a session has 2 to 10 KB.
pub(super) const LARGEST_VALUE: usize = 1024 * 1024;
/// The largest file of an entry.
pub(super) const LARGEST_FILE: u64 = (LARGEST_VALUE + HEADER_SIZE + NONCE_SIZE + TAG_SIZE) as u64;

/// The key that all entries of one kind of store are sealed under.
pub(super) type DataKey = Secret<[u8; 32]>;

/// Identifies a data key without revealing anything about it.
pub(super) type KeyId = [u8; KEY_ID_SIZE];

/// Random bytes from the system.
///
/// # Errors
/// [`StoreError::Unavailable`] if the system has none, which no supported system does after its start.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    SystemRandom::new()
        .fill(&mut *bytes)
        .map_err(|_| StoreError::unavailable("the system gives no random numbers"))?;
    Ok(bytes)
}

/// The id of a key: the start of an HMAC-SHA-256 over a fixed text.
pub(super) fn key_id(key: &DataKey) -> KeyId {
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.expose());
    let tag = ring::hmac::sign(&hmac, b"jit data key id");
    let mut id = [0; KEY_ID_SIZE];
    id.copy_from_slice(&tag.as_ref()[..KEY_ID_SIZE]);
    id
}

/// Seals `value` for the entry whose file is called `name`.
///
/// # Errors
/// [`StoreError::TooLarge`], and [`random`]'s.
pub(super) fn seal(key: &DataKey, name: &str, value: &Secret<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
    let value = value.expose();
    let too_large = || StoreError::TooLarge { size: value.len() };
    if value.len() > LARGEST_VALUE {
        return Err(too_large());
    }
    let nonce = random::<NONCE_SIZE>()?;
    let mut sealed = Vec::with_capacity(HEADER_SIZE + NONCE_SIZE + value.len() + TAG_SIZE);
    sealed.extend_from_slice(MAGIC);
    sealed.push(VERSION);
    sealed.extend_from_slice(&key_id(key));
    let aad = associated(&sealed, name);
    sealed.extend_from_slice(&*nonce);
    // The cipher fails only beyond 256 GB.
    let ciphertext = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(XNonce::from_slice(&*nonce), Payload { msg: value, aad: &aad })
        .map_err(|_| too_large())?;
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// An entry that was read and whose header was checked.
#[derive(Debug)]
pub(super) struct Sealed<'a> {
    bytes: &'a [u8],
    path: &'a Path,
}

impl<'a> Sealed<'a> {
    /// Checks the unencrypted part of the file `path`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Newer`].
    pub(super) fn parse(bytes: &'a [u8], path: &'a Path) -> Result<Self, StoreError> {
        let corrupt = |why| StoreError::Corrupt { path: path.to_owned(), why };
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("it is not one of jit's entries"))?;
        match body.first() {
            Some(&VERSION) => {}
            Some(&version) if version > VERSION => {
                return Err(StoreError::Newer { path: path.to_owned(), version });
            }
            _ => return Err(corrupt("it has no format version")),
        }
        if bytes.len() < HEADER_SIZE + NONCE_SIZE + TAG_SIZE {
            return Err(corrupt("it is truncated"));
        }
        Ok(Self { bytes, path })
    }

    /// The key that it was sealed under.
    pub(super) fn key_id(&self) -> KeyId {
        let mut id = [0; KEY_ID_SIZE];
        id.copy_from_slice(&self.bytes[HEADER_SIZE - KEY_ID_SIZE..HEADER_SIZE]);
        id
    }

    /// Opens it as the entry whose file is called `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if any bit was changed or it was sealed under another name.
    pub(super) fn open(&self, key: &DataKey, name: &str) -> Result<Secret<Vec<u8>>, StoreError> {
        let (header, rest) = self.bytes.split_at(HEADER_SIZE);
        let (nonce, ciphertext) = rest.split_at(NONCE_SIZE);
        XChaCha20Poly1305::new(key.expose().into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: &associated(header, name) })
            .map(Secret::new)
            .map_err(|_| StoreError::Corrupt {
                path: self.path.to_owned(),
                why: "it was changed, or belongs to another name",
            })
    }
}

/// The header has a fixed size, so that the two parts cannot be confused.
fn associated(header: &[u8], name: &str) -> Vec<u8> {
    [header, name.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        Secret::new([byte; 32])
    }

    fn value(size: usize) -> Secret<Vec<u8>> {
        Secret::new((0..size).map(|i| (i % 251) as u8).collect())
    }

    fn reopen(bytes: &[u8], key: &DataKey, name: &str) -> Result<Secret<Vec<u8>>, StoreError> {
        Sealed::parse(bytes, Path::new("/entries/file"))?.open(key, name)
    }

    #[test]
    fn every_size_reads_back_and_reveals_nothing() {
        for size in [0, 1, 2_000, 10_000, 100_000, LARGEST_VALUE] {
            let sealed = seal(&key(7), "session-a", &value(size)).unwrap();
            assert!(reopen(&sealed, &key(7), "session-a").unwrap() == value(size), "{size}");
            assert!(sealed.len() as u64 <= LARGEST_FILE);
        }
        let sealed = seal(&key(7), "session-a", &Secret::new(b"wJalrXUtnFEMI".to_vec())).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"wJalr"));
        assert!(matches!(
            seal(&key(7), "a", &value(LARGEST_VALUE + 1)),
            Err(StoreError::TooLarge { size }) if size == LARGEST_VALUE + 1
        ));
    }

    #[test]
    fn two_writes_of_the_same_value_differ() {
        let once = seal(&key(7), "session-a", &value(100)).unwrap();
        let twice = seal(&key(7), "session-a", &value(100)).unwrap();
        assert_ne!(once[HEADER_SIZE..][..NONCE_SIZE], twice[HEADER_SIZE..][..NONCE_SIZE]);
        assert_ne!(once[HEADER_SIZE + NONCE_SIZE..], twice[HEADER_SIZE + NONCE_SIZE..]);
    }

    #[test]
    fn another_name_or_key_does_not_open_it() {
        let sealed = seal(&key(7), "session-a", &value(100)).unwrap();
        assert!(matches!(reopen(&sealed, &key(7), "session-b"), Err(StoreError::Corrupt { .. })));
        assert!(matches!(reopen(&sealed, &key(8), "session-a"), Err(StoreError::Corrupt { .. })));
        assert_eq!(Sealed::parse(&sealed, Path::new("x")).unwrap().key_id(), key_id(&key(7)));
        assert_ne!(key_id(&key(7)), key_id(&key(8)));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let sealed = seal(&key(7), "session-a", &value(40)).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(reopen(&flipped, &key(7), "session-a").is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(
                matches!(reopen(&sealed[..length], &key(7), "session-a"), Err(StoreError::Corrupt { .. })),
                "{length} bytes"
            );
        }
        let longer = [&sealed[..], b"x"].concat();
        assert!(matches!(reopen(&longer, &key(7), "session-a"), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn a_newer_format_is_not_called_broken() {
        let mut sealed = seal(&key(7), "session-a", &value(40)).unwrap();
        sealed[MAGIC.len()] = VERSION + 1;
        let error = reopen(&sealed, &key(7), "session-a").unwrap_err();
        assert!(matches!(error, StoreError::Newer { version: 2, .. }), "{error}");
        sealed[MAGIC.len()] = 0;
        assert!(matches!(reopen(&sealed, &key(7), "session-a"), Err(StoreError::Corrupt { .. })));
    }
}
