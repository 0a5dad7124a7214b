//! The accounts of organizational units.

use std::collections::BTreeSet;

use jit_wire::credentials::Credentials;
use jit_wire::signed::{CallError, Endpoint};
use serde_json::{Value, json};

use super::{JsonService, text};
use crate::calls::AwsCalls;

/// An organization, seen by a session of its management account or of a delegated administrator: AWS answers nobody else.
pub struct Organization<'d>(JsonService<'d>);

impl<'d> Organization<'d> {
    /// The organization at `endpoint`.
    pub fn new(calls: &'d AwsCalls<'d>, endpoint: Endpoint, credentials: Credentials) -> Self {
        Self(JsonService { calls, endpoint, credentials })
    }

    /// The active accounts of a unit and of the units in it; of everything with the root's id. The management account is left
    /// out: no role on request is there.
    ///
    /// # Errors
    /// [`CallError`]. Part of a unit is not an answer.
    pub fn accounts_in(&self, unit: &str) -> Result<BTreeSet<String>, CallError> {
        let (mut accounts, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut units = vec![unit.to_owned()];
        while let Some(unit) = units.pop() {
            if !seen.insert(unit.clone()) {
                continue;
            }
            let parent = json!({ "ParentId": unit });
            let below = self.0.all("ListOrganizationalUnitsForParent", "OrganizationalUnits", &parent)?;
            units.extend(below.iter().filter_map(|unit| text(unit, "Id")).map(str::to_owned));
            let found = self.0.all("ListAccountsForParent", "Accounts", &parent)?;
            accounts.extend(found.iter().filter_map(member_account).map(str::to_owned));
        }
        Ok(accounts)
    }
}

/// The id of an account that gives sessions.
fn member_account(account: &Value) -> Option<&str> {
    let id = text(account, "Id").filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))?;
    // `State` replaced `Status`; where both are, they agree.
    let is_active = text(account, "State").or_else(|| text(account, "Status")) == Some("ACTIVE");
    // `arn:aws:organizations::MANAGEMENT:account/o-…/ID`.
    let management = text(account, "Arn").and_then(|arn| arn.split(':').nth(4));
    (is_active && management != Some(id)).then_some(id)
}
