//! Calls to services with named actions, with an endpoint, credentials and a time.

use super::{CallError, Endpoint, Refusal, Service, UnsignedRequest};
use crate::credentials::Credentials;
use crate::http::limits::ANSWER_LIMIT;
use crate::http::{Ask, Body, Http, HttpAnswer};
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// The parts of a call that stay the same: client, endpoint, credentials, time.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The HTTP client.
    pub http: &'a Http,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The credentials.
    pub credentials: &'a Credentials,
    /// The time.
    pub now: Timestamp,
}

impl Endpoint {
    /// A call to a Query service: `action` with `parameters`.
    ///
    /// # Errors
    /// [`CallError::Request`] if it is another kind of service.
    pub fn query(&self, action: &str, parameters: &[(&str, &str)]) -> Result<UnsignedRequest, CallError> {
        let version = match self.service {
            Service::Iam => "2010-05-08",
            Service::Sts => "2011-06-15",
            Service::Ec2 => "2016-11-15",
            _ => return Err(self.cannot(action, "it is no Query service")),
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("Action", action), ("Version", version)]).extend_pairs(parameters);
        let headers = vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        Ok(self.post(action, headers, form.finish().into_bytes()))
    }

    /// A call to a JSON service: `action` with `input`.
    ///
    /// # Errors
    /// [`CallError::Request`] if it is another kind of service.
    pub fn json(&self, action: &str, input: &serde_json::Value) -> Result<UnsignedRequest, CallError> {
        let target = match self.service {
            Service::CloudTrail => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
            Service::IdentityStore => "AWSIdentityStore",
            Service::Organizations => "AWSOrganizationsV20161128",
            _ => return Err(self.cannot(action, "it is no JSON service")),
        };
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{target}.{action}")),
        ];
        Ok(self.post(action, headers, input.to_string().into_bytes()))
    }

    fn post(&self, action: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> UnsignedRequest {
        let action = self.action(action);
        let url = self.url.clone();
        let body = Secret::new(body);
        UnsignedRequest { action, method: "POST", url, headers, body }
    }

    /// `action` as written in policies.
    pub(super) fn action(&self, action: &str) -> String {
        format!("{}:{action}", self.service.name())
    }

    pub(super) fn cannot(&self, action: &str, why: &'static str) -> CallError {
        CallError::Request { action: self.action(action), why }
    }
}

impl Caller<'_> {
    /// Calls a Query service (EC2, IAM, STS). The answer is XML.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query(&self, action: &str, parameters: &[(&str, &str)]) -> Result<HttpAnswer, CallError> {
        self.send(self.endpoint.query(action, parameters)?).await
    }

    /// Calls a JSON service (CloudTrail, Identity Store, Organizations).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn json(
        &self,
        action: &str,
        input: &serde_json::Value,
    ) -> Result<serde_json::Value, CallError> {
        let answer = self.send(self.endpoint.json(action, input)?).await?;
        let why = "it is not JSON";
        serde_json::from_slice(answer.body.expose())
            .map_err(|_| CallError::Answer { action: self.endpoint.action(action), why })
    }

    /// Signs and sends `request`.
    ///
    /// # Errors
    /// [`CallError`]; every status except success is [`CallError::Refused`].
    pub async fn send(&self, request: UnsignedRequest) -> Result<HttpAnswer, CallError> {
        if request.body.expose().len() > ANSWER_LIMIT {
            return Err(CallError::Request { action: request.action, why: "its body is too large" });
        }
        let signed = request.sign(self.endpoint, self.credentials, self.now)?;
        let ask = Ask {
            method: signed.method,
            accept: "*/*",
            body: if signed.body.expose().is_empty() { Body::Empty } else { Body::Bytes(&signed.body) },
            headers: &signed.headers,
            ..Ask::get(&signed.url)
        };
        let answer = self.http.ask(&ask).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(CallError::Refused(Box::new(Refusal::of(&signed.action, &answer))))
    }
}
