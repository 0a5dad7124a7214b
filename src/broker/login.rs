//! The login for a role: the stored one while AWS accepts its proof, or else a new one (`prove`).

use std::time::Duration;

use super::prove::Prover;
use super::{Broker, BrokerError, Need, failure};
use crate::idp::{IdpLogin, Proof};
use crate::index;
use crate::plan::{EntryKey, EntryKind, Plan, ProofPlan};
use crate::store::{Store, StoreError, Turn};
use crate::world::clock_time;
use jit_wire::credentials::Session;
use jit_wire::sign_in::Requirement;

/// A proof with less time left than this is no longer sent to AWS. An assertion lasts five minutes, an ID
/// token longer.
pub fn margin(login: &IdpLogin) -> Duration {
    match login.proof() {
        Some(Proof::Assertion(_)) => Duration::from_secs(10),
        _ => Duration::from_secs(60),
    }
}

/// What the IdP issued, whatever its age. Calls nothing.
///
/// # Errors
/// [`StoreError`], among them one for an entry that cannot be read.
pub fn stored_login(store: &Store<'_>, key: &EntryKey) -> Result<Option<IdpLogin>, StoreError> {
    let Some(bytes) = store.get(key)? else { return Ok(None) };
    IdpLogin::from_bytes(bytes.expose())
        .map(Some)
        .map_err(|_| store.corrupt(key, "it does not contain a sign-in"))
}

/// The role that a login is for.
#[derive(Clone, Copy)]
pub(super) struct Purpose<'a> {
    /// The role, in messages.
    pub(super) role: &'a str,
    /// Its requirements for the sign-in.
    pub(super) demand: &'a Requirement,
}

impl<'a> Purpose<'a> {
    /// The purpose of a plan.
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self { role: &plan.role, demand: &plan.sign_in }
    }
}

impl Broker<'_, '_> {
    /// Why `login` does not meet the role's requirements; `None` if it does.
    pub(super) fn lacks(&self, login: &IdpLogin, Purpose { role, demand }: Purpose<'_>) -> Option<String> {
        let shortfall = demand.allows(&login.identity().sign_in, self.now()).err()?;
        let words = shortfall.in_words(|at| clock_time(at, &*self.world.clock));
        Some(format!("{role} needs {words}"))
    }

    /// A login with a proof that AWS will accept: that of this run, the stored one, or a new one. `refused` is a
    /// login that AWS has just called expired, so another one is needed.
    pub(super) async fn login(
        &self,
        proof: &ProofPlan,
        need: &Need,
        refused: Option<&IdpLogin>,
        purpose: Purpose<'_>,
    ) -> Result<IdpLogin, BrokerError> {
        let key = proof.login_key();
        let alive = |login: &IdpLogin| {
            let other = refused.is_none_or(|refused| !login.same_proof(refused));
            let left = login.identity().proof_expires_at.since(self.now());
            let enough = purpose.demand.is_empty() || self.lacks(login, purpose).is_none();
            other && login.proof().is_some() && left > margin(login) && enough
        };
        let usable = |login: &IdpLogin, waited: bool| {
            alive(login) && self.new_enough(login.obtained_at(), need, waited)
        };
        if let Some(login) = self.logins.borrow().get(&key).filter(|login| alive(login)) {
            log::debug!("{}: uses the sign-in that this command got", proof.name());
            return Ok(login.clone());
        }
        if let Some(login) = stored_login(self.store, &key)?.filter(|login| usable(login, false)) {
            log::debug!("{}: uses the stored sign-in", proof.name());
            return Ok(login);
        }
        let what = format!("the sign-in at {}", proof.name());
        let _turn = self.turn(&key).await;
        if let Some(login) = self.logins.borrow().get(&key).filter(|login| alive(login)) {
            return Ok(login.clone());
        }
        // The result of other processes, in the store or as a message, if it answers this one.
        let look = |message: Option<&str>| match stored_login(self.store, &key) {
            Ok(Some(login)) if usable(&login, true) => Some(Ok(login)),
            Ok(_) => failure::shared(message, need, purpose.demand)
                .map(|failure| Err(BrokerError::Shared(failure))),
            Err(error) => Some(Err(error.into())),
        };
        let mut lock = match self.store.lock_or(&key, &self.waiting(&what, need), look)? {
            Turn::Answer(answer) => return answer,
            Turn::Lock(lock) => lock,
        };
        let stored = stored_login(self.store, &key)?;
        if let Some(login) = stored.clone().filter(|login| usable(login, lock.waited())) {
            return Ok(login);
        }
        if let Some(failure) = failure::shared(lock.message_left(), need, purpose.demand) {
            return Err(BrokerError::Shared(failure));
        }
        let subject_before = stored.as_ref().map(|login| login.identity().subject.clone());
        let prover = Prover { broker: self, proof, need, refused, lock: &lock, purpose };
        let mut outcome = prover.prove(stored).await;
        if let Ok(login) = &outcome {
            self.keep(&lock, &key, &login.to_bytes(), &what);
            if subject_before.is_some_and(|before| before != login.identity().subject) {
                // Again: other processes may have stored sessions of the previous person in the meantime.
                self.forget_other_people(proof, login)?;
            }
            self.logins.borrow_mut().insert(key, login.clone());
            self.learn_roles(proof, login);
            // A login that is too weak for this role stays stored for roles with weaker requirements.
            if let Some(why) = self.lacks(login, purpose) {
                let idp = proof.name().to_owned();
                outcome = Err(BrokerError::TooWeak { idp, role: purpose.role.to_owned(), why });
            }
        }
        if let Err(error) = &outcome {
            failure::tell_waiters(&mut lock, error, purpose.demand);
        }
        outcome
    }

    /// Stores the roles that a SAML assertion offers.
    fn learn_roles(&self, proof: &ProofPlan, login: &IdpLogin) {
        let roles = index::of_assertion(proof.name(), &login.attributes().roles);
        if let Err(error) = index::learn(&self.world.folders.state, proof.name(), roles) {
            log::info!("could not save the roles of {}: {error}", proof.name());
        }
    }

    /// Deletes the sessions of other people that were obtained with this login: they must not be served to this person.
    pub(super) fn forget_other_people(&self, proof: &ProofPlan, login: &IdpLogin) -> Result<(), StoreError> {
        let login_name = proof.login_key().file_name();
        for key in self.store.keys()?.into_iter().filter(|key| key.kind == EntryKind::Session) {
            let Ok(Some(bytes)) = self.store.get(&key) else { continue };
            let Ok(session) = Session::from_bytes(bytes.expose()) else { continue };
            if session.login == login_name && session.subject != login.identity().subject {
                self.store.delete(&key)?;
            }
        }
        Ok(())
    }
}

impl Broker<'_, '_> {
    /// Somebody else may have signed in while AWS was called for `session`. It is for the caller who asked,
    /// and must not be served from the store.
    pub(super) fn drop_if_anothers(
        &self,
        plan: &Plan,
        key: &EntryKey,
        session: &Session,
    ) -> Result<(), StoreError> {
        let Ok(Some(login)) = stored_login(self.store, &plan.proof.login_key()) else { return Ok(()) };
        let subject = &login.identity().subject;
        // For an encrypted assertion only AWS knows the subject.
        if !subject.is_empty() && *subject != session.subject {
            log::info!("another user has signed in at {} in the meantime", plan.proof.name());
            self.store.delete(key)?;
        }
        Ok(())
    }
}
