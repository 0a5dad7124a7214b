//! A new proof of the person's identity: the last login is renewed without the person if that is possible, or else
//! the person signs in.

use std::time::Duration;

use super::login::Purpose;
use super::{Broker, BrokerError, Interaction, Need};
use crate::idp::{self, IdpError, IdpLogin, LoginOptions, Memory, Proof};
use crate::plan::{EntryKey, ProofPlan};
use crate::store::Lock;
use crate::world::Note;
use jit_wire::secret::Secret;

/// The minimum remaining lifetime of a proof that cannot be renewed.
const LEAST: Duration = Duration::from_secs(10);

/// Gets a new proof, with the lock of its login held.
pub(super) struct Prover<'a, 'b, 'w> {
    pub(super) broker: &'a Broker<'b, 'w>,
    pub(super) proof: &'a ProofPlan,
    pub(super) need: &'a Need,
    /// A login that AWS has just called expired, so its proof is not used again.
    pub(super) refused: Option<&'a IdpLogin>,
    pub(super) lock: &'a Lock,
    pub(super) purpose: Purpose<'a>,
}

/// The result of an attempt to renew.
enum Renewal {
    /// There is a proof for the role.
    Proof(IdpLogin),
    /// The person must sign in.
    SignIn(LastLogin),
}

/// What is left of the last login if the person must sign in.
struct LastLogin {
    /// The stored login, if there is one. Parts of it are used by the sign-in.
    stored: Option<IdpLogin>,
    reason: Reason,
}

/// Why the person must sign in.
enum Reason {
    /// The last sign-in does not meet the requirements of the role.
    TooWeak(String),
    /// There is no login, or it can no longer be renewed.
    NoLogin(String),
}

impl Prover<'_, '_, '_> {
    /// A login with a new proof. `stored` is the last login.
    pub(super) async fn prove(&self, stored: Option<IdpLogin>) -> Result<IdpLogin, BrokerError> {
        let known = stored.as_ref().filter(|login| !login.is_of_nobody());
        let too_weak = known.and_then(|login| self.broker.lacks(login, self.purpose));
        let last = match (stored, too_weak) {
            // A renewed login is still the same sign-in: if that is too old or too weak, renewing does not help.
            (stored, Some(why)) => LastLogin { stored, reason: Reason::TooWeak(why) },
            (Some(login), None) if !self.need.force => match self.renew(login).await? {
                Renewal::Proof(login) => return Ok(login),
                Renewal::SignIn(last) => last,
            },
            (stored, None) => {
                let reason = Reason::NoLogin("you have not signed in there yet".to_owned());
                LastLogin { stored, reason }
            }
        };
        self.sign_in(last).await
    }

    async fn renew(&self, last: IdpLogin) -> Result<Renewal, BrokerError> {
        log::debug!("{}: renews the stored sign-in without the person", self.proof.name());
        let received = |login: Option<&IdpLogin>| self.received(login);
        match idp::renew(self.proof, self.broker.world, &last, &received).await {
            Ok(renewed) => Ok(match self.broker.lacks(&renewed, self.purpose) {
                None => Renewal::Proof(renewed),
                Some(why) => {
                    self.received(Some(&renewed));
                    Renewal::SignIn(LastLogin { stored: Some(renewed), reason: Reason::TooWeak(why) })
                }
            }),
            Err(error) if error.needs_new_login() => Ok(self.give_up(last, &error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes from a login what the IdP no longer accepts.
    fn give_up(&self, last: IdpLogin, error: &IdpError) -> Renewal {
        log::info!("the last sign-in at {} can no longer be used: {error}", self.proof.name());
        let reason = Reason::NoLogin(format!("the last sign-in has expired: {error}"));
        let current = |login: IdpLogin| match error.client_is_forgotten() {
            true => login.without_client(),
            false => login,
        };
        // A dead token is not tried again (IdPs treat reuse as theft), and an assertion that AWS no longer accepts need
        // not be stored.
        if !last.renews_itself() && !matches!(last.proof(), Some(Proof::Assertion(_))) {
            return Renewal::SignIn(LastLogin { stored: Some(current(last)), reason });
        }
        let ended = current(last.ended(error));
        match ended.is_of_nobody() {
            // Nothing is known about a sign-in that did not complete.
            true => self.received(None),
            false => self.keep(&ended, "the end of the sign-in"),
        }
        // The existing proof is used for as long as it is valid.
        let left = ended.identity().proof_expires_at.since(self.broker.now());
        if error.brought_no_proof() && self.refused.is_none() && left > LEAST {
            return Renewal::Proof(ended);
        }
        Renewal::SignIn(LastLogin { stored: Some(ended), reason })
    }

    async fn sign_in(&self, last: LastLogin) -> Result<IdpLogin, BrokerError> {
        let LastLogin { stored, reason } = last;
        let Interaction::Allowed(options) = self.need.interaction else {
            let (Reason::TooWeak(why) | Reason::NoLogin(why)) = reason;
            log::debug!(
                "{}: the person must sign in, and this command may not ask: {why}",
                self.proof.name()
            );
            return Err(BrokerError::LoginNeeded { idp: self.proof.name().to_owned(), why });
        };
        let (Reason::TooWeak(why) | Reason::NoLogin(why)) = &reason;
        let why = if self.need.force { "--force starts over" } else { why };
        log::debug!("{}: the person must sign in: {why}", self.proof.name());
        let world = self.broker.world;
        if let Reason::TooWeak(why) = &reason {
            world.person.tell(Note::SignInAnew { why });
        }
        // Identity Center has no parameter for requirements: its session is ended, so that the person is asked again.
        let demand = self.purpose.demand;
        let ask_again = matches!(self.proof, ProofPlan::IdentityCenter(_)) && !demand.is_empty();
        let options = LoginOptions { force: self.need.force || ask_again, ..options };
        let proof = &self.proof.asked_for(demand);
        let memory = SealedMemory {
            broker: self.broker,
            lock: self.lock,
            key: proof.person_key(),
            what: format!("your attributes at {}", proof.name()),
        };
        let received = |login: Option<&IdpLogin>| self.received(login);
        let login = idp::login(proof, world, &options, stored.as_ref(), &memory, &received).await?;
        self.broker.forget_other_people(proof, &login)?;
        Ok(login)
    }

    /// Stores what the IdP issued before it is checked, because it has invalidated what was stored before. `None`
    /// removes it again.
    fn received(&self, login: Option<&IdpLogin>) {
        match login {
            Some(login) => self.keep(login, "the sign-in"),
            None => {
                if let Err(error) = self.broker.store.delete(&self.proof.login_key()) {
                    log::info!("could not remove a sign-in that was not completed: {error}");
                }
            }
        }
    }

    fn keep(&self, login: &IdpLogin, what: &str) {
        let what = format!("{what} at {}", self.proof.name());
        self.broker.keep(self.lock, &self.proof.login_key(), &login.to_bytes(), &what);
    }
}

/// What is remembered about a person at an IdP: in the store, under the lock of the login.
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
