//! Which of the stored sessions can be used: fresh, new enough for `--force`, and from a sign-in that the
//! role accepts.

use super::{Broker, BrokerError, Need};
use crate::plan::{EntryKey, Plan};
use crate::store::{Store, StoreError};
use jit_wire::credentials::{Freshness, Session};
use jit_wire::timestamp::{Timestamp, duration};

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
        let lacks = |session: &Session, is_own: bool| {
            if session.freshness(self.now(), need.min_ttl) != Freshness::Fresh {
                Some("too little time is left")
            } else if !self.signed_in_for(plan, session) {
                Some("its sign-in does not meet the role's requirements any more")
            } else if !is_own && !self.new_enough(session.issued_at, need, waited) {
                Some("it is from before --force")
            } else {
                None
            }
        };
        let name = &plan.legs[index].name;
        let left = |session: &Session| duration(session.time_left(self.now()));
        let key = plan.session_key(index);
        if let Some(own) = self.sessions.borrow().get(&key).filter(|own| lacks(own, true).is_none()) {
            log::debug!("{name}: uses the session that this command got, {} left", left(own));
            return Ok(Some(own.clone()));
        }
        let Some(found) = read_session(self.store, &key)? else { return Ok(None) };
        match lacks(&found, false) {
            None => {
                log::debug!("{name}: uses the stored session, {} left", left(&found));
                Ok(Some(found))
            }
            Some(why) => {
                log::debug!("{name}: does not use the stored session, {} left: {why}", left(&found));
                Ok(None)
            }
        }
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
