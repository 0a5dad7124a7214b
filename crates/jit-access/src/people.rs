//! Identity: from the `aws:userid` that AWS pinned to a fact to a door and a person of the policy.

mod user_id;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jit_wire::explain::{Explain, Kind, Next};

use crate::policy::{Access, AccountSet, Members, Policy, Right};

pub use user_id::{NotAUserId, UserId};

/// The information that a policy refers to but does not contain: the members of Identity Center's groups, and
/// the accounts of organizational units. Missing ones count as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Session names (the users' names) by the group's id.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Accounts by the unit's id.
    pub units: BTreeMap<String, BTreeSet<String>>,
}

/// A known author: a person, and the door they came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author<'p> {
    /// The canonical name.
    pub person: &'p str,
    /// The name of the door.
    pub door: &'p str,
    /// Whether it is a program.
    pub robot: bool,
}

/// Why an author is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nobody {
    /// The role is not a door of the policy.
    #[error("the role they came through is not a door of the policy")]
    Door,
    /// The name is retired.
    #[error("the name is retired")]
    Retired,
    /// No person claims the name and no group contains it.
    #[error("no person of the policy has the name")]
    Unknown,
    /// Another name differs only by case.
    #[error("the policy has this name in another spelling")]
    CaseTwin,
}

impl Explain for Nobody {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Door => "use a role that is a [door] of the policy, or have this one added to it",
            Self::Retired => "ask for a new session name at the IdP: a retired name is never used again",
            Self::Unknown => "have the name added to a [group] of the policy, or to `names` of a [person]",
            Self::CaseTwin => "let the IdP send the name exactly as the policy spells it, capitals included",
        })]
    }
}

/// A policy, indexed once so that a query is a lookup.
#[derive(Debug)]
pub struct PolicyIndex<'p> {
    policy: &'p Policy,
    doors: HashMap<&'p str, &'p str>,
    claimed: HashMap<&'p str, &'p str>,
    /// Members of groups without a `[person]` table.
    bare: HashMap<&'p str, ()>,
    /// Every name in lower case, and its spelling.
    spelled: HashMap<String, &'p str>,
    center_groups: Vec<&'p str>,
}

impl<'p> PolicyIndex<'p> {
    /// Indexes `policy`.
    pub fn new(policy: &'p Policy) -> Self {
        let mut index = Self {
            policy,
            doors: HashMap::new(),
            claimed: HashMap::new(),
            bare: HashMap::new(),
            spelled: HashMap::new(),
            center_groups: Vec::new(),
        };
        for (name, door) in &policy.doors {
            index.doors.extend(door.ids.iter().map(|id| (id.as_str(), name.as_str())));
        }
        for (person, entry) in &policy.people {
            index.spelled.insert(person.to_ascii_lowercase(), person);
            for name in &entry.names {
                index.claimed.insert(name, person);
                index.spelled.insert(name.to_ascii_lowercase(), name);
            }
        }
        for name in policy.retired.keys() {
            index.spelled.insert(name.to_ascii_lowercase(), name);
        }
        for group in policy.groups.values() {
            match &group.members {
                Members::People(members) => {
                    for member in members.iter().filter(|member| !policy.people.contains_key(*member)) {
                        index.bare.insert(member, ());
                        index.spelled.insert(member.to_ascii_lowercase(), member);
                    }
                }
                Members::IdentityCenter(id) => index.center_groups.push(id),
                Members::Door(_) => {}
            }
        }
        index
    }

    /// The policy.
    pub fn policy(&self) -> &'p Policy {
        self.policy
    }

    /// Combined with a directory.
    pub fn with<'d>(&'d self, directory: &'d Directory) -> People<'d> {
        People { index: self, directory }
    }
}

/// A policy and a directory: people and their groups.
#[derive(Clone, Copy, Debug)]
pub struct People<'d> {
    index: &'d PolicyIndex<'d>,
    directory: &'d Directory,
}

impl<'d> People<'d> {
    /// The policy.
    pub fn policy(&self) -> &'d Policy {
        self.index.policy
    }

    /// The directory.
    pub fn directory(&self) -> &'d Directory {
        self.directory
    }

    /// The person and door of a fact's author.
    ///
    /// # Errors
    /// [`Nobody`].
    pub fn author(&self, userid: &'d UserId) -> Result<Author<'d>, Nobody> {
        let door = *self.index.doors.get(userid.role_id()).ok_or(Nobody::Door)?;
        let person = self.person_at(userid.session_name(), Some(door))?;
        Ok(Author { person, door, robot: self.is_robot(person) })
    }

    /// The person whose session has this name, whatever door they come through.
    ///
    /// # Errors
    /// [`Nobody`].
    pub fn person(&self, session_name: &'d str) -> Result<&'d str, Nobody> {
        self.person_at(session_name, None)
    }

    fn person_at(&self, name: &'d str, door: Option<&str>) -> Result<&'d str, Nobody> {
        let policy = self.policy();
        if policy.retired.contains_key(name) {
            return Err(Nobody::Retired);
        }
        if let Some(person) = self.index.claimed.get(name) {
            return Ok(person);
        }
        // The name of a `[person]` is a session name only if it is among `names`.
        if policy.people.contains_key(name) {
            return Err(Nobody::Unknown);
        }
        if let Some((bare, ())) = self.index.bare.get_key_value(name) {
            return Ok(bare);
        }
        if self.index.spelled.contains_key(&name.to_ascii_lowercase()) {
            return Err(Nobody::CaseTwin);
        }
        let in_center = |id: &&str| self.directory.groups.get(*id).is_some_and(|group| group.contains(name));
        let by_door = |door: &str| {
            policy.groups.values().any(|group| matches!(&group.members, Members::Door(of) if of == door))
        };
        if self.index.center_groups.iter().any(in_center) || door.is_some_and(by_door) {
            return Ok(name);
        }
        Err(Nobody::Unknown)
    }

    /// Whether the person is a program.
    pub fn is_robot(&self, person: &str) -> bool {
        self.policy().people.get(person).is_some_and(|entry| entry.robot)
    }

    /// Whether people who come through `door` have this right.
    pub fn may(&self, door: &str, right: Right) -> bool {
        self.policy().doors.get(door).is_some_and(|door| door.may.contains(&right))
    }

    /// Whether `person`, who came through `door`, is in `group`.
    pub fn is_member(&self, group: &str, person: &str, door: Option<&str>) -> bool {
        let policy = self.policy();
        match policy.groups.get(group).map(|group| &group.members) {
            None => false,
            Some(Members::People(members)) => members.contains(person),
            Some(Members::Door(of)) => door == Some(of),
            Some(Members::IdentityCenter(id)) => {
                self.directory.groups.get(id).is_some_and(|members| match policy.people.get(person) {
                    Some(entry) => entry.names.iter().any(|name| members.contains(name)),
                    None => members.contains(person),
                })
            }
        }
    }

    /// Whether `person` is in one of `groups`.
    pub fn is_in_any(&self, groups: &[String], person: &str, door: Option<&str>) -> bool {
        groups.iter().any(|group| self.is_member(group, person, door))
    }

    /// The people of a group, if they can be listed; `None` for everybody who comes through a door.
    pub fn members(&self, group: &str) -> Option<BTreeSet<&'d str>> {
        match &self.policy().groups.get(group)?.members {
            Members::People(members) => Some(members.iter().map(String::as_str).collect()),
            Members::Door(_) => None,
            Members::IdentityCenter(id) => {
                let names = self.directory.groups.get(id).into_iter().flatten();
                Some(names.filter_map(|name| self.person(name).ok()).collect())
            }
        }
    }

    /// Every session name of a person, as a grant names them.
    pub fn session_names(&self, person: &str) -> BTreeSet<String> {
        match self.policy().people.get(person) {
            Some(entry) => entry.names.clone(),
            None => BTreeSet::from([person.to_owned()]),
        }
    }

    /// The accounts of `sets`.
    pub fn accounts(&self, sets: &'d [AccountSet]) -> BTreeSet<&'d str> {
        let mut accounts = BTreeSet::new();
        for set in sets {
            match set {
                AccountSet::Account(account) => drop(accounts.insert(account.as_str())),
                AccountSet::Unit(unit) => {
                    accounts.extend(self.directory.units.get(unit).into_iter().flatten().map(String::as_str))
                }
            }
        }
        accounts
    }

    /// Whether one of `sets` contains `account`.
    pub fn has_account(&self, sets: &[AccountSet], account: &str) -> bool {
        sets.iter().any(|set| match set {
            AccountSet::Account(own) => own == account,
            AccountSet::Unit(unit) => {
                self.directory.units.get(unit).is_some_and(|accounts| accounts.contains(account))
            }
        })
    }

    /// The accounts in which `access` can be requested.
    pub fn accounts_of(&self, access: &'d Access) -> BTreeSet<&'d str> {
        match access.role.account() {
            Some(account) => BTreeSet::from([account]),
            None if access.accounts.is_empty() => self.accounts(&self.policy().deployment.accounts),
            None => self.accounts(&access.accounts),
        }
    }
}

/// Whether two names belong to the same person. Spellings that differ only by case do: AWS distinguishes
/// them, but the people who assigned them may not.
pub fn is_same_person(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_session_belongs_to_one_known_person_or_to_nobody() {
        let policy = testing::policy();
        let index = PolicyIndex::new(&policy);
        let directory = testing::directory();
        let people = index.with(&directory);
        type Wanted = Result<(&'static str, bool), Nobody>;
        let cases: &[(&str, &str, Wanted)] = &[
            ("hub", "bob@corp.com", Ok(("bob", false))),
            ("hub", "carol@corp.com", Ok(("carol", false))),
            ("hub", "00u1x9", Ok(("carol", false))),
            ("hub", "repo-acme-deploy", Ok(("ci", true))),
            // In a group, without a [person] table.
            ("hub", "dan", Ok(("dan", false))),
            ("hub", "alice@corp.com", Ok(("alice@corp.com", false))),
            // The name of a [person] is not a session name.
            ("hub", "bob", Err(Nobody::Unknown)),
            ("hub", "stranger", Err(Nobody::Unknown)),
            ("hub", "mallory@corp.com", Err(Nobody::Retired)),
            ("hub", "Mallory@corp.com", Err(Nobody::CaseTwin)),
            ("hub", "Bob@corp.com", Err(Nobody::CaseTwin)),
            ("hub", "DAN", Err(Nobody::CaseTwin)),
            // Everybody who comes through that door is in its group, and so is known.
            ("contractors", "stranger", Ok(("stranger", false))),
            ("contractors", "mallory@corp.com", Err(Nobody::Retired)),
            ("nowhere", "bob@corp.com", Err(Nobody::Door)),
        ];
        for (door, name, wanted) in cases {
            let userid = testing::userid(door, name);
            let found = people.author(&userid).map(|author| (author.person, author.robot));
            assert_eq!(found, *wanted, "{name} at {door}");
        }
        assert!(people.is_member("payments-eng", "alice@corp.com", None));
        assert!(people.is_member("contractors", "anybody", Some("contractors")));
        assert!(!people.is_member("contractors", "anybody", Some("hub")));
        assert!(people.may("hub", Right::Vote) && !people.may("contractors", Right::Vote));
        assert_eq!(people.accounts_of(&policy.access["read"]).len(), 3);
    }
}
