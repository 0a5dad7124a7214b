//! Which of the stored sessions can be used: fresh, new enough for `--force`, and from a sign-in that the
//! role accepts.

use super::{Broker, BrokerError, Need};
use crate::plan::{EntryKey, Plan};
use crate::store::{Store, StoreError};
use jit_wire::credentials::{Freshness, Session};
use jit_wire::timestamp::Timestamp;

/// The stored session of the step at `index`, whatever its age. Calls neither the IdP nor AWS.
///
/// # Errors
/// [`StoreError`], among them one for an entry that cannot be read.
pub fn stored_session(store: &Store<'_>, plan: &Plan, index: usize) -> Result<Option<Session>, StoreError> {
    read_session(store, &plan.session_key(index))
}

fn read_session(store: &Store<'_>, key: &EntryKey) -> Result<Option<Session>, StoreError> {
    let Some(bytes) = store.get(key)? else { return Ok(None) };
    Session::from_bytes(bytes.expose())
        .map(Some)
        .map_err(|_| store.corrupt(key, "it does not contain a session"))
}

impl Broker<'_, '_> {
    /// The session of the step at `index` that can be used as it is: one that this command got, else the
    /// stored one. `waited`: this process has just waited for another one that was busy with it.
    pub(super) fn good_enough(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        waited: bool,
    ) -> Result<Option<Session>, BrokerError> {
        let fresh = |session: &Session| {
            session.freshness(self.now(), need.min_ttl) == Freshness::Fresh
                && self.signed_in_for(plan, session)
        };
        let key = plan.session_key(index);
        if let Some(own) = self.sessions.borrow().get(&key).filter(|own| fresh(own)) {
            return Ok(Some(own.clone()));
        }
        let found = read_session(self.store, &key)?;
        Ok(found.filter(|session| fresh(session) && self.new_enough(session.issued_at, need, waited)))
    }

    /// A stored session that should be renewed, but lasts as long as is needed.
    pub(super) fn still_good(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
    ) -> Result<Option<Session>, BrokerError> {
        let holds = |session: &Session| {
            let left = session.time_left(self.now());
            !need.force && !left.is_zero() && left >= need.min_ttl && self.signed_in_for(plan, session)
        };
        Ok(stored_session(self.store, plan, index)?.filter(holds))
    }

    /// Whether the sign-in behind `session` meets the role's requirements now.
    pub(super) fn signed_in_for(&self, plan: &Plan, session: &Session) -> bool {
        plan.sign_in.is_empty() || plan.sign_in.allows(&session.sign_in, self.now()).is_ok()
    }

    /// With `--force`, only a session that another process got while this one waited for the lock is
    /// accepted.
    pub(super) fn new_enough(&self, got_at: Timestamp, need: &Need, waited: bool) -> bool {
        !need.force || (got_at >= self.started && waited)
    }
}
