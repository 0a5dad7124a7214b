//! Why a sign-in failed.

use super::api::ApiError;
use crate::idp::oidc::OidcError;
use crate::idp::saml::SamlError;
use crate::plan::Factor;
use jit_wire::http::HttpError;

/// Why a sign-in failed. Text from the org is cut to 300 characters and otherwise unchanged: escape it before
/// printing.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says what it is, its fields what is in it")]
pub enum OktaError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("Okta refused: {}", .0.in_words())]
    Api(ApiError),
    #[error("Okta answered with status {0} and a response that jit does not understand")]
    NotUnderstood(u16),
    #[error("Okta is rate-limiting requests for {}", jit_wire::timestamp::duration(std::time::Duration::from_secs(*.0)))]
    RateLimited(u64),
    /// A link from the org to another host, to which no secret is sent.
    #[error("the org sent jit to `{0}`, which is not its own URL")]
    ForeignLink(String),
    #[error("your password has expired: change it at {0}")]
    PasswordExpired(String),
    #[error("your account is locked: unlock it at {0}")]
    LockedOut(String),
    #[error("the org requires a second factor, and you have none yet: set one up at {0}")]
    NoFactorYet(String),
    #[error("your account is in recovery: finish the recovery at {0}")]
    InRecovery(String),
    #[error(
        "Okta is in the state `{status}`, which jit does not know; sign in at {org} in a browser to see \
         what it needs"
    )]
    UnknownState { status: String, org: String },
    #[error("you have no second factor `{wanted}`")]
    NoSuchFactor { wanted: String, there_are: Vec<String> },
    #[error("none of your second factors can be used here: {}", .0.join(", "))]
    NoUsableFactor(Vec<String>),
    /// Only a browser can do this factor. The caller continues with the browser.
    #[error("{} works only in a browser", in_words(*.0))]
    BrowserNeeded(Factor),
    #[error("the push was denied on the phone")]
    Rejected,
    #[error("the push was not answered")]
    PushTimedOut,
    #[error("the push was cancelled")]
    Cancelled,
    #[error("the second factor failed: {0}")]
    FactorFailed(String),
    #[error("the second factor is locked after too many failed attempts")]
    FactorLocked,
    #[error("too many wrong codes")]
    TooManyTries,
    #[error("{0} must be typed, and jit cannot ask for it here")]
    NobodyToAsk(&'static str),
    #[error("nothing was typed, so the sign-in was cancelled")]
    Declined,
    #[error("Cancelled")]
    Interrupted,
    #[error("this org runs Identity Engine, where a terminal cannot sign in with a password")]
    IdentityEngine { app_url: String },
    #[error("this org runs Classic Engine, which has no web-SSO token for a device code")]
    ClassicEngine,
    #[error("the device grant needs the client id of the org's OIDC native application")]
    NoClient,
    #[error(
        "Okta does not let you into the AWS application: you are not assigned to it, or its URL is different"
    )]
    NotAssigned,
    #[error("this application is IAM Identity Center, not a SAML application for AWS accounts")]
    IdentityCenter,
    #[error("the page of the AWS application contains no SAML response{}", title(.0))]
    NoForm(String),
    #[error("the org's redirects go in a loop, the last one to `{0}`")]
    TooManyRedirects(String),
    /// The stored login no longer works.
    #[error("the session at Okta has ended")]
    SessionEnded,
    /// The last login left nothing that gets another assertion.
    #[error("the org gave jit no session at the last sign-in")]
    NothingKept,
    /// What the last login left was given up at an earlier call, for this reason.
    #[error("{0}")]
    Ended(String),
    #[error("Okta refused to exchange the tokens for the AWS application: {error}{}", described(description))]
    Exchange { error: String, description: String },
    #[error(transparent)]
    Device(#[from] Box<OidcError>),
    #[error("the operating system returned no random numbers")]
    NoRandom,
    /// From the device grant, or from the browser that was needed.
    #[error(transparent)]
    Saml(#[from] SamlError),
}

impl From<OidcError> for OktaError {
    fn from(error: OidcError) -> Self {
        Self::Device(Box::new(error))
    }
}

fn in_words(factor: Factor) -> &'static str {
    crate::plan::FACTORS.iter().find(|(one, ..)| *one == factor).map_or("this factor", |(.., words)| words)
}

fn title(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(": its title is \"{title}\"") }
}

fn described(description: &str) -> String {
    if description.is_empty() { String::new() } else { format!(" (\"{description}\")") }
}

impl OktaError {
    /// The org's code, such as `E0000068`.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => Some(&error.error_code),
            _ => None,
        }
    }

    /// Name or password are wrong, or the account is locked and the org does not say so.
    pub(super) fn is_wrong_password(&self) -> bool {
        self.code() == Some("E0000004")
    }

    /// Whether only a new sign-in can help.
    pub fn needs_new_login(&self) -> bool {
        match self {
            Self::Device(error) => error.needs_new_login(),
            Self::SessionEnded
            | Self::NothingKept
            | Self::Ended(_)
            | Self::NotAssigned
            | Self::NoForm(_)
            | Self::Exchange { .. }
            | Self::Saml(_) => true,
            Self::Api(_) => true,
            _ => false,
        }
    }
}
