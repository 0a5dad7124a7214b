//! The kinds of store.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the data key is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In the keychain of the operating system.
    Keychain,
    /// Only in the Linux kernel's keyring, until the machine is switched off.
    Kernel,
    /// Nowhere: it is derived from a passphrase.
    File,
}

impl StoreKind {
    /// In the order that `auto` tries them.
    pub(super) const ALL: [Self; 3] = [Self::Keychain, Self::Kernel, Self::File];

    /// The kind called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::Kernel => "kernel",
            Self::File => "file",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
