//! The last resort, for machines with neither a keychain nor a kernel keyring: the data key is derived from a
//! passphrase with Argon2id (RFC 9106) and stored nowhere.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::home::{KeyHome, Mark};
use super::sealed::{self, DataKey};
use super::{Prompts, StoreError};
use crate::world::{Note, Person};
use jit_wire::secret::Secret;

const SALT_SIZE: usize = 16;
/// How often a person may try.
const ATTEMPTS: usize = 3;
/// The minimum length of a new passphrase, in characters (NIST SP 800-63B, section 5.1.1.1).
const SHORTEST: usize = 8;
/// The maximum that is accepted from a file, so that a planted file cannot exhaust the machine.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
/// The limit for replacements of the key, which keeps the mark small.
const MOST_STEPS: usize = 200;

/// How a key is derived from a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Derivation {
    /// Random, base64.
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    /// Random, base64. Each derives the next key one-way from the previous one, so the key can be replaced without
    /// asking for the passphrase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<String>,
}

/// What one attempt costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    /// RFC 9106's second recommendation, but with one lane: an attacker's machine has more cores than the
    /// user's.
    pub(super) const NORMAL: Self = Self { memory_kib: 64 * 1024, passes: 3 };
}

/// A passphrase, which the person remembers, as the home of the key.
pub(super) struct Passphrase<'w> {
    pub(super) person: &'w dyn Person,
    pub(super) cost: Cost,
}

impl Derivation {
    fn new(cost: Cost) -> Result<Self, StoreError> {
        let salt = sealed::random::<SALT_SIZE>()?;
        Ok(Self {
            salt: BASE64.encode(*salt),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: 1,
            steps: Vec::new(),
        })
    }

    /// `None` if Argon2id does not accept the settings, or if they are unreasonable.
    fn derive(&self, passphrase: &Secret<String>) -> Option<DataKey> {
        let bounded =
            self.memory_kib <= MOST_MEMORY_KIB && self.passes <= MOST_PASSES && self.lanes <= MOST_LANES;
        let salt = BASE64.decode(&self.salt).ok().filter(|salt| bounded && salt.len() >= SALT_SIZE)?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        argon2.hash_password_into(passphrase.expose().as_bytes(), &salt, &mut *key).ok()?;
        let first = Secret::new(*key);
        (self.steps.len() <= MOST_STEPS).then(|| self.steps.iter().fold(first, |key, step| after(&key, step)))
    }
}

/// The key that a step derives from another.
fn after(key: &DataKey, step: &str) -> DataKey {
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.expose());
    let tag = ring::hmac::sign(&hmac, format!("jit next key {step}").as_bytes());
    let mut next = Zeroizing::new([0; 32]);
    next.copy_from_slice(tag.as_ref());
    Secret::new(*next)
}

impl Passphrase<'_> {
    fn warn(&self, text: &str) {
        self.person.tell(Note::Warning { text });
    }

    fn ask(&self, prompt: &str) -> Result<Secret<String>, StoreError> {
        self.person.password(prompt).ok_or_else(|| refused("no passphrase was entered"))
    }
}

fn refused(why: &str) -> StoreError {
    StoreError::refused(why)
}

fn broken() -> StoreError {
    refused("the stored parameters of the passphrase are not valid")
}

impl KeyHome for Passphrase<'_> {
    fn load(&self, mark: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError> {
        let Some((mark, derivation)) = mark.and_then(|mark| Some((mark, mark.passphrase.as_ref()?))) else {
            return Ok(None);
        };
        if prompts != Prompts::Allowed {
            return Err(StoreError::locked("the sessions are sealed with a passphrase"));
        }
        for _ in 0..ATTEMPTS {
            let passphrase = self.ask("Passphrase of jit's store")?;
            let key = derivation.derive(&passphrase).ok_or_else(broken)?;
            if Some(sealed::key_id(&key)) == mark.key_id() {
                return Ok(Some(key));
            }
            self.warn("Wrong passphrase.");
        }
        Err(refused("wrong passphrase"))
    }

    fn create(&self, prompts: Prompts) -> Result<(DataKey, Mark), StoreError> {
        if prompts != Prompts::Allowed {
            let why = "it needs a passphrase, and jit cannot ask for one here";
            return Err(StoreError::unavailable(why));
        }
        for _ in 0..ATTEMPTS {
            let passphrase = self.ask("New passphrase for jit's store")?;
            if passphrase.expose().chars().count() < SHORTEST {
                self.warn("Use at least 8 characters.");
            } else if self.ask("Repeat it")? != passphrase {
                self.warn("The passphrases do not match.");
            } else {
                let derivation = Derivation::new(self.cost)?;
                let key = derivation.derive(&passphrase).ok_or_else(broken)?;
                let mark = Mark::derived(&key, derivation);
                return Ok((key, mark));
            }
        }
        Err(refused("no passphrase was chosen"))
    }

    fn successor(&self, old: &DataKey, mark: &Mark) -> Result<(DataKey, Mark), StoreError> {
        let mut derivation = mark.passphrase.clone().ok_or_else(broken)?;
        if derivation.steps.len() >= MOST_STEPS {
            return Err(refused("the key was replaced too often"));
        }
        let step = BASE64.encode(*sealed::random::<SALT_SIZE>()?);
        let key = after(old, &step);
        derivation.steps.push(step);
        let mark = Mark::derived(&key, derivation);
        Ok((key, mark))
    }

    fn adopt(&self, _: &DataKey, _: Prompts) -> Result<(), StoreError> {
        // The key is derived each time, so there is nothing to keep.
        Ok(())
    }

    fn destroy(&self, _: Prompts) -> Result<(), StoreError> {
        // Nothing is stored: without the mark, which the caller destroys, the key cannot be derived.
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::pin::Pin;

    use super::*;

    /// Cheap enough for tests.
    pub(in crate::store) const TEST_COST: Cost = Cost { memory_kib: 8, passes: 1 };

    /// Types these answers in turn.
    pub(in crate::store) struct Typist {
        answers: RefCell<Vec<&'static str>>,
        pub(in crate::store) heard: RefCell<Vec<String>>,
    }

    impl Typist {
        pub(in crate::store) fn new(answers: &[&'static str]) -> Self {
            let answers = answers.iter().rev().copied().collect();
            Self { answers: RefCell::new(answers), heard: RefCell::default() }
        }
    }

    impl Person for Typist {
        fn can_be_asked(&self) -> bool {
            true
        }
        fn tell(&self, note: Note<'_>) {
            self.heard.borrow_mut().push(format!("{note:?}"));
        }
        fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
            Box::pin(std::future::pending())
        }
        fn password(&self, prompt: &str) -> Option<Secret<String>> {
            self.heard.borrow_mut().push(prompt.to_owned());
            self.answers.borrow_mut().pop().map(Secret::from)
        }
        fn confirm(&self, _: &str) -> Option<bool> {
            None
        }
    }

    fn with<T>(answers: &[&'static str], work: impl FnOnce(&Passphrase<'_>) -> T) -> T {
        work(&Passphrase { person: &Typist::new(answers), cost: TEST_COST })
    }

    #[test]
    fn the_same_passphrase_gives_the_same_key_and_no_other_does() {
        let (key, mark) =
            with(&["correct horse", "correct horse"], |home| home.create(Prompts::Allowed)).unwrap();
        let again =
            with(&["wrong horse", "correct horse"], |home| home.load(Some(&mark), Prompts::Allowed)).unwrap();
        assert!(again.unwrap() == key);
        let wrong = with(&["wrong"; 4], |home| home.load(Some(&mark), Prompts::Allowed)).unwrap_err();
        assert!(matches!(&wrong, StoreError::Refused { why, .. } if why == "wrong passphrase"));
        let (other, _) =
            with(&["correct horse", "correct horse"], |home| home.create(Prompts::Allowed)).unwrap();
        assert!(other != key, "two stores with one passphrase have two keys");
    }

    #[test]
    fn a_new_passphrase_is_long_enough_and_typed_twice() {
        let answers = ["short", "long enough", "long enouhg", "long enough", "long enough"];
        assert!(with(&answers, |home| home.create(Prompts::Allowed)).is_ok());
        assert!(matches!(
            with(&["short"; 3], |home| home.create(Prompts::Allowed)),
            Err(StoreError::Refused { .. })
        ));
        assert!(matches!(with(&[], |home| home.create(Prompts::Allowed)), Err(StoreError::Refused { .. })));
    }

    #[test]
    fn without_anybody_to_ask_the_store_is_locked_or_unavailable() {
        let (_, mark) =
            with(&["correct horse", "correct horse"], |home| home.create(Prompts::Allowed)).unwrap();
        let quiet = with(&["correct horse"], |home| home.load(Some(&mark), Prompts::Never));
        assert!(matches!(quiet, Err(StoreError::Locked { .. })));
        let quiet = with(&["correct horse"; 2], |home| home.create(Prompts::Never));
        assert!(matches!(quiet, Err(StoreError::Unavailable { .. })));
        assert!(with(&[], |home| home.load(None, Prompts::Allowed)).unwrap().is_none());
    }

    #[test]
    fn a_planted_derivation_is_not_used() {
        let sane = Derivation::new(TEST_COST).unwrap();
        assert!(sane.derive(&"x".into()).is_some());
        let planted = [
            Derivation { memory_kib: u32::MAX, ..sane.clone() },
            Derivation { passes: u32::MAX, ..sane.clone() },
            Derivation { lanes: 0, ..sane.clone() },
            Derivation { salt: "AAAA".into(), ..sane.clone() },
            Derivation { salt: "not base64".into(), ..sane },
        ];
        for planted in planted {
            assert!(planted.derive(&"x".into()).is_none(), "{planted:?}");
        }
    }
}
