//! Entries with the limits of the Windows Credential Manager and the behaviour of the macOS Keychain, as
//! their vendors document them (`wincred.h`; Keychain Services).

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex};

use keyring_core::api::{Credential, CredentialApi};

use super::*;

/// `CRED_MAX_CREDENTIAL_BLOB_SIZE`.
const LARGEST_BLOB: usize = 2560;

/// The platform's error, as both platform crates wrap it.
#[derive(Debug)]
struct Code(i64);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the platform says {}", self.0)
    }
}

impl std::error::Error for Code {}

fn code_of(error: &PlatformError) -> Option<i64> {
    error.downcast_ref::<Code>().map(|code| code.0)
}

/// The contents and behaviour of a double.
#[derive(Debug, Default)]
struct Inside {
    blob: Option<Vec<u8>>,
    /// If set, every call fails with this and does nothing.
    fails: Option<fn() -> Error>,
}

#[derive(Clone, Debug, Default)]
struct Double(Arc<Mutex<Inside>>);

impl Double {
    fn entry(&self) -> Entry {
        Entry::new_with_credential(Arc::new(self.clone()))
    }

    fn failing(fails: fn() -> Error) -> Self {
        let double = Self::default();
        double.0.lock().unwrap().fails = Some(fails);
        double
    }

    fn holding(blob: &[u8]) -> Self {
        let double = Self::default();
        double.0.lock().unwrap().blob = Some(blob.to_vec());
        double
    }

    fn ask(&self) -> keyring_core::Result<std::sync::MutexGuard<'_, Inside>> {
        let inside = self.0.lock().unwrap();
        inside.fails.map_or(Ok(inside), |fails| Err(fails()))
    }
}

impl CredentialApi for Double {
    /// As on Windows: text becomes UTF-16, two bytes for most characters.
    fn set_password(&self, password: &str) -> keyring_core::Result<()> {
        let blob: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.set_secret(&blob)
    }

    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        let mut inside = self.ask()?;
        if secret.len() > LARGEST_BLOB {
            return Err(Error::TooLong("secret".to_owned(), 2560));
        }
        inside.blob = Some(secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        self.ask()?.blob.clone().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        self.ask()?.blob.take().map(drop).ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A key that is not text in any encoding: not UTF-8, and half a surrogate pair in UTF-16.
fn awkward_key() -> DataKey {
    let mut bytes = [0; 32];
    bytes[..6].copy_from_slice(&[0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]);
    Secret::new(bytes)
}

#[test]
fn any_key_is_returned_byte_for_byte() {
    let double = Double::default();
    let entry = double.entry();
    assert!(load(&entry, code_of).unwrap().is_none());
    save(&entry, &awkward_key(), code_of).unwrap();
    assert_eq!(double.0.lock().unwrap().blob.as_deref(), Some(&awkward_key().expose()[..]), "not as UTF-16");
    assert!(load(&entry, code_of).unwrap() == Some(awkward_key()));
    let other = Secret::new([7; 32]);
    save(&entry, &other, code_of).unwrap();
    assert!(load(&entry, code_of).unwrap() == Some(other));
    destroy(&entry, code_of).unwrap();
    destroy(&entry, code_of).unwrap();
    assert!(load(&entry, code_of).unwrap().is_none());
}

#[test]
fn a_foreign_entry_is_not_a_key_and_is_replaced() {
    let as_text: Vec<u8> =
        "0123456789abcdef0123456789abcdef".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for blob in [&b""[..], &[1; 31], &[1; 33], &as_text, &[1; LARGEST_BLOB]] {
        let double = Double::holding(blob);
        assert!(load(&double.entry(), code_of).unwrap().is_none(), "{} bytes", blob.len());
        save(&double.entry(), &awkward_key(), code_of).unwrap();
        assert!(load(&double.entry(), code_of).unwrap() == Some(awkward_key()));
    }
}

/// The reason why sessions are in files and only the key is in the keychain: an Identity Center session or a
/// long assertion is larger than an entry may be.
#[test]
fn a_value_that_is_too_long_is_refused_and_not_cut() {
    let double = Double::default();
    assert!(double.set_secret(&[1; LARGEST_BLOB]).is_ok());
    assert!(double.set_password(&"x".repeat(LARGEST_BLOB / 2)).is_ok());
    for refused in
        [double.set_secret(&[2; LARGEST_BLOB + 1]), double.set_password(&"x".repeat(LARGEST_BLOB / 2 + 1))]
    {
        let error = translate(&refused.unwrap_err(), code_of);
        assert!(matches!(&error, StoreError::Unavailable { why, .. } if why.contains("2560")), "{error}");
    }
    assert_eq!(
        double.0.lock().unwrap().blob.as_ref().map(Vec::len),
        Some(LARGEST_BLOB),
        "what was there stays"
    );
}

#[test]
fn each_platform_refusal_has_its_kind_and_changes_nothing() {
    fn kind(error: &StoreError) -> &'static str {
        match error {
            StoreError::Locked { .. } => "locked",
            StoreError::Refused { .. } => "refused",
            StoreError::Unavailable { .. } => "unavailable",
            _ => "other",
        }
    }
    type Fails = fn() -> Error;
    // Both ways in which the platform crates wrap a code, and whether `auto` then tries the next store.
    let cases: [(Fails, &str, bool); 10] = [
        // A dialog that may not be shown: locked, or the access list does not have this program.
        (|| Error::PlatformFailure(Box::new(Code(-25308))), "locked", false),
        (|| Error::PlatformFailure(Box::new(Code(-25315))), "locked", false),
        // The person refused, or typed a wrong password three times.
        (|| Error::PlatformFailure(Box::new(Code(-128))), "refused", false),
        (|| Error::PlatformFailure(Box::new(Code(-25293))), "refused", false),
        // No keychain, a read-only one, a damaged one.
        (|| Error::NoStorageAccess(Box::new(Code(-25294))), "unavailable", true),
        (|| Error::NoStorageAccess(Box::new(Code(-25292))), "unavailable", true),
        (|| Error::PlatformFailure(Box::new(Code(-25307))), "unavailable", true),
        // Windows: no logon session; the vault's service is stopped.
        (|| Error::NoStorageAccess(Box::new(Code(1312))), "unavailable", true),
        (|| Error::PlatformFailure(Box::new(Code(1062))), "unavailable", true),
        (|| Error::PlatformFailure("no code at all".into()), "unavailable", true),
    ];
    for (fails, expected, leads_on) in cases {
        let double = Double::failing(fails);
        double.0.lock().unwrap().blob = Some(vec![9; 32]);
        let answers = [
            load(&double.entry(), code_of).map(drop),
            save(&double.entry(), &awkward_key(), code_of),
            destroy(&double.entry(), code_of),
        ];
        for answer in answers {
            let error = answer.unwrap_err();
            assert_eq!((kind(&error), error.leads_on()), (expected, leads_on), "{error}");
        }
        assert_eq!(double.0.lock().unwrap().blob.as_deref(), Some(&[9; 32][..]));
    }
}

#[test]
fn errors_carry_no_key() {
    let secret = b"0123456789abcdef0123456789abcdef".to_vec();
    let cases = [
        Error::BadEncoding(secret.clone()),
        Error::BadDataFormat(secret, "not as expected".into()),
        Error::Ambiguous(vec![Double::holding(&[0x41; 32]).entry()]),
    ];
    for error in cases {
        let said = format!("{0} {0:?}", translate(&error, code_of));
        assert!(!said.contains("0123456789abcdef") && !said.contains("48, 49, 50"), "{said}");
        assert!(!said.contains("AAAA") && !said.contains("65, 65"), "{said}");
    }
}
