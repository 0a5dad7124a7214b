//! Shell completion of roles. The shell waits for it, so only matching lines are parsed.

use std::path::Path;

use super::file::{NOTHING, contents, is_called, is_role, lines};
use crate::plan::AccountNames;
use jit_wire::name;

/// If there are more roles than this, they are completed account by account.
const MANY: usize = 100;

/// One completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The IdP that offers it.
    pub idp: String,
    /// `account/role`, or `account/` if there are too many roles.
    pub name: String,
    /// The account's number, or its name if that cannot be typed instead.
    pub about: String,
}

/// What a name that begins with `typed` may become: with the account's name where that means one account only, and with its
/// number where that was begun.
pub fn completions(state: &Path, typed: &str) -> Vec<Completion> {
    let texts = contents(state);
    let names = names_in(texts.iter().map(|(_, text)| text.as_str()));
    texts.iter().flat_map(|(idp, text)| completions_of(text, idp, typed, &names)).collect()
}

/// The names of all accounts in `texts`.
pub(crate) fn names_in<'t>(texts: impl IntoIterator<Item = &'t str>) -> AccountNames {
    let mut names = AccountNames::default();
    let mut last = ["", ""];
    for line in texts.into_iter().flat_map(lines) {
        let mut parts = line.split('\t');
        let [account, _, name] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        // The lines of an account follow one another.
        if last != [account, name] && name != NOTHING && is_called(name) {
            names.add(account, name);
        }
        last = [account, name];
    }
    names
}

/// The completions from the text of one file. `names` are those of all files.
pub(crate) fn completions_of(text: &str, idp: &str, typed: &str, names: &AccountNames) -> Vec<Completion> {
    let mut fits: Vec<[&str; 3]> = Vec::new();
    for line in lines(text) {
        let mut parts = line.split('\t');
        let [account, role, name] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        if !is_role(account, role) {
            continue;
        }
        let is_first = || names.means(name, account);
        let can_be_typed = || name != NOTHING && name::is_plain_word(name) && is_called(name);
        if typed.is_empty() && is_first() {
            fits.push([name, role, account]);
        } else if begins(account, role, typed) {
            fits.push([account, role, name]);
        } else if begins(name, role, typed) && can_be_typed() {
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
