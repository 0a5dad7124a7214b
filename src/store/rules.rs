//! What the administrator of the machine sets about the store. Commands that have read all files know it; the
//! others, which are those that find a session at once, take what the store has recorded (`store.json`), so that
//! they read no file for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::{Record, read_json, write_json};
use super::settle::RECORD;
use super::{Store, StoreError, StoreKind};

/// How long the kernel keyring keeps the data key if nothing is set (see SECURITY.md).
pub const DEFAULT_KEY_CACHE: Duration = Duration::from_secs(3600);

/// What the administrator of the machine has set, as far as it concerns a command that finds its session in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineRules {
    /// The only store that may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreKind>,
    /// How long the kernel may keep a copy of the key, in seconds, whatever the person sets; 0 for not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_cache: Option<u64>,
    /// The same where the person sets nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_key_cache: Option<u64>,
    /// `audit_log` where the person sets nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_log: Option<String>,
    /// Whether the administrator's files refused something or could not be used, so that all files have to be read again
    /// before anything is handed over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// What the administrator of the machine sets.
#[derive(Clone, Debug)]
pub enum MachineSettings {
    /// The files were read in part: it is what the store has recorded.
    Recorded,
    /// All files were read. The place that sets the store is for messages.
    Read {
        /// What they set.
        rules: MachineRules,
        /// Where the store is set.
        store_set_at: Option<String>,
    },
}

impl MachineSettings {
    /// What is set, as far as it is known before the store is read.
    pub(super) fn rules(&self) -> Option<Box<MachineRules>> {
        match self {
            Self::Read { rules, .. } => boxed(rules),
            Self::Recorded => None,
        }
    }
}

/// What is recorded: nothing, if nothing is set.
pub(super) fn boxed(rules: &MachineRules) -> Option<Box<MachineRules>> {
    (*rules != MachineRules::default()).then(|| Box::new(rules.clone()))
}

impl Store<'_> {
    /// Records what the administrator of the machine sets, for commands that read the files in part. Nothing is written
    /// where that is recorded already, or where nothing was ever stored.
    ///
    /// # Errors
    /// [`StoreError::Disk`], [`StoreError::Corrupt`], [`StoreError::Busy`].
    pub fn record_rules(&self) -> Result<(), StoreError> {
        let MachineSettings::Read { rules, .. } = &self.options.machine else { return Ok(()) };
        let Some(state) = self.state()? else { return Ok(()) };
        let Some(record) = read_json::<Record>(&state, RECORD)? else { return Ok(()) };
        if record.machine == boxed(rules) {
            return Ok(());
        }
        let _settled = self.settle_lock()?;
        write_json(&state, RECORD, &self.record_in(&state)?)
    }

    /// What the administrator of the machine sets: as it was read, or as the store has it since it was last used.
    pub fn rules(&self) -> MachineRules {
        self.rules.borrow().as_deref().cloned().unwrap_or_default()
    }

    /// Whether all files have to be read before anything is handed over.
    pub fn needs_all_files(&self) -> bool {
        self.rules.borrow().as_ref().is_some_and(|rules| rules.refused)
    }

    /// The kind that must be used: the administrator's, else that of `JIT_STORE`.
    pub(super) fn set_kind(&self) -> Option<StoreKind> {
        self.rules.borrow().as_ref().and_then(|rules| rules.store).or(self.asked_for)
    }

    /// How long a copy of the key may stay; `None` for no copy.
    pub(super) fn key_cache(&self) -> Option<Duration> {
        let rules = self.rules.borrow();
        let of_rules = |which: fn(&MachineRules) -> Option<u64>| {
            rules.as_deref().and_then(which).map(Duration::from_secs)
        };
        let limit = of_rules(|rules| rules.key_cache)
            .or(self.options.key_cache)
            .or_else(|| of_rules(|rules| rules.usual_key_cache))
            .unwrap_or(DEFAULT_KEY_CACHE);
        Some(limit).filter(|limit| !limit.is_zero())
    }

    /// Why the kind in use is not one that was chosen; `None` if nothing sets one.
    pub(super) fn set_by(&self) -> Option<String> {
        if self.rules.borrow().as_ref().is_some_and(|rules| rules.store.is_some()) {
            let place = match &self.options.machine {
                MachineSettings::Read { store_set_at: Some(place), .. } => place.as_str(),
                _ => "the administrator of this machine",
            };
            return Some(format!("enforced by {place}"));
        }
        self.asked_for.map(|_| "set by JIT_STORE".to_owned())
    }
}
