//! The information that a service passes to CloudTrail about a call.

use serde_json::Value;

use crate::service::Service;
use jit_wire::loopback::Request;

/// A service whose calls CloudTrail records.
pub(crate) trait Recorded: Service {
    /// The event of a request; `None` if it is not recorded (a data event, or not a call of AWS).
    fn event(&self, request: &Request) -> Option<Event>;
}

/// An event, as far as the service knows it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `iam.amazonaws.com`.
    pub(crate) source: &'static str,
    /// `PutRolePolicy`.
    pub(crate) name: String,
    pub(crate) read_only: bool,
    /// `requestParameters`.
    pub(crate) parameters: Value,
    /// `AWS::IAM::Role` and the like, with the name.
    pub(crate) resources: Vec<(&'static str, String)>,
    /// The account that owns the subject of the call, if that may be another than the caller's.
    pub(crate) owner: Option<String>,
    /// `userName` of a caller who does not sign: the person that a token or an assertion is about.
    pub(crate) unsigned_user: Option<String>,
}

impl Event {
    /// An event without parameters and resources.
    pub(crate) fn new(source: &'static str, name: &str, read_only: bool) -> Self {
        Self {
            source,
            name: name.to_owned(),
            read_only,
            parameters: Value::Null,
            resources: Vec::new(),
            owner: None,
            unsigned_user: None,
        }
    }
}

/// The parameters of a query as CloudTrail writes them: names with a small first letter. Secrets are left out.
pub(crate) fn parameters(pairs: &[(String, String)]) -> Value {
    const LEFT_OUT: [&str; 6] =
        ["Action", "Version", "SAMLAssertion", "WebIdentityToken", "TokenCode", "SerialNumber"];
    let shown = pairs.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    let object: serde_json::Map<String, Value> = shown
        .map(|(name, value)| {
            let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
            (format!("{}{rest}", first.to_ascii_lowercase()), Value::String(value.clone()))
        })
        .collect();
    if object.is_empty() { Value::Null } else { Value::Object(object) }
}
