//! The file with the roles of one IdP: plain text, one line per role. What its lines mean, which of them are
//! trusted (others may have written them), and how they are written.

use std::io;
use std::path::Path;

use crate::plan::{DiscoveredRole, SamlPair};
use crate::sys::state::Folder;
use jit_wire::arn::{self, RoleArn};
use jit_wire::name;

/// More than any IdP offers.
pub(super) const LARGEST: u64 = 16 * 1024 * 1024;

/// The folder of the lists, in the state folder.
pub(super) const FOLDER: &str = "roles";

/// The first line of a file, which says how the others are to be read.
pub(super) const FORMAT: &str = "jit roles 1";

/// Written for an empty value. No account has this name.
pub(super) const NOTHING: &str = "-";

/// The text of every file, with its IdP.
pub(super) fn contents(state: &Path) -> Vec<(String, String)> {
    let Ok(folder) = Folder::open(state).and_then(|state| state.folder(FOLDER)) else { return Vec::new() };
    let names = folder.names().unwrap_or_default();
    names.iter().map(|name| (idp_of(name), content(&folder, name))).collect()
}

/// The stored roles of `idp`.
pub(super) fn read(state: &Path, idp: &str) -> Vec<DiscoveredRole> {
    let folder = Folder::open(state).and_then(|state| state.folder(FOLDER));
    folder.map_or_else(|_| Vec::new(), |folder| parsed(idp, &content(&folder, &file_name(idp))))
}

/// A whole file.
fn content(folder: &Folder, name: &str) -> String {
    let content = folder.read(name, LARGEST).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            log::warn!("ignored {}: {error}", folder.path().join(name).display());
        }
        Vec::new()
    });
    String::from_utf8(content).unwrap_or_default()
}

pub(super) fn parsed(idp: &str, text: &str) -> Vec<DiscoveredRole> {
    lines(text).filter_map(|line| parse(idp, line)).collect()
}

/// The lines with roles. None if the file has another format.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines();
    let known = lines.next() == Some(FORMAT);
    lines.filter(move |_| known)
}

pub(super) fn parse(idp: &str, line: &str) -> Option<DiscoveredRole> {
    let mut parts = line.split('\t');
    let account = parts.next()?;
    let role = parts.next()?;
    let name = parts.next()?;
    let role_arn = parts.next()?;
    let provider_arn = parts.next()?;
    let pair = SamlPair { role_arn: role_arn.to_owned(), provider_arn: provider_arn.to_owned() };
    if !is_role(account, role) || (role_arn != NOTHING && !leads_to(&pair, account, role)) {
        return None;
    }
    Some(DiscoveredRole {
        idp: idp.to_owned(),
        account: account.to_owned(),
        role: role.to_owned(),
        saml: (role_arn != NOTHING).then_some(pair),
        account_name: (name != NOTHING && is_called(name)).then(|| name.to_owned()),
    })
}

/// Whether these are a valid account and role. Others may have written the file, so this is checked when it
/// is read.
pub(super) fn is_role(account: &str, role: &str) -> bool {
    name::is_account_id(account) && name::is_role(role)
}

/// Whether `name` is a valid account name, as Identity Center or the account itself gives it. It is empty if
/// it was requested and there was none.
pub(super) fn is_called(name: &str) -> bool {
    name.is_empty() || name::is_account_name(name)
}

/// Whether `pair` belongs to `role` in `account`.
fn leads_to(pair: &SamlPair, account: &str, role: &str) -> bool {
    let arn: Result<RoleArn, _> = pair.role_arn.parse();
    arn.is_ok_and(|arn| arn.account() == account && arn.role_name() == role)
        && arn::is_saml_provider_of(&pair.provider_arn, account)
}

pub(super) fn write(state: &Path, idp: &str, roles: &[DiscoveredRole]) -> io::Result<()> {
    let folder = Folder::make(state)?.make_folder(FOLDER)?;
    folder.write(&file_name(idp), written(roles).as_bytes())
}

pub(super) fn written(roles: &[DiscoveredRole]) -> String {
    let mut text = format!("{FORMAT}\n");
    for role in roles {
        let name = role.account_name.as_deref().unwrap_or(NOTHING);
        let (role_arn, provider_arn) = match &role.saml {
            Some(pair) => (pair.role_arn.as_str(), pair.provider_arn.as_str()),
            None => (NOTHING, NOTHING),
        };
        let parts = [&role.account, &role.role, name, role_arn, provider_arn].map(plain);
        text.push_str(&parts.join("\t"));
        text.push('\n');
    }
    text
}

/// Names of IdPs may contain slashes.
pub(super) fn file_name(idp: &str) -> String {
    idp.replace('%', "%25").replace('/', "%2F")
}

/// The IdP whose file has this name.
fn idp_of(file_name: &str) -> String {
    file_name.replace("%2F", "/").replace("%25", "%")
}

/// `text` with spaces instead of characters that would end a field or a line. Names come from outside.
pub(super) fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}
