//! What may be unwanted about a shared file.

use std::collections::BTreeSet;

use super::access::ledger;
use super::compared::Compared;
use super::{MOST, Surroundings, account, hosts, is_url, list, told_hosts};
use crate::config::draft::{Draft, Table, Value};
use crate::config::host;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// Hosts and URLs that a careful person would look at twice.
pub(super) fn host_warnings(old: &Draft, new: &Draft, warnings: &mut Vec<String>) {
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

/// New names that mean something else already.
pub(super) fn name_warnings(
    idps: &Compared<'_>,
    roles: &Compared<'_>,
    around: &Surroundings,
    warnings: &mut Vec<String>,
) {
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
pub(super) fn dependents(idps: &Compared<'_>, roles: &Compared<'_>, own: &Draft, warnings: &mut Vec<String>) {
    let idps: BTreeSet<&str> = idps.changed.iter().map(|change| change.new.name.as_str()).collect();
    let mut changed: BTreeSet<&str> = roles.changed.iter().map(|change| change.new.name.as_str()).collect();
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

/// Roles that would ask less, or ask for another sign-in, before they are used.
pub(super) fn demand_warnings(roles: &Compared<'_>, warnings: &mut Vec<String>) {
    let asks = |table: &Table| table.get("confirm") == Some(&Value::Flag(true));
    let silent = roles.changed.iter().filter(|change| asks(change.old) && !asks(change.new));
    warnings.extend(
        list(silent.map(|change| change.new.name.as_str()))
            .map(|names| format!("No longer asks before it is used: {names}")),
    );
    let demands = |table: &Table| ["sign_in_age", "acr", "amr"].map(|key| table.get(key).cloned());
    let differ = roles.changed.iter().filter(|change| {
        let before = demands(change.old);
        before.iter().any(Option::is_some) && before != demands(change.new)
    });
    warnings.extend(
        list(differ.map(|change| change.new.name.as_str()))
            .map(|names| format!("Has other requirements for the sign-in than before: {names}")),
    );
}

/// IdPs where people would type their password into another host.
pub(super) fn moved_sign_ins(idps: &Compared<'_>, warnings: &mut Vec<String>) {
    for change in &idps.changed {
        let before = told_hosts(change.old);
        let after = told_hosts(change.new);
        if before != after {
            let name = &change.new.name;
            warnings.push(format!("{name}: you would sign in at {after} instead of {before}"));
        }
    }
}

/// Another place for requests.
pub(super) fn moved_ledger(old: Option<&Table>, new: Option<&Table>, warnings: &mut Vec<String>) {
    let Some((old, new)) = old.zip(new) else { return };
    let before = ledger(old);
    let after = ledger(new);
    if before != after {
        warnings.push(format!("Requests for access would be written to {after} instead of {before}"));
    }
}

/// Roles that would be in another account.
pub(super) fn moved_roles(roles: &Compared<'_>, warnings: &mut Vec<String>) {
    let moved = roles.changed.iter().filter(|change| account(change.old) != account(change.new));
    warnings.extend(
        list(moved.map(|change| change.new.name.as_str()))
            .map(|names| format!("Roles that would move to another account: {names}")),
    );
}
