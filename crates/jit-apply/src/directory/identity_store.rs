//! The members of Identity Center's groups.
//!
//! A group can have thousands of members, and only those count who ask or vote. So each name is looked up, and then all its
//! groups are asked for at once.

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::credentials::Credentials;
use jit_wire::signed::{CallError, Endpoint};
use serde_json::{Value, json};

use super::{JsonService, UnreadIds, text};
use crate::calls::AwsCalls;

/// About so many groups AWS answers at once.
const GROUPS_AT_ONCE: usize = 100;
/// The code of AWS where something does not exist.
const ABSENT: &str = "ResourceNotFoundException";

/// The users and groups of an Identity Center.
pub struct IdentityStore<'d> {
    service: JsonService<'d>,
    id: String,
}

/// What was found about groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundMembers {
    /// The names that are in each group, by the group's id.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// The groups about which AWS did not answer for every name.
    pub unread: UnreadIds,
}

impl<'d> IdentityStore<'d> {
    /// The identity store `id` (`d-…`) at `endpoint`.
    pub fn new(calls: &'d AwsCalls<'d>, endpoint: Endpoint, credentials: Credentials, id: &str) -> Self {
        Self { service: JsonService { calls, endpoint, credentials }, id: id.to_owned() }
    }

    /// Which of `names` are in which of `groups`. A name is the user's name, exactly as it is spelled there.
    pub fn members(&self, names: &BTreeSet<String>, groups: &BTreeSet<String>) -> FoundMembers {
        let mut found = FoundMembers::default();
        let mut asked: Vec<&str> = groups.iter().map(String::as_str).collect();
        for name in names {
            if asked.is_empty() {
                break;
            }
            match self.groups_of(name, &asked, &mut found.unread) {
                Ok(member_of) => {
                    for group in member_of {
                        found.groups.entry(group).or_default().insert(name.clone());
                    }
                    asked.retain(|group| !found.unread.contains_key(*group));
                }
                // The next name would be refused as well, after as many attempts.
                Err(error) => {
                    let unread = asked.drain(..).map(|group| (group.to_owned(), error.to_string()));
                    found.unread.extend(unread);
                }
            }
        }
        found
    }

    fn groups_of(
        &self,
        name: &str,
        groups: &[&str],
        unread: &mut UnreadIds,
    ) -> Result<Vec<String>, CallError> {
        let Some(user) = self.user(name)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for groups in groups.chunks(GROUPS_AT_ONCE) {
            match self.are_in(&user, groups) {
                // One of them does not exist.
                Err(error) if error.is(ABSENT) => {
                    for group in groups {
                        match self.are_in(&user, &[*group]) {
                            Err(error) if error.is(ABSENT) && self.lacks(group)? => {
                                unread.insert((*group).to_owned(), "there is no such group".to_owned());
                            }
                            // The user was removed in between.
                            Err(error) if error.is(ABSENT) => {}
                            answer => found.extend(answer?),
                        }
                    }
                }
                answer => found.extend(answer?),
            }
        }
        Ok(found)
    }

    /// The id of the user with exactly this name.
    fn user(&self, name: &str) -> Result<Option<String>, CallError> {
        let attribute = json!({ "AttributePath": "userName", "AttributeValue": name });
        let by_name = json!({ "UniqueAttribute": attribute });
        let input = json!({ "IdentityStoreId": self.id, "AlternateIdentifier": by_name });
        let Some(answer) = or_absent(self.service.call("GetUserId", &input))? else { return Ok(None) };
        let user = text(&answer, "UserId").ok_or_else(|| unreadable("GetUserId"))?;
        // AWS may find a name in another spelling, and the session of that user has the other name.
        let input = json!({ "IdentityStoreId": self.id, "UserId": user });
        let about = or_absent(self.service.call("DescribeUser", &input))?;
        let is_exact = about.is_some_and(|about| text(&about, "UserName") == Some(name));
        Ok(is_exact.then(|| user.to_owned()))
    }

    /// Those of `groups` that the user is in.
    fn are_in(&self, user: &str, groups: &[&str]) -> Result<Vec<String>, CallError> {
        let input = json!({
            "IdentityStoreId": self.id, "MemberId": { "UserId": user }, "GroupIds": groups,
        });
        let answer = self.service.call("IsMemberInGroups", &input)?;
        let results = answer.get("Results").and_then(Value::as_array);
        let results = results.ok_or_else(|| unreadable("IsMemberInGroups"))?;
        let is_in = |result: &&Value| {
            let member = result.get("MemberId").and_then(|member| text(member, "UserId"));
            result.get("MembershipExists") == Some(&Value::Bool(true)) && member == Some(user)
        };
        let named = results.iter().filter(is_in).filter_map(|result| text(result, "GroupId"));
        Ok(named.filter(|group| groups.contains(group)).map(str::to_owned).collect())
    }

    fn lacks(&self, group: &str) -> Result<bool, CallError> {
        let input = json!({ "IdentityStoreId": self.id, "GroupId": group });
        Ok(or_absent(self.service.call("DescribeGroup", &input))?.is_none())
    }
}

fn or_absent(answer: Result<Value, CallError>) -> Result<Option<Value>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(ABSENT) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unreadable(action: &str) -> CallError {
    let why = "it is not what AWS documents";
    CallError::Answer { action: format!("identitystore:{action}"), why }
}
