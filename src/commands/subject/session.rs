//! The session of a role: stored, renewed, or after a sign-in.

use std::time::Duration;

use super::Subject;
use crate::broker::{Broker, BrokerError, Interaction, Need};
use crate::commands::advice;
use crate::commands::audit_log::{self, Taker};
use crate::commands::load::Configuration;
use crate::config::resolve::Flags;
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::world::World;
use jit_wire::credentials::Session;

/// How long a person may take to sign in.
pub(in crate::commands) const LOGIN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// How long to wait for another process that does the same: a person may be signing in there.
pub(in crate::commands) const WAIT: Duration = Duration::from_secs(5 * 60 + 30);

/// The needs of a command that a person typed: a sign-in if necessary, where the person can be asked.
/// `min_ttl` is in seconds.
pub(in crate::commands) fn typed_need(world: &World, min_ttl: Option<u32>) -> Need {
    let options = LoginOptions { within: LOGIN_WITHIN, ..LoginOptions::by_browser() };
    Need {
        min_ttl: Duration::from_secs(min_ttl.unwrap_or(0).into()),
        force: false,
        interaction: if world.person.can_be_asked() {
            Interaction::Allowed(options)
        } else {
            Interaction::Never
        },
        wait: WAIT,
    }
}

impl Subject<'_> {
    /// A session of the role for `taker`: stored, renewed, or after a sign-in. Mistakes elsewhere in the files are
    /// reported before anybody is called or asked. That of a role on request ends with the grant.
    ///
    /// # Errors
    /// No session is stored, and jit could not get one.
    pub(in crate::commands) fn session(&self, need: &Need, taker: Taker<'_>) -> CommandResult<Session> {
        Ok(self.as_granted(self.whole_session(need, taker)?))
    }

    /// The same with the end that AWS gave it. That of a grant can still be put off.
    ///
    /// # Errors
    /// As for [`Self::session`].
    pub(in crate::commands) fn whole_session(&self, need: &Need, taker: Taker<'_>) -> CommandResult<Session> {
        if let Some(grant) = &self.grant {
            grant.lasts(need.min_ttl, self.world.clock.now())?;
        }
        let session = self.any_session(need)?;
        audit_log::note(self.audit_log.as_ref(), taker, &self.plan, &session, self.world);
        Ok(session)
    }

    /// `session` as it is reported: AWS allows nothing of it once the grant has ended.
    pub(in crate::commands) fn as_granted(&self, session: Session) -> Session {
        match &self.grant {
            Some(grant) => session.ending_at(grant.until),
            None => session,
        }
    }

    /// Writes down that `taker` took a renewed `session`, where the configuration wants that.
    pub(in crate::commands) fn note(&self, taker: Taker<'_>, session: &Session) {
        audit_log::note(self.audit_log.as_ref(), taker, &self.plan, session, self.world);
    }

    fn any_session(&self, need: &Need) -> CommandResult<Session> {
        let no_session = |error: BrokerError| advice::no_session(&error, &self.plan, advice::Typed::Another);
        let broker = Broker::new(self.world, &self.store);
        if let Some(session) = broker.at_hand(&self.plan, need).map_err(no_session)? {
            return Ok(session);
        }
        if self.from_part {
            Configuration::read(self.world)?.with_roles()?.plan(&self.plan.role, Flags::default())?;
        }
        broker.session(&self.plan, need).map_err(no_session)
    }
}
