//! CloudTrail: the event history of each account and region, and `LookupEvents`, over its JSON protocol.

mod lookup;
mod rate;
mod trail;

use std::sync::Mutex;
use std::time::Instant;

use http::StatusCode;
use serde_json::Value;

use crate::authorize::{Action, Authorizer, Who};
use crate::faults::Refusal;
use crate::journal::Call;
use crate::json_service;
use crate::recorded::{Event, Recorded};
use crate::service::{Service, json_reply};
use crate::shared::lock;
use crate::signing::sigv4::Signed;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use rate::Rate;
pub(crate) use trail::Trail;

/// The service.
pub(crate) struct CloudTrail {
    gate: Authorizer,
    trail: Trail,
    rate: Mutex<Rate>,
}

impl CloudTrail {
    pub(crate) fn new(gate: Authorizer, trail: Trail) -> Self {
        Self { gate, trail, rate: Mutex::default() }
    }
}

fn is_known(request: &Request) -> bool {
    json_service::action(request) == Some("LookupEvents")
}

impl Service for CloudTrail {
    fn call(&self, request: &Request) -> Option<Call> {
        is_known(request).then_some(Call::Aws("cloudtrail:LookupEvents"))
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let caller = self.gate.caller(request).map_err(json_service::of_signature)?;
        if !is_known(request) {
            return Err(json_service::unknown());
        }
        let (name, resource, account) = ("cloudtrail:LookupEvents", "*", caller.account.as_str());
        let action = Action { name, resource, account, policy: None, keys: Vec::new() };
        self.gate
            .check(&lock(&self.gate.shared.cloud), Who::Session(&caller), action)
            .map_err(|denied| Refusal::new(400, "AccessDeniedException", denied.short()))?;
        let region = Signed::read(&request.headers)?.region();
        if !lock(&self.rate).takes(account, region, Instant::now()) {
            lock(&self.gate.shared.journal).note_call(Call::Throttled);
            return Err(Refusal::new(400, "ThrottlingException", "Rate exceeded"));
        }
        let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let now = self.gate.shared.sts_now();
        let events = self.trail.visible(account, region, now);
        Ok(json_reply(StatusCode::OK, &lookup::answer(&events, &input)?))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        json_service::refused(refusal)
    }
}

impl Recorded for CloudTrail {
    fn event(&self, request: &Request) -> Option<Event> {
        is_known(request).then(|| Event::new("cloudtrail.amazonaws.com", "LookupEvents", true))
    }
}
