//! One step of the chain: lock, read again, call AWS, store. Also which session is used if the call fails,
//! and what the waiting processes are told.

use std::time::Duration;

use super::login::Purpose;
use super::{Broker, BrokerError, Need, failure};
use crate::aws::errors::StsErrorKind;
use crate::aws::portal::PortalErrorKind;
use crate::plan::{Plan, ProofPlan};
use crate::store::{Lock, Order, StoreError, Turn, Waiting};
use jit_wire::credentials::Session;
use jit_wire::timestamp::duration;

impl Broker<'_, '_> {
    /// The session of the step at `index`: the one that another process has just stored, or a new one.
    pub(super) async fn step_session(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
    ) -> Result<Session, BrokerError> {
        let key = plan.session_key(index);
        let leg = &plan.legs[index];
        let what = format!("the session of {}", leg.name);
        let _turn = self.turn(&key).await;
        let waiting = self.waiting(&what, need);
        let look = |message: Option<&str>| self.answer(plan, index, need, message).transpose();
        let mut lock = match self.store.lock_or(&key, &waiting, look) {
            // The process that is busy with it takes too long. The stored session may still be usable.
            Err(busy @ StoreError::Busy { .. }) => {
                return self.still_good(plan, index, need)?.ok_or_else(|| busy.into());
            }
            Ok(Turn::Answer(answer)) => {
                log::debug!("{}: another process answered for this one", leg.name);
                return answer;
            }
            Ok(Turn::Lock(lock)) => lock,
            Err(error) => return Err(error.into()),
        };
        let found = match lock.waited() {
            true => self.answer(plan, index, need, lock.message_left())?,
            false => self.good_enough(plan, index, need, false)?,
        };
        if let Some(session) = found {
            return Ok(session);
        }
        log::debug!("{}: requests a new session", leg.name);
        let still_good = self.still_good(plan, index, need)?;
        let need = &need.with(still_good.as_ref());
        let renewed = Box::pin(self.renew(plan, index, need, &lock)).await;
        if let Err(error) = &renewed {
            failure::tell_waiters(&mut lock, error, &plan.sign_in);
        }
        match (renewed, still_good) {
            (Ok(session), _) => {
                log::debug!("{}: got a session for {}", leg.name, duration(session.lifetime()));
                self.keep(&lock, &key, &session.to_bytes(), &what);
                self.drop_if_anothers(plan, &key, &session)?;
                self.sessions.borrow_mut().insert(key, session.clone());
                let lifetime = session.lifetime();
                if lifetime < need.min_ttl {
                    return Err(BrokerError::TooShort {
                        role: leg.name.clone(),
                        granted: lifetime.as_secs(),
                        wanted: need.min_ttl.as_secs(),
                    });
                }
                Ok(session)
            }
            (Err(error), Some(old)) => Ok(use_old(old, &error)),
            (Err(error), None) => Err(error),
        }
    }

    pub(super) fn waiting<'n>(&'n self, what: &'n str, need: &Need) -> Waiting<'n> {
        let order = if need.may_sign_in() { Order::First } else { Order::After };
        Waiting { person: &*self.world.person, what, at_most: need.wait, order }
    }

    /// The result of other processes that this one waited for: a session in the store, or a failure in
    /// `message`. `None` if neither answers this process.
    fn answer(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        message: Option<&str>,
    ) -> Result<Option<Session>, BrokerError> {
        if let Some(session) = self.good_enough(plan, index, need, true)? {
            return Ok(Some(session));
        }
        let old = self.still_good(plan, index, need)?;
        let failed =
            failure::shared(message, &need.with(old.as_ref()), &plan.sign_in).map(BrokerError::Shared);
        match (failed, old) {
            (None, _) => Ok(None),
            (Some(error), Some(old)) => Ok(Some(use_old(old, &error))),
            (Some(error), None) => Err(error),
        }
    }

    /// A new session of the step at `index`, obtained with the login or with the session of the step above.
    /// If AWS says that this has just expired, it is renewed, and AWS is called once more.
    async fn renew(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        lock: &Lock,
    ) -> Result<Session, BrokerError> {
        let parents_need = Need { min_ttl: Duration::ZERO, ..*need };
        if index == 0 {
            if let ProofPlan::Source(settings) = &plan.proof {
                return self.ask_source(plan, settings, &parents_need, lock).await;
            }
            let purpose = Purpose::of(plan);
            let login = self.login(&plan.proof, &parents_need, None, purpose).await?;
            match self.ask_hub(plan, &login, lock).await {
                Err(error) if new_token_may_help(&error) => {
                    let login = self.login(&plan.proof, &parents_need, Some(&login), purpose).await?;
                    self.ask_hub(plan, &login, lock).await
                }
                outcome => outcome,
            }
        } else {
            let parent = match self.good_enough(plan, index - 1, &parents_need, false)? {
                Some(parent) => parent,
                None => self.step_session(plan, index - 1, &parents_need).await?,
            };
            let code = self.mfa_code(&plan.legs[index], need)?;
            let code = code.as_ref();
            match self.ask_spoke(plan, index, &parent, code, lock).await {
                Err(error)
                    if matches!(error.kind, StsErrorKind::ExpiredToken | StsErrorKind::UnknownSession) =>
                {
                    self.sessions.borrow_mut().remove(&plan.session_key(index - 1));
                    self.store.delete(&plan.session_key(index - 1))?;
                    // `--force` has had its effect on the login already.
                    let parents_need = Need { force: false, ..parents_need };
                    let parent = self.step_session(plan, index - 1, &parents_need).await?;
                    Ok(self.ask_spoke(plan, index, &parent, code, lock).await?)
                }
                outcome => Ok(outcome?),
            }
        }
    }
}

/// The old session, which is served because it could not be renewed.
fn use_old(old: Session, error: &BrokerError) -> Session {
    log::info!("could not renew {} ({error}); using the current session while it lasts", old.role);
    old
}

/// Whether AWS has just said that the proof has expired.
pub(super) fn new_token_may_help(error: &BrokerError) -> bool {
    match error {
        BrokerError::Sts(error) => error.new_token_may_help(),
        BrokerError::Portal(error) => error.kind == PortalErrorKind::TokenRefused,
        _ => false,
    }
}
