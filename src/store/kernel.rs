//! The Linux kernel's keyring (keyrings(7)). It keeps a copy of the data key for a while, and the key itself
//! if there is no keychain.
//!
//! Keys are in the user keyring `@u`. The session keyring would be narrower, but if PAM does not set one up,
//! each process gets its own, which disappears with it. A process that does not possess `@u` (another login
//! session, a container with its own session keyring) has only the rights that a key grants its user, so
//! these are set. The key is created in the thread's own keyring and linked into `@u` only when its rights
//! and its time limit are set.

use std::path::Path;
use std::time::Duration;

use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

use super::home::{KeyHome, Mark};
use super::sealed::{self, DataKey};
use super::{Prompts, StoreError};
use crate::sys;
use jit_wire::secret::Secret;

/// A named place for one key.
#[derive(Debug)]
pub(super) struct Slot {
    description: String,
}

impl Slot {
    /// The place for `purpose` in the store with this id.
    pub(super) fn new(id: &str, purpose: &str) -> Self {
        Self { description: format!("jit:{id}:{purpose}") }
    }

    /// The stored key, if any. With a `limit`, its time starts again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if this kernel or container offers no keyring.
    pub(super) fn find(&self, limit: Option<Duration>) -> Result<Option<DataKey>, StoreError> {
        let Some(key) = self.search()? else { return Ok(None) };
        let mut bytes = Zeroizing::new([0; 32]);
        let size = match key.read(&mut bytes) {
            Ok(size) => size,
            Err(error) if is_absent(error) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        if size != bytes.len() {
            return Ok(None);
        }
        if let Some(limit) = limit {
            // If the time cannot be extended, the key still works until it expires.
            let _ = key.set_timeout(seconds(limit));
        }
        Ok(Some(Secret::new(*bytes)))
    }

    /// Stores a key in place of any other, for `limit` or until the machine is switched off.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when the user's quota of keys is used up.
    pub(super) fn put(&self, key: &DataKey, limit: Option<Duration>) -> Result<(), StoreError> {
        let everything_but_links = Permission::VIEW
            | Permission::READ
            | Permission::WRITE
            | Permission::SEARCH
            | Permission::SETATTR;
        let rights =
            KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(everything_but_links).build();
        let put = || {
            let workbench = KeyRing::from_special_id(KeyRingIdentifier::Thread, true)?;
            let made = workbench.add_key(&self.description, key.expose())?;
            made.set_perms(rights)?;
            if let Some(limit) = limit {
                made.set_timeout(seconds(limit))?;
            }
            KeyRing::from_special_id(KeyRingIdentifier::User, false)?.link_key(made)?;
            workbench.unlink_key(made)
        };
        put().map_err(unavailable)
    }

    /// Destroys the stored key. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(super) fn remove(&self) -> Result<bool, StoreError> {
        let Some(key) = self.search()? else { return Ok(false) };
        key.invalidate().map_err(unavailable)?;
        Ok(true)
    }

    /// How long the key will stay, as precisely as `/proc/keys` reports it; `None` without a key, without a
    /// limit, or if that file cannot be read.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let key = self.search().ok().flatten()?;
        let table = sys::fs::read_limited(Path::new("/proc/keys"), 1024 * 1024).ok()?;
        time_left_in(&String::from_utf8_lossy(&table), key.get_id().as_raw_id())
    }

    fn search(&self) -> Result<Option<Key>, StoreError> {
        let found = KeyRing::from_special_id(KeyRingIdentifier::User, false)
            .and_then(|ring| ring.search(&self.description));
        match found {
            Ok(key) => Ok(Some(key)),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// The fourth column of the key's line: a number and `s`, `m`, `h`, `d` or `w`; `perm` without a limit.
pub(super) fn time_left_in(table: &str, serial: i32) -> Option<Duration> {
    let serial = format!("{serial:08x}");
    let line = table.lines().find(|line| line.starts_with(&serial))?;
    let left = line.split_whitespace().nth(3)?;
    let (number, unit) = left.split_at_checked(left.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(unit)?))
}

/// The kernel counts whole seconds, and zero means "no limit".
fn seconds(limit: Duration) -> usize {
    usize::try_from(limit.as_secs().max(1)).unwrap_or(usize::MAX)
}

fn is_absent(error: KeyError) -> bool {
    matches!(
        error,
        KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked | KeyError::KeyRejected
    )
}

fn unavailable(error: KeyError) -> StoreError {
    let not_built_in = rustix::io::Errno::NOSYS.raw_os_error();
    let why = match error {
        KeyError::PermissionDenied => {
            "this container forbids the kernel keyring (as Docker's default seccomp profile does)".to_owned()
        }
        KeyError::Unknown(code) if code == not_built_in => "this kernel has no keyring".to_owned(),
        KeyError::QuotaExceeded => {
            "the user's quota of the kernel keyring is used up (see /proc/key-users)".to_owned()
        }
        KeyError::AccessDenied => "the kernel keyring denies access to the key".to_owned(),
        other => format!("the kernel keyring failed ({other:?})"),
    };
    StoreError::unavailable(why)
}

/// The kernel keyring as the home of the key. After a shutdown, the key and with it the sessions are lost.
#[derive(Debug)]
pub(super) struct KernelHome(pub(super) Slot);

impl KeyHome for KernelHome {
    fn load(&self, _: Option<&Mark>, _: Prompts) -> Result<Option<DataKey>, StoreError> {
        self.0.find(None)
    }

    fn create(&self, _: Prompts) -> Result<(DataKey, Mark), StoreError> {
        let key = Secret::new(*sealed::random()?);
        self.0.put(&key, None)?;
        match self.0.find(None)? {
            Some(found) if found == key => Ok((Secret::clone(&key), Mark::of(&key))),
            _ => Err(StoreError::unavailable("the kernel keyring does not keep keys")),
        }
    }

    fn adopt(&self, key: &DataKey, _: Prompts) -> Result<(), StoreError> {
        self.0.put(key, None)
    }

    fn destroy(&self, _: Prompts) -> Result<(), StoreError> {
        self.0.remove().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_key_table_is_parsed() {
        let table = "0214fd55 I--Q---     1 perm 1f3f0000     0 65534 keyring   _uid_ses.0: 1\n\
                     04f7a0c1 I--Q---     1  59m 3f2f0000     0     0 user      jit:ab:copy: 32\n\
                     1ad7eb4e I--Q---     1 expd 3f2f0000     0     0 user      jit:cd:copy: 32\n";
        assert_eq!(time_left_in(table, 0x04f7_a0c1), Some(Duration::from_secs(59 * 60)));
        for without in [0x0214_fd55, 0x1ad7_eb4e, 0x0000_0001] {
            assert_eq!(time_left_in(table, without), None, "{without:x}");
        }
        assert_eq!(time_left_in("00000001 I--Q--- 1", 1), None);
    }

    #[test]
    fn each_refusal_has_its_own_message() {
        let words = [
            (KeyError::PermissionDenied, "seccomp"),
            (KeyError::Unknown(38), "no keyring"),
            (KeyError::QuotaExceeded, "quota"),
            (KeyError::AccessDenied, "denies"),
            (KeyError::OutOfMemory, "OutOfMemory"),
        ];
        for (error, word) in words {
            let error = unavailable(error);
            assert!(error.leads_on() && error.to_string().contains(word), "{error}");
        }
    }
}
