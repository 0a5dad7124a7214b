//! A client of AWS: signed calls, and what comes back.

use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::{AnswerKind, Http};
use jit_wire::secret::Secret;
use jit_wire::signed::{CallError, Caller, Endpoint, Service, UnsignedRequest};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// Code and message of a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

pub(crate) type Outcome = Result<String, Refused>;

/// Whether a call is denied by a policy, and not refused for another reason.
pub(crate) fn is_denied(outcome: &Outcome) -> bool {
    let denied = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
    outcome.as_ref().is_err_and(|refused| denied.contains(&refused.code.as_str()))
}

/// An HTTP client with a runtime, for one URL.
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) http: Http,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { url: url.to_owned(), http: Http::new(&Env::of([])), runtime }
    }

    fn send(
        &self,
        as_whom: &Credentials,
        now: Timestamp,
        service: Service,
        request: impl FnOnce(&Endpoint) -> UnsignedRequest,
    ) -> Outcome {
        let url = TrustedUrl::parse(&self.url, Purpose::AwsEndpoint).unwrap();
        let endpoint = Endpoint::at(service, "us-east-1", url).unwrap();
        let caller = Caller { http: &self.http, endpoint: &endpoint, credentials: as_whom, now };
        match self.runtime.block_on(caller.send(request(&endpoint))) {
            Ok(answer) => Ok(String::from_utf8(answer.body.expose().clone()).unwrap()),
            Err(CallError::Refused(refusal)) => Err(Refused {
                status: refusal.status,
                code: refusal.code.clone(),
                message: refusal.message.clone(),
            }),
            Err(error) => panic!("{error}"),
        }
    }

    /// A call to IAM.
    pub(crate) fn iam(
        &self,
        as_whom: &Credentials,
        now: Timestamp,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Outcome {
        self.send(as_whom, now, Service::Iam, |endpoint| endpoint.query(action, parameters).unwrap())
    }

    /// A call to STS.
    pub(crate) fn sts(
        &self,
        as_whom: &Credentials,
        now: Timestamp,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Outcome {
        self.send(as_whom, now, Service::Sts, |endpoint| endpoint.query(action, parameters).unwrap())
    }

    /// `LookupEvents`.
    pub(crate) fn events(&self, as_whom: &Credentials, now: Timestamp, input: &serde_json::Value) -> Outcome {
        self.send(as_whom, now, Service::CloudTrail, |endpoint| endpoint.json("LookupEvents", input).unwrap())
    }

    /// A call to S3: a method and a path with its query, as they are sent.
    pub(crate) fn s3(
        &self,
        as_whom: &Credentials,
        now: Timestamp,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Outcome {
        self.send(as_whom, now, Service::S3, |endpoint| UnsignedRequest {
            action: "s3:Test".to_owned(),
            method,
            url: endpoint.url().at(path).unwrap(),
            headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            body: Secret::new(body.to_vec()),
            answer: AnswerKind::Object,
        })
    }

    /// A call without a signature.
    pub(crate) fn form(&self, url: &str, form: &[(&str, &str)]) -> String {
        let url = TrustedUrl::parse(url, Purpose::Idp).unwrap();
        let answer = self.runtime.block_on(self.http.post_form(&url, form)).unwrap();
        String::from_utf8(answer.body.expose().clone()).unwrap()
    }
}

/// The text of the first element with this name.
pub(crate) fn text(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
}

/// The texts of all elements with this name.
pub(crate) fn texts(xml: &str, name: &str) -> Vec<String> {
    let start = format!("<{name}>");
    let parts = xml.split(start.as_str()).skip(1);
    parts.filter_map(|part| part.split("</").next()).map(str::to_owned).collect()
}

/// The credentials in an answer of STS.
pub(crate) fn credentials(xml: &str) -> Option<Credentials> {
    let secret = |name| text(xml, name).map(|text| Secret::from(text.as_str()));
    let ends = Timestamp::parse_rfc3339(&text(xml, "Expiration")?)?;
    let key = text(xml, "AccessKeyId")?;
    Credentials::new(key, secret("SecretAccessKey")?, secret("SessionToken")?, ends).ok()
}
