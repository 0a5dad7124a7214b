//! The proof: the stored one while AWS accepts it, one that renews itself, or one that a person signs in for.

use std::time::Duration;

use super::{Broker, BrokerError, Interaction, Need, failure};
use crate::idp::{self, IdpLogin, LoginOptions, Memory, Proof};
use crate::index;
use crate::plan::{EntryKey, EntryKind, Plan, ProofPlan};
use crate::store::{Lock, Store, StoreError, Turn};
use crate::world::{Note, clock_time};
use jit_wire::credentials::Session;
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;

/// A proof with less time left than this is no longer sent to AWS. An assertion lasts five minutes, an ID
/// token longer.
pub fn margin(login: &IdpLogin) -> Duration {
    match login.proof() {
        Some(Proof::Assertion(_)) => Duration::from_secs(10),
        _ => Duration::from_secs(60),
    }
}

/// The time that a proof that cannot be renewed must have left to be sent to AWS.
const LEAST: Duration = Duration::from_secs(10);

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

/// What a login is for.
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
    /// Why `login` may not be used for a role, in words; `None` if it may.
    fn lacks(&self, login: &IdpLogin, Purpose { role, demand }: Purpose<'_>) -> Option<String> {
        let shortfall = demand.allows(&login.identity().sign_in, self.now()).err()?;
        let words = shortfall.in_words(|at| clock_time(at, &*self.world.clock));
        Some(format!("{role} needs {words}"))
    }

    /// A login with a proof that AWS will accept: that of this run, the stored one, one that renews itself,
    /// or one that a person signs in for. `refused` is a login that AWS has just called expired; only another
    /// one will do.
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
            return Ok(login.clone());
        }
        if let Some(login) = stored_login(self.store, &key)?.filter(|login| usable(login, false)) {
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
        let before = stored.as_ref().map(|login| login.identity().subject.clone());
        let mut outcome = self.prove(proof, need, stored, refused, &lock, purpose).await;
        if let Ok(login) = &outcome {
            self.keep(&lock, &key, &login.to_bytes(), &what);
            if before.is_some_and(|before| before != login.identity().subject) {
                // Once more: others may have stored something since, without knowing about this.
                self.forget_other_people(proof, login)?;
            }
            self.logins.borrow_mut().insert(key, login.clone());
            let roles = index::of_assertion(proof.name(), &login.attributes().roles);
            if let Err(error) = index::learn(&self.world.folders.state, proof.name(), roles) {
                log::info!("could not save the roles of {}: {error}", proof.name());
            }
        }
        // It is still a good login for roles with weaker requirements.
        if let Ok(login) = &outcome
            && let Some(why) = self.lacks(login, purpose)
        {
            outcome = Err(BrokerError::TooWeak {
                idp: proof.name().to_owned(),
                role: purpose.role.to_owned(),
                why,
            });
        }
        if let Err(error) = &outcome {
            failure::tell_waiters(&mut lock, error, purpose.demand);
        }
        outcome
    }

    async fn prove(
        &self,
        proof: &ProofPlan,
        need: &Need,
        stored: Option<IdpLogin>,
        refused: Option<&IdpLogin>,
        lock: &Lock,
        purpose: Purpose<'_>,
    ) -> Result<IdpLogin, BrokerError> {
        let name = proof.name();
        // What an IdP issues is sealed unchecked: it has invalidated what was there before.
        let (login_key, what) = (proof.login_key(), format!("the sign-in at {name}"));
        let received = |login: Option<&IdpLogin>| match login {
            Some(login) => self.keep(lock, &login_key, &login.to_bytes(), &what),
            None => {
                if let Err(error) = self.store.delete(&login_key) {
                    log::info!("could not remove a sign-in that was not completed: {error}");
                }
            }
        };
        let mut why = "you have not signed in there yet".to_owned();
        let mut forgotten = false;
        let mut stored = stored;
        // A renewed login is still the same sign-in, so one that is too old or too weak is not renewed for
        // this.
        let mut lacking = stored
            .as_ref()
            .filter(|login| !login.is_of_nobody())
            .and_then(|login| self.lacks(login, purpose));
        let last = stored.clone().filter(|_| !need.force && lacking.is_none());
        if let Some(login) = &last {
            match idp::renew(proof, self.world, login, &received).await {
                Ok(renewed) => {
                    lacking = self.lacks(&renewed, purpose);
                    if lacking.is_none() {
                        return Ok(renewed);
                    }
                    received(Some(&renewed));
                    stored = Some(renewed);
                }
                Err(error) if error.needs_new_login() => {
                    log::info!("the last sign-in at {name} can no longer be used: {error}");
                    forgotten = error.client_is_forgotten();
                    why = format!("the last sign-in has expired: {error}");
                    // A dead token is not tried again (IdPs treat reuse as theft), and what AWS no longer
                    // accepts need not be stored.
                    if login.renews_itself() || matches!(login.proof(), Some(Proof::Assertion(_))) {
                        let ended = login.clone().ended(&error);
                        let ended = if forgotten { ended.without_client() } else { ended };
                        let what = format!("the end of the sign-in at {name}");
                        // Nothing is known about a sign-in that did not complete.
                        match ended.is_of_nobody() {
                            true => received(None),
                            false => self.keep(lock, &proof.login_key(), &ended.to_bytes(), &what),
                        }
                        // The existing proof is used for as long as it is valid.
                        let left = ended.identity().proof_expires_at.since(self.now());
                        if error.brought_no_proof() && refused.is_none() && left > LEAST {
                            return Ok(ended);
                        }
                        stored = Some(ended);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Interaction::Allowed(options) = need.interaction else {
            let why = lacking.unwrap_or(why);
            return Err(BrokerError::LoginNeeded { idp: name.to_owned(), why });
        };
        if let Some(why) = &lacking {
            self.world.person.tell(Note::SignInAnew { why });
        }
        let stored = if forgotten { stored.map(IdpLogin::without_client) } else { stored };
        // Identity Center has no parameter for requirements: its session is ended, so that the person is
        // asked again.
        let anew = matches!(proof, ProofPlan::IdentityCenter(_)) && !purpose.demand.is_empty();
        let options = LoginOptions { force: need.force || anew, ..options };
        let proof = &proof.asked_for(purpose.demand);
        let memory = SealedMemory {
            broker: self,
            lock,
            key: proof.person_key(),
            what: format!("your attributes at {name}"),
        };
        let login = idp::login(proof, self.world, &options, stored.as_ref(), &memory, &received).await?;
        self.forget_other_people(proof, &login)?;
        Ok(login)
    }

    /// Sessions of another person, obtained through the same login, must not be served to this one.
    fn forget_other_people(&self, proof: &ProofPlan, login: &IdpLogin) -> Result<(), StoreError> {
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

/// What an IdP remembers about the person, in the store, under the lock of its login.
struct SealedMemory<'a, 'b, 'w> {
    broker: &'a Broker<'b, 'w>,
    lock: &'a Lock,
    key: EntryKey,
    what: String,
}

impl Memory for SealedMemory<'_, '_, '_> {
    fn recall(&self) -> Option<Secret<Vec<u8>>> {
        self.broker.store.get(&self.key).ok().flatten()
    }

    fn keep(&self, value: &Secret<Vec<u8>>) {
        self.broker.keep(self.lock, &self.key, value, &self.what);
    }
}
