//! The session of a role: stored, renewed, or after a sign-in.

use std::time::Duration;

use super::Subject;
use crate::broker::{Broker, BrokerError, Interaction, Need};
use crate::commands::advice;
use crate::commands::audit_log::{self, Taker};
use crate::commands::load::Configuration;
use crate::commands::region;
use crate::config::file::AuditLog;
use crate::config::resolve::Flags;
use crate::config::restriction::restricted;
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::plan::Plan;
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
    /// reported before anybody is called or asked, and from then on the plan and the store are those of all files. That of a
    /// role on request ends with the grant.
    ///
    /// # Errors
    /// No session is stored, and jit could not get one.
    pub(in crate::commands) fn session(&mut self, need: &Need, taker: Taker<'_>) -> CommandResult<Session> {
        self.session_for(|_| *need, taker)
    }

    /// The same where the need depends on what the files say.
    ///
    /// # Errors
    /// As for [`Self::session`].
    pub(in crate::commands) fn session_for(
        &mut self,
        need: impl Fn(&Self) -> Need,
        taker: Taker<'_>,
    ) -> CommandResult<Session> {
        let session = self.whole_session_for(need, taker)?;
        Ok(self.as_granted(session))
    }

    /// The same with the end that AWS gave it. That of a grant can still be put off.
    ///
    /// # Errors
    /// As for [`Self::session`].
    pub(in crate::commands) fn whole_session(
        &mut self,
        need: &Need,
        taker: Taker<'_>,
    ) -> CommandResult<Session> {
        self.whole_session_for(|_| *need, taker)
    }

    fn whole_session_for(
        &mut self,
        need: impl Fn(&Self) -> Need,
        taker: Taker<'_>,
    ) -> CommandResult<Session> {
        if let Some(grant) = &self.grant {
            grant.lasts(need(self).min_ttl, self.world.clock.now())?;
        }
        let session = self.any_session(need)?;
        self.note(taker, &session);
        Ok(session)
    }

    /// `session` as it is reported: AWS allows nothing of it once the grant has ended.
    pub(in crate::commands) fn as_granted(&self, session: Session) -> Session {
        match &self.grant {
            Some(grant) => session.ending_at(grant.until),
            None => session,
        }
    }

    /// Writes down that `taker` took `session`, where the configuration wants that.
    pub(in crate::commands) fn note(&self, taker: Taker<'_>, session: &Session) {
        let of_machine = || AuditLog::parse(self.store.rules().audit_log.as_deref()?);
        let log = match &self.audit_log {
            None if self.from_part => of_machine(),
            log => log.clone(),
        };
        audit_log::note(log.as_ref(), taker, &self.plan, session, self.world);
    }

    /// Whether a program may start a sign-in, which `asked_for` is the option for.
    pub(in crate::commands) fn may_sign_in_by_itself(&self, asked_for: bool) -> bool {
        let enforced = self.enforced.as_ref().and_then(|enforced| enforced.auto_login.as_ref());
        enforced.map_or(asked_for || self.plan.auto_login, |at| at.value)
    }

    fn any_session(&mut self, need: impl Fn(&Self) -> Need) -> CommandResult<Session> {
        let no_session =
            |error: BrokerError, plan: &Plan| advice::no_session(&error, plan, advice::Typed::Another);
        let broker = Broker::new(self.world, &self.store);
        let found = broker.at_hand(&self.plan, &need(self));
        if let Some(session) = found.map_err(|error| no_session(error, &self.plan))?
            && !(self.from_part && self.store.needs_all_files())
        {
            return Ok(session);
        }
        if self.from_part {
            self.read_everything()?;
        }
        let broker = Broker::new(self.world, &self.store);
        broker.session(&self.plan, &need(self)).map_err(|error| no_session(error, &self.plan))
    }

    /// Reads all files, of which only a part was read until now.
    fn read_everything(&mut self) -> CommandResult {
        let files = Configuration::read(self.world)?.with_roles()?;
        let plan = files.plan(&self.plan.role, Flags::default())?;
        self.plan = restricted(plan, &self.restriction)?;
        region::set(&mut self.plan, self.region.as_deref())?;
        self.store = files.open_store()?;
        self.audit_log = files.audit_log().cloned();
        self.enforced = files.enforced().cloned();
        self.from_part = false;
        Ok(())
    }
}
