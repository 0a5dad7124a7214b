//! Replaces the kernel keyring on systems other than Linux, where the kernel stores no keys.

use std::time::Duration;

use super::home::{KeyHome, Mark};
use super::sealed::DataKey;
use super::{Prompts, StoreError};

/// A place that never holds a key.
#[derive(Debug)]
pub(super) struct Slot;

impl Slot {
    pub(super) fn new(_: &str, _: &str) -> Self {
        Self
    }

    pub(super) fn find(&self, _: Option<Duration>) -> Result<Option<DataKey>, StoreError> {
        Err(unavailable())
    }

    pub(super) fn put(&self, _: &DataKey, _: Option<Duration>) -> Result<(), StoreError> {
        Err(unavailable())
    }

    pub(super) fn remove(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    pub(super) fn time_left(&self) -> Option<Duration> {
        None
    }
}

/// A home that is never available.
#[derive(Debug)]
pub(super) struct KernelHome(pub(super) Slot);

impl KeyHome for KernelHome {
    fn load(&self, _: Option<&Mark>, _: Prompts) -> Result<Option<DataKey>, StoreError> {
        self.0.find(None)
    }

    fn create(&self, _: Prompts) -> Result<(DataKey, Mark), StoreError> {
        Err(unavailable())
    }

    fn adopt(&self, _: &DataKey, _: Prompts) -> Result<(), StoreError> {
        Err(unavailable())
    }

    fn destroy(&self, _: Prompts) -> Result<(), StoreError> {
        Ok(())
    }
}

fn unavailable() -> StoreError {
    StoreError::unavailable("only Linux has a kernel keyring")
}
