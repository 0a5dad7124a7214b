//! The Security Token Service: who may assume which role, over STS's query protocol.

pub(crate) mod answer;
mod assertion;
mod assume_role;
mod limits;
mod sigv4;
mod state;
mod web_identity;
mod with_saml;

use std::sync::Arc;

use http::Method;

use crate::faults::Refusal;
use crate::journal::Call;
use crate::params::Params;
use crate::service::Service;
use crate::sessions::{Session, Sessions};
use crate::shared::Shared;
use crate::xml;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use state::State;

/// The service: its operations, read from a request.
pub(crate) struct Sts {
    state: State,
}

impl Sts {
    pub(crate) fn new(shared: Arc<Shared>, sessions: Sessions) -> Self {
        Self { state: State { shared, sessions } }
    }

    /// A random UUID, or nothing if there is no randomness; it only helps people to find a request again.
    fn request_id(&self) -> String {
        let hex: String =
            self.state.shared.random::<16>().unwrap_or_default().iter().map(|b| format!("{b:02x}")).collect();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

impl Service for Sts {
    fn call(&self, request: &Request) -> Option<Call> {
        operation(request).ok().map(|(call, _)| call)
    }

    fn now(&self) -> Timestamp {
        self.state.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let (call, params) = operation(request)?;
        let state = &self.state;
        let result = match call {
            Call::AssumeRoleWithWebIdentity => state.with_web_identity(&params)?,
            Call::AssumeRoleWithSaml => state.with_saml(&params)?,
            Call::AssumeRole => state.assume_role(&params, &*state.caller(request)?)?,
            Call::GetSessionToken => state.session_token(&params, &*state.caller(request)?)?,
            _ => caller_identity(&*state.caller(request)?),
        };
        Ok(answer::result(params.get("Action").unwrap_or_default(), &result, &self.request_id()))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        answer::error(refusal, &self.request_id())
    }
}

/// Which operation a request asks for, and with which parameters.
fn operation(request: &Request) -> Result<(Call, Params), Refusal> {
    if request.method != Method::POST || request.path != "/" || !request.query.is_empty() {
        return Err(Refusal::new(404, "UnknownOperationException", "Only POST / is served here"));
    }
    let params = Params::new(request.form())
        .map_err(|_| Refusal::new(400, "MalformedInput", "A parameter is given twice"))?;
    let (action, version) = (params.get("Action").unwrap_or_default(), params.get("Version"));
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
