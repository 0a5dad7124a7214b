//! Fuzz targets for the files of the store.

use std::path::Path;

use super::home::Mark;
use super::record::Record;
use super::sealed::{Sealed, seal};
use crate::plan::EntryKey;
use jit_wire::secret::Secret;

/// The file of an entry: arbitrary bytes do not open; a sealed entry opens, but not with one bit changed.
pub fn sealed(data: &[u8]) {
    let (key, path) = (Secret::new([7; 32]), Path::new("/entries/session-a"));
    let foreign = Sealed::parse(data, path);
    if let Ok(foreign) = &foreign {
        let _ = foreign.key_id();
        assert!(foreign.open(&key, "session-a").is_err(), "nobody sealed this");
    }
    let Ok(mut bytes) = seal(&key, "session-a", &Secret::new(data.to_vec())) else { return };
    let open = |bytes: &[u8], name: &str| Sealed::parse(bytes, path).and_then(|entry| entry.open(&key, name));
    assert!(
        open(&bytes, "session-a").is_ok_and(|value| value.expose() == data),
        "what was sealed comes back"
    );
    assert!(open(&bytes, "session-b").is_err(), "it opens under its own name alone");
    let at = data.iter().fold(data.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    let at = at % bytes.len();
    bytes[at] ^= 1 << (data.len() % 8);
    assert!(open(&bytes, "session-a").is_err(), "a changed bit is seen");
    bytes.truncate(at);
    assert!(open(&bytes, "session-a").is_err(), "a cut is seen");
}

/// The two small files next to the entries, the name of an entry, and the kernel's list of keys.
pub fn store_files(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(key) = EntryKey::from_file_name(&text) {
        assert_eq!(key.file_name(), text, "a name stands for itself");
    }
    #[cfg(target_os = "linux")]
    if let Some(left) = super::kernel::time_left_in(&text, 0x1234_abcd) {
        assert!(text.contains("1234abcd") && left.subsec_nanos() == 0);
    }
    if let Ok(record) = serde_json::from_slice::<Record>(data) {
        let again = serde_json::to_vec(&record).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        assert_eq!(again, Some(record));
    }
    if let Ok(mark) = serde_json::from_slice::<Mark>(data) {
        let again = serde_json::to_vec(&mark).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        assert_eq!(again, Some(mark.clone()));
        assert_ne!(mark.key_id(), Some(super::sealed::key_id(&Secret::new([7; 32]))), "it is another key's");
    }
}
