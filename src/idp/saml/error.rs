//! Why a sign-in failed.

use std::io;
use std::time::Duration;

use super::{CaptureError, SamlStatus};
use crate::idp::hand_over::Contested;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::UrlError;

/// Why a sign-in failed. Text from the IdP is cut to 300 characters and otherwise unchanged: escape it before
/// printing.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says what it is, its fields what is in it")]
pub enum SamlError {
    /// The sign-in starts at a URL that a browser must not be sent to.
    #[error("`{url}` {why}")]
    Address { url: String, why: UrlError },
    #[error("the response has {0} characters; AWS accepts at most 100000")]
    TooLong(usize),
    #[error("the response is not base64")]
    NotBase64,
    #[error("the response is not UTF-8 text")]
    Encoding,
    #[error("the response is not XML: {0}")]
    NotXml(String),
    #[error("the response declares a document type, which SAML does not allow")]
    Dtd,
    #[error("the response is not a SAML response but a `{0}`")]
    NotAResponse(String),
    #[error("the response has no status")]
    NoStatus,
    /// The IdP answered with a refusal.
    #[error("the IdP did not sign you in: {}", .0.in_words())]
    Status(SamlStatus),
    /// The response names no request, although `jit` sent one.
    #[error("the response does not refer to the request that jit sent")]
    Unsolicited,
    #[error("the response refers to another request than the one that jit sent")]
    OtherRequest,
    #[error("the response contains no assertion")]
    NoAssertion,
    #[error("the response contains {0} assertions instead of one")]
    SeveralAssertions(usize),
    #[error("the assertion was issued by `{issuer}`, but the configuration says `{known}`")]
    Issuer { known: String, issuer: String },
    #[error("the assertion has no Subject")]
    NoSubject,
    #[error("the assertion has no bearer confirmation with a recipient and an expiry, which AWS requires")]
    NoBearer,
    #[error("the response is addressed to `{0}`")]
    Recipient(String),
    #[error("the assertion's audience is `{0}`, not AWS")]
    Audience(String),
    #[error("the assertion expired at {}, and this machine's clock says {}; it was issued {}", .at.to_rfc3339(), .now.to_rfc3339(), ago(*made, *now))]
    Expired { at: Timestamp, made: Timestamp, now: Timestamp },
    #[error("the assertion is valid from {}, and this machine's clock says {}", .at.to_rfc3339(), .now.to_rfc3339())]
    NotYet { at: Timestamp, now: Timestamp },
    #[error("`{value}` is not an XML date and time, which {name} must be")]
    Instant { name: &'static str, value: String },
    /// The assertion of the last sign-in was sent again.
    #[error("this assertion was already used for the last sign-in")]
    Replayed,
    #[error("the assertion offers no role{}", near.as_ref().map(|name| format!(": its attribute `{name}` is almost, but not exactly, https://aws.amazon.com/SAML/Attributes/Role")).unwrap_or_default())]
    NoRole { near: Option<String> },
    #[error(
        "`{0}` is not a role: a value of the attribute Role must be the ARN of a role, a comma, and the ARN \
         of its SAML provider"
    )]
    BadRole(String),
    #[error(
        "one value of the attribute Role has several pairs of role and provider, and AWS accepts only one: \
         `{0}`"
    )]
    JoinedRoles(String),
    #[error(
        "the assertion has no attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName, which AWS \
         requires"
    )]
    NoSessionName,
    #[error(
        "the assertion's RoleSessionName `{0}` is not 2 to 64 letters, digits and _ + = , . @ -, as AWS \
         requires"
    )]
    BadSessionName(String),
    #[error("the attribute {0} appears twice, with different values")]
    Twice(String),
    #[error("port {0} of 127.0.0.1, which the browser must return to, is used by another program")]
    PortTaken(u16),
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("the sign-in was not completed within {} min", .0.as_secs() / 60)]
    NobodyCame(Duration),
    /// `port` is the one that the browser returns to, if it is fixed.
    #[error("SAML has no device codes")]
    NoDeviceCode { port: Option<u16> },
    #[error("jit captures the response in a browser that it controls, so there must be one on this machine")]
    NeedsWindow,
    #[error("the operating system returned no random numbers")]
    NoRandom,
    /// Only the browser can continue a SAML login.
    #[error("a SAML sign-in cannot be renewed")]
    NothingKept,
    #[error(transparent)]
    Contested(#[from] Contested),
    #[error(transparent)]
    Capture(#[from] CaptureError),
}

fn ago(made: Timestamp, now: Timestamp) -> String {
    let before = now.since(made).as_secs() / 60;
    let after = made.since(now).as_secs() / 60;
    match (before, after) {
        (0, 0) => "just now".to_owned(),
        (minutes, 0) => format!("{minutes} min ago by that clock"),
        (_, minutes) => format!("{minutes} min from now by that clock"),
    }
}

impl SamlError {
    /// Whether only a new sign-in can help.
    pub fn needs_new_login(&self) -> bool {
        matches!(self, Self::NothingKept)
    }
}
