//! Why a sign-in or a refresh failed.

use std::time::Duration;

use super::token::TokenError;
use crate::idp::code::{CodeError, because, bounded, minutes};
use jit_wire::explain::{Explain as _, Kind};
use jit_wire::http::HttpError;
use jit_wire::trusted_url::UrlError;

/// Why a sign-in or a refresh failed. Text from the IdP is cut to 300 characters and otherwise unchanged:
/// escape it before printing.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A URL that is not valid, or that would send secrets unencrypted.
    #[error("{what} `{url}` {why}")]
    Insecure {
        /// `the issuer`, or the name of the endpoint.
        what: &'static str,
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// There is no discovery document at its standard place.
    #[error("there is no OpenID Connect IdP at {issuer}: {url} answered with status {status}")]
    NoDiscovery {
        /// The issuer of the configuration.
        issuer: String,
        /// The URL that was called.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The IdP uses another issuer (OpenID Connect Discovery 1.0, section 4.3).
    #[error("the IdP calls itself `{announced}`, but the configuration says `{configured}`")]
    WrongIssuer {
        /// The issuer of the configuration.
        configured: String,
        /// The issuer in the discovery document.
        announced: String,
    },
    /// The IdP does not offer what is needed.
    #[error("the IdP offers no {what}")]
    Lacks {
        /// What is missing.
        what: &'static str,
    },
    /// An unexpected answer.
    #[error("{what} answered with status {status} and {why}")]
    NotUnderstood {
        /// Which endpoint.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// What was received instead.
        why: String,
    },
    /// The browser returned without a code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The device code expired.
    #[error(
        "the code was not approved within {}; if the browser showed a refusal, the IdP does not allow \
         device codes here",
        minutes(*.0)
    )]
    CodeExpired(Duration),
    /// The person, or a policy of the IdP, declined (`access_denied`).
    #[error("the sign-in was declined{}", because(.0))]
    Denied(Option<String>),
    /// The IdP refused for another reason.
    #[error("{during} was refused: {error}{}", because(.description))]
    Refused {
        /// What was requested.
        during: &'static str,
        /// The error code (RFC 6749, section 5.2 and elsewhere).
        error: String,
        /// The IdP's text.
        description: Option<String>,
    },
    /// The IdP requires another kind of sign-in first, and says which (a claims challenge).
    #[error("{during} was refused: {error}{}", because(.description))]
    ClaimsWanted {
        /// What was requested.
        during: &'static str,
        /// The error code.
        error: String,
        /// The IdP's text.
        description: Option<String>,
        /// What to request, as JSON.
        claims: String,
    },
    /// The IdP returned tokens, but no ID token.
    #[error("the IdP returned no ID token; the client needs the `openid` scope")]
    NoIdToken,
    /// A refresh gave no ID token (OpenID Connect Core 1.0, section 12.2, allows that).
    #[error("this IdP returns no new ID token on refresh")]
    NoNewIdToken,
    /// The last sign-in issued no refresh token.
    #[error("the IdP issued no refresh token at the last sign-in")]
    NoRefreshToken,
    /// The refresh token was given up at an earlier call, for this reason.
    #[error("{0}")]
    Ended(String),
    /// The last sign-in did not complete.
    #[error("the last sign-in did not succeed")]
    NobodyYet,
    /// A refresh was refused without a reason, as some IdPs do for an invalid token.
    #[error("the IdP no longer accepts the refresh token (status {status}, without a reason)")]
    Unreasoned {
        /// The HTTP status.
        status: u16,
    },
    /// The ID token failed a check.
    #[error("the IdP's ID token is not valid: {0}")]
    Token(#[from] TokenError),
}

impl OidcError {
    /// Whether only a new sign-in can help: the refresh token is invalid or useless, whatever error the IdP
    /// uses. Otherwise the IdP could not be reached, could not be trusted, or does not know the client, and
    /// trying again later may succeed.
    pub fn needs_new_login(&self) -> bool {
        // A problem with the client would remain at a sign-in.
        let of_client = matches!(self, Self::Refused { error, .. } if error == "invalid_client");
        matches!(self.kind(), Kind::LoginNeeded | Kind::Refused) && !of_client
    }

    /// Whether the answer may turn out to be valid later: the keys could not be fetched, or the clock is
    /// wrong.
    pub(super) fn may_pass(&self) -> bool {
        let elsewhere = matches!(self, Self::Http(_) | Self::NoDiscovery { .. });
        let of_keys = matches!(self, Self::NotUnderstood { what, .. } if *what != super::token_endpoint::TOKEN_ENDPOINT);
        elsewhere || of_keys || self.is_unknown_key() || self.suggests_clock()
    }

    /// Whether the signing key is not in the IdP's list, or not yet.
    pub(super) fn is_unknown_key(&self) -> bool {
        matches!(self, Self::Token(TokenError::UnknownKey(_)))
    }

    /// What the next sign-in has to request, as JSON.
    pub(in crate::idp) fn claims(&self) -> Option<&str> {
        match self {
            Self::ClaimsWanted { claims, .. } => Some(claims),
            _ => None,
        }
    }

    /// Whether this machine's clock is the likely cause.
    pub fn suggests_clock(&self) -> bool {
        matches!(
            self,
            Self::Token(TokenError::Expired { .. } | TokenError::NotYet { .. } | TokenError::Stale { .. })
        )
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Timeout { .. } | HttpError::Unreachable { .. }),
            Self::NotUnderstood { status, .. } => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::Refused { error, .. } => {
                matches!(error.as_str(), "server_error" | "temporarily_unavailable" | "slow_down")
            }
            _ => false,
        }
    }

    /// The IdP's `error` and `error_description` as an [`OidcError`].
    pub(super) fn refused(during: &'static str, error: &str, description: Option<&str>) -> Self {
        let description = description.map(bounded).filter(|text| !text.is_empty());
        match error {
            // `authorization_declined` is Entra's name for it in the device flow.
            "access_denied" | "authorization_declined" => Self::Denied(description),
            _ => Self::Refused { during, error: bounded(error), description },
        }
    }
}
