//! A value that must not be shown: printed as stars, wiped when dropped, read only through
//! [`Secret::expose`]; and kept out of swap if it is small.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The largest secret that is kept out of swap, in bytes: a key, a token or a session is smaller, a SAML
/// response larger. Linux lets a process lock 8 MB, and some systems 64 KB.
const SMALL: usize = 16 * 1024;

/// The bytes of a value that can be a [`Secret`].
pub trait Bytes: Zeroize {
    /// All of its bytes in memory.
    fn bytes(&self) -> &[u8];
}

impl Bytes for String {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> Bytes for [u8; N] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// A secret of type `T`. There is no `Display` and no `Serialize`, and `Debug` shows nothing of it, so a
/// struct that contains one can derive `Debug` safely.
// Boxed, so that it keeps its place in memory when this is moved.
#[derive(PartialEq, Eq)]
pub struct Secret<T: Bytes>(Box<T>);

impl<T: Bytes> Secret<T> {
    /// Takes ownership of `value`.
    pub fn new(value: T) -> Self {
        let secret = Self(Box::new(value));
        keep_out_of_swap(secret.0.bytes());
        secret
    }

    /// The bare value, for the few ways in which a secret may leave: the store, a request body, the
    /// `credential_process` answer, a child's environment. A test counts the calls.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// Asks the system to keep the pages of `bytes` in memory. They are never unlocked, because other secrets may
/// be in the same page. The amount that a process may lock is limited, so this is best effort.
fn keep_out_of_swap(bytes: &[u8]) {
    if (1..=SMALL).contains(&bytes.len())
        && let Ok(guard) = region::lock(bytes.as_ptr(), bytes.len())
    {
        std::mem::forget(guard);
    }
}

impl<T: Bytes + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self::new(T::clone(&self.0))
    }
}

impl<T: Bytes> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Bytes> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<'de, T: Bytes + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// The room for a value that is serialised: enough for a session with the tokens that AWS issues.
const USUAL: usize = 2 * 1024;

/// Serialises into a buffer that is wiped and never grows, because growing would leave a copy behind. It has room for
/// a line feed. Most values fit into 2 KiB; the length of others is measured first.
pub fn to_wiped_json(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    if let Some(buffer) = written_into(value, USUAL) {
        return buffer;
    }
    let mut length = Length(0);
    let measured = serde_json::to_writer(&mut length, value);
    debug_assert!(measured.is_ok(), "plain structs always serialise");
    written_into(value, length.0).unwrap_or_default()
}

/// `value`, if it fits into `room` bytes.
fn written_into(value: &impl Serialize, room: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Bounded { bytes: Zeroizing::new(Vec::with_capacity(room + 1)), room };
    serde_json::to_writer(&mut buffer, value).ok().map(|()| buffer.bytes)
}

/// Takes as many bytes as there is room for.
struct Bounded {
    bytes: Zeroizing<Vec<u8>>,
    room: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.room {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts the bytes that are written to it.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes secrets into an entry that the store is about to seal, per field with `#[serde(serialize_with =
/// "sealed::text")]`. Nothing else may serialise a struct that uses these.
pub mod sealed {
    use serde::{Serialize as _, Serializer};

    use super::Secret;

    /// The secret itself, for the store.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn text<S: Serializer>(secret: &Secret<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    /// The same of a secret that may be absent.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn optional_text<S: Serializer>(secret: &Option<Secret<String>>, to: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(|secret| secret.expose().as_str()).serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::from("wJalrXUtnFEMI");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose(), "wJalrXUtnFEMI");
    }

    #[test]
    fn json_of_any_length_is_whole_and_never_moved() {
        for length in [0, 1, USUAL - 3, USUAL - 2, USUAL - 1, USUAL, 3 * USUAL] {
            let value = "x".repeat(length);
            let written = to_wiped_json(&value);
            assert_eq!(*written, serde_json::to_vec(&value).unwrap(), "{length}");
            // With room for a line feed, in the first allocation.
            assert_eq!(written.capacity(), USUAL.max(written.len()) + 1, "{length}");
        }
    }
}
