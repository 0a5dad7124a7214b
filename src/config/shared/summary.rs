//! A short summary of what a shared file would change: where people would sign in, which roles in which
//! accounts, and what else they should know before accepting. The diff has every byte; this has what matters
//! most.

mod access;
mod spokes;

use std::collections::BTreeSet;

use super::head;
use super::keys::{KeyPlace, Takes, rule_of};
use crate::config::draft::{Draft, Table, Value, access_table};
use crate::config::host;
use access::{access_lines, ledger};
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use jit_wire::unseen::is_unseen;

/// A longer list of names ends with a count.
const MOST: usize = 12;
/// The settings that say what a role is and how it is reached: a change of these is told with both values.
const WHAT_A_ROLE_IS: [&str; 6] = ["role_arn", "role_name", "account", "permission_set", "idp", "via"];
/// The longest value that is told.
const LONGEST_VALUE: usize = 100;

/// What a change by a shared file is compared with.
#[derive(Debug, Default)]
pub struct Around {
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
pub fn summary(before: Option<&str>, after: &str, around: &Around) -> Summary {
    let old = before.map_or_else(Draft::default, Draft::of);
    let new = Draft::of(after);
    let (idps, roles) = (Compared::of(&old.idps, &new.idps), Compared::of(&old.roles, &new.roles));
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
    let (old_access, new_access) = (before.and_then(access_table), access_table(after));
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
    let asks = |table: &Table| table.get("confirm") == Some(&Value::Flag(true));
    let silent =
        roles.changed.iter().filter(|(old, new)| asks(old) && !asks(new)).map(|(_, new)| new.name.as_str());
    list(silent)
        .into_iter()
        .for_each(|names| warnings.push(format!("No longer asks before it is used: {names}")));
    let demands = |table: &Table| ["sign_in_age", "acr", "amr"].map(|key| table.get(key).cloned());
    let differ = roles.changed.iter().filter(|(old, new)| {
        let (before, after) = (demands(old), demands(new));
        before.iter().any(Option::is_some) && before != after
    });
    list(differ.map(|(_, new)| new.name.as_str())).into_iter().for_each(|names| {
        warnings.push(format!("Has other requirements for the sign-in than before: {names}"))
    });
    // Last, so that it is right above the question, however long the rest is.
    for (old, new) in idps.changed.iter().filter(|(old, new)| told_hosts(old) != told_hosts(new)) {
        warnings.push(format!(
            "{}: you would sign in at {} instead of {}",
            new.name,
            told_hosts(new),
            told_hosts(old)
        ));
    }
    if let (Some(old), Some(new)) = (&old_access, &new_access)
        && ledger(old) != ledger(new)
    {
        let (old, new) = (ledger(old), ledger(new));
        warnings.push(format!("Requests for access would be written to {new} instead of {old}"));
    }
    let moved = roles
        .changed
        .iter()
        .filter(|(old, new)| account(old) != account(new))
        .map(|(_, new)| new.name.as_str());
    warnings.extend(list(moved).map(|names| format!("Roles that would move to another account: {names}")));
    Summary { lines, warnings }
}

/// Two lists of tables, compared by name.
struct Compared<'t> {
    new: Vec<&'t Table>,
    changed: Vec<(&'t Table, &'t Table)>,
    gone: Vec<&'t Table>,
    same: Vec<&'t Table>,
}

impl<'t> Compared<'t> {
    fn of(old: &'t [Table], new: &'t [Table]) -> Self {
        let mut compared = Self { new: Vec::new(), changed: Vec::new(), gone: Vec::new(), same: Vec::new() };
        let before: std::collections::HashMap<&str, &Table> =
            old.iter().map(|table| (table.name.as_str(), table)).collect();
        for table in new {
            match before.get(table.name.as_str()) {
                None => compared.new.push(table),
                Some(one) if differing(one, table).is_empty() => compared.same.push(table),
                Some(one) => compared.changed.push((one, table)),
            }
        }
        let after: BTreeSet<&str> = new.iter().map(|table| table.name.as_str()).collect();
        compared.gone = old.iter().filter(|table| !after.contains(table.name.as_str())).collect();
        compared
    }

    fn is_same(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }

    /// `2 new, 1 changed`.
    fn counts(&self) -> String {
        let counts = [
            (self.new.len(), "new"),
            (self.changed.len(), "changed"),
            (self.gone.len(), "removed"),
            (self.same.len(), "unchanged"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
}

/// The keys whose values differ.
fn differing<'t>(one: &'t Table, other: &'t Table) -> Vec<&'t str> {
    let keys: BTreeSet<&str> =
        one.settings.iter().chain(&other.settings).map(|(key, _)| key.as_str()).collect();
    keys.into_iter().filter(|key| one.get(key) != other.get(key)).collect()
}

fn idp_lines(idps: &Compared<'_>, lines: &mut Vec<String>) {
    lines.push(format!("  IdPs: {}", idps.counts()));
    // None of these is left out: they say where people would type a password.
    for (old, new) in &idps.changed {
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
    let mut changes: Vec<(bool, String)> =
        roles.changed.iter().map(|(old, new)| role_change(old, new)).collect();
    // Roles that lead elsewhere come first.
    changes.sort_by_key(|(elsewhere, _)| !elsewhere);
    let more = changes.len().saturating_sub(MOST);
    lines.extend(changes.into_iter().take(MOST).map(|(_, text)| format!("    changed: {text}")));
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

/// What is different about a role, and whether it leads elsewhere.
fn role_change(old: &Table, new: &Table) -> (bool, String) {
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
    (!elsewhere.is_empty(), format!("{} ({})", new.name, told.join("; ")))
}

fn account_lines(old: &Draft, new: &Draft, lines: &mut Vec<String>) {
    let accounts = |draft: &Draft| -> BTreeSet<String> { draft.roles.iter().map(account).collect() };
    let (before, after) = (accounts(old), accounts(new));
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
    let place = match idp.text("type") {
        Some("oidc") => KeyPlace::Idp("oidc"),
        Some("saml") => KeyPlace::Idp("saml"),
        Some("okta") => KeyPlace::Idp("okta"),
        _ => KeyPlace::Idp("identity-center"),
    };
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

fn host_warnings(old: &Draft, new: &Draft, warnings: &mut Vec<String>) {
    let known: BTreeSet<String> = old.idps.iter().flat_map(hosts).collect();
    for idp in &new.idps {
        for host in hosts(idp).iter().filter(|host| !known.contains(*host)) {
            warnings.extend(host::warning(&format!("https://{host}")));
        }
        let in_clear = |url: &str| TrustedUrl::parse(url, Purpose::Page).is_ok_and(|url| !url.is_secure());
        let urls = idp.settings.iter().filter(|(key, _)| is_url(idp, key));
        let plain = urls.into_iter().find(|(key, _)| in_clear(idp.text(key).unwrap_or_default()));
        if let Some((key, _)) = plain {
            warnings.push(format!("{}: `{key}` is on this machine and used without TLS", idp.name));
        }
    }
}

fn name_warnings(idps: &Compared<'_>, roles: &Compared<'_>, around: &Around, warnings: &mut Vec<String>) {
    let new = || roles.new.iter().map(|role| role.name.as_str());
    if let Some(names) = list(new().filter(|name| around.profiles.contains(*name))) {
        warnings.push(format!(
            "Profiles of your AWS files have the same names: {names}. jit would use the shared roles instead of these profiles; other tools keep the profiles"
        ));
    }
    if let Some(names) = list(new().filter(|name| around.offered.contains(*name))) {
        warnings.push(format!(
            "Your IdPs offer roles of the same names: {names}. jit would use the shared roles instead"
        ));
    }
    if let Some(names) = list(new().filter(|name| name.eq_ignore_ascii_case("default"))) {
        warnings.push(format!(
            "The role {names} has the name of the profile that AWS tools use by default. jit configure \
             profiles does not write [default] for it without --name default"
        ));
    }
    let like = |kind: &str, new: &[&Table], own: &[Table]| {
        let pairs = new.iter().flat_map(|one| own.iter().map(move |other| (one, other)));
        let alike =
            pairs.filter(|(one, other)| one.name != other.name && one.name.eq_ignore_ascii_case(&other.name));
        let told = |(one, other): (&&Table, &Table)| {
            format!("The shared {kind} {} and your own {} differ only in case", one.name, other.name)
        };
        alike.map(told).take(MOST).collect::<Vec<_>>()
    };
    warnings.extend(like("IdP", &idps.new, &around.own.idps));
    warnings.extend(like("role", &roles.new, &around.own.roles));
}

/// The user's own roles that depend on what would change.
fn dependents(idps: &Compared<'_>, roles: &Compared<'_>, own: &Draft, warnings: &mut Vec<String>) {
    let idps: BTreeSet<&str> = idps.changed.iter().map(|(_, idp)| idp.name.as_str()).collect();
    let mut changed: BTreeSet<&str> = roles.changed.iter().map(|(_, role)| role.name.as_str()).collect();
    let others: Vec<&Table> = own.roles.iter().chain(roles.same.iter().copied()).collect();
    loop {
        let starts_there = |role: &&&Table| {
            role.text("via").is_some_and(|via| changed.contains(via))
                || role.text("idp").is_some_and(|idp| idps.contains(idp))
        };
        let next: Vec<&str> = others.iter().filter(starts_there).map(|role| role.name.as_str()).collect();
        let before = changed.len();
        changed.extend(next);
        if changed.len() == before {
            break;
        }
    }
    let own = own.roles.iter().map(|role| role.name.as_str()).filter(|name| changed.contains(name));
    warnings.extend(list(own).map(|names| format!("Your own roles depend on what changes: {names}")));
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
