//! `jit login ACCESS`: signs in for the entry role, says how long the access is granted, and gets its session. A person who
//! does not have it can ask for it on a terminal.

use super::Context;
use crate::commands::access::{self, Manner, OnRequest};
use crate::error::CommandResult;
use crate::plan::{CHAINED_LIMIT, Origin, Plan, Valued};
use crate::ui::text::shown;
use crate::world::clock_time;
use jit_wire::timestamp::duration;

impl Context<'_, '_> {
    /// Signs in for the role on request that `name` means. `own` is its plan, if the person's own files have it.
    ///
    /// # Errors
    /// There is no session of the entry role, or the person does not have the access.
    pub(super) fn on_request(&self, name: &str, own: Option<&Plan>) -> CommandResult<bool> {
        let Self { args, files, store, world, ui, .. } = *self;
        let is_possible = match own {
            Some(plan) => files.file.access.is_some() && access::is_under_jit(plan),
            None => access::is_access(files, name) == Some(true),
        };
        if !is_possible {
            return Ok(false);
        }
        if let Some(door) = access::entry(files)? {
            self.get(&door, None)?;
        }
        let found = match own {
            Some(plan) => access::checked(files, plan, Manner::Person, store)?,
            None => access::role_on_request(files, name, Manner::Person, store)?,
        };
        let Some(OnRequest { mut plan, grant }) = found else { return Ok(false) };
        if let (Some(seconds), Some(leg)) = (args.duration, plan.legs.last_mut()) {
            leg.duration = Valued::new(seconds.min(CHAINED_LIMIT), Origin::Flag("--duration"));
        }
        self.get(&plan, Some(grant.until))?;
        ui.say(shown!(
            "{} is granted until {}, for another {}. To extend it: jit {}",
            grant.access,
            clock_time(grant.until, &*world.clock),
            duration(grant.until.since(world.clock.now())),
            grant.extend
        ));
        Ok(true)
    }
}
