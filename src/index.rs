//! The roles that IdPs were seen to offer, by the name `account/role`: what `jit login` picks from and every command
//! takes for ROLE. One file an IdP in the state folder, plain text, no secrets.

use std::io;
use std::path::{Path, PathBuf};

use crate::arn::RoleArn;
use crate::plan::{DiscoveredRole, SamlPair};
use crate::sys::fs;

/// More than any IdP offers.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Every role that was seen, IdP by IdP. A file that cannot be read is as good as none: the next login writes it anew.
pub fn all(state: &Path) -> Vec<DiscoveredRole> {
    let names = fs::names_in(&folder(state)).unwrap_or_default();
    let mut found: Vec<DiscoveredRole> =
        names.iter().flat_map(|name| read(&folder(state).join(name))).collect();
    found.sort();
    found
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

/// Notes what `idp` offers now, in place of what it offered before; the names of accounts are kept where there are no new
/// ones. An IdP that lists no roles changes nothing. The answer is what was there before.
///
/// # Errors
/// Whatever the system says; the old file is then as it was.
pub fn learn(state: &Path, idp: &str, mut offered: Vec<DiscoveredRole>) -> io::Result<Vec<DiscoveredRole>> {
    let path = path(state, idp);
    let before = read(&path);
    if offered.is_empty() {
        return Ok(before);
    }
    for role in offered.iter_mut().filter(|role| role.account_name.is_none()) {
        let known = before.iter().find(|old| old.account == role.account);
        role.account_name = known.and_then(|old| old.account_name.clone());
    }
    offered.sort();
    if offered != before {
        write(&path, &offered)?;
    }
    Ok(before)
}

/// Notes what an account calls itself, wherever `idp` offers roles in it.
///
/// # Errors
/// Whatever the system says; the old file is then as it was.
pub fn name_account(state: &Path, idp: &str, account: &str, alias: &str) -> io::Result<()> {
    let path = path(state, idp);
    let mut roles = read(&path);
    for role in roles.iter_mut().filter(|role| role.account == account) {
        role.account_name = Some(alias.to_owned());
    }
    if roles.is_empty() { Ok(()) } else { write(&path, &roles) }
}

fn folder(state: &Path) -> PathBuf {
    state.join("roles")
}

/// Names of IdPs may hold slashes.
fn path(state: &Path, idp: &str) -> PathBuf {
    folder(state).join(idp.replace('%', "%25").replace('/', "%2F"))
}

fn read(path: &Path) -> Vec<DiscoveredRole> {
    let content = fs::read_limited(path, LARGEST).unwrap_or_default();
    serde_json::from_slice(&content).unwrap_or_default()
}

fn write(path: &Path, roles: &[DiscoveredRole]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::private_folder)?;
    fs::write_atomically(path, &serde_json::to_vec(roles)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(account: &str, role: &str) -> SamlPair {
        SamlPair {
            role_arn: format!("arn:aws:iam::{account}:role/{role}"),
            provider_arn: format!("arn:aws:iam::{account}:saml-provider/idp"),
        }
    }

    #[test]
    fn roles_are_found_by_account_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let idp = "acme/eu";
        let roles = |pairs: &[SamlPair]| of_assertion(idp, pairs);
        let (one, two) = (offer("111111111111", "path/dev"), offer("222222222222", "ops"));
        learn(folder.path(), idp, roles(&[one.clone(), two.clone()])).unwrap();
        name_account(folder.path(), idp, "111111111111", "acme-dev").unwrap();
        let all = all(folder.path());
        let names: Vec<String> = all.iter().map(DiscoveredRole::name).collect();
        assert_eq!(names, ["111111111111/dev", "222222222222/ops"]);
        for (name, found) in
            [("111111111111/dev", true), ("acme-dev/dev", true), ("acme-dev/ops", false), ("dev", false)]
        {
            assert_eq!(all.iter().any(|role| role.is_called(name)), found, "{name}");
        }
        // What is offered no more is gone; what the account is called is kept.
        assert_eq!(learn(folder.path(), idp, roles(&[one])).unwrap(), all);
        let after = super::all(folder.path());
        assert_eq!((after.len(), after[0].account_name.as_deref()), (1, Some("acme-dev")));
        learn(folder.path(), idp, Vec::new()).unwrap();
        assert_eq!(super::all(folder.path()), after);
    }

    #[test]
    fn what_cannot_be_read_is_no_role() {
        let folder = tempfile::tempdir().unwrap();
        learn(folder.path(), "acme", of_assertion("acme", &[offer("111111111111", "dev")])).unwrap();
        fs::write_atomically(&path(folder.path(), "acme"), b"{").unwrap();
        assert_eq!(all(folder.path()), []);
    }
}
