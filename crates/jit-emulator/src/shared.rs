//! What all services share: the configuration, the keys, the clock, the journal and the faults.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::arranged;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::faults::{CallerNetwork, Faults, Flaw, Refusal};
use crate::journal::Journal;
use crate::settings::{Settings, User};
use crate::signing::jwt::Key;
use crate::signing::xml_signature::Sealing;
use jit_wire::timestamp::Timestamp;

/// What all services share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    clock: Arc<dyn Clock>,
    pub(crate) issuer: String,
    /// The key that signs, and the previous one, which is still published.
    pub(crate) keys: [Key; 2],
    /// The key that encrypts assertions.
    pub(crate) sealing: Sealing,
    pub(crate) random: SystemRandom,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) faults: Mutex<Faults>,
    /// The contents of AWS.
    pub(crate) cloud: Mutex<Cloud>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>, idp_port: u16) -> io::Result<Self> {
        let random = SystemRandom::new();
        let cloud = Mutex::new(arranged::cloud(&settings));
        Ok(Self {
            cloud,
            settings,
            clock,
            issuer: format!("http://127.0.0.1:{idp_port}"),
            keys: [Key::new(&random)?, Key::new(&random)?],
            sealing: Sealing::new(&random)?,
            random,
            journal: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    /// Whether `flaw` is arranged.
    pub(crate) fn flawed(&self, flaw: Flaw) -> bool {
        lock(&self.faults).flaws.contains(&flaw)
    }

    /// The person who signs in.
    pub(crate) fn user(&self) -> User {
        lock(&self.faults).user.clone().unwrap_or_else(|| self.settings.user.clone())
    }

    /// The person who signs in: one of the others by their number, or with zero the person of the settings.
    pub(crate) fn person(&self, number: usize) -> User {
        let other = number.checked_sub(1).and_then(|number| self.settings.others.get(number));
        other.cloned().unwrap_or_else(|| self.user())
    }

    /// The number of the person who signs in if nobody is asked.
    pub(crate) fn signs_in(&self) -> usize {
        lock(&self.faults).signs_in
    }

    /// Now, by the clock of the IdP and of Identity Center.
    pub(crate) fn provider_now(&self) -> Timestamp {
        let ahead = lock(&self.faults).provider_clock;
        Timestamp(self.clock.now().0.saturating_add(ahead))
    }

    /// Now, by the clock of STS.
    pub(crate) fn sts_now(&self) -> Timestamp {
        let ahead = lock(&self.faults).sts_clock;
        Timestamp(self.clock.now().0.saturating_add(ahead))
    }

    /// The lifetime of a hub session for which `asked` was requested.
    pub(crate) fn hub_lifetime(&self, asked: Duration) -> Duration {
        lock(&self.faults).hub_lifetime.unwrap_or(asked)
    }

    /// The same for a session of another role.
    pub(crate) fn spoke_lifetime(&self, asked: Duration) -> Duration {
        lock(&self.faults).spoke_lifetime.unwrap_or(asked)
    }

    /// The network that calls to AWS come from.
    pub(crate) fn network(&self) -> CallerNetwork {
        lock(&self.faults).network.clone().unwrap_or_default()
    }

    /// The number of entries on a page of a list whose pages have at most `most`.
    pub(crate) fn page_size(&self, most: usize) -> usize {
        lock(&self.faults).page_size.unwrap_or(most).clamp(1, most)
    }

    /// A random UUID, or zeros if there is no randomness; it only helps people to find a request again.
    pub(crate) fn request_id(&self) -> String {
        let hex: String =
            self.random::<16>().unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        let filled = self.random.fill(&mut bytes);
        filled.map_err(|_| Refusal::new(500, "server_error", "the system has no random numbers"))?;
        Ok(bytes)
    }

    /// A new secret of 256 bits, recorded as `what`.
    pub(crate) fn issue(&self, what: &'static str) -> Result<String, Refusal> {
        let secret = URL_SAFE_NO_PAD.encode(self.random::<32>()?);
        self.note(what, &secret);
        Ok(secret)
    }

    /// Remembers that `secret` was issued.
    pub(crate) fn note(&self, what: &'static str, secret: &str) {
        lock(&self.journal).note_secret(what, secret);
    }
}

/// A panic in another thread leaves no inconsistent state under these locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
