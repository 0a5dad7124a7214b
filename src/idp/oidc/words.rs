//! How an IdP error explains itself.

use super::error::OidcError;
use super::request::SIGN_IN_PAGE;
use super::token::TokenError;
use crate::idp::ASK_ADMINISTRATOR;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::http::HttpError;

const COMPARE_ISSUER: &str =
    "compare `issuer` with the issuer that the IdP announces: case and a trailing slash matter";

impl Explain for OidcError {
    fn kind(&self) -> Kind {
        match self {
            // Only renewals return these.
            Self::NoNewIdToken
            | Self::NoRefreshToken
            | Self::Ended(_)
            | Self::NobodyYet
            | Self::Token(TokenError::Changed(_)) => Kind::LoginNeeded,
            Self::Denied(_) | Self::ClaimsWanted { .. } | Self::Unreasoned { .. } => Kind::Refused,
            Self::Refused { .. } if !self.is_transient() => Kind::Refused,
            _ => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Http(HttpError::Unreachable { .. }) => {
                vec![Next::Network(Some("`issuer`".into())), Next::Doctor]
            }
            Self::Http(error) => error.next(),
            Self::Insecure { what: "the issuer", .. } => Next::list(["give `issuer` an https URL"]),
            Self::Insecure { .. } => Next::list([ASK_ADMINISTRATOR]),
            Self::NoIdToken => Next::list([
                "add `openid` to `scopes`, or delete the line `scopes`: `openid` is in the default",
                ASK_ADMINISTRATOR,
            ]),
            Self::NoDiscovery { status: 500.., .. } | Self::NotUnderstood { status: 500.., .. } => {
                vec![Next::TryAgain]
            }
            Self::NoDiscovery { .. } | Self::WrongIssuer { .. } => Next::list([COMPARE_ISSUER]),
            Self::NotUnderstood { .. } => {
                Next::list(["check `issuer`, and whether this network requires its own sign-in first"])
            }
            Self::Lacks { what: "device codes" } => {
                Next::list(["leave out --device, or set `flow` to \"browser\""])
            }
            Self::Lacks { what: SIGN_IN_PAGE } => {
                vec![Next::SignInWith { flags: "--device".into(), when: "on another device".into() }]
            }
            Self::Lacks { .. } | Self::Unreasoned { .. } => Next::list([COMPARE_ISSUER, ASK_ADMINISTRATOR]),
            Self::Code(error) => error.next(),
            Self::CodeExpired(_) => vec![Next::SignInAgain],
            Self::Refused { error, .. } => match error.as_str() {
                "invalid_client" | "unauthorized_client" => {
                    Next::list(["check `client_id` and `client_secret`"])
                }
                "invalid_scope" => Next::list(["check `scopes`"]),
                // The code or token that was sent works only once.
                "invalid_grant" => vec![Next::SignInAnew],
                "login_required" | "interaction_required" | "consent_required" => vec![Next::SignInAnew],
                _ if self.is_transient() => vec![Next::TryAgain],
                _ => Next::list([ASK_ADMINISTRATOR]),
            },
            Self::Token(_) if self.suggests_clock() => vec![Next::Clock],
            Self::Token(TokenError::Audience(_) | TokenError::AuthorizedParty) => {
                Next::list(["compare `client_id` with the client's id at the IdP"])
            }
            Self::Token(TokenError::Issuer(_)) => Next::list([COMPARE_ISSUER]),
            // Another token from the same IdP would be no better.
            Self::Token(
                TokenError::Algorithm(_)
                | TokenError::UnannouncedAlgorithm
                | TokenError::TooLong(_)
                | TokenError::Critical
                | TokenError::AmbiguousKey
                | TokenError::WeakKey { .. }
                | TokenError::Claim(_)
                | TokenError::Malformed,
            ) => Next::list([ASK_ADMINISTRATOR]),
            // The IdP answers from its own session, whatever is requested.
            Self::Token(TokenError::OldSignIn) => vec![
                Next::ThenSignInAnew("sign out at the identity provider in your browser".into()),
                Next::words(ASK_ADMINISTRATOR),
            ],
            Self::Token(_) => vec![Next::SignInAgain, Next::words(ASK_ADMINISTRATOR)],
            Self::ClaimsWanted { .. } => Next::list([ASK_ADMINISTRATOR]),
            // A person who is not allowed can sign in as somebody else.
            Self::Denied(_) => vec![Next::SignInAnew],
            Self::NoNewIdToken | Self::NoRefreshToken | Self::Ended(_) | Self::NobodyYet => {
                vec![Next::SignIn]
            }
        }
    }
}
