//! EC2, as far as one harmless call goes: `DescribeRegions`.

use http::StatusCode;

use crate::authorize::{Action, Authorizer, Who};
use crate::faults::Refusal;
use crate::journal::Call;
use crate::params::Params;
use crate::query;
use crate::recorded::{Event, Recorded};
use crate::service::Service;
use crate::shared::lock;
use crate::xml;
use jit_wire::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

/// The service.
pub(crate) struct Ec2 {
    gate: Authorizer,
}

impl Ec2 {
    pub(crate) fn new(gate: Authorizer) -> Self {
        Self { gate }
    }
}

fn is_known(request: &Request) -> bool {
    Params::new(request.form()).is_ok_and(|params| params.get("Action") == Some("DescribeRegions"))
}

impl Service for Ec2 {
    fn call(&self, request: &Request) -> Option<Call> {
        is_known(request).then_some(Call::Aws("ec2:DescribeRegions"))
    }

    fn now(&self) -> Timestamp {
        self.gate.shared.sts_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let caller = self.gate.caller(request).map_err(|_| {
            let text = "AWS was not able to validate the provided access credentials";
            Refusal::new(401, "AuthFailure", text)
        })?;
        if !is_known(request) {
            return Err(Refusal::new(400, "InvalidAction", "The action is not valid for this web service."));
        }
        let name = "ec2:DescribeRegions";
        let resource = "*";
        let account = caller.account.as_str();
        let action = Action { name, resource, account, policy: None, keys: Vec::new() };
        self.gate.check(&lock(&self.gate.shared.cloud), Who::Session(&caller), action).map_err(|denied| {
            let text = format!("You are not authorized to perform this operation. {}", denied.short());
            Refusal::new(403, "UnauthorizedOperation", text)
        })?;
        let regions: Vec<String> = REGIONS
            .iter()
            .map(|region| {
                let endpoint = format!("ec2.{region}.amazonaws.com");
                let parts = [
                    xml::text("optInStatus", "opt-in-not-required"),
                    xml::text("regionName", region),
                    xml::text("regionEndpoint", &endpoint),
                ];
                xml::element("item", &parts)
            })
            .collect();
        let inner =
            [xml::text("requestId", &self.gate.shared.request_id()), xml::element("regionInfo", &regions)];
        let body = format!(
            "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{}</DescribeRegionsResponse>",
            inner.concat()
        );
        Ok(loopback::reply(StatusCode::OK, "text/xml", body))
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        let error = xml::element(
            "Error",
            &[xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)],
        );
        let id = xml::text("RequestID", &self.gate.shared.request_id());
        let body = xml::element("Response", &[xml::element("Errors", &[error]), id]);
        loopback::reply(query::status(refusal), "text/xml", body)
    }
}

impl Recorded for Ec2 {
    fn event(&self, request: &Request) -> Option<Event> {
        is_known(request).then(|| Event::new("ec2.amazonaws.com", "DescribeRegions", true))
    }
}
