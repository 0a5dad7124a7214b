//! Several roles on request at once, for `jit exec --each`.

use crate::broker::Broker;
use crate::commands::load::Configuration;
use crate::error::CommandResult;
use crate::store::Store;

use super::not_held::NotHeld;
use super::on_request::{BELIEVED, OnRequest, granted, plan};
use super::overlay;
use super::own::{OwnRecord, Standing};
use super::reading::Reading;

/// What `jit exec --each` runs of several accesses, and what it cannot.
pub(crate) struct EachOnRequest {
    /// Each role that the person holds, called by the name of the access, or `ACCOUNT/ACCESS` where they hold several.
    pub(crate) held: Vec<OnRequest>,
    /// Why they do not hold the others.
    pub(crate) not_held: Vec<NotHeld>,
}

/// Where the person stands with all of `accesses`. Of those that they hold, the ones that `fits` says yes to: it gets each
/// name that a role has. Nobody is asked.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn roles_on_request<'w>(
    files: &Configuration<'w>,
    accesses: &[String],
    fits: impl Fn(&str) -> bool,
    store: &Store<'w>,
) -> CommandResult<EachOnRequest> {
    let world = files.world();
    let broker = Broker::new(world, store);
    let reading = Reading::new(files, store, &broker)?;
    // What was not held a moment ago may be by now.
    let all_held = |record: &OwnRecord| {
        let now = world.clock.now();
        let is_held =
            |access: &String| record.accesses.get(access).is_some_and(|own| !own.live(now).is_empty());
        record.age(now) < BELIEVED && accesses.iter().all(is_held)
    };
    let record = reading.own(all_held)?;
    let now = world.clock.now();
    let mut found = EachOnRequest { held: Vec::new(), not_held: Vec::new() };
    for access in accesses {
        let Some(own) = record.accesses.get(access) else { continue };
        let live = own.live(now);
        for one in &live {
            let by_name = one.account_name.as_ref().map(|name| format!("{name}/{access}"));
            let by_number = format!("{}/{access}", one.account);
            let names = [Some(access), Some(&by_number), by_name.as_ref()];
            if !names.into_iter().flatten().any(|name| fits(name)) {
                continue;
            }
            let grant = granted(access.clone(), (*one).clone(), own);
            let mut plan = overlay::of_files(plan(&reading, &record, &grant)?, files)?;
            if live.len() > 1 {
                plan.role = by_name.unwrap_or(by_number);
                if let Some(leg) = plan.legs.last_mut() {
                    leg.name.clone_from(&plan.role);
                }
            }
            found.held.push(OnRequest { plan, grant });
        }
        if live.is_empty() && fits(access) {
            found.not_held.push(match record.standing(access, None, now) {
                Standing::Pending(request) => NotHeld::pending(access, request),
                _ => NotHeld::NotGranted { access: access.clone(), ask: own.ask(access, None) },
            });
        }
    }
    Ok(found)
}
