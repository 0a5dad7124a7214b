//! The portal: accounts, roles and credentials (the service `sso`).

use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::arranged;
use crate::faults::Refusal;
use crate::identity_center::state::{Instance, Owner};
use crate::journal::Call;
use crate::page;
use crate::service::json_reply;
use crate::sessions::{Proof, Session, Wanted};
use crate::shared::lock;
use jit_wire::loopback::{Reply, Request};

/// The maximum number of entries on a page, whatever is requested.
const MOST_A_PAGE: usize = 100;

/// Which portal call a request is.
pub(crate) fn call(request: &Request) -> Option<Call> {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/assignment/accounts") => Some(Call::ListAccounts),
        ("GET", "/assignment/roles") => Some(Call::ListAccountRoles),
        ("GET", "/federation/credentials") => Some(Call::GetRoleCredentials),
        ("POST", "/logout") => Some(Call::PortalLogout),
        _ => None,
    }
}

impl Instance {
    /// The calls of the service `sso`.
    pub(crate) fn portal(&self, request: &Request) -> Result<Reply, Refusal> {
        let Some(call) = call(request) else {
            return Ok(page::message(StatusCode::NOT_FOUND, "Nothing here", "There is no such page."));
        };
        let owner = self.owner(request)?;
        let query = |name: &str| {
            let found = request.query.iter().find(|(one, _)| one == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let changed = lock(&self.shared.faults).accounts.clone();
        let accounts = changed.as_deref().unwrap_or(&self.shared.settings.accounts);
        let account = accounts.iter().find(|account| account.id == query("account_id"));
        let size = query("max_result").parse().unwrap_or(MOST_A_PAGE).clamp(1, MOST_A_PAGE);
        let from: usize = query("next_token").parse().unwrap_or(0);
        let forbidden = || Refusal::new(403, "ForbiddenException", "No access");
        match call {
            Call::ListAccounts => {
                let all = accounts.iter().map(|account| json!({ "accountId": account.id, "accountName": account.name, "emailAddress": "aws@example.com" }));
                Ok(listed("accountList", all.collect(), from, size))
            }
            Call::ListAccountRoles => {
                let account = account.ok_or_else(forbidden)?;
                let all =
                    account.roles.iter().map(|role| json!({ "roleName": role, "accountId": account.id }));
                Ok(listed("roleList", all.collect(), from, size))
            }
            Call::GetRoleCredentials => {
                let assigned =
                    account.filter(|account| account.roles.iter().any(|role| role == query("role_name")));
                let account = assigned.ok_or_else(forbidden)?;
                self.credentials(owner, &account.id, query("role_name"))
            }
            _ => {
                self.state.borrow_mut().portal_sessions[owner].is_alive = false;
                Ok(json_reply(StatusCode::OK, &json!({})))
            }
        }
    }

    /// The portal session that the request's token belongs to.
    fn owner(&self, request: &Request) -> Result<Owner, Refusal> {
        let token = request.headers.get("x-amz-sso_bearer_token").and_then(|value| value.to_str().ok());
        let state = self.state.borrow();
        let known = token.and_then(|token| state.access_tokens.get(token));
        let alive = known.filter(|(until, owner)| {
            self.shared.provider_now() < *until && state.portal_sessions[*owner].is_alive
        });
        let over = || Refusal::new(401, "UnauthorizedException", "Session token not found or invalid");
        alive.map(|(_, owner)| *owner).ok_or_else(over)
    }

    fn credentials(&self, owner: Owner, account: &str, permission_set: &str) -> Result<Reply, Refusal> {
        let role = assigned_role(account, permission_set);
        arranged::permission_set(&mut lock(&self.shared.cloud), &role);
        let lifetime = self.shared.hub_lifetime(self.shared.settings.assigned_lifetime);
        let person = self.state.borrow().portal_sessions[owner].person;
        let name = self.shared.person(person).email;
        let wanted = Wanted { role: &role, name: &name, lifetime, proof: Proof::default(), chained: false };
        let session = Session::new(&self.shared, wanted)?;
        let answer = json!({ "roleCredentials": {
            "accessKeyId": session.key_id, "secretAccessKey": session.secret_key,
            "sessionToken": session.token, "expiration": session.expires.0 * 1000,
        } });
        self.sessions.add(session);
        Ok(json_reply(StatusCode::OK, &answer))
    }
}

/// The role that Identity Center creates for a permission set in an account.
pub(crate) fn assigned_role(account: &str, permission_set: &str) -> String {
    let hash: String =
        digest(&SHA256, permission_set.as_bytes()).as_ref()[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{permission_set}_{hash}"
    )
}

fn listed(name: &str, mut all: Vec<Value>, from: usize, size: usize) -> Reply {
    let total = all.len();
    let page: Vec<Value> = all.drain(from.min(total)..(from + size).min(total)).collect();
    let next = (from + size < total).then(|| (from + size).to_string());
    let mut answer = json!({ "nextToken": next });
    answer[name] = Value::Array(page);
    json_reply(StatusCode::OK, &answer)
}
