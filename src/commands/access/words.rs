//! Times and accounts of requests, as people read them.

use std::time::Duration;

use jit_access::fold::{Case, Phase, State};
use jit_access::ledger::Cause;
use jit_wire::timestamp::{Timestamp, duration};

use crate::world::clock_time;

use super::Desk;

/// A length of time, of so many seconds.
pub(crate) fn seconds(seconds: u32) -> String {
    duration(Duration::from_secs(seconds.into()))
}

/// A moment on the person's clock.
pub(crate) fn moment(at: Timestamp, desk: &Desk<'_>) -> String {
    clock_time(at, &*desk.world.clock)
}

/// The accounts that a request is about: those it names, else that of the role.
pub(crate) fn accounts_of(case: &Case<'_>, desk: &Desk<'_>) -> Vec<String> {
    let own = desk.access(&case.request.access).and_then(|access| access.role.account());
    match own {
        Some(account) if case.request.accounts.is_empty() => vec![account.to_owned()],
        _ => case.request.accounts.clone(),
    }
}

/// The same with their names, in one line.
pub(crate) fn accounts_in_words(case: &Case<'_>, desk: &Desk<'_>) -> String {
    let accounts: Vec<String> = accounts_of(case, desk).iter().map(|account| desk.account(account)).collect();
    accounts.join(", ")
}

/// The state with what matters most about it: `pending, lapses at 16:05`.
pub(crate) fn until_words(case: &Case<'_>, state: &State, desk: &Desk<'_>) -> String {
    let at = |at: Timestamp| moment(at, desk);
    match state {
        State::Pending => {
            let lapses = case.at.0.saturating_add(i64::from(desk.policy.policy.limits.request_ttl));
            format!("pending, lapses at {}", at(Timestamp(lapses)))
        }
        State::Denied { code, why } if why.is_empty() => format!("denied ({code})"),
        // The sentence already says that an approver denied it.
        State::Denied { code, why } if code == "denied" => format!("denied: {why}"),
        State::Denied { code, why } => format!("denied: {why} ({code})"),
        State::Lapsed => "lapsed: nobody decided in time".to_owned(),
        State::Dropped => "withdrawn by the requester".to_owned(),
        State::Granted { from, until, phase } => match phase {
            Phase::Scheduled => format!("granted from {} until {}", at(*from), at(*until)),
            Phase::Live { applied: true } => {
                format!("granted until {} ({} left)", at(*until), duration(until.since(desk.now())))
            }
            Phase::Live { applied: false } => {
                format!("granted until {}, not in AWS yet", at(*until))
            }
            Phase::Ended { at: ended, cause } => {
                let why = match cause {
                    Cause::Time => "its time was over",
                    Cause::Return => "given back",
                    Cause::Revocation => "revoked",
                };
                format!("ended at {}: {why}", at(*ended))
            }
            Phase::Failed { why } => format!("AWS did not accept it: {why}"),
        },
    }
}
