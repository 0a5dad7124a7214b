//! The accounts that an organization listed, for `accounts = "organization"` in `[spokes.NAME]`: one plain text file for
//! each role that asked.

use std::io;
use std::path::Path;

use super::file::{LARGEST, file_name, plain};
use crate::sys::state::Folder;
use jit_wire::name;

/// The folder of these files, in the state folder.
const FOLDER: &str = "organizations";
/// The first line of a file, which says how the others are to be read.
const FORMAT: &str = "jit organization 1";

/// The number and the name of each account that was listed to the role `via`, which is `target`; none if another role had
/// that name then. An unreadable file counts as empty: the next refresh writes it again.
pub fn accounts(state: &Path, via: &str, target: &str) -> Vec<(String, String)> {
    let folder = Folder::open(state).and_then(|state| state.folder(FOLDER));
    let content = folder.and_then(|folder| folder.read(&file_name(via), LARGEST)).unwrap_or_default();
    parsed(&String::from_utf8_lossy(&content), target)
}

/// Stores what was listed to the role `via`, which is `target`.
///
/// # Errors
/// Whatever the system reports; the old file is then as it was.
pub fn learn(state: &Path, via: &str, target: &str, accounts: &[(String, String)]) -> io::Result<()> {
    let folder = Folder::make(state)?.make_folder(FOLDER)?;
    folder.write(&file_name(via), written(target, accounts).as_bytes())
}

fn written(target: &str, accounts: &[(String, String)]) -> String {
    let mut text = format!("{FORMAT}\n{}\n", plain(target));
    for (number, name) in accounts {
        text.push_str(&format!("{}\t{}\n", plain(number), plain(name)));
    }
    text
}

/// Others may have written it, so what is no account is left out.
fn parsed(text: &str, target: &str) -> Vec<(String, String)> {
    let mut lines = text.lines();
    if lines.next() != Some(FORMAT) || lines.next() != Some(&plain(target)) {
        return Vec::new();
    }
    let account = |line: &str| {
        let (number, name) = line.split_once('\t')?;
        let name = name::account_name_of(name).unwrap_or_default();
        name::is_account_id(number).then(|| (number.to_owned(), name))
    };
    lines.filter_map(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_listed_is_found_by_the_same_role_alone() {
        let folder = tempfile::tempdir().unwrap();
        let own = |text: [&str; 2]| (text[0].to_owned(), text[1].to_owned());
        let listed = [
            ["222222222222", "acme prod"],
            ["333333333333", ""],
            ["4", "none"],
            ["555555555555", "a\tb\u{1b}"],
        ];
        learn(folder.path(), "a/hub", "arn:1", &listed.map(own)).unwrap();
        let expected = [["222222222222", "acme prod"], ["333333333333", ""], ["555555555555", "a b "]];
        assert_eq!(accounts(folder.path(), "a/hub", "arn:1"), expected.map(own));
        for (via, target) in [("a/hub", "arn:2"), ("hub", "arn:1")] {
            assert!(accounts(folder.path(), via, target).is_empty());
        }
        assert!(parsed("jit organization 2\narn:1\n222222222222\tx\n", "arn:1").is_empty());
        assert!(parsed("", "").is_empty());
    }
}
