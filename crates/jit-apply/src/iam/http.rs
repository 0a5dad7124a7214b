//! IAM over HTTP, in each account under the session of a role that may change the policies of roles on request.

pub(crate) mod answers;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use jit_access::ledger::FindingKind;
use jit_access::lifecycle::{ObservedRole, RoleArn};
use jit_access::render::{Fullness, Limit, Room};
use jit_wire::credentials::Credentials;
use jit_wire::signed::{CallError, Caller, Endpoint, Retry};

use super::{Boundary, FullRole, Iam, IamDenial, IamError};
use crate::calls::AwsCalls;
use answers::{allowed_services, boundary, characters, document_in, has_tag, page, text_in, unreadable};

/// What a role on request can be called under.
const PATH: &str = "/jit/";
/// A role with this tag gets no grants.
const FREEZE: &str = "jit-freeze";
/// Pages of one list. No role has nearly as many policies, and no account as many roles.
const MOST_PAGES: usize = 1_000;
/// So often a change is looked for: IAM's servers learn of it one after the other. Each pause is longer than the one before.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// The pauses together, about.
const LOOKED_FOR: Duration = Duration::from_secs(17);
/// After so many looks somebody who waits is told.
const WORTH_TELLING: u32 = 2;

/// Gives the session to call with in an account: the one of `jit-grantor` there. The error is about the role or the account
/// that it names.
pub type SessionForIam<'s> = Box<dyn Fn(&str) -> Result<Credentials, IamError> + 's>;

/// IAM of the accounts of a deployment.
pub struct HttpIam<'s> {
    calls: Rc<AwsCalls<'s>>,
    endpoint: Endpoint,
    session: SessionForIam<'s>,
    accounts: Vec<String>,
    /// How many characters the inline policies of each role have that was looked at.
    used: RefCell<BTreeMap<RoleArn, usize>>,
}

impl<'s> HttpIam<'s> {
    /// IAM at `endpoint`. `accounts` are those whose roles are listed; single roles are found in any account.
    pub fn new(
        calls: Rc<AwsCalls<'s>>,
        endpoint: Endpoint,
        accounts: Vec<String>,
        session: SessionForIam<'s>,
    ) -> Self {
        Self { calls, endpoint, session, accounts, used: RefCell::default() }
    }

    /// The services that the ceiling `jit-ceiling-NAME` of `account` allows, as a grant names them: `ec2:*`.
    ///
    /// # Errors
    /// [`IamError`].
    pub fn ceiling_services(
        &self,
        partition: &str,
        account: &str,
        name: &str,
    ) -> Result<Vec<String>, IamError> {
        let arn = format!("arn:{partition}:iam::{account}:policy/jit-ceiling-{name}");
        let about = self.ask(account, &arn, "GetPolicy", &[("PolicyArn", &arn)])?;
        let version = text_in(&about, "DefaultVersionId", &arn)?;
        let parameters = [("PolicyArn", arn.as_str()), ("VersionId", &version)];
        let answer = self.ask(account, &arn, "GetPolicyVersion", &parameters)?;
        let document = document_in(&answer, "Document", &arn)?;
        allowed_services(&document).ok_or_else(|| unreadable(&arn, "GetPolicyVersion"))
    }

    /// The roles that were looked at whose inline policies have little room left, with how many characters these have.
    pub fn nearly_full(&self) -> Vec<(RoleArn, usize)> {
        let limit = Limit::Inline;
        let is_near = |used: usize| (Fullness { limit, used }).check() != Ok(Room::Enough);
        let used = self.used.borrow();
        used.iter().filter(|(_, used)| is_near(**used)).map(|(role, used)| (role.clone(), *used)).collect()
    }

    /// Calls `action` in `account`; `about` is the role or the policy that it is about.
    fn ask(
        &self,
        account: &str,
        about: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, IamError> {
        self.try_to_ask(account, about, action, parameters)?.map_err(|error| failed(about, &error))
    }

    fn try_to_ask(
        &self,
        account: &str,
        about: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Result<String, CallError>, IamError> {
        let credentials = (self.session)(account)?;
        let answer = self.calls.wait(async |now| {
            let http = self.calls.http();
            let endpoint = &self.endpoint;
            Caller { http, endpoint, credentials: &credentials, now }.query(action, parameters).await
        });
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        let text = String::from_utf8(answer.body.expose().clone());
        text.map(Ok).map_err(|_| unreadable(about, action))
    }

    /// The members of a list of several pages.
    fn members(
        &self,
        account: &str,
        about: &str,
        action: &str,
        list: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<String>, IamError> {
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut parameters = parameters.to_vec();
            parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let answer = self.ask(account, about, action, &parameters)?;
            let page = page(&answer, list).ok_or_else(|| unreadable(about, action))?;
            all.extend(page.members);
            match page.next {
                Some(next) => marker = Some(next),
                None => return Ok(all),
            }
        }
        Err(unreadable(about, action))
    }

    fn policy(&self, role: &RoleArn, name: &str) -> Result<Option<String>, IamError> {
        let parameters = [("RoleName", role_name(role)), ("PolicyName", name)];
        match self.try_to_ask(account_of(role), role, "GetRolePolicy", &parameters)? {
            Ok(answer) => document_in(&answer, "PolicyDocument", role).map(Some),
            Err(error) if error.is("NoSuchEntity") => Ok(None),
            Err(error) => Err(failed(role, &error)),
        }
    }

    /// What its boundary and its attached policies are that they should not be.
    fn differences(&self, role: &RoleArn, about: &str) -> Result<Vec<(FindingKind, String)>, IamError> {
        let fault = boundary(about).fault();
        let mut found: Vec<_> = fault.into_iter().map(|fault| (FindingKind::Boundary, fault)).collect();
        let parameters = [("RoleName", role_name(role))];
        let action = "ListAttachedRolePolicies";
        let attached = self.members(account_of(role), role, action, "AttachedPolicies", &parameters)?;
        found.extend(
            attached.into_iter().map(|arn| (FindingKind::Attached, format!("the policy {arn} is attached"))),
        );
        Ok(found)
    }

    fn look_at(&self, role: &RoleArn) -> Result<(ObservedRole, String), IamError> {
        let account = account_of(role);
        let parameters = [("RoleName", role_name(role))];
        let about = self.ask(account, role, "GetRole", &parameters)?;
        // A role's name is its own whatever its path, so another one could be there under the same name.
        if text_in(&about, "Arn", role)? != *role {
            let why = "there is a role of this name under another path".to_owned();
            return Err(IamError::Refused { role: role.clone(), why });
        }
        let mut observed =
            ObservedRole { arn: role.clone(), is_frozen: has_tag(&about, FREEZE), ..ObservedRole::default() };
        for name in self.members(account, role, "ListRolePolicies", "PolicyNames", &parameters)? {
            // One that was deleted in between is not there.
            if let Some(document) = self.policy(role, &name)? {
                observed.policies.insert(name, document);
            }
        }
        self.used
            .borrow_mut()
            .insert(role.clone(), characters(&observed).map(|(_, characters)| characters).sum());
        Ok((observed, about))
    }

    /// Changes a role, and explains why it cannot be changed with what else can be found out.
    fn change(&self, role: &RoleArn, action: &str, parameters: &[(&str, &str)]) -> Result<(), IamError> {
        let account = account_of(role);
        let error = match self.try_to_ask(account, role, action, parameters)? {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let message = || error.refusal().map(|refusal| refusal.message.clone()).unwrap_or_default();
        if error.is("LimitExceeded") {
            let document =
                parameters.iter().find(|(name, _)| *name == "PolicyDocument").map_or("", |(_, text)| *text);
            let replaced = parameters.iter().find(|(name, _)| *name == "PolicyName").map(|(_, name)| *name);
            let policies = self.look_at(role).map(|(observed, _)| observed).unwrap_or_default();
            let policies =
                characters(&policies).filter(|(name, _)| Some(name.as_str()) != replaced).collect();
            let needs = Fullness::of(Limit::Inline, [document]).used;
            return Err(IamError::Full(Box::new(FullRole { role: role.clone(), needs, policies })));
        }
        if error.is("AccessDenied") {
            // The grantor's policy has a condition on the boundary, which AWS does not mention.
            let about = self.ask(account, role, "GetRole", &[("RoleName", role_name(role))]);
            let boundary = about.map_or(Boundary::Unknown, |about| boundary(&about));
            let (role, action, why) = (role.clone(), format!("iam:{action}"), message());
            return Err(IamError::Denied(Box::new(IamDenial { role, action, why, boundary })));
        }
        Err(failed(role, &error))
    }

    /// Waits until `name` on `role` is `wanted`.
    fn wait_until_shown(&self, role: &RoleArn, name: &str, wanted: Option<&str>) -> Result<(), IamError> {
        let (noun, what) = match wanted {
            Some(_) => ("the grant", "does not show the policy yet"),
            None => ("that the grant is deleted", "still shows the policy"),
        };
        for look in 1..=LOOKS {
            if self.policy(role, name)?.as_deref() == wanted {
                return Ok(());
            }
            if look == WORTH_TELLING {
                self.calls.tell_unseen(noun, LOOKED_FOR);
            }
            if look < LOOKS {
                self.calls.pause(BETWEEN_LOOKS * look);
            }
        }
        Err(IamError::NotShown { role: role.clone(), what })
    }
}

impl Iam for HttpIam<'_> {
    fn roles(&self) -> Result<Vec<ObservedRole>, IamError> {
        let mut roles = Vec::new();
        for account in &self.accounts {
            let parameters = [("PathPrefix", PATH)];
            for arn in self.members(account, account, "ListRoles", "Roles", &parameters)? {
                let (mut role, about) = self.look_at(&arn)?;
                role.differences = self.differences(&arn, &about)?;
                roles.push(role);
            }
        }
        Ok(roles)
    }

    fn role(&self, role: &RoleArn) -> Result<ObservedRole, IamError> {
        self.look_at(role).map(|(role, _)| role)
    }

    /// Done once IAM shows the same text.
    fn put(&self, role: &RoleArn, name: &str, document: &str) -> Result<(), IamError> {
        let parameters = [("RoleName", role_name(role)), ("PolicyName", name), ("PolicyDocument", document)];
        self.change(role, "PutRolePolicy", &parameters)?;
        self.wait_until_shown(role, name, Some(document))
    }

    /// Done once IAM does not show it any more.
    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError> {
        let parameters = [("RoleName", role_name(role)), ("PolicyName", name)];
        match self.change(role, "DeleteRolePolicy", &parameters) {
            Ok(()) => self.wait_until_shown(role, name, None),
            // Neither the policy nor its role.
            Err(IamError::NoRole { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

pub(crate) fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn failed(about: &str, error: &CallError) -> IamError {
    let role = about.to_owned();
    let refusal = match error {
        CallError::Refused(refusal) if refusal.retry() == Retry::Never => refusal,
        CallError::Refused(refusal) if refusal.retry() == Retry::Throttled => {
            let why = format!("IAM is rate-limiting requests, and waiting did not help ({refusal})");
            return IamError::Unreachable { role, why };
        }
        error => return IamError::Unreachable { role, why: error.to_string() },
    };
    let why = refusal.message.escape_debug().to_string();
    match refusal.code.as_str() {
        "NoSuchEntity" => IamError::NoRole { role },
        "MalformedPolicyDocument" => IamError::Malformed { role, why },
        "AccessDenied" => {
            let (action, why, boundary) =
                (refusal.action.clone(), refusal.message.clone(), Boundary::Unknown);
            IamError::Denied(Box::new(IamDenial { role, action, why, boundary }))
        }
        code => IamError::Refused { role, why: format!("{code}: {why}") },
    }
}

#[cfg(test)]
mod tests;
