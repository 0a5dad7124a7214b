//! What a portal said about each account, and when: so that an interrupted refresh continues where it was,
//! and the next one asks about fewer accounts. One file per IdP next to the index, plain text, no secrets:
//! one line per account. The index is made from it once every account was asked about; until then the index
//! stays as it was.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::file::{LARGEST, file_name, plain};
use crate::plan::DiscoveredRole;
use crate::sys::state::Folder;
use jit_wire::name;
use jit_wire::timestamp::Timestamp;

/// An answer younger than this, in seconds, is not requested again.
pub const FRESH: i64 = 12 * 60 * 60;
/// A refresh of everything that began longer ago than this, in seconds, is started again and not continued.
const STOPPED: i64 = 60 * 60;
/// The first line of a file, which says how the others are to be read.
const FORMAT: &str = "jit accounts 1";

/// What is known about the accounts of one IdP, for one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crawl {
    idp: String,
    /// The sign-in that all this belongs to.
    whose: String,
    /// When a refresh of everything began that has not ended yet.
    everything_since: Option<i64>,
    accounts: BTreeMap<String, AccountAnswer>,
}

/// The answer about an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AccountAnswer {
    /// When; 0 if it has to be requested again.
    at: i64,
    name: Option<String>,
    roles: Vec<String>,
}

impl Crawl {
    /// What was stored for `idp`; nothing, if it belongs to another sign-in than `whose`.
    pub fn read(state: &Path, idp: &str, whose: &str) -> Self {
        let known = read(state, idp).filter(|known| known.whose == whose);
        known.unwrap_or_else(|| Self { idp: idp.to_owned(), whose: whose.to_owned(), ..Self::default() })
    }

    /// Begins a refresh in which the portal listed `accounts`, by id and name: returns which of them to ask
    /// about. With `everything` these are all, unless a refresh of everything was interrupted just before.
    pub fn begin(
        &mut self,
        now: Timestamp,
        everything: bool,
        accounts: &[(String, Option<String>)],
    ) -> Vec<String> {
        let stopped =
            self.everything_since.filter(|since| (0..STOPPED).contains(&now.0.saturating_sub(*since)));
        if everything && stopped.is_none() {
            self.accounts.values_mut().for_each(|said| said.at = 0);
        }
        self.everything_since = stopped.or(everything.then_some(now.0));
        let oldest = now.0 - FRESH;
        let mut before = std::mem::take(&mut self.accounts);
        for (id, name) in accounts {
            let said = before.remove(id).unwrap_or_default();
            self.accounts.insert(id.clone(), AccountAnswer { name: name.clone(), ..said });
        }
        // An entry dated later than now was written with another clock.
        let open = self.accounts.iter().filter(|(_, said)| !(oldest..=now.0).contains(&said.at));
        open.map(|(id, _)| id.clone()).collect()
    }

    /// The portal has said which roles the person has in `account`.
    pub fn said(&mut self, account: &str, now: Timestamp, mut roles: Vec<String>) {
        roles.sort();
        if let Some(said) = self.accounts.get_mut(account) {
            (said.at, said.roles) = (now.0, roles);
        }
    }

    /// Every account was asked about.
    pub fn end(&mut self) {
        self.everything_since = None;
    }

    /// Every role, in order.
    pub fn roles(&self) -> Vec<DiscoveredRole> {
        let accounts = self.accounts.iter();
        let role = |account: &String, said: &AccountAnswer, role: &String| DiscoveredRole {
            idp: self.idp.clone(),
            account: account.clone(),
            role: role.clone(),
            saml: None,
            account_name: said.name.clone(),
        };
        accounts
            .flat_map(|(account, said)| said.roles.iter().map(move |one| role(account, said, one)))
            .collect()
    }

    /// Stores it.
    ///
    /// # Errors
    /// Whatever the system reports; the old file is then as it was.
    pub fn write(&self, state: &Path) -> io::Result<()> {
        let folder = Folder::make(state)?.make_folder(FOLDER)?;
        folder.write(&file_name(&self.idp), self.written().as_bytes())
    }

    pub(super) fn written(&self) -> String {
        let since = self.everything_since.unwrap_or(0);
        let mut text = format!("{FORMAT}\n{}\t{since}\n", plain(&self.whose));
        for (account, said) in &self.accounts {
            let name = said.name.as_deref().unwrap_or_default();
            text.push_str(&format!("{}\t{}\t{}", plain(account), said.at, plain(name)));
            said.roles.iter().for_each(|role| text.extend(["\t", &plain(role)]));
            text.push('\n');
        }
        text
    }
}

/// The answer about `account` has turned out to be wrong: the next refresh asks again.
pub fn doubt(state: &Path, idp: &str, account: &str) {
    let Some(mut known) = read(state, idp) else { return };
    if let Some(said) = known.accounts.get_mut(account).filter(|said| said.at != 0) {
        said.at = 0;
        if let Err(error) = known.write(state) {
            log::info!("could not save the accounts of {idp}: {error}");
        }
    }
}

/// The folder of these files, in the state folder.
const FOLDER: &str = "accounts";

fn read(state: &Path, idp: &str) -> Option<Crawl> {
    let folder = Folder::open(state).and_then(|state| state.folder(FOLDER)).ok()?;
    parse(idp, &String::from_utf8(folder.read(&file_name(idp), LARGEST).ok()?).ok()?)
}

pub(super) fn parse(idp: &str, text: &str) -> Option<Crawl> {
    let mut lines = text.lines();
    lines.next().filter(|first| *first == FORMAT)?;
    let (whose, since) = lines.next()?.split_once('\t')?;
    let account = |line: &str| {
        let mut parts = line.split('\t');
        let id = parts.next()?;
        let at = parts.next()?.parse().ok()?;
        let name = Some(parts.next()?.to_owned()).filter(|name| name::is_account_name(name));
        let roles = parts.filter(|role| name::is_permission_set(role)).map(str::to_owned).collect();
        name::is_account_id(id).then(|| (id.to_owned(), AccountAnswer { at, name, roles }))
    };
    Some(Crawl {
        idp: idp.to_owned(),
        whose: whose.to_owned(),
        everything_since: since.parse().ok().filter(|since| *since != 0),
        accounts: lines.filter_map(account).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000;

    fn id(short: &str) -> String {
        format!("{short:0>12}")
    }

    fn short(ids: impl IntoIterator<Item = String>) -> Vec<String> {
        ids.into_iter().map(|id| id.trim_start_matches('0').to_owned()).collect()
    }

    fn listed(ids: &[&str]) -> Vec<(String, Option<String>)> {
        ids.iter().map(|one| (id(one), Some(format!("team {one}")))).collect()
    }

    fn begun(crawl: &mut Crawl, at: i64, everything: bool, ids: &[&str]) -> Vec<String> {
        short(crawl.begin(Timestamp(at), everything, &listed(ids)))
    }

    fn names(crawl: &Crawl) -> Vec<String> {
        short(crawl.roles().iter().map(DiscoveredRole::name))
    }

    #[test]
    fn an_interrupted_refresh_continues_without_repeating_answers() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        let read = |whose: &str| Crawl::read(state, "acme/eu", whose);
        let mut crawl = read("alice");
        assert_eq!(begun(&mut crawl, NOON, false, &["1", "2", "3"]), ["1", "2", "3"]);
        crawl.said(
            &id("2"),
            Timestamp(NOON + 1),
            vec!["Read".into(), "Admin\u{1b}\t".into(), "a$(b)".into()],
        );
        crawl.write(state).unwrap();
        // Interrupted here; another person starts from nothing.
        let mut other = read("bob");
        assert_eq!(begun(&mut other, NOON + 5, false, &["2"]), ["2"]);
        let mut crawl = read("alice");
        assert_eq!(begun(&mut crawl, NOON + 5, false, &["1", "2", "3"]), ["1", "3"]);
        crawl.said(&id("1"), Timestamp(NOON + 6), vec!["Read".into()]);
        crawl.said(&id("3"), Timestamp(NOON + 6), Vec::new());
        crawl.end();
        crawl.write(state).unwrap();
        assert_eq!(names(&read("alice")), ["1/Read", "2/Read"]);
        // Account 3 is lost, 4 is new; the others are known.
        let mut crawl = read("alice");
        assert_eq!(begun(&mut crawl, NOON + 3600, false, &["1", "2", "4"]), ["4"]);
        doubt(state, "acme/eu", &id("1"));
        assert_eq!(begun(&mut read("alice"), NOON + 3600, false, &["1", "2"]), ["1"]);
        assert_eq!(begun(&mut read("alice"), NOON + FRESH + 2, false, &["1", "2"]), ["1", "2"]);
        assert_eq!(begun(&mut read("alice"), NOON - 3600, false, &["1", "2"]), ["1", "2"], "another clock");
    }

    #[test]
    fn everything_is_asked_once_even_if_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        let mut crawl = Crawl::read(state, "acme", "alice");
        begun(&mut crawl, NOON, false, &["1", "2"]);
        ["1", "2"].into_iter().for_each(|one| crawl.said(&id(one), Timestamp(NOON), vec!["Read".into()]));
        crawl.end();
        assert_eq!(begun(&mut crawl, NOON, true, &["1", "2"]), ["1", "2"], "in the same second");
        crawl.said(&id("1"), Timestamp(NOON + 61), vec!["Read".into()]);
        crawl.write(state).unwrap();
        let stopped = Crawl::read(state, "acme", "alice");
        assert_eq!(stopped, crawl);
        for everything in [true, false] {
            assert_eq!(begun(&mut stopped.clone(), NOON + 90, everything, &["1", "2"]), ["2"]);
        }
        // After an hour it no longer counts as the same refresh.
        assert_eq!(begun(&mut stopped.clone(), NOON + STOPPED, true, &["1", "2"]), ["1", "2"]);
        assert_eq!(begun(&mut stopped.clone(), NOON + STOPPED, false, &["1", "2"]), ["2"]);
    }

    /// Found while a fuzz target was written: the time since then overflows.
    #[test]
    fn an_absurd_start_time_does_not_panic() {
        let text = format!("{FORMAT}\nalice\t{}\n000000000001\t0\tone\tRead\n", i64::MIN);
        let mut crawl = parse("acme", &text).unwrap();
        assert_eq!(begun(&mut crawl, NOON, true, &["1"]), ["1"]);
    }

    #[test]
    fn an_unreadable_file_counts_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        let empty = Crawl::read(folder.path(), "acme", "alice");
        empty.write(folder.path()).unwrap();
        for content in [
            &b"{"[..],
            b"jit accounts 2\nalice\t0\n000000000001\t5\t\tRead\n",
            b"",
            b"\xff",
            b"jit accounts 1\n",
        ] {
            Folder::open(folder.path()).unwrap().folder(FOLDER).unwrap().write("acme", content).unwrap();
            assert_eq!(Crawl::read(folder.path(), "acme", "alice"), empty);
        }
    }
}
