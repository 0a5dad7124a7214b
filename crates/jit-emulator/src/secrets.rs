//! AWS Secrets Manager: `GetSecretValue`, over its JSON protocol.

use http::StatusCode;
use serde_json::{Value, json};

use crate::authorize::{Action, Authorizer, Who};
use crate::faults::Refusal;
use crate::journal::Call;
use crate::json_service;
use crate::recorded::{Event, Recorded};
use crate::service::{Service, json_reply};
use crate::shared::lock;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

const ACTION: &str = "secretsmanager:GetSecretValue";

/// The service.
pub(crate) struct Secrets {
    gate: Authorizer,
}

impl Secrets {
    pub(crate) fn new(gate: Authorizer) -> Self {
        Self { gate }
    }
}

fn is_known(request: &Request) -> bool {
    json_service::action(request) == Some("GetSecretValue")
}

impl Service for Secrets {
    fn call(&self, request: &Request) -> Option<Call> {
        is_known(request).then_some(Call::Aws(ACTION))
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let caller = self.gate.caller(request).map_err(json_service::of_signature)?;
        if !is_known(request) {
            return Err(json_service::unknown());
        }
        let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let arn = json_service::required(&input, "SecretId")?;
        let account = arn.split(':').nth(4).unwrap_or_default();
        let action = Action { name: ACTION, resource: arn, account, policy: None, keys: Vec::new() };
        let cloud = lock(&self.gate.shared.cloud);
        self.gate
            .check(&cloud, Who::Session(&caller), action)
            .map_err(|denied| Refusal::new(400, "AccessDeniedException", denied.short()))?;
        let secret = cloud.secrets.get(arn).ok_or_else(|| {
            let text = "Secrets Manager can't find the specified secret.";
            Refusal::new(400, "ResourceNotFoundException", text)
        })?;
        Ok(json_reply(StatusCode::OK, &json!({ "ARN": arn, "Name": arn, "SecretString": secret })))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        json_service::refused(refusal)
    }
}

impl Recorded for Secrets {
    fn event(&self, request: &Request) -> Option<Event> {
        is_known(request).then(|| Event::new("secretsmanager.amazonaws.com", "GetSecretValue", true))
    }
}
