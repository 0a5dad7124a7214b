//! The names of this machine's accounts, to identify the owners of files.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

const LARGEST_PASSWD: u64 = 16 * 1024 * 1024;

/// Looks up the accounts of this machine.
pub trait Accounts: fmt::Debug + Send + Sync {
    /// The name of the account with this user id.
    fn name(&self, user: u32) -> Option<String>;
}

/// The accounts that the system knows: those in `/etc/passwd`, and those of any other source that `id` uses
/// (a directory server, or on macOS the directory service).
#[derive(Debug, Default)]
pub struct SystemAccounts {
    /// Names that were looked up before. No name changes while a command runs.
    known: Mutex<HashMap<u32, Option<String>>>,
}

impl Accounts for SystemAccounts {
    fn name(&self, user: u32) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(user).or_insert_with(|| name_of(user)).clone()
    }
}

/// This user: their number, and their name if `accounts` knows it.
pub fn own_account(accounts: &dyn Accounts) -> (u32, Option<String>) {
    let user = super::platform::own_user();
    (user, accounts.name(user))
}

fn name_of(user: u32) -> Option<String> {
    let mut passwd = Vec::new();
    let _ = File::open("/etc/passwd").and_then(|file| file.take(LARGEST_PASSWD).read_to_end(&mut passwd));
    in_passwd(&String::from_utf8_lossy(&passwd), user).or_else(|| ask_id(user))
}

/// The name of the account in the text of `/etc/passwd`: like the system's own look-up, the first one with
/// that user id.
fn in_passwd(text: &str, user: u32) -> Option<String> {
    let of = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number = fields.nth(1)?;
        (number.parse() == Ok(user) && !name.is_empty()).then(|| name.to_owned())
    };
    text.lines().filter(|line| !line.starts_with('#')).find_map(of)
}

/// `id` prints the name, and fails for an unknown user id.
#[allow(clippy::disallowed_methods, reason = "a fixed program of the system, with a number as its argument")]
fn ask_id(user: u32) -> Option<String> {
    let mut command = std::process::Command::new("/usr/bin/id");
    command.args(["-un", &user.to_string()]).env_clear().stdin(std::process::Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let name = String::from_utf8(output.stdout).ok()?;
    let name = name.trim_end_matches('\n');
    (!name.is_empty() && name.parse::<u32>() != Ok(user)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_number() {
        let text = "root:x:0:0:root:/root:/bin/sh\n# x:x:7:\nbob:x:1001:1001::/home/bob:/bin/sh\ntwin:x:1001:1::/:\n:x:5:5::/:\nshort\nodd:x:1001x:\n";
        let cases = [(0, Some("root")), (1001, Some("bob")), (5, None), (1, None), (7, None)];
        for (user, name) in cases {
            assert_eq!(in_passwd(text, user).as_deref(), name, "{user}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_system_says_who_runs_this() {
        let accounts = SystemAccounts::default();
        assert_eq!(accounts.name(0).as_deref(), Some("root"));
        assert_eq!(ask_id(0).as_deref(), Some("root"), "by id(1) as well, for accounts of a directory");
        assert_eq!(accounts.name(3_999_999_999), None);
    }
}
