//! The roles that IdPs were seen to offer, by the name `account/role`: what `jit login` picks from and every command
//! takes for ROLE. One file an IdP in the state folder, plain text, no secrets.

use std::io;
use std::path::{Path, PathBuf};

use crate::arn::RoleArn;
use crate::idp::OfferedRole;
use crate::plan::DiscoveredRole;
use crate::sys::fs;

/// More than any IdP offers.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Every role that was seen, IdP by IdP. A file that cannot be read is as good as none: the next login writes it anew.
pub fn all(state: &Path) -> Vec<DiscoveredRole> {
    let names = fs::names_in(&folder(state)).unwrap_or_default();
    let mut found: Vec<DiscoveredRole> =
        names.iter().flat_map(|name| read(&folder(state).join(name))).collect();
    found.sort_by(|a, b| (&a.idp, &a.role_arn).cmp(&(&b.idp, &b.role_arn)));
    found
}

/// Notes what `idp` offers now, in place of what it offered before. An IdP that lists no roles changes nothing.
///
/// # Errors
/// Whatever the system says; the old file is then as it was.
pub fn learn(state: &Path, idp: &str, offered: &[OfferedRole]) -> io::Result<()> {
    if offered.is_empty() {
        return Ok(());
    }
    let path = path(state, idp);
    let before = read(&path);
    let alias = |arn: &RoleArn| {
        before.iter().find(|old| old.account() == arn.account()).and_then(|old| old.account_alias.clone())
    };
    let roles = offered.iter().filter_map(|offer| {
        let arn: RoleArn = offer.role_arn.parse().ok()?;
        Some(DiscoveredRole {
            idp: idp.to_owned(),
            role_arn: arn.to_string(),
            provider_arn: offer.provider_arn.clone(),
            account_alias: alias(&arn),
        })
    });
    let after: Vec<DiscoveredRole> = roles.collect();
    if after == before { Ok(()) } else { write(&path, &after) }
}

/// Notes what an account calls itself, wherever `idp` offers roles in it.
///
/// # Errors
/// Whatever the system says; the old file is then as it was.
pub fn name_account(state: &Path, idp: &str, account: &str, alias: &str) -> io::Result<()> {
    let path = path(state, idp);
    let mut roles = read(&path);
    for role in roles.iter_mut().filter(|role| role.account() == account) {
        role.account_alias = Some(alias.to_owned());
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

    fn offer(account: &str, role: &str) -> OfferedRole {
        OfferedRole {
            role_arn: format!("arn:aws:iam::{account}:role/{role}"),
            provider_arn: format!("arn:aws:iam::{account}:saml-provider/idp"),
        }
    }

    #[test]
    fn roles_are_found_by_account_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (offer("111111111111", "path/dev"), offer("222222222222", "ops"));
        learn(folder.path(), "acme/eu", &[one.clone(), two.clone()]).unwrap();
        name_account(folder.path(), "acme/eu", "111111111111", "acme-dev").unwrap();
        let all = all(folder.path());
        let names: Vec<String> = all.iter().map(DiscoveredRole::name).collect();
        assert_eq!(names, ["111111111111/dev", "222222222222/ops"]);
        for (name, found) in
            [("111111111111/dev", true), ("acme-dev/dev", true), ("acme-dev/ops", false), ("dev", false)]
        {
            assert_eq!(all.iter().any(|role| role.is_called(name)), found, "{name}");
        }
        // What is offered no more is gone; what the account is called is kept.
        learn(folder.path(), "acme/eu", &[one]).unwrap();
        let after = super::all(folder.path());
        assert_eq!((after.len(), after[0].account_alias.as_deref()), (1, Some("acme-dev")));
        learn(folder.path(), "acme/eu", &[]).unwrap();
        assert_eq!(super::all(folder.path()), after);
    }

    #[test]
    fn what_cannot_be_read_is_no_role() {
        let folder = tempfile::tempdir().unwrap();
        learn(folder.path(), "acme", &[offer("111111111111", "dev")]).unwrap();
        fs::write_atomically(&path(folder.path(), "acme"), b"{").unwrap();
        assert_eq!(all(folder.path()), []);
    }
}
