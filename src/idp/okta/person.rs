//! What is remembered about a person between sign-ins, besides the login: it makes the next sign-in shorter.

use serde::{Deserialize, Serialize};

use super::OktaError;
use super::transaction::FactorInfo;
use crate::idp::{Memory, visit};
use jit_wire::secret::{Secret, sealed};

/// The length of a device token.
const DEVICE_TOKEN: usize = 32;

/// What the store keeps about a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Known {
    /// The name they sign in with.
    pub(super) username: Option<String>,
    /// The cookie `DT`, by which the org recognizes this machine. It is random: one derived from the name
    /// could be guessed.
    #[serde(serialize_with = "sealed::text")]
    pub(super) device_token: Secret<String>,
    /// The factor that was used last.
    pub(super) factor: Option<Chosen>,
    /// The password; stored only with the person's consent.
    #[serde(serialize_with = "sealed::optional_text")]
    pub(super) password: Option<Secret<String>>,
}

/// A factor, identified by what distinguishes it from others; displayed names may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chosen {
    factor_type: String,
    provider: String,
    id: String,
}

impl Chosen {
    pub(super) fn of(factor: &FactorInfo) -> Self {
        let factor_type = factor.factor_type.clone();
        let provider = factor.provider.clone();
        Self { factor_type, provider, id: factor.id.clone() }
    }

    pub(super) fn is(&self, factor: &FactorInfo) -> bool {
        *self == Self::of(factor)
    }
}

impl Known {
    /// What is remembered, or an unknown person with a new device.
    pub(super) fn recall(memory: &dyn Memory) -> Result<Self, OktaError> {
        let stored = memory.recall().and_then(|bytes| serde_json::from_slice(bytes.expose()).ok());
        if let Some(known) = stored {
            return Ok(known);
        }
        let token: String = visit::random().ok_or(OktaError::NoRandom)?.chars().take(DEVICE_TOKEN).collect();
        Ok(Self { username: None, device_token: Secret::new(token), factor: None, password: None })
    }

    /// What is left of `stored` when the password is forgotten; `None` if it contains none.
    pub(super) fn without_password(stored: &Secret<Vec<u8>>) -> Option<Secret<Vec<u8>>> {
        let mut known: Self = serde_json::from_slice(stored.expose()).ok()?;
        known.password.take()?;
        Some(known.to_bytes())
    }

    pub(super) fn to_bytes(&self) -> Secret<Vec<u8>> {
        Secret::new(std::mem::take(&mut *jit_wire::secret::to_wiped_json(self)))
    }

    /// Stores it at once.
    pub(super) fn keep(&self, memory: &dyn Memory) {
        memory.keep(&self.to_bytes());
    }
}
