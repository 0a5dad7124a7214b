//! A role on request, for the commands that use roles. The policy names it; the person has it now, is waiting for it, or has
//! to ask for it first.

use jit_access::fold::{Case, Phase, State};
use jit_access::policy::Right;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use crate::broker::{AccessLedger, Broker};
use crate::commands::load::Configuration;
use crate::commands::request;
use crate::error::CommandResult;
use crate::plan::Plan;
use crate::store::Store;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::{Asking, World};

use super::{Desk, at_desk, failed, kept, open, wanted_in_words};

/// How often to look again after asking or waiting.
const TRIES: usize = 3;

/// Why there is no session of a role on request.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotHeld {
    #[error("{0} is not granted to you")]
    NotGranted(String),
    #[error("{access} is not granted to you yet: request {short} is pending")]
    Pending { access: String, short: String, waits_for: Vec<String> },
    #[error("{access} is granted to you in several accounts")]
    Several { access: String, accounts: Vec<String> },
    #[error("{access} can be held in several accounts")]
    Anywhere { access: String, accounts: Vec<String> },
}

impl Explain for NotHeld {
    fn kind(&self) -> Kind {
        match self {
            Self::NotGranted(_) => Kind::NotAllowed,
            Self::Pending { .. } => Kind::Pending,
            Self::Several { .. } | Self::Anywhere { .. } => Kind::Usage,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Pending { waits_for, .. } => {
                waits_for.iter().map(|wanted| format!("it waits for {wanted}")).collect()
            }
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        vec![match self {
            Self::NotGranted(access) => Next::Run {
                command: format!("request {} -m REASON", name::in_command(access)).into(),
                does: "asks for it".into(),
            },
            Self::Pending { short, .. } => {
                Next::Run { command: format!("requests {short}").into(), does: "shows it".into() }
            }
            Self::Anywhere { access, accounts } if accounts.is_empty() => {
                Next::words(format!("name the account as well: ACCOUNT/{access}"))
            }
            Self::Several { access, accounts } | Self::Anywhere { access, accounts } => Next::words(format!(
                "name the account as well: {}",
                accounts.iter().map(|account| format!("{account}/{access}")).collect::<Vec<_>>().join(", ")
            )),
        }]
    }
}

/// Where the person stands with an access.
enum Standing {
    /// The policy has no such access.
    Unknown,
    Held(Box<Plan>),
    Pending {
        id: jit_access::id::Id,
        why: NotHeld,
    },
    Neither,
}

/// The two parts of `ACCOUNT/ACCESS`, of which the first can be left out.
pub(super) fn account_and_access(typed: &str) -> (Option<&str>, &str) {
    match typed.split_once('/') {
        Some((account, access)) => (Some(account), access),
        None => (None, typed),
    }
}

/// The plan for the role on request that `typed` names: `ACCESS`, or `ACCOUNT/ACCESS`. `None` if the policy has no such
/// access. A person on a terminal who does not have it can ask for it, and the command waits.
///
/// # Errors
/// [`NotHeld`], or the ledger cannot be read.
pub(crate) fn role_on_request(
    files: &Configuration<'_>,
    typed: &str,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<Option<Plan>> {
    let (account, access) = account_and_access(typed);
    // A mistyped name must not start a sign-in, so the names are those of the last reading.
    let known = kept::names(&world.folders.state);
    let is_asked = world.asking == Asking::Person && world.person.can_be_asked();
    let is_possible = match known.is_empty() {
        true => is_asked,
        false => known.iter().any(|(name, _)| name == access),
    };
    if files.file.access.is_none() || !is_possible {
        return Ok(None);
    }
    let broker = Broker::new(world, store);
    let ledger = open(files, &broker, Right::Request, world)?;
    let ui = Ui::new(&world.env, false, false);
    for _ in 0..TRIES {
        match standing(&ledger, access, account, world)? {
            Standing::Unknown => return Ok(None),
            Standing::Held(plan) => return Ok(Some(*plan)),
            Standing::Pending { id, .. } if is_asked => {
                ui.say(shown!("{} is not granted to you yet.", access));
                request::wait(&ledger, id, None, world, &ui)?;
            }
            Standing::Pending { why, .. } => return Err(why.into()),
            Standing::Neither => {
                let not_granted = NotHeld::NotGranted(access.to_owned());
                let question = format!("{access} is not granted to you. Ask for it?");
                if !is_asked || world.person.confirm(&question) != Some(true) {
                    return Err(not_granted.into());
                }
                request::ask_and_wait(access, account, &ledger, world, &ui)?;
            }
        }
    }
    Err(NotHeld::NotGranted(access.to_owned()).into())
}

fn standing(
    ledger: &AccessLedger<'_>,
    access: &str,
    account: Option<&str>,
    world: &World,
) -> CommandResult<Standing> {
    let view = ledger.read_recent().map_err(|error| failed(&error, ledger))?;
    at_desk(ledger, &view, Right::Request, world, |desk| {
        if desk.access(access).is_none() {
            return Ok(Standing::Unknown);
        }
        let open: Vec<(Case<'_>, State)> =
            desk.mine_open().into_iter().filter(|(case, _)| case.request.access == access).collect();
        let held =
            |state: &State| matches!(state, State::Granted { phase: Phase::Live { applied: true }, .. });
        let mut roles: Vec<(&str, &str)> = open
            .iter()
            .filter(|(_, state)| held(state))
            .flat_map(|(case, _)| case.decision.iter().flat_map(|decision| &decision.grants))
            .map(|grant| (grant.account.as_str(), grant.role.as_str()))
            .filter(|(own, _)| account.is_none_or(|account| is_account(own, account, desk)))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        match roles.as_slice() {
            [] => {}
            [(_, role)] => {
                let plan = ledger.role(access, role).map_err(|error| failed(&error, ledger))?;
                return Ok(Standing::Held(Box::new(plan)));
            }
            several => {
                let accounts = several.iter().map(|(account, _)| (*account).to_owned()).collect();
                return Err(NotHeld::Several { access: access.to_owned(), accounts }.into());
            }
        }
        let waits = open
            .iter()
            .rev()
            .find(|(_, state)| !matches!(state, State::Granted { phase: Phase::Scheduled, .. }));
        Ok(waits.map_or(Standing::Neither, |(case, _)| Standing::Pending {
            id: case.id,
            why: NotHeld::Pending {
                access: access.to_owned(),
                short: desk.short(case.id),
                waits_for: desk.wanted(case).iter().map(wanted_in_words).collect(),
            },
        }))
    })
}

/// Whether `typed` is the number or the name of the account `own`.
pub(super) fn is_account(own: &str, typed: &str, desk: &Desk<'_>) -> bool {
    own == typed || desk.account_names.get(own).is_some_and(|name| name == typed)
}
