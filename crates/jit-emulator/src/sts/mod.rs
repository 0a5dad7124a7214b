//! The Security Token Service: who may assume which role, over STS's query protocol.

mod assertion;
mod assume_role;
mod limits;
mod state;
mod web_identity;
mod with_saml;

use http::Method;

use crate::authorize::Authorizer;
use crate::cloud::account_of;
use crate::faults::Refusal;
use crate::journal::Call;
use crate::params::Params;
use crate::query;
use crate::recorded::{Event, Recorded, parameters};
use crate::service::Service;
use crate::sessions::Session;
use crate::xml;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use state::State;

/// The namespace of its answers (`2011-06-15` of its query protocol).
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The service: its operations, read from a request.
pub(crate) struct Sts {
    state: State,
}

impl Sts {
    pub(crate) fn new(gate: Authorizer) -> Self {
        Self { state: State { gate } }
    }
}

impl Service for Sts {
    fn call(&self, request: &Request) -> Option<Call> {
        operation(request).ok().map(|(call, _)| call)
    }

    fn now(&self) -> Timestamp {
        self.state.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let (call, params) = operation(request)?;
        let state = &self.state;
        let result = match call {
            Call::AssumeRoleWithWebIdentity => state.with_web_identity(&params)?,
            Call::AssumeRoleWithSaml => state.with_saml(&params)?,
            Call::AssumeRole => state.assume_role(&params, &*state.gate.caller(request)?)?,
            Call::GetSessionToken => state.session_token(&params, &*state.gate.caller(request)?)?,
            _ => caller_identity(&*state.gate.caller(request)?),
        };
        Ok(query::result(
            NAMESPACE,
            params.get("Action").unwrap_or_default(),
            &result,
            &self.state.gate.shared.request_id(),
        ))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        query::error(NAMESPACE, refusal, &self.state.gate.shared.request_id())
    }
}

impl Recorded for Sts {
    fn event(&self, request: &Request) -> Option<Event> {
        let (_, params) = operation(request).ok()?;
        let mut event = Event::new("sts.amazonaws.com", params.get("Action")?, true);
        event.parameters = parameters(&request.form());
        if let Some(role) = params.get("RoleArn") {
            event.resources = vec![("AWS::IAM::Role", role.to_owned())];
            event.owner = Some(account_of(role).to_owned());
            let name = params.get("RoleSessionName").map(str::to_owned);
            event.unsigned_user = name.or_else(|| self.state.subject(&params));
        }
        Some(event)
    }
}

/// The operation of a request, and its parameters.
fn operation(request: &Request) -> Result<(Call, Params), Refusal> {
    if request.method != Method::POST || request.path != "/" || !request.query.is_empty() {
        return Err(Refusal::new(404, "UnknownOperationException", "Only POST / is served here"));
    }
    let params = Params::new(request.form())
        .map_err(|_| Refusal::new(400, "MalformedInput", "A parameter is given twice"))?;
    let action = params.get("Action").unwrap_or_default();
    let version = params.get("Version");
    let call = match (action, version) {
        ("AssumeRoleWithWebIdentity", Some("2011-06-15")) => Call::AssumeRoleWithWebIdentity,
        ("AssumeRoleWithSAML", Some("2011-06-15")) => Call::AssumeRoleWithSaml,
        ("AssumeRole", Some("2011-06-15")) => Call::AssumeRole,
        ("GetSessionToken", Some("2011-06-15")) => Call::GetSessionToken,
        ("GetCallerIdentity", Some("2011-06-15")) => Call::GetCallerIdentity,
        _ => {
            let version = version.unwrap_or_default();
            let text = format!("Could not find operation {action} for version {version}");
            return Err(Refusal::new(400, "InvalidAction", text));
        }
    };
    Ok((call, params))
}

fn caller_identity(caller: &Session) -> Vec<String> {
    vec![
        xml::text("Arn", &caller.arn),
        xml::text("UserId", &caller.user_id),
        xml::text("Account", &caller.account),
    ]
}
