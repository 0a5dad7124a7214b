//! What is asked for: the access, the accounts, for how long and why, from the arguments and from the person.

use std::collections::BTreeSet;

use jit_access::ledger::Request;
use jit_access::policy::{Access, AccountSet};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name::{self, is_account_id};
use jit_wire::section::closest;

use crate::commands::access::Desk;
use crate::error::{CommandError, CommandResult};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::ui::{Choice, Picked, pick};

use super::start::start;
use super::{RequestArgs, extended};

/// For how long, if nobody says.
const USUAL: u32 = 3600;
/// So often a person is asked for the same thing.
const TRIES: usize = 3;

/// Why it is not known what is asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unclear {
    #[error("the policy has no access `{typed}`")]
    NoAccess { typed: String, meant: Option<String>, known: Vec<String> },
    #[error("no access was given")]
    Nothing { known: Vec<String> },
    #[error("the policy lets you ask for nothing")]
    NothingToAsk,
    #[error("{access} can be requested in several accounts, and none was given")]
    NoAccount { access: String, accounts: Vec<String> },
    #[error("{access} cannot be requested in `{typed}`")]
    WrongAccount { access: String, typed: String, accounts: Vec<String> },
    #[error("{access} needs a reason of at least {least} characters")]
    NoReason { access: String, least: u32 },
    #[error("{access} needs a ticket like {like}")]
    NoTicket { access: String, like: String },
}

impl Explain for Unclear {
    fn kind(&self) -> Kind {
        match self {
            Self::NothingToAsk => Kind::Refused,
            _ => Kind::Usage,
        }
    }

    fn next(&self) -> Vec<Next> {
        let request =
            |access: &str, rest: &str| Next::run(format!("request {} {rest}", name::in_command(access)));
        let listed = |known: &[String], what: &str| match known {
            [] => Next::words("ask the publisher of the policy"),
            known => Next::words(format!("{what}: {}", some(known))),
        };
        vec![match self {
            Self::NoAccess { meant: Some(meant), .. } => Next::words(format!("did you mean `{meant}`?")),
            Self::NoAccess { known, .. } | Self::Nothing { known } => listed(known, "you may ask for"),
            Self::NothingToAsk => Next::words("ask the publisher of the policy to add you to a group"),
            Self::NoAccount { access, accounts } => match accounts.first() {
                Some(first) => request(access, &format!("--account {first}")),
                None => request(access, "--account ACCOUNT"),
            },
            Self::WrongAccount { accounts, .. } => listed(accounts, "the accounts are"),
            Self::NoReason { access, .. } => request(access, "-m REASON"),
            Self::NoTicket { access, .. } => request(access, "--ticket TICKET"),
        }]
    }
}

fn some(names: &[String]) -> String {
    const MOST: usize = 12;
    match names.len() > MOST {
        true => format!("{} and {} more", names[..MOST].join(", "), names.len() - MOST),
        false => names.join(", "),
    }
}

/// The request that `args` and the person describe.
///
/// # Errors
/// [`Unclear`], or the person does not say what is needed.
pub(super) fn compose(args: &RequestArgs, desk: &Desk<'_>, ui: &Ui) -> CommandResult<Request> {
    let name = access_name(args, desk, ui)?;
    let Some(access) = desk.access(&name) else {
        let known = possible(desk);
        let meant = closest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(Unclear::NoAccess { typed: name, meant, known }.into());
    };
    let accounts = accounts(&name, access, args, desk, ui)?;
    let start = args.start.as_deref().map(|text| start(text, &*desk.world.clock)).transpose()?;
    let usual = if access.max == 0 { USUAL } else { USUAL.min(access.max) };
    let extends = extended(&name, &accounts, desk).map(|case| case.id);
    // An extension inherits both.
    let (reason, ticket) = match extends {
        Some(_) => (args.reason.clone().unwrap_or_default(), args.ticket.clone()),
        None => (reason(&name, access, args, desk, ui)?, ticket(&name, access, args, desk)?),
    };
    let duration = args.duration.unwrap_or(usual);
    Ok(Request { access: name, accounts, duration, reason, ticket, start, extends })
}

/// What the person may ask for, as far as that is known here.
pub(super) fn possible(desk: &Desk<'_>) -> Vec<String> {
    let is_possible = |access: &Access| {
        let Ok(me) = desk.me else { return access.who.iter().any(|group| !desk.lists(group)) };
        let is_in = |groups: &[String]| desk.people.is_in_any(groups, me.person, Some(me.door));
        !access.standing
            && !is_in(&access.not)
            && (is_in(&access.who) || access.who.iter().any(|group| !desk.lists(group)))
    };
    let all = desk.policy.policy.access.iter();
    all.filter(|(_, access)| is_possible(access)).map(|(name, _)| name.clone()).collect()
}

fn access_name(args: &RequestArgs, desk: &Desk<'_>, ui: &Ui) -> CommandResult<String> {
    if let Some(access) = &args.access {
        return Ok(access.clone());
    }
    let known = possible(desk);
    if known.is_empty() {
        return Err(match desk.me {
            Err(nobody) => nobody.into(),
            Ok(_) => Unclear::NothingToAsk.into(),
        });
    }
    if !desk.world.person.can_be_asked() {
        return Err(Unclear::Nothing { known }.into());
    }
    let choice = |name: &String| {
        let access = desk.access(name);
        let role = access.map(|access| access.role.path_and_name().to_owned()).unwrap_or_default();
        let about = access.map(approval).unwrap_or_default();
        let cells = [name.as_str(), &role, &about].map(escape).to_vec();
        Choice { cells, words: format!("{name} {role}").to_lowercase(), color: None }
    };
    let choices: Vec<Choice> = known.iter().map(choice).collect();
    match pick("Access", &choices, &|_| None, ui) {
        Picked::One(index) => Ok(known[index].clone()),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "nothing was chosen")),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "nothing was chosen")),
    }
}

/// `up to 2 h, approved by payments-owners and security`
fn approval(access: &Access) -> String {
    let groups: Vec<&str> = access.approve.iter().map(|seat| seat.group.as_str()).collect();
    let max = crate::commands::access::seconds(access.max);
    match groups.as_slice() {
        [] => format!("up to {max}, at once"),
        groups => format!("up to {max}, approved by {}", groups.join(" and ")),
    }
}

/// Whether the accounts of `access` are in units, which are not known here.
pub(super) fn has_units(access: &Access, desk: &Desk<'_>) -> bool {
    let sets =
        if access.accounts.is_empty() { &desk.policy.policy.deployment.accounts } else { &access.accounts };
    access.role.account().is_none() && sets.iter().any(|set| matches!(set, AccountSet::Unit(_)))
}

/// The accounts that are meant, in order.
fn accounts(
    name: &str,
    access: &Access,
    args: &RequestArgs,
    desk: &Desk<'_>,
    ui: &Ui,
) -> CommandResult<Vec<String>> {
    let known: BTreeSet<&str> = desk.people.accounts_of(access);
    let shown: Vec<String> = known.iter().map(|account| desk.account(account)).collect();
    if args.account.is_empty() {
        return match access.role.account() {
            Some(_) => Ok(Vec::new()),
            None => one_of(name, &known, shown, desk, ui).map(|account| vec![account]),
        };
    }
    let mut meant = BTreeSet::new();
    for typed in &args.account {
        let account_name = |account: &str| desk.account_names.get(account).map_or("", String::as_str);
        let fits = |account: &&str| is_like(account, typed) || is_like(account_name(account), typed);
        let before = meant.len();
        meant.extend(known.iter().copied().filter(fits).map(str::to_owned));
        // Which accounts are in a unit only the function knows.
        if meant.len() == before && has_units(access, desk) {
            let named = desk.account_names.iter().filter(|(_, own)| is_like(own, typed));
            meant.extend(named.map(|(account, _)| account.clone()));
            meant.extend(is_account_id(typed).then(|| typed.clone()));
        }
        if meant.len() == before && !meant.contains(typed) {
            let access = name.to_owned();
            let typed = typed.clone();
            return Err(Unclear::WrongAccount { access, typed, accounts: shown }.into());
        }
    }
    // One that the role determines is not repeated.
    Ok(if access.role.account().is_some() { Vec::new() } else { meant.into_iter().collect() })
}

fn one_of(
    name: &str,
    known: &BTreeSet<&str>,
    shown: Vec<String>,
    desk: &Desk<'_>,
    ui: &Ui,
) -> CommandResult<String> {
    if let (1, Some(only)) = (known.len(), known.first()) {
        return Ok((*only).to_owned());
    }
    if known.is_empty() || !desk.world.person.can_be_asked() {
        let accounts = known.iter().map(|account| (*account).to_owned()).collect();
        return Err(Unclear::NoAccount { access: name.to_owned(), accounts }.into());
    }
    let choices: Vec<Choice> = shown.iter().map(|account| Choice::plain(account)).collect();
    match pick("Account", &choices, &|_| None, ui) {
        Picked::One(index) => Ok(known.iter().nth(index).copied().unwrap_or_default().to_owned()),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "no account was chosen")),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "no account was chosen")),
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The reason. If it is needed and not given, the person is asked on a terminal.
fn reason(
    name: &str,
    access: &Access,
    args: &RequestArgs,
    desk: &Desk<'_>,
    ui: &Ui,
) -> CommandResult<String> {
    let is_enough = |reason: &str| reason.trim().chars().count() >= access.reason as usize;
    let too_short = || Unclear::NoReason { access: name.to_owned(), least: access.reason };
    let is_wanted = access.reason > 0 || !access.approve.is_empty();
    if let Some(reason) = &args.reason {
        return if is_enough(reason) { Ok(reason.trim().to_owned()) } else { Err(too_short().into()) };
    }
    if !is_wanted || !desk.world.person.can_be_asked() {
        return if access.reason == 0 { Ok(String::new()) } else { Err(too_short().into()) };
    }
    ui.instruct("Everybody who may ask for access here can read the reason. Write no secrets into it.");
    for _ in 0..TRIES {
        let reason = desk.world.person.line("Reason").unwrap_or_default();
        if is_enough(&reason) {
            return Ok(reason);
        }
        ui.instruct(shown!("At least {} characters, please.", access.reason));
    }
    Err(too_short().into())
}

fn ticket(name: &str, access: &Access, args: &RequestArgs, desk: &Desk<'_>) -> CommandResult<Option<String>> {
    let Some(pattern) = &access.ticket else { return Ok(args.ticket.clone()) };
    let wrong = || Unclear::NoTicket { access: name.to_owned(), like: pattern.as_str().to_owned() };
    let fits = |ticket: &String| pattern.fits(ticket);
    if args.ticket.is_some() || !desk.world.person.can_be_asked() {
        return args.ticket.clone().filter(fits).map(Some).ok_or_else(|| wrong().into());
    }
    for _ in 0..TRIES {
        let typed = desk.world.person.line(&format!("Ticket (like {})", pattern.as_str()));
        if let Some(ticket) = typed.filter(fits) {
            return Ok(Some(ticket));
        }
    }
    Err(wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_accounts() {
        for (text, pattern, is) in [
            ("payments-prod", "payments-*", true),
            ("payments-prod", "*-prod", true),
            ("payments-prod", "*", true),
            ("payments-prod", "pay*prod", true),
            ("payments-prod", "p*y*-*d", true),
            ("payments-prod", "payments-prod", true),
            ("payments-prod", "payments", false),
            ("payments-prod", "prod", false),
            ("payments-prod", "*payments", false),
            ("payments-prod", "payments-prod-*", false),
            ("aba", "ab*ba", false),
            ("Payments", "payments*", false),
            ("111122223333", "1111*", true),
            ("", "*", false),
            ("a", "", false),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text} {pattern}");
        }
    }
}
