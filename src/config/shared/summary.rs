//! A short summary of what a shared file would change: where people would sign in, which roles in which
//! accounts, and what else they should know before accepting. The diff has every byte; this has what matters
//! most.

mod access;
mod compared;
mod spokes;
mod warnings;

use std::collections::BTreeSet;

use super::head;
use super::keys::{KeyPlace, Takes, rule_of};
use crate::config::draft::{Draft, Table, access_table};
use crate::config::host;
use access::access_lines;
use compared::{Change, Compared, differing};
use jit_wire::unseen::is_unseen;
use warnings::{
    demand_warnings, dependents, host_warnings, moved_ledger, moved_roles, moved_sign_ins, name_warnings,
};

/// A longer list of names ends with a count.
const MOST: usize = 12;
/// The settings that say what a role is and how it is reached: a change of these is told with both values.
const WHAT_A_ROLE_IS: [&str; 6] = ["role_arn", "role_name", "account", "permission_set", "idp", "via"];
/// The longest value that is told.
const LONGEST_VALUE: usize = 100;

/// What a change by a shared file is compared with.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The URL or path of the file.
    pub from: String,
    /// The rest of the configuration.
    pub own: Draft,
    /// The default role without the file.
    pub default_role: Option<String>,
    /// The profiles of AWS's files that are not `jit`'s.
    pub profiles: BTreeSet<String>,
    /// The names under which IdPs offer roles.
    pub offered: BTreeSet<String>,
}

/// The summary. The texts may contain anything that the file contains: escape them before printing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// IdPs, roles and accounts.
    pub lines: Vec<String>,
    /// What may be unwanted.
    pub warnings: Vec<String>,
}

/// The summary of replacing the content `before` by `after`. Without `before` the file is new.
pub fn summary(before: Option<&str>, after: &str, around: &Surroundings) -> Summary {
    let old = before.map_or_else(Draft::default, Draft::of);
    let new = Draft::of(after);
    let idps = Compared::of(&old.idps, &new.idps);
    let roles = Compared::of(&old.roles, &new.roles);
    let mut lines = Vec::new();
    lines.push(match before {
        Some(_) => format!("{} changed since you took it:", around.from),
        None => format!("{} would add:", around.from),
    });
    idp_lines(&idps, &mut lines);
    role_lines(&roles, &mut lines);
    let spokes = [before.unwrap_or_default(), after].map(Draft::spokes_of);
    spokes::lines(&Compared::of(&spokes[0], &spokes[1]), &mut lines);
    account_lines(&old, &new, &mut lines);
    let old_access = before.and_then(access_table);
    let new_access = access_table(after);
    access_lines(old_access.as_ref(), new_access.as_ref(), &mut lines);
    let default_role = [before.and_then(head::of_file), head::of_file(after)];
    default_line(&default_role, around.default_role.as_deref(), &mut lines);
    let same_rest = old_access == new_access && default_role[0] == default_role[1];
    if before.is_some() && idps.is_same() && roles.is_same() && same_rest {
        lines.push("  no settings: only comments, order or whitespace".to_owned());
    }
    let mut warnings = Vec::new();
    // Tabs are fine: some people indent with them.
    let unseen = |text: &str| text.chars().filter(|c| is_unseen(*c) && !"\n\t".contains(*c)).count();
    if unseen(after) > before.map_or(0, unseen) {
        warnings.push("The file has invisible characters. The diff shows them as \\u{…}".to_owned());
    }
    host_warnings(&old, &new, &mut warnings);
    name_warnings(&idps, &roles, around, &mut warnings);
    dependents(&idps, &roles, &around.own, &mut warnings);
    demand_warnings(&roles, &mut warnings);
    // Last, so that it is right above the question, however long the rest is.
    moved_sign_ins(&idps, &mut warnings);
    moved_ledger(old_access.as_ref(), new_access.as_ref(), &mut warnings);
    moved_roles(&roles, &mut warnings);
    Summary { lines, warnings }
}

fn idp_lines(idps: &Compared<'_>, lines: &mut Vec<String>) {
    lines.push(format!("  IdPs: {}", idps.counts()));
    // None of these is left out: they say where people would type a password.
    for Change { old, new } in &idps.changed {
        let others: Vec<&str> =
            differing(old, new).into_iter().filter(|key| !is_url(new, key) && !is_url(old, key)).collect();
        let mut text = match (told_hosts(old), told_hosts(new)) {
            (before, after) if before == after => {
                format!("    changed: {} (sign in at {after}, unchanged)", new.name)
            }
            (before, after) => {
                format!("    changed: {} (sign in at {after}, a DIFFERENT HOST: it was {before})", new.name)
            }
        };
        if !others.is_empty() {
            text.push_str(&format!("; different {}", others.join(", ")));
        }
        lines.push(text);
    }
    lines
        .extend(idps.new.iter().map(|idp| format!("    new: {} (sign in at {})", idp.name, told_hosts(idp))));
    lines.extend(
        idps.gone.iter().map(|idp| format!("    removed: {} (was at {})", idp.name, told_hosts(idp))),
    );
}

fn role_lines(roles: &Compared<'_>, lines: &mut Vec<String>) {
    lines.push(format!("  roles: {}", roles.counts()));
    let mut changes: Vec<RoleChange> = roles.changed.iter().map(RoleChange::of).collect();
    // Roles that lead elsewhere come first.
    changes.sort_by_key(|change| !change.leads_elsewhere);
    let more = changes.len().saturating_sub(MOST);
    lines.extend(changes.into_iter().take(MOST).map(|change| format!("    changed: {}", change.text)));
    if more > 0 {
        lines.push(format!("    changed: {more} more, see the diff"));
    }
    let named = |role: &&Table| match role.text("role_name") {
        // The name of the role is not in its own name, nor is its account.
        Some(called) => format!("{} ({called} in {})", role.name, account(role)),
        None => format!("{} ({})", role.name, account(role)),
    };
    let named: Vec<String> = roles.new.iter().map(named).collect();
    lines.extend(list(named.iter().map(String::as_str)).map(|names| format!("    new: {names}")));
    lines.extend(
        list(roles.gone.iter().map(|role| role.name.as_str())).map(|names| format!("    removed: {names}")),
    );
}

/// What is different about a role.
struct RoleChange {
    text: String,
    /// Whether it is another role now, or reached in another way.
    leads_elsewhere: bool,
}

impl RoleChange {
    fn of(change: &Change<'_>) -> Self {
        let Change { old, new } = *change;
        let value = |table: &Table, key: &str| {
            let text = table.text(key).unwrap_or("nothing");
            match text.char_indices().nth(LONGEST_VALUE) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.to_owned(),
            }
        };
        let (elsewhere, others): (Vec<&str>, Vec<&str>) =
            differing(old, new).into_iter().partition(|key| WHAT_A_ROLE_IS.contains(key));
        let mut told: Vec<String> =
            elsewhere.iter().map(|key| format!("{key} {} → {}", value(old, key), value(new, key))).collect();
        if !others.is_empty() {
            told.push(format!("different {}", others.join(", ")));
        }
        if account(old) != account(new) {
            told.insert(0, format!("ANOTHER ACCOUNT: {} → {}", account(old), account(new)));
        }
        let text = format!("{} ({})", new.name, told.join("; "));
        Self { text, leads_elsewhere: !elsewhere.is_empty() }
    }
}

fn account_lines(old: &Draft, new: &Draft, lines: &mut Vec<String>) {
    let accounts = |draft: &Draft| -> BTreeSet<String> { draft.roles.iter().map(account).collect() };
    let before = accounts(old);
    let after = accounts(new);
    lines.push(format!("  accounts: {}", after.len()));
    let mut tell = |what: &str, accounts: Vec<&String>| {
        lines.extend(
            list(accounts.into_iter().map(String::as_str)).map(|names| format!("    {what}: {names}")),
        );
    };
    tell("new", after.difference(&before).collect());
    tell("removed", before.difference(&after).collect());
}

/// What is used where no role is named, before and after, if the file has a say in it.
fn default_line([before, after]: &[Option<String>; 2], own: Option<&str>, lines: &mut Vec<String>) {
    let told = match (before, after) {
        (None, None) => return,
        (Some(before), None) => format!("none any more (it was {before})"),
        (Some(before), Some(after)) if before != after => format!("{after} (it was {before})"),
        (_, Some(after)) => after.clone(),
    };
    let own = own.filter(|_| after.is_some()).map(|own| format!("; not used, because you have {own}"));
    lines.push(format!("  default role: {told}{}", own.unwrap_or_default()));
}

/// The account of a role.
fn account(role: &Table) -> String {
    let of_arn = || role.text("role_arn")?.split(':').nth(4);
    role.text("account").or_else(of_arn).unwrap_or("unknown account").to_owned()
}

fn is_url(idp: &Table, key: &str) -> bool {
    let place = KeyPlace::of_idp(idp.text("type").unwrap_or_default());
    rule_of(place, key).is_some_and(|rule| rule.takes == Takes::Url)
}

/// The distinct hosts in an IdP's settings.
fn hosts(idp: &Table) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for (key, _) in idp.settings.iter().filter(|(key, _)| is_url(idp, key)) {
        let host = host::of(idp.text(key).unwrap_or_default());
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn told_hosts(idp: &Table) -> String {
    let told = hosts(idp).into_iter().map(|host| match host::reads_as(&host) {
        Some(read) => format!("{host}, which reads {read}"),
        None => host,
    });
    told.collect::<Vec<_>>().join(" and ")
}

/// `a, b and 3 more`; `None` if it is empty.
fn list<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => None,
        count if count > MOST => Some(format!("{} and {} more", names[..MOST].join(", "), count - MOST)),
        _ => Some(names.join(", ")),
    }
}

#[cfg(test)]
mod tests;
