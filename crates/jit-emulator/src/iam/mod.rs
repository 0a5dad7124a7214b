//! IAM, over its query protocol: roles, their policies, trust and boundary, and managed policies, as far as
//! access on request and its checks need them. Every call is authorized.

mod account;
mod attached;
mod call;
mod inline;
mod managed;
mod pages;
mod roles;
mod tags;
mod words;

use http::Method;

use crate::authorize::Authorizer;
use crate::faults::Refusal;
use crate::journal::Call;
use crate::params::Params;
use crate::query;
use crate::recorded::{Event, Recorded, parameters};
use crate::service::Service;
use crate::shared::lock;
use call::IamCall;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// The namespace of its answers.
const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The service.
pub(crate) struct Iam {
    gate: Authorizer,
}

/// Carries out one operation, and returns the elements of its result.
type Operation = fn(&mut IamCall<'_>) -> Result<Vec<String>, Refusal>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("iam:AttachRolePolicy", attached::attach),
    ("iam:CreatePolicy", managed::create),
    ("iam:CreateRole", roles::create),
    ("iam:DeletePolicy", managed::delete),
    ("iam:DeleteRole", roles::delete),
    ("iam:DeleteRolePermissionsBoundary", roles::delete_boundary),
    ("iam:DeleteRolePolicy", inline::delete),
    ("iam:DetachRolePolicy", attached::detach),
    ("iam:GetAccountSummary", account::summary),
    ("iam:GetPolicy", managed::get),
    ("iam:GetPolicyVersion", managed::get_version),
    ("iam:GetRole", roles::get),
    ("iam:GetRolePolicy", inline::get),
    ("iam:ListAccountAliases", account::aliases),
    ("iam:ListAttachedRolePolicies", attached::list),
    ("iam:ListPolicyVersions", managed::list_versions),
    ("iam:ListRolePolicies", inline::list),
    ("iam:ListRoleTags", tags::list),
    ("iam:ListRoles", roles::list),
    ("iam:PutRolePermissionsBoundary", roles::put_boundary),
    ("iam:PutRolePolicy", inline::put),
    ("iam:TagRole", tags::put),
    ("iam:UntagRole", tags::delete),
    ("iam:UpdateAssumeRolePolicy", roles::put_trust),
    ("iam:UpdateRole", roles::update),
];

impl Iam {
    pub(crate) fn new(gate: Authorizer) -> Self {
        Self { gate }
    }
}

/// The operation of a request, with its parameters.
fn operation(request: &Request) -> Result<(&'static (&'static str, Operation), Params), Refusal> {
    let twice = |_| Refusal::new(400, "MalformedInput", "A parameter is given twice");
    let params = Params::new(request.form()).map_err(twice)?;
    let action = params.get("Action").unwrap_or_default();
    let version = params.get("Version").unwrap_or_default();
    let known = OPERATIONS.iter().find(|(name, _)| name.strip_prefix("iam:") == Some(action));
    match known.filter(|_| request.method == Method::POST && version == "2010-05-08") {
        Some(known) => Ok((known, params)),
        None => {
            let text = format!("Could not find operation {action} for version {version}");
            Err(Refusal::new(400, "InvalidAction", text))
        }
    }
}

impl Service for Iam {
    fn call(&self, request: &Request) -> Option<Call> {
        operation(request).ok().map(|((name, _), _)| Call::Aws(name))
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let caller = self.gate.caller(request)?;
        let ((name, carry_out), params) = operation(request)?;
        let mut cloud = lock(&self.gate.shared.cloud);
        let mut call =
            IamCall { gate: &self.gate, cloud: &mut cloud, caller: &caller, params: &params, action: name };
        let result = carry_out(&mut call)?;
        let action = params.get("Action").unwrap_or_default();
        Ok(query::result(NAMESPACE, action, &result, &self.gate.shared.request_id()))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        query::error(NAMESPACE, refusal, &self.gate.shared.request_id())
    }
}

impl Recorded for Iam {
    fn event(&self, request: &Request) -> Option<Event> {
        let ((name, _), params) = operation(request).ok()?;
        let name = name.strip_prefix("iam:")?;
        let mut event =
            Event::new("iam.amazonaws.com", name, name.starts_with("Get") || name.starts_with("List"));
        event.parameters = parameters(&request.form());
        let named = |parameter, kind| params.get(parameter).map(|name| (kind, name.to_owned()));
        let kinds = [
            named("RoleName", "AWS::IAM::Role"),
            named("PolicyName", "AWS::IAM::Policy"),
            named("PolicyArn", "AWS::IAM::Policy"),
        ];
        event.resources = kinds.into_iter().flatten().collect();
        Some(event)
    }
}
