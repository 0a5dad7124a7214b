//! IAM over HTTP, in each account under the session of a role that may change the policies of roles on request.

use std::rc::Rc;
use std::time::Duration;

use jit_access::ledger::FindingKind;
use jit_access::lifecycle::{ObservedRole, RoleArn};
use jit_wire::credentials::Credentials;
use jit_wire::signed::{CallError, Caller, Endpoint, Retry};
use roxmltree::{Document, Node};

use super::{Iam, IamError};
use crate::calls::AwsCalls;

/// What a role on request can be called under.
const PATH: &str = "/jit/";
/// A role with this tag gets no grants.
const FREEZE: &str = "jit-freeze";
/// Pages of one list. No role has nearly as many policies, and no account as many roles.
const MOST_PAGES: usize = 1_000;
/// So often a policy that was put is looked for: IAM's servers learn of it one after the other.
const LOOKS: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// Gives the session to call with in an account: the one of `jit-grantor` there. The error is about the role or the account
/// that it names.
pub type SessionForIam<'s> = Box<dyn Fn(&str) -> Result<Credentials, IamError> + 's>;

/// IAM of the accounts of a deployment.
pub struct HttpIam<'s> {
    calls: Rc<AwsCalls<'s>>,
    endpoint: Endpoint,
    session: SessionForIam<'s>,
    accounts: Vec<String>,
}

impl<'s> HttpIam<'s> {
    /// IAM at `endpoint`. `accounts` are those whose roles are listed; single roles are found in any account.
    pub fn new(
        calls: Rc<AwsCalls<'s>>,
        endpoint: Endpoint,
        accounts: Vec<String>,
        session: SessionForIam<'s>,
    ) -> Self {
        Self { calls, endpoint, session, accounts }
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
        let mut found = Vec::new();
        let boundary = Document::parse(about).ok().and_then(|document| {
            descendant(document.root(), "PermissionsBoundaryArn").map(|node| text_of(node).to_owned())
        });
        match boundary {
            None => found.push((FindingKind::Boundary, "the role has no permissions boundary".to_owned())),
            Some(arn) if !arn.contains(":policy/jit-ceiling-") => {
                found.push((FindingKind::Boundary, format!("its permissions boundary is {arn}, no ceiling")));
            }
            Some(_) => {}
        }
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
        Ok((observed, about))
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
        self.ask(account_of(role), role, "PutRolePolicy", &parameters)?;
        for look in 0..LOOKS {
            if self.policy(role, name)?.as_deref() == Some(document) {
                return Ok(());
            }
            self.calls.pause(BETWEEN_LOOKS * (look + 1));
        }
        let why = "it took the policy and does not show it yet".to_owned();
        Err(IamError::Unreachable { role: role.clone(), why })
    }

    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError> {
        let parameters = [("RoleName", role_name(role)), ("PolicyName", name)];
        match self.try_to_ask(account_of(role), role, "DeleteRolePolicy", &parameters)? {
            Ok(_) => Ok(()),
            Err(error) if error.is("NoSuchEntity") => Ok(()),
            Err(error) => Err(failed(role, &error)),
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
    match error {
        CallError::Refused(refusal) if refusal.retry() == Retry::Never => {
            IamError::Refused { role, why: format!("{}: {}", refusal.code, refusal.message.escape_debug()) }
        }
        error => IamError::Unreachable { role, why: error.to_string() },
    }
}

fn unreadable(about: &str, action: &str) -> IamError {
    let why = format!("its answer to iam:{action} cannot be read");
    IamError::Unreachable { role: about.to_owned(), why }
}

pub(crate) fn descendant<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.descendants().find(|node| node.tag_name().name() == name)
}

pub(crate) fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

fn text_in(answer: &str, name: &str, about: &str) -> Result<String, IamError> {
    let document = Document::parse(answer).ok();
    let found = document.as_ref().and_then(|document| descendant(document.root(), name));
    found.map(|node| text_of(node).to_owned()).ok_or_else(|| unreadable(about, name))
}

/// A policy in an answer, which is escaped as in a URL (RFC 3986).
fn document_in(answer: &str, name: &str, about: &str) -> Result<String, IamError> {
    unescaped(&text_in(answer, name, about)?).ok_or_else(|| unreadable(about, name))
}

pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let high = digit(rest.next()?)?;
        let low = digit(rest.next()?)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn has_tag(about: &str, key: &str) -> bool {
    Document::parse(about).is_ok_and(|document| {
        let tags = descendant(document.root(), "Tags");
        tags.is_some_and(|tags| {
            tags.descendants().any(|node| node.tag_name().name() == "Key" && text_of(node) == key)
        })
    })
}

/// A page of a list: of names, or of things with an ARN.
struct Page {
    members: Vec<String>,
    next: Option<String>,
}

fn page(answer: &str, list: &str) -> Option<Page> {
    let document = Document::parse(answer).ok()?;
    let members = descendant(document.root(), list)?.children().filter(Node::is_element).map(|member| {
        let arn = member.children().find(|node| ["Arn", "PolicyArn"].contains(&node.tag_name().name()));
        text_of(arn.unwrap_or(member)).to_owned()
    });
    let members = members.collect();
    let truncated = descendant(document.root(), "IsTruncated").is_some_and(|node| text_of(node) == "true");
    let next = descendant(document.root(), "Marker").map(|node| text_of(node).to_owned());
    match (truncated, next) {
        (false, _) => Some(Page { members, next: None }),
        (true, next) => next.map(|next| Page { members, next: Some(next) }),
    }
}

/// The services of the actions that a ceiling allows.
fn allowed_services(document: &str) -> Option<Vec<String>> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let mut services = Vec::new();
    for statement in document.get("Statement")?.as_array()? {
        if statement.get("Effect")?.as_str() != Some("Allow") {
            continue;
        }
        let one = |action: &serde_json::Value| Some(action.as_str()?.split_once(':')?.0.to_owned());
        match statement.get("Action") {
            Some(serde_json::Value::Array(actions)) => services.extend(actions.iter().filter_map(one)),
            Some(action) => services.extend(one(action)),
            None => {}
        }
    }
    services.sort();
    services.dedup();
    Some(services.into_iter().map(|service| format!("{service}:*")).collect())
}

#[cfg(test)]
mod tests;
