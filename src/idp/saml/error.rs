//! Why a sign-in failed.

use std::io;
use std::time::Duration;

use super::{CaptureError, SamlStatus};
use crate::idp::hand_over::Contested;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::UrlError;

/// Why a sign-in failed. Text from the IdP is cut to 300 characters and otherwise unchanged: whoever prints
/// it escapes it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says what it is, its fields what is in it")]
pub enum SamlError {
    /// The sign-in starts at a URL that a browser may not be sent to.
    #[error("`{url}` {why}")]
    Address { url: String, why: UrlError },
    #[error("the response has {0} characters, and AWS takes 100000")]
    TooLong(usize),
    #[error("the response is not base64")]
    NotBase64,
    #[error("the response is not UTF-8 text")]
    Encoding,
    #[error("the response is not XML: {0}")]
    NotXml(String),
    #[error("the response declares a document type, which no SAML message does")]
    Dtd,
    #[error("what came is no SAML response but a `{0}`")]
    NotAResponse(String),
    #[error("the response has no status")]
    NoStatus,
    /// The IdP answered with a refusal.
    #[error("the provider signed nobody in: {}", .0.in_words())]
    Status(SamlStatus),
    /// The response names no request, although `jit` sent one.
    #[error("the response answers no request, though one was sent")]
    Unsolicited,
    #[error("the response answers another request than the one that was sent")]
    OtherRequest,
    #[error("the response holds no assertion")]
    NoAssertion,
    #[error("the response holds {0} assertions, and only one can be meant")]
    SeveralAssertions(usize),
    #[error("the assertion is by `{issuer}`, but the configuration says `{known}`")]
    Issuer { known: String, issuer: String },
    #[error("the assertion is about nobody: it has no Subject")]
    NoSubject,
    #[error("the assertion has no bearer confirmation with a recipient and an end, which AWS needs")]
    NoBearer,
    #[error("the response is made out to `{0}`")]
    Recipient(String),
    #[error("the assertion is for the audience `{0}`, and not for AWS")]
    Audience(String),
    #[error("the assertion ended at {}, and this machine's clock says {}; it was made {}", .at.to_rfc3339(), .now.to_rfc3339(), ago(*made, *now))]
    Expired { at: Timestamp, made: Timestamp, now: Timestamp },
    #[error("the assertion holds from {} on, and this machine's clock says {}", .at.to_rfc3339(), .now.to_rfc3339())]
    NotYet { at: Timestamp, now: Timestamp },
    #[error("`{value}` is no instant of XML, as {name} has to be")]
    Instant { name: &'static str, value: String },
    /// The assertion of the last login, once more.
    #[error("this assertion was used for the last login already")]
    Replayed,
    #[error("the assertion offers no role{}", near.as_ref().map(|name| format!(": its attribute `{name}` is not quite https://aws.amazon.com/SAML/Attributes/Role")).unwrap_or_default())]
    NoRole { near: Option<String> },
    #[error(
        "`{0}` is no role: a value of the attribute Role is the ARN of a role, a comma, and the ARN of its SAML provider"
    )]
    BadRole(String),
    #[error(
        "several pairs of role and provider stand in one value of the attribute Role, where AWS takes one: `{0}`"
    )]
    JoinedRoles(String),
    #[error(
        "the assertion has no attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName, without which AWS takes none"
    )]
    NoSessionName,
    #[error(
        "the assertion's RoleSessionName `{0}` is not 2 to 64 letters, digits and _ + = , . @ -, so AWS takes none"
    )]
    BadSessionName(String),
    #[error("the attribute {0} is there twice, with two values")]
    Twice(String),
    #[error("port {0} of 127.0.0.1, where the browser is to come back, is used by another program")]
    PortTaken(u16),
    #[error("port {port} of 127.0.0.1 cannot be listened on: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("nobody came back from the sign-in within {} minutes", .0.as_secs() / 60)]
    NobodyCame(Duration),
    /// `port` is where the browser comes back to, if that port is fixed.
    #[error("SAML has no device codes")]
    NoDeviceCode { port: Option<u16> },
    #[error("the response is caught in a browser that jit drives, so there has to be one on this machine")]
    NeedsWindow,
    #[error("the system gave no random numbers")]
    NoRandom,
    /// What is left of a SAML login is in the browser.
    #[error("a SAML login does not renew itself")]
    NothingKept,
    #[error(transparent)]
    Contested(#[from] Contested),
    #[error(transparent)]
    Capture(#[from] CaptureError),
}

fn ago(made: Timestamp, now: Timestamp) -> String {
    let (before, after) = (now.since(made).as_secs() / 60, made.since(now).as_secs() / 60);
    match (before, after) {
        (0, 0) => "just now".to_owned(),
        (minutes, 0) => format!("{minutes} minutes ago by that clock"),
        (_, minutes) => format!("{minutes} minutes from now by that clock"),
    }
}

impl SamlError {
    /// Renewing is no longer possible, and only a person can go on.
    pub fn needs_new_login(&self) -> bool {
        matches!(self, Self::NothingKept)
    }
}
