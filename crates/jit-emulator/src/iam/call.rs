//! One call to IAM: the caller, the parameters, and what every operation starts with.

use crate::authorize::{Action, Authorizer, Keys, Who, key};
use crate::cloud::{Cloud, CloudAccount, IamRole};
use crate::faults::Refusal;
use crate::iam::words;
use crate::params::Params;
use crate::sessions::Session;
use crate::validation::{check_text, need};

/// The actions with the condition key `iam:PermissionsBoundary`: of the existing role, or of the new one.
const KNOW_BOUNDARY: [&str; 9] = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
];

/// One call.
pub(crate) struct IamCall<'a> {
    pub(crate) gate: &'a Authorizer,
    pub(crate) cloud: &'a mut Cloud,
    pub(crate) caller: &'a Session,
    pub(crate) params: &'a Params,
    /// The caller, as policies name it.
    pub(crate) action: &'static str,
}

impl<'a> IamCall<'a> {
    /// A required parameter.
    pub(crate) fn need(&self, name: &str) -> Result<&'a str, Refusal> {
        need(self.params, name)
    }

    /// The name of a role or a policy.
    pub(crate) fn need_name(&self, name: &str, longest: usize) -> Result<&'a str, Refusal> {
        let value = self.need(name)?;
        check_text(name, value, 1..=longest, r"[\w+=,.@-]+", "_+=,.@-")?;
        Ok(value)
    }

    /// The account of the caller. IAM acts on no other account.
    pub(crate) fn account(&mut self) -> &mut CloudAccount {
        self.cloud.account(&self.caller.account)
    }

    /// Checks that the caller may do this to `resource`.
    pub(crate) fn check(&self, resource: &str, keys: Keys) -> Result<(), Refusal> {
        let account = self.caller.account.as_str();
        let action = Action { name: self.action, resource, account, policy: None, keys };
        self.gate.check(self.cloud, Who::Session(self.caller), action).map_err(Refusal::from)
    }

    /// The ARN of the role that the call is about, after checking that the caller may do this to it; with
    /// `keys` of the call. Only then does the answer reveal whether the role exists.
    pub(crate) fn role(&mut self, keys: Keys) -> Result<&mut IamRole, Refusal> {
        let name = self.need_name("RoleName", 64)?;
        let found = self.account().roles.get(name).cloned();
        let arn = match &found {
            Some(role) => role.arn.clone(),
            None => format!("arn:aws:iam::{}:role/{name}", self.caller.account),
        };
        let mut all = found.as_ref().map(|role| keys_of(role, self.action)).unwrap_or_default();
        all.extend(keys);
        self.check(&arn, all)?;
        self.account().roles.get_mut(name).ok_or_else(|| words::no_role(name))
    }
}

/// The condition keys that describe the role of a call.
fn keys_of(role: &IamRole, action: &str) -> Keys {
    let mut keys = Vec::new();
    if KNOW_BOUNDARY.contains(&action) {
        keys.extend(role.boundary.as_ref().map(|arn| key("iam:PermissionsBoundary", arn)));
    }
    for (name, value) in &role.tags {
        keys.push(key(format!("aws:ResourceTag/{name}"), value));
        keys.push(key(format!("iam:ResourceTag/{name}"), value));
    }
    keys
}
