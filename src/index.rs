//! The roles that IdPs were seen to offer, by the name `account/role`: what `jit login` picks from and every command
//! takes for ROLE. One file an IdP in the state folder, plain text, no secrets: a line a role, so that tens of thousands
//! are read in milliseconds. What a portal said about each account, and when, is in `crawl`.

pub mod crawl;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::io;
use std::path::Path;

use crate::plan::{DiscoveredRole, SamlPair};
use crate::sys::state::Folder;
use jit_wire::arn::{self, RoleArn};
use jit_wire::name;

/// More than any IdP offers.
const LARGEST: u64 = 16 * 1024 * 1024;

/// More than this many roles at once are completed account by account.
const MANY: usize = 100;

/// Every role that was seen, IdP by IdP. A file that cannot be read is as good as none: the next login writes it anew.
pub fn all(state: &Path) -> Vec<DiscoveredRole> {
    let mut found: Vec<DiscoveredRole> =
        contents(state).iter().flat_map(|(idp, text)| parsed(idp, text)).collect();
    found.sort();
    found
}

/// What was seen that `name` may mean: the role with this ARN, and every role in the account that `name` begins with, by
/// its digits or its name. No other line is taken apart.
pub fn near(state: &Path, name: &str) -> Vec<DiscoveredRole> {
    let account = name.rsplit_once('/').map_or(name, |(account, _)| account);
    let fits = |line: &str| {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (own, _, called, arn) = (next(), next(), next(), next());
        own == account || called == account || arn == name
    };
    let mut found = Vec::new();
    for (idp, text) in contents(state) {
        found.extend(lines(&text).filter(|line| fits(line)).filter_map(|line| parse(&idp, line)));
    }
    found.sort();
    found
}

/// How a name may go on that somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The IdP that offers it.
    pub idp: String,
    /// `account/role`, or `account/` where there are too many to choose from.
    pub name: String,
    /// What the account is called, or its number.
    pub about: String,
}

/// What a name that begins with `typed` may become, with the account's digits or its name; for a shell that waits, so
/// that nothing is taken out of the file that does not fit.
pub fn completions(state: &Path, typed: &str) -> Vec<Completion> {
    contents(state).iter().flat_map(|(idp, text)| completions_of(text, idp, typed)).collect()
}

/// The same, of what a file holds.
pub(crate) fn completions_of(text: &str, idp: &str, typed: &str) -> Vec<Completion> {
    let mut fits: Vec<[&str; 3]> = Vec::new();
    for line in lines(text) {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (account, role, name) = (next(), next(), next());
        if !is_role(account, role) {
            continue;
        }
        if begins(account, role, typed) {
            fits.push([account, role, name]);
        } else if name != NOTHING && name::is_plain_word(name) && is_called(name) && begins(name, role, typed)
        {
            fits.push([name, role, account]);
        }
    }
    let many = fits.len() > MANY;
    let completion = |&[account, role, about]: &[&str; 3]| Completion {
        idp: idp.to_owned(),
        name: format!("{account}/{}", if many && typed.len() <= account.len() { "" } else { role }),
        about: if about == NOTHING { String::new() } else { about.to_owned() },
    };
    if many {
        fits.dedup_by(|later, one| later[0] == one[0] && typed.len() <= one[0].len());
    }
    fits.iter().map(completion).collect()
}

/// Whether `account/role` begins with `typed`.
fn begins(account: &str, role: &str, typed: &str) -> bool {
    match typed.strip_prefix(account) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('/').is_some_and(|rest| role.starts_with(rest)),
        None => account.starts_with(typed),
    }
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

/// Notes that `role`, a permission set, was given although it was not known, if its account is.
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
        log::info!("the roles of {idp} could not be written down: {error}");
    }
}

/// Notes what an account calls itself, wherever `idp` offers roles in it.
///
/// # Errors
/// Whatever the system says; the old file is then as it was.
pub fn name_account(state: &Path, idp: &str, account: &str, alias: &str) -> io::Result<()> {
    let mut roles = read(state, idp);
    for role in roles.iter_mut().filter(|role| role.account == account) {
        role.account_name = Some(alias.to_owned());
    }
    if roles.is_empty() { Ok(()) } else { write(state, idp, &roles) }
}

/// The folder of the lists, in the state folder.
const FOLDER: &str = "roles";

/// Names of IdPs may hold slashes.
fn file_name(idp: &str) -> String {
    idp.replace('%', "%25").replace('/', "%2F")
}

/// What would end a part or a line is shown as a space; names come from outside.
fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// The first line of a file, which says how the others are to be read.
const FORMAT: &str = "jit roles 1";
/// What stands where there is nothing. No account is called so.
const NOTHING: &str = "-";

/// The IdP that a file is named after.
fn idp_of(file_name: &str) -> String {
    file_name.replace("%2F", "/").replace("%25", "%")
}

/// What is known of `idp`.
fn read(state: &Path, idp: &str) -> Vec<DiscoveredRole> {
    let folder = Folder::open(state).and_then(|state| state.folder(FOLDER));
    folder.map_or_else(|_| Vec::new(), |folder| parsed(idp, &content(&folder, &file_name(idp))))
}

fn parsed(idp: &str, text: &str) -> Vec<DiscoveredRole> {
    lines(text).filter_map(|line| parse(idp, line)).collect()
}

/// Every file as a text, with the IdP that it is about.
fn contents(state: &Path) -> Vec<(String, String)> {
    let Ok(folder) = Folder::open(state).and_then(|state| state.folder(FOLDER)) else { return Vec::new() };
    let names = folder.names().unwrap_or_default();
    names.iter().map(|name| (idp_of(name), content(&folder, name))).collect()
}

/// A whole file.
fn content(folder: &Folder, name: &str) -> String {
    let content = folder.read(name, LARGEST).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            log::warn!("{} is ignored: {error}", folder.path().join(name).display());
        }
        Vec::new()
    });
    String::from_utf8(content).unwrap_or_default()
}

/// The lines of the roles.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines();
    let known = lines.next() == Some(FORMAT);
    lines.filter(move |_| known)
}

fn parse(idp: &str, line: &str) -> Option<DiscoveredRole> {
    let mut parts = line.split('\t');
    let mut next = || parts.next();
    let (account, role, name, role_arn, provider_arn) = (next()?, next()?, next()?, next()?, next()?);
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

/// Whether there can be `role` in `account`. The file is foreign text when it is read: others may have written it.
fn is_role(account: &str, role: &str) -> bool {
    name::is_account_id(account) && name::is_role(role)
}

/// Whether an account can be called `name`: as Identity Center or the account itself tells, or nothing if it was asked
/// and told nothing.
fn is_called(name: &str) -> bool {
    name.is_empty() || name::is_account_name(name)
}

/// Whether `pair` is the way to `role` in `account`.
fn leads_to(pair: &SamlPair, account: &str, role: &str) -> bool {
    let arn: Result<RoleArn, _> = pair.role_arn.parse();
    arn.is_ok_and(|arn| arn.account() == account && arn.role_name() == role)
        && arn::is_saml_provider_of(&pair.provider_arn, account)
}

fn write(state: &Path, idp: &str, roles: &[DiscoveredRole]) -> io::Result<()> {
    let folder = Folder::make(state)?.make_folder(FOLDER)?;
    folder.write(&file_name(idp), written(roles).as_bytes())
}

fn written(roles: &[DiscoveredRole]) -> String {
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
            assert_eq!(near(folder.path(), name).iter().any(|role| role.is_called(name)), found, "{name}");
        }
        assert_eq!(near(folder.path(), "acme-dev/other"), all[..1]);
        assert_eq!(near(folder.path(), "arn:aws:iam::222222222222:role/ops"), all[1..]);
        let dev = ["111111111111/dev", "acme-dev"];
        let cases: [(&str, &[[&str; 2]]); 8] = [
            ("", &[dev, ["222222222222/ops", ""]]),
            ("1111", &[dev]),
            ("111111111111", &[dev]),
            ("111111111111/d", &[dev]),
            ("111111111111/x", &[]),
            ("acme", &[["acme-dev/dev", "111111111111"]]),
            ("acme-dev/", &[["acme-dev/dev", "111111111111"]]),
            ("d", &[]),
        ];
        for (typed, wanted) in cases {
            let found = completions(folder.path(), typed);
            let found: Vec<[&str; 2]> = found.iter().map(|one| [&*one.name, &*one.about]).collect();
            assert_eq!(found, wanted, "{typed}");
        }
        // What is offered no more is gone; what the account is called is kept.
        assert_eq!(learn(folder.path(), idp, roles(&[one])).unwrap(), all);
        let after = super::all(folder.path());
        assert_eq!((after.len(), after[0].account_name.as_deref()), (1, Some("acme-dev")));
        learn(folder.path(), idp, Vec::new()).unwrap();
        assert_eq!(super::all(folder.path()), after);
    }

    #[test]
    fn many_are_completed_account_by_account() {
        let folder = tempfile::tempdir().unwrap();
        let role = |n: usize| DiscoveredRole {
            idp: "acme".to_owned(),
            account: format!("{:012}", n / 60),
            role: format!("Role{}", n % 60),
            saml: None,
            account_name: Some(["one", "two", "two-more", "a b"][n / 60].to_owned()),
        };
        learn(folder.path(), "acme", (0..240).map(role).collect()).unwrap();
        let names = |typed: &str| {
            completions(folder.path(), typed).into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        let accounts = ["000000000000/", "000000000001/", "000000000002/", "000000000003/"];
        assert_eq!(names(""), accounts);
        assert_eq!(names("00"), accounts);
        assert_eq!(names("two"), ["two/", "two-more/"]);
        assert_eq!((names("one").len(), names("two/").len(), names("two-more/Role5").len()), (60, 60, 11));
        assert_eq!(names("a"), [""; 0], "no shell takes a space for a part of a name");
    }

    #[test]
    fn what_cannot_be_read_is_no_role() {
        let folder = tempfile::tempdir().unwrap();
        learn(folder.path(), "acme", of_assertion("acme", &[offer("111111111111", "dev")])).unwrap();
        for content in [&b"{"[..], b"jit roles 2\n111111111111\tdev\t-\t-\t-\n", b"", b"\xff"] {
            Folder::open(folder.path()).unwrap().folder(FOLDER).unwrap().write("acme", content).unwrap();
            assert_eq!(all(folder.path()), []);
        }
    }

    #[test]
    fn names_from_outside_stay_on_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let role = DiscoveredRole {
            idp: "a/b%".to_owned(),
            account: "111111111111".to_owned(),
            role: "Admin".to_owned(),
            saml: None,
            account_name: Some("evil\n222222222222\tx \u{1b}[2J ✨".to_owned()),
        };
        learn(folder.path(), "a/b%", vec![role.clone()]).unwrap();
        let name = Some("evil 222222222222 x  [2J ✨".to_owned());
        assert_eq!(all(folder.path()), [DiscoveredRole { account_name: name, ..role }]);
    }

    /// The state folder can be written by others: what is read back is foreign text.
    #[test]
    fn what_no_account_and_no_role_is_called_is_not_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let good = "111111111111\tdev\tacme\t-\t-";
        let lines = [
            "111111111111\t$(touch pwned)\tacme\t-\t-",
            "11111111111$\tdev\tacme\t-\t-",
            "acme\tdev\t-\t-\t-",
            "111111111111\tdev\t-\tarn:aws:iam::222222222222:role/dev\tarn:aws:iam::222222222222:saml-provider/a",
            "111111111111\tdev\t-\tarn:aws:iam::111111111111:role/dev\t$(x)",
            "111111111111\tdev\t-\tarn:aws:iam::111111111111:role/ops\tarn:aws:iam::111111111111:saml-provider/a",
        ];
        for line in lines {
            let text = format!("{FORMAT}\n{line}\n{good}\n");
            let roles = Folder::open(folder.path()).unwrap().make_folder(FOLDER).unwrap();
            roles.write("acme", text.as_bytes()).unwrap();
            let names: Vec<_> = all(folder.path()).iter().map(DiscoveredRole::name).collect();
            assert_eq!(names, ["111111111111/dev"], "{line}");
            let offered = completions(folder.path(), "1");
            assert!(offered.iter().all(|one| one.name == "111111111111/dev"), "{line}: {offered:?}");
        }
        for name in crate::testing::hostile_names() {
            let role = DiscoveredRole {
                idp: "acme".to_owned(),
                account: "111111111111".to_owned(),
                role: "dev".to_owned(),
                saml: None,
                account_name: Some(name.clone()),
            };
            learn(folder.path(), "acme", vec![role]).unwrap();
            for typed in ["", "1", "p", "a", "$", "-", "~"] {
                let offered = completions(folder.path(), typed);
                assert!(offered.iter().all(|one| one.name == "111111111111/dev"), "{name:?}: {offered:?}");
            }
        }
    }
}
