//! AWS Organizations and the identity store of Identity Center: the accounts of units, and the groups of users, over their
//! JSON protocols.

mod identity_store;
mod organizations;

use http::StatusCode;
use serde_json::Value;

use crate::authorize::{Action, Authorizer, Who};
use crate::faults::Refusal;
use crate::journal::Call;
use crate::json_service;
use crate::recorded::{Event, Recorded};
use crate::service::{Service, json_reply};
use crate::sessions::Session;
use crate::shared::lock;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// One of the two services.
pub(crate) struct DirectoryService {
    gate: Authorizer,
    kind: DirectoryKind,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectoryKind {
    Organizations,
    IdentityStore,
}

impl DirectoryKind {
    /// The emulated actions, as policies name them.
    fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Organizations => {
                &["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"]
            }
            Self::IdentityStore => &[
                "identitystore:DescribeGroup",
                "identitystore:DescribeUser",
                "identitystore:GetUserId",
                "identitystore:IsMemberInGroups",
            ],
        }
    }

    fn action(self, request: &Request) -> Option<&'static str> {
        let named = json_service::action(request)?;
        self.actions().iter().find(|action| action.split(':').nth(1) == Some(named)).copied()
    }
}

impl DirectoryService {
    pub(crate) fn new(gate: Authorizer, kind: DirectoryKind) -> Self {
        Self { gate, kind }
    }

    fn answered(&self, action: &str, caller: &Session, input: &Value) -> Result<Value, Refusal> {
        let cloud = lock(&self.gate.shared.cloud);
        match self.kind {
            DirectoryKind::Organizations => {
                let size = self.gate.shared.page_size(20);
                organizations::answer(&cloud.directory, action, caller, input, size)
            }
            DirectoryKind::IdentityStore => identity_store::answer(&cloud.directory, action, input),
        }
    }
}

impl Service for DirectoryService {
    fn call(&self, request: &Request) -> Option<Call> {
        self.kind.action(request).map(Call::Aws)
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let caller = self.gate.caller(request).map_err(json_service::of_signature)?;
        let name = self.kind.action(request).ok_or_else(json_service::unknown)?;
        let (resource, account) = ("*", caller.account.as_str());
        let action = Action { name, resource, account, policy: None, keys: Vec::new() };
        self.gate
            .check(&lock(&self.gate.shared.cloud), Who::Session(&caller), action)
            .map_err(|denied| Refusal::new(400, "AccessDeniedException", denied.short()))?;
        let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.answered(name, &caller, &input).map(|answer| json_reply(StatusCode::OK, &answer))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        json_service::refused(refusal)
    }
}

impl Recorded for DirectoryService {
    fn event(&self, request: &Request) -> Option<Event> {
        let (service, name) = self.kind.action(request)?.split_once(':')?;
        let source = if service == "organizations" {
            "organizations.amazonaws.com"
        } else {
            "identitystore.amazonaws.com"
        };
        Some(Event::new(source, name, true))
    }
}
