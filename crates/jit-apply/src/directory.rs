//! What a policy refers to and does not contain, as AWS has it: the accounts of organizational units, and the members of
//! Identity Center's groups.

mod identity_store;
mod organization;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jit_wire::credentials::Credentials;
use jit_wire::signed::{CallError, Caller, Endpoint};
use serde_json::Value;

pub use identity_store::{FoundMembers, IdentityStore};
pub use organization::Organization;

use crate::calls::AwsCalls;

/// Pages of one list. The largest organization has far fewer.
const MOST_PAGES: usize = 1_000;

/// A JSON service, called under one session.
struct JsonService<'d> {
    calls: &'d AwsCalls<'d>,
    endpoint: Endpoint,
    credentials: Credentials,
}

impl JsonService<'_> {
    fn call(&self, action: &str, input: &Value) -> Result<Value, CallError> {
        self.calls.wait(async |now| {
            let (http, endpoint, credentials) = (self.calls.http(), &self.endpoint, &self.credentials);
            Caller { http, endpoint, credentials, now }.json(action, input).await
        })
    }

    /// The members of the list `list`, of all pages.
    fn all(&self, action: &'static str, list: &str, input: &Value) -> Result<Vec<Value>, CallError> {
        let unreadable = |why| CallError::Answer { action: action.to_owned(), why };
        let (mut all, mut input) = (Vec::new(), input.clone());
        for _ in 0..MOST_PAGES {
            let mut answer = self.call(action, &input)?;
            match answer.get_mut(list).map(Value::take) {
                Some(Value::Array(page)) => all.extend(page),
                _ => return Err(unreadable("it has no list")),
            }
            match answer.get("NextToken") {
                None | Some(Value::Null) => return Ok(all),
                Some(next) if input.get("NextToken") != Some(next) => input["NextToken"] = next.clone(),
                Some(_) => break,
            }
        }
        Err(unreadable("its list does not end"))
    }
}

/// The text of a key.
fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// What could not be read, by its id, and why.
pub type UnreadIds = BTreeMap<String, String>;
