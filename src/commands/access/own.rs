//! What the person can ask for, waits for and holds, as it was found when the ledger was read last. Processes that start
//! together share one reading ([`super::reading`]), and commands that must not wait for AWS show it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jit_access::fold::{Case, Phase, State};
use jit_wire::arn::RoleArn;
use jit_wire::credentials::Session;
use jit_wire::name;
use jit_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sys::state::Folder;

use super::words::accounts_of;
use super::{Desk, wanted_in_words};

/// Below the folder of what was read, in the state folder.
const FILE: &str = "own.json";
/// Of this form. Another one is not read.
const VERSION: u32 = 1;
const LARGEST: u64 = 1024 * 1024;
/// How long an extension is suggested to be, if the access does not allow less.
const USUAL: u32 = 3600;

/// What the person can ask for, waits for and holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnRecord {
    version: u32,
    /// The ledger that was read.
    pub(super) ledger: String,
    /// Whose it is: the name of the session that it was read with.
    pub(super) session_name: String,
    /// When it was read, by this machine's clock.
    pub(super) read_at: Timestamp,
    /// Differs from that of the record before it: several are read in one second.
    pub(super) serial: u64,
    /// Everything that the policy has, by name.
    pub(crate) accesses: BTreeMap<String, OwnAccess>,
}

/// One access of the policy, and what the person has of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnAccess {
    /// The role, whose account may be left open (`*`).
    pub(crate) role: String,
    /// The groups that may ask.
    pub(crate) who: Vec<String>,
    /// Whether the person may, as far as that is known here.
    pub(crate) may_ask: bool,
    /// Who has to approve, such as `2 of owners`.
    pub(crate) approve: Vec<String>,
    /// The longest grant, in seconds.
    pub(crate) max: u32,
    /// The options that a request needs.
    pub(crate) needs: Vec<String>,
    /// Break-glass, which is not asked for.
    pub(crate) standing: bool,
    /// What is granted to the person and known to be in AWS.
    pub(crate) grants: Vec<OwnGrant>,
    /// What they wait for, the newest last.
    pub(crate) requests: Vec<OwnRequest>,
}

/// A role that is granted to the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnGrant {
    /// The account's number.
    pub(crate) account: String,
    /// The account's name, if it is known.
    pub(crate) account_name: Option<String>,
    /// The role's ARN.
    pub(crate) role: String,
    /// When the grant ends.
    pub(crate) until: Timestamp,
}

/// A request that the person waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnRequest {
    /// The id in its short form.
    pub(crate) short: String,
    /// The accounts that it is about, by number.
    pub(crate) accounts: Vec<String>,
    /// Whom it waits for.
    pub(crate) waits_for: Vec<String>,
}

/// Where the person stands with an access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The policy has no such access.
    Unknown,
    /// They have it.
    Held(OwnGrant),
    /// They have it in several accounts, and have not said which one they mean.
    Several(Vec<String>),
    /// They wait for it.
    Pending(OwnRequest),
    /// They neither have it nor wait for it.
    Neither,
}

/// How long the role of a session is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    /// It is no role on request, or another person's.
    Always,
    /// Until then.
    Until(Timestamp),
    /// It is on request, and the person does not have it.
    Not,
}

impl OwnRecord {
    /// Nothing, for tests.
    #[cfg(test)]
    pub(super) fn empty() -> Self {
        let (ledger, session_name) = (String::new(), String::new());
        let (read_at, accesses) = (Timestamp(0), BTreeMap::new());
        Self { version: VERSION, ledger, session_name, read_at, serial: 0, accesses }
    }

    /// What `desk` says about its person.
    pub(super) fn of(desk: &Desk<'_>) -> Self {
        let mut accesses: BTreeMap<String, OwnAccess> =
            desk.policy.policy.access.keys().map(|name| (name.clone(), about(name, desk))).collect();
        for (case, state) in desk.mine_open() {
            let Some(own) = accesses.get_mut(&case.request.access) else { continue };
            match state {
                State::Granted { until, phase: Phase::Live { applied: true }, .. } => {
                    own.hold(&case, until, desk);
                }
                // It is not what somebody waits for now.
                State::Granted { phase: Phase::Scheduled, .. } => {}
                _ => own.requests.push(OwnRequest {
                    short: desk.short(case.id),
                    accounts: accounts_of(&case, desk),
                    waits_for: desk.wanted(&case).iter().map(wanted_in_words).collect(),
                }),
            }
        }
        Self {
            version: VERSION,
            ledger: desk.ledger.place().to_string(),
            session_name: desk.user_id.session_name().to_owned(),
            read_at: desk.world.clock.now(),
            serial: 0,
            accesses,
        }
    }

    /// What the last reading of this person found, if the state folder has it.
    pub(crate) fn read(state: &Path) -> Option<Self> {
        let folder = Folder::open(state).ok()?.folder(super::kept::FOLDER).ok()?;
        let bytes = folder.read(FILE, LARGEST).ok()?;
        let record: Self = serde_json::from_slice(&bytes).ok()?;
        (record.version == VERSION).then_some(record)
    }

    /// Keeps it for other processes. It is a help and no more: what cannot be written is read from the ledger again.
    pub(super) fn write(mut self, state: &Path) {
        self.serial = Self::read(state).map_or(0, |before| before.serial).wrapping_add(1);
        let folder = Folder::make(state).and_then(|state| state.make_folder(super::kept::FOLDER));
        if let (Ok(folder), Ok(bytes)) = (folder, serde_json::to_vec(&self)) {
            let _ = folder.write(FILE, &bytes);
        }
    }

    /// Forgets it: the person has just said something that changes it.
    pub(super) fn forget(state: &Path) {
        if let Ok(folder) = Folder::open(state).and_then(|state| state.folder(super::kept::FOLDER)) {
            let _ = folder.remove(FILE);
        }
    }

    /// How old it is.
    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        now.since(self.read_at)
    }

    /// Where the person stands with `access`, in `account` if they said which, by its number or name.
    pub(crate) fn standing(&self, access: &str, account: Option<&str>, now: Timestamp) -> Standing {
        let Some(own) = self.accesses.get(access) else { return Standing::Unknown };
        let is_meant = |number: &str, name: Option<&str>| {
            account.is_none_or(|typed| typed == number || name == Some(typed))
        };
        let mut held = own.live(now);
        held.retain(|grant| is_meant(&grant.account, grant.account_name.as_deref()));
        match held.as_slice() {
            [] => {}
            [only] => return Standing::Held((*only).clone()),
            several => return Standing::Several(several.iter().map(|grant| grant.account.clone()).collect()),
        }
        // Requests have no names of accounts, so a name means any of them.
        let waits = |request: &&OwnRequest| {
            request.accounts.iter().any(|number| is_meant(number, None))
                || account.is_some_and(|typed| !name::is_account_id(typed))
        };
        own.requests.iter().rev().find(waits).map_or(Standing::Neither, |one| Standing::Pending(one.clone()))
    }

    /// The accesses that are grants on this role, those that the person may ask for first.
    pub(crate) fn on_role(&self, arn: &RoleArn) -> Vec<(&String, &OwnAccess)> {
        let is_on = |own: &OwnAccess| !own.standing && is_role(&own.role, arn);
        let mut found: Vec<_> = self.accesses.iter().filter(|(_, own)| is_on(own)).collect();
        found.sort_by_key(|(_, own)| !own.may_ask);
        found
    }

    /// Until when the person was granted what `session` is a session of.
    pub(crate) fn granted_until(&self, session: &Session, now: Timestamp) -> Granted {
        let is_own = session.assumed_arn.rsplit('/').next() == Some(self.session_name.as_str());
        match session.role_arn.parse().ok().filter(|_| is_own) {
            Some(arn) => self.granted_on(&arn, now),
            None => Granted::Always,
        }
    }

    /// Until when the person was granted the role `arn`.
    pub(crate) fn granted_on(&self, arn: &RoleArn, now: Timestamp) -> Granted {
        let accesses = self.on_role(arn);
        if accesses.is_empty() {
            return Granted::Always;
        }
        let grants = accesses.iter().flat_map(|(_, own)| &own.grants);
        let live = grants.filter(|grant| grant.role == arn.as_str() && grant.until > now);
        live.map(|grant| grant.until).max().map_or(Granted::Not, Granted::Until)
    }
}

impl OwnAccess {
    /// The grants that have not ended, by account. Of the same role in the same account, the one that ends last counts.
    pub(super) fn live(&self, now: Timestamp) -> Vec<&OwnGrant> {
        let mut live: Vec<&OwnGrant> = self.grants.iter().filter(|grant| grant.until > now).collect();
        live.sort_by_key(|grant| (&grant.account, std::cmp::Reverse(grant.until)));
        live.dedup_by_key(|grant| &grant.account);
        live
    }

    fn hold(&mut self, case: &Case<'_>, until: Timestamp, desk: &Desk<'_>) {
        let granted = case.decision.iter().flat_map(|decision| &decision.grants);
        self.grants.extend(granted.map(|grant| OwnGrant {
            account: grant.account.clone(),
            account_name: desk.account_names.get(&grant.account).cloned(),
            role: grant.role.clone(),
            until,
        }));
    }

    /// What is typed after `jit` to ask for it.
    pub(crate) fn ask(&self, name: &str, account: Option<&str>) -> String {
        let options = self.account_option(account).into_iter().chain(self.needs.iter().cloned());
        command(name, options)
    }

    /// What is typed after `jit` to extend it. The reason and the ticket are inherited.
    pub(crate) fn extend(&self, name: &str, account: Option<&str>) -> String {
        let seconds = if self.max == 0 { USUAL } else { USUAL.min(self.max) };
        let options = self.account_option(account).into_iter().chain([format!("-d {}", typed(seconds))]);
        command(name, options)
    }

    fn account_option(&self, account: Option<&str>) -> Option<String> {
        let is_open = self.role.split(':').nth(4) == Some("*");
        is_open.then(|| format!("--account {}", account.map_or("ACCOUNT".into(), name::in_command)))
    }
}

fn command(name: &str, options: impl Iterator<Item = String>) -> String {
    let words = [format!("request {}", name::in_command(name))];
    words.into_iter().chain(options).collect::<Vec<_>>().join(" ")
}

/// So many seconds, as somebody types them.
fn typed(seconds: u32) -> String {
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{}h", seconds / 3600),
        (_, 0) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

fn about(name: &str, desk: &Desk<'_>) -> OwnAccess {
    let Some(access) = desk.access(name) else { return OwnAccess::default() };
    let needs_reason = access.reason > 0 || !access.approve.is_empty();
    let needs = [(needs_reason, "-m REASON"), (access.ticket.is_some(), "--ticket TICKET")];
    let approve = access.approve.iter().map(|seat| match seat.min {
        0 | 1 => seat.group.clone(),
        several => format!("{several} of {}", seat.group),
    });
    OwnAccess {
        role: access.role.to_string(),
        who: access.who.clone(),
        may_ask: desk.may_ask_for(access),
        approve: approve.collect(),
        max: access.max,
        needs: needs.into_iter().filter(|(is, _)| *is).map(|(_, option)| option.to_owned()).collect(),
        standing: access.standing,
        grants: Vec::new(),
        requests: Vec::new(),
    }
}

/// Whether `arn` is the role `pattern`, whose account may be left open (`*`).
fn is_role(pattern: &str, arn: &RoleArn) -> bool {
    let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, arn) = (parts(pattern), parts(arn.as_str()));
    pattern.len() == arn.len()
        && pattern
            .iter()
            .zip(&arn)
            .enumerate()
            .all(|(place, (one, other))| one == other || (place == 4 && one == "*"))
}

#[cfg(test)]
mod tests;
