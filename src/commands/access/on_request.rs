//! A role on request, for the commands that use roles: the person has it now, is waiting for it, or has to ask for it first.
//! It is named by the access, or by a role of the person's own files that has the same ARN.

use std::time::Duration;

use jit_wire::timestamp::{Timestamp, duration};

use crate::broker::Broker;
use crate::commands::load::Configuration;
use crate::commands::request;
use crate::error::CommandResult;
use crate::plan::{Plan, RoleId};
use crate::store::Store;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::{Asking, World};

use super::not_held::NotHeld;
use super::own::{OwnAccess, OwnGrant, OwnRecord, Standing};
use super::reading::Reading;
use super::{Desk, failed, kept, overlay};

/// How often to look again after asking or waiting.
const TRIES: usize = 3;
/// How long a grant that was found is believed without another look. AWS has the last word in any case.
pub(super) const BELIEVED: Duration = Duration::from_secs(15);
/// How often the ledger is read while a request is waited for, by all processes together.
const LOOKED_EVERY: Duration = Duration::from_secs(3);

/// How a command deals with a role that is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// On a terminal it offers to ask; elsewhere it says what to type.
    Person,
    /// It says everything in one line, since AWS's tools show no more, and waits this long for a request that is pending.
    Program {
        /// How long.
        wait: Duration,
    },
}

/// A role on request that the person has.
#[derive(Clone, Debug)]
pub(crate) struct OnRequest {
    /// How it is reached.
    pub(crate) plan: Plan,
    /// The grant.
    pub(crate) grant: Grant,
}

/// What the person was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The name of the access.
    pub(crate) access: String,
    /// The role's ARN.
    pub(crate) role: String,
    /// The account's number.
    pub(crate) account: String,
    /// When it ends.
    pub(crate) until: Timestamp,
    /// What is typed after `jit` to extend it.
    pub(crate) extend: String,
    /// What is typed after `jit` to ask for it again.
    pub(crate) ask: String,
}

impl Grant {
    /// That it lasts for another `min_ttl`.
    ///
    /// # Errors
    /// [`NotHeld::TooShort`].
    pub(crate) fn lasts(&self, min_ttl: Duration, now: Timestamp) -> Result<(), NotHeld> {
        let left = self.until.since(now);
        if left >= min_ttl {
            return Ok(());
        }
        Err(NotHeld::TooShort {
            access: self.access.clone(),
            left: duration(left),
            wanted: duration(min_ttl),
            extend: self.extend.clone(),
        })
    }
}

/// The two parts of `ACCOUNT/ACCESS`, of which the first can be left out.
pub(super) fn account_and_access(typed: &str) -> (Option<&str>, &str) {
    match typed.split_once('/') {
        Some((account, access)) => (Some(account), access),
        None => (None, typed),
    }
}

/// The role on request that `typed` names: `ACCESS`, or `ACCOUNT/ACCESS`. `None` if the policy has no such access. A person
/// on a terminal who does not have it can ask for it, and the command waits.
///
/// # Errors
/// [`NotHeld`], or the ledger cannot be read.
pub(crate) fn role_on_request<'w>(
    files: &Configuration<'w>,
    typed: &str,
    manner: Manner,
    store: &Store<'w>,
) -> CommandResult<Option<OnRequest>> {
    let world = files.world();
    let (account, access) = account_and_access(typed);
    // A mistyped name must not start a sign-in.
    let may_read = || world.asking == Asking::Person && world.person.can_be_asked();
    if !is_access(files, typed).unwrap_or_else(may_read) {
        return Ok(None);
    }
    let broker = Broker::new(world, store);
    let reading = Reading::new(files, store, &broker)?;
    let wanted = Wanted::Named { access, account };
    let Some((record, grant)) = obtain(&reading, &wanted, manner, world)? else { return Ok(None) };
    let plan = overlay::of_files(plan(&reading, &record, &grant)?, files)?;
    Ok(Some(OnRequest { plan, grant }))
}

/// The same for a role of the person's files: `None` if it is not on request.
///
/// # Errors
/// [`NotHeld`], or the ledger cannot be read.
pub(crate) fn checked<'w>(
    files: &Configuration<'w>,
    own: &Plan,
    manner: Manner,
    store: &Store<'w>,
) -> CommandResult<Option<OnRequest>> {
    let (world, whole);
    let files = if files.is_part() {
        // The section [access] is not part of what the role depends on.
        whole = Configuration::read(files.world())?;
        &whole
    } else {
        files
    };
    world = files.world();
    if files.file.access.is_none() || world.asking == Asking::Nothing {
        return Ok(None);
    }
    let RoleId::Arn(arn) = &own.target().role.value else { return Ok(None) };
    let broker = Broker::new(world, store);
    let reading = Reading::new(files, store, &broker)?;
    // An entry role is no role on request, and comes before there can be a session to read with.
    if reading.door().is_none_or(|door| door.target().role.value == own.target().role.value) {
        return Ok(None);
    }
    let Some((record, grant)) = obtain(&reading, &Wanted::Role(arn), manner, world)? else { return Ok(None) };
    let plan = overlay::with_settings(plan(&reading, &record, &grant)?, own);
    Ok(Some(OnRequest { plan, grant }))
}

/// Whether `typed` (`ACCESS` or `ACCOUNT/ACCESS`) names something one can ask for, by what was read of the ledger last. `None`
/// if nothing was.
pub(crate) fn is_access(files: &Configuration<'_>, typed: &str) -> Option<bool> {
    if files.file.access.is_none() {
        return Some(false);
    }
    let known = kept::names(&files.world().folders.state);
    let (_, access) = account_and_access(typed);
    (!known.is_empty()).then(|| known.iter().any(|(name, _)| name == access))
}

/// Whether the role of `plan` can be one on request: those are under the path `/jit/`. Nothing of access is read for others.
pub(crate) fn is_under_jit(plan: &Plan) -> bool {
    matches!(&plan.target().role.value, RoleId::Arn(arn) if arn.as_str().contains(":role/jit/"))
}

/// What the person means.
enum Wanted<'a> {
    Named { access: &'a str, account: Option<&'a str> },
    Role(&'a jit_wire::arn::RoleArn),
}

impl Wanted<'_> {
    /// The name of the access that is meant, and where the person stands with it. Of several on one role, the one that lasts
    /// longest counts, else one that they wait for, else the first that they may ask for.
    fn standing(&self, record: &OwnRecord, now: Timestamp) -> (String, Standing) {
        match self {
            Self::Named { access, account } => ((*access).to_owned(), record.standing(access, *account, now)),
            Self::Role(arn) => {
                let on_role = record.on_role(arn).into_iter();
                let all =
                    on_role.map(|(name, _)| (name.clone(), record.standing(name, Some(arn.account()), now)));
                let rank = |(_, standing): &(String, Standing)| match standing {
                    Standing::Held(grant) => (2, grant.until),
                    Standing::Pending(_) => (1, Timestamp(0)),
                    _ => (0, Timestamp(0)),
                };
                // Of equals, `max_by_key` takes the last one.
                let mut all: Vec<_> = all.collect();
                all.reverse();
                all.into_iter().max_by_key(rank).unwrap_or((String::new(), Standing::Unknown))
            }
        }
    }

    fn account(&self) -> Option<&str> {
        match self {
            Self::Named { account, .. } => *account,
            Self::Role(arn) => Some(arn.account()),
        }
    }
}

/// The grant that is wanted, which the person has or gets now. `None` if the policy has no such access.
fn obtain(
    reading: &Reading<'_, '_>,
    wanted: &Wanted<'_>,
    manner: Manner,
    world: &World,
) -> CommandResult<Option<(OwnRecord, Grant)>> {
    let is_asked = manner == Manner::Person && world.asking == Asking::Person && world.person.can_be_asked();
    let is_enough = |record: &OwnRecord| {
        let now = world.clock.now();
        let is_held = matches!(wanted.standing(record, now).1, Standing::Held(_));
        (is_held && record.age(now) < BELIEVED)
            || (matches!(manner, Manner::Program { .. }) && record.age(now) < LOOKED_EVERY)
    };
    let ui = Ui::new(&world.env, false, false);
    let mut last = None;
    for _ in 0..TRIES {
        let record = reading.own(is_enough)?;
        let (access, standing) = wanted.standing(&record, world.clock.now());
        let own = record.accesses.get(&access).cloned().unwrap_or_default();
        let why = match standing {
            Standing::Unknown => return Ok(None),
            Standing::Held(found) => return Ok(Some((record, granted(access, found, &own)))),
            Standing::Several(accounts) => NotHeld::Several { access: access.clone(), accounts },
            Standing::Pending(request) => NotHeld::pending(&access, request),
            Standing::Neither => {
                NotHeld::NotGranted { access: access.clone(), ask: own.ask(&access, wanted.account()) }
            }
        };
        match (&why, manner) {
            (NotHeld::Several { .. }, Manner::Person) => return Err(why.into()),
            (NotHeld::Pending { short, .. }, Manner::Person) if is_asked => {
                let ledger = reading.ledger()?;
                ui.say(shown!("{} is not granted to you yet.", access));
                let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
                let id = super::at_desk(&ledger, &view, jit_access::policy::Right::Request, world, |desk| {
                    Ok(desk.find(short)?.id)
                })?;
                request::wait(&ledger, id, None, world, &ui)?;
            }
            (NotHeld::NotGranted { .. }, Manner::Person) if is_asked => {
                let question = format!("{access} is not granted to you. Ask for it?");
                if world.person.confirm(&question) != Some(true) {
                    return Err(why.into());
                }
                request::ask_and_wait(&access, wanted.account(), own.max, &reading.ledger()?, world, &ui)?;
            }
            (_, Manner::Person) => return Err(why.into()),
            (NotHeld::Pending { .. }, Manner::Program { wait }) => {
                ui.instruct(shown!("{}; waiting up to {}", why.in_one_line(), duration(wait)));
                let look = || {
                    let record = reading.own(|record| record.age(world.clock.now()) < LOOKED_EVERY)?;
                    let (access, standing) = wanted.standing(&record, world.clock.now());
                    Ok((record, access, standing))
                };
                return wait_for(wait, look, std::thread::sleep);
            }
            (_, Manner::Program { .. }) => return Err(why.to_program().into()),
        }
        last = Some(why);
    }
    last.map_or(Ok(None), |why| Err(why.into()))
}

/// Whether `typed` is the number or the name of the account `own`.
pub(super) fn is_account(own: &str, typed: &str, desk: &Desk<'_>) -> bool {
    own == typed || desk.account_names.get(own).is_some_and(|name| name == typed)
}

/// Looks again and again until the grant is there, nothing is pending any more, or the time is over.
fn wait_for(
    wait: Duration,
    look: impl Fn() -> CommandResult<(OwnRecord, String, Standing)>,
    pause: impl Fn(Duration),
) -> CommandResult<Option<(OwnRecord, Grant)>> {
    let mut left = wait;
    loop {
        let step = LOOKED_EVERY.min(left);
        pause(step);
        left = left.saturating_sub(step);
        let (record, access, standing) = look()?;
        let own = record.accesses.get(&access).cloned().unwrap_or_default();
        match standing {
            Standing::Held(found) => return Ok(Some((record, granted(access, found, &own)))),
            Standing::Pending(request) if left.is_zero() => {
                return Err(NotHeld::pending(&access, request).to_program().into());
            }
            Standing::Pending(_) => {}
            Standing::Unknown => return Ok(None),
            Standing::Several(accounts) => {
                return Err(NotHeld::Several { access, accounts }.to_program().into());
            }
            Standing::Neither => {
                let ask = own.ask(&access, None);
                return Err(NotHeld::NotGranted { access, ask }.to_program().into());
            }
        }
    }
}

pub(super) fn granted(access: String, found: OwnGrant, own: &OwnAccess) -> Grant {
    let account = Some(found.account.as_str());
    let (extend, ask) = (own.extend(&access, account), own.ask(&access, account));
    Grant { access, role: found.role, account: found.account, until: found.until, extend, ask }
}

/// The way from the entry role to what was granted, under the person's own session name: the role lets in no other.
pub(super) fn plan(reading: &Reading<'_, '_>, record: &OwnRecord, grant: &Grant) -> CommandResult<Plan> {
    let no_entry = || super::AccessError::NoEntry;
    let door = reading.door().ok_or_else(no_entry)?;
    let arn = grant.role.parse().map_err(|_| no_entry())?;
    let own_name = Some(record.session_name.clone());
    let origin = crate::plan::Origin::Rule("the policy of access on request");
    Ok(door.onward(&grant.access, arn, own_name, origin))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn pending() -> Standing {
        Standing::Pending(super::super::own::OwnRequest {
            short: "a1b2".to_owned(),
            accounts: Vec::new(),
            waits_for: vec!["owners: bob".to_owned()],
        })
    }

    fn held() -> Standing {
        Standing::Held(OwnGrant {
            account: "222222222222".to_owned(),
            account_name: None,
            role: "arn:aws:iam::222222222222:role/jit/pay".to_owned(),
            until: Timestamp(9),
        })
    }

    /// What each look finds; after the last one, that again. What came of it, and how long it took.
    fn waited(found: &[Standing]) -> (CommandResult<bool>, Duration) {
        let (looks, slept) = (Cell::new(0), RefCell::new(Duration::ZERO));
        let look = || {
            let standing = found[looks.get().min(found.len() - 1)].clone();
            looks.set(looks.get() + 1);
            Ok((OwnRecord::empty(), "pay".to_owned(), standing))
        };
        let pause = |time| *slept.borrow_mut() += time;
        let result = wait_for(Duration::from_secs(55), look, pause);
        (result.map(|found| found.is_some()), slept.into_inner())
    }

    #[test]
    fn a_program_waits_at_most_as_long_as_its_caller_does() {
        let (result, slept) = waited(&[pending()]);
        let error = result.unwrap_err();
        assert_eq!(slept, Duration::from_secs(55));
        assert_eq!(error.kind, crate::error::Kind::Pending);
        assert!(
            error.causes.is_empty() && error.hints().is_empty() && error.what.contains("a1b2"),
            "{error:?}"
        );
    }

    #[test]
    fn a_program_ends_waiting_when_it_is_decided() {
        let (result, slept) = waited(&[pending(), pending(), held()]);
        assert_eq!((result, slept), (Ok(true), Duration::from_secs(9)));
        let (result, slept) = waited(&[pending(), Standing::Neither]);
        assert_eq!(
            (result.unwrap_err().kind, slept),
            (crate::error::Kind::NotAllowed, Duration::from_secs(6))
        );
    }
}
