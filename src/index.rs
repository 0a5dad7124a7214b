//! The roles that IdPs have offered, by the name `account/role`: what `jit login` offers to pick from, and
//! what every command accepts as ROLE. Decides what is stored when an IdP is asked, and what a name finds.
//! The lists are plain text files without secrets in the state folder, one for each IdP (`file`), so that
//! tens of thousands of roles are read in milliseconds. What a portal said about each account, and when, is
//! in `crawl`; what accounts an organization listed, in `organization`.

mod complete;
pub mod crawl;
mod file;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod organization;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::plan::{DiscoveredRole, SamlPair};
use jit_wire::arn::RoleArn;

pub use complete::{Completion, completions};
#[cfg(any(test, fuzzing))]
pub(crate) use complete::{completions_of, names_in};
use file::{contents, lines, parse, parsed, read, write};

/// Every role that was listed, IdP by IdP. An unreadable file counts as empty: the next login writes it
/// again.
pub fn all(state: &Path) -> Vec<DiscoveredRole> {
    let mut found: Vec<DiscoveredRole> =
        contents(state).iter().flat_map(|(idp, text)| parsed(idp, text)).collect();
    found.sort();
    found
}

/// Every role that `name` may match: the role with this ARN, and all roles in the account whose number or name
/// it begins with. Also the roles of accounts that have the same name as one of these, which shows whether that
/// name means one account only. No other line is parsed.
pub fn near(state: &Path, name: &str) -> Vec<DiscoveredRole> {
    let account = name.rsplit_once('/').map_or(name, |(account, _)| account);
    let fits = |line: &str| {
        let mut parts = line.split('\t');
        let [account_id, _role, account_name, role_arn] =
            std::array::from_fn(|_| parts.next().unwrap_or_default());
        account_id == account || account_name == account || role_arn == name
    };
    let texts = contents(state);
    let found = |fits: &dyn Fn(&str) -> bool| -> Vec<DiscoveredRole> {
        let of_text = |(idp, text): &(String, String)| -> Vec<DiscoveredRole> {
            lines(text).filter(|line| fits(line)).filter_map(|line| parse(idp, line)).collect()
        };
        texts.iter().flat_map(of_text).collect()
    };
    let mut near = found(&fits);
    let names: HashSet<String> = near.iter().filter_map(|role| role.account_name.clone()).collect();
    near.extend(found(&|line| {
        !fits(line) && line.split('\t').nth(2).is_some_and(|account_name| names.contains(account_name))
    }));
    near.sort();
    near
}

/// The roles of an assertion of `idp`.
pub fn of_assertion(idp: &str, pairs: &[SamlPair]) -> Vec<DiscoveredRole> {
    let role = |pair: &SamlPair| {
        let arn: RoleArn = pair.role_arn.parse().ok()?;
        Some(DiscoveredRole {
            idp: idp.to_owned(),
            account: arn.account().to_owned(),
            role: arn.role_name().to_owned(),
            saml: Some(pair.clone()),
            account_name: None,
        })
    };
    pairs.iter().filter_map(role).collect()
}

/// Stores the roles that `idp` offers now, in place of the previous list. An account without a name keeps the
/// previous name. An IdP that lists no roles changes nothing. Returns the previous list.
///
/// # Errors
/// Whatever the system reports; the old file is then as it was.
pub fn learn(state: &Path, idp: &str, mut offered: Vec<DiscoveredRole>) -> io::Result<Vec<DiscoveredRole>> {
    let before = read(state, idp);
    if offered.is_empty() {
        return Ok(before);
    }
    for role in offered.iter_mut().filter(|role| role.account_name.is_none()) {
        let known = before.iter().find(|old| old.account == role.account);
        role.account_name = known.and_then(|old| old.account_name.clone());
    }
    offered.sort();
    if offered != before {
        write(state, idp, &offered)?;
    }
    Ok(before)
}

/// Adds the permission set `role`, which the person has although it was not in the list; only if its account
/// is known.
pub fn gain(state: &Path, idp: &str, account: &str, role: &str) {
    let mut roles = read(state, idp);
    let Some(known) = roles.iter().find(|one| one.account == account && one.saml.is_none()) else { return };
    let gained = DiscoveredRole { role: role.to_owned(), ..known.clone() };
    if roles.contains(&gained) {
        return;
    }
    roles.push(gained);
    roles.sort();
    crawl::doubt(state, idp, account);
    if let Err(error) = write(state, idp, &roles) {
        log::info!("could not save the roles of {idp}: {error}");
    }
}

/// Stores the name of an account, with every role that `idp` offers in it.
///
/// # Errors
/// Whatever the system reports; the old file is then as it was.
pub fn name_account(state: &Path, idp: &str, account: &str, alias: &str) -> io::Result<()> {
    let mut roles = read(state, idp);
    for role in roles.iter_mut().filter(|role| role.account == account) {
        role.account_name = Some(alias.to_owned());
    }
    if roles.is_empty() { Ok(()) } else { write(state, idp, &roles) }
}
