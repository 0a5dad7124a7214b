//! What to try next after an error of the provider's.

use super::error::OidcError;
use super::request::SIGN_IN_PAGE;
use super::token::TokenError;
use crate::idp::START_OVER;
use crate::sys::http::HttpError;

const COMPARE_ISSUER: &str =
    "compare `issuer` with what the provider calls itself: letters and a slash at the end count";
const ASK_ADMINISTRATOR: &str = "show this to whoever manages the identity provider";

impl OidcError {
    /// What to try next, in the order to try it; each a clause without a full stop.
    pub fn next(&self) -> Vec<String> {
        let next = match self {
            Self::Http(HttpError::Unreachable { .. }) => {
                &["check `issuer`, the network and the proxy", "run `jit doctor`"]
            }
            Self::Http(error) => error.next(),
            Self::Insecure { what: "the issuer", .. } => &["give `issuer` an https address"],
            Self::Insecure { .. } | Self::NoIdToken => &[ASK_ADMINISTRATOR],
            Self::NoDiscovery { status: 500.., .. } | Self::NotUnderstood { status: 500.., .. } => {
                &["try again in a minute"]
            }
            Self::NoDiscovery { .. } | Self::WrongIssuer { .. } => &[COMPARE_ISSUER],
            Self::NotUnderstood { .. } => {
                &["check `issuer`, and whether this network wants a sign-in of its own first"]
            }
            Self::Lacks { what: "device codes" } => &["leave out --device, or set `flow` to \"browser\""],
            Self::Lacks { what: SIGN_IN_PAGE } => &["try `jit login --device`"],
            Self::Lacks { .. } | Self::Unreasoned { .. } => &[COMPARE_ISSUER, ASK_ADMINISTRATOR],
            Self::Code(error) => error.next(),
            Self::CodeExpired(_) => &["run `jit login` again"],
            Self::Refused { error, .. } => match error.as_str() {
                "invalid_client" | "unauthorized_client" => &["check `client_id` and `client_secret`"][..],
                "invalid_scope" => &["check `scopes`"],
                // The code, or what it was asked with, serves once.
                "invalid_grant" => &[START_OVER],
                "login_required" | "interaction_required" | "consent_required" => &[START_OVER],
                _ => &[ASK_ADMINISTRATOR],
            },
            Self::Token(_) if self.suggests_clock() => &["check this machine's clock: `jit doctor`"],
            Self::Token(TokenError::Audience(_) | TokenError::AuthorizedParty) => {
                &["compare `client_id` with the client's id at the provider"]
            }
            Self::Token(TokenError::Issuer(_)) => &[COMPARE_ISSUER],
            Self::Token(TokenError::Algorithm(_) | TokenError::TooLong(_)) => &[ASK_ADMINISTRATOR],
            Self::Token(_) => &["run `jit login` again", ASK_ADMINISTRATOR],
            Self::ClaimsWanted { .. } => &[ASK_ADMINISTRATOR],
            // Whoever is not let in can sign in as somebody else.
            Self::Denied(_) => &[START_OVER],
            Self::NoNewIdToken | Self::NoRefreshToken | Self::Ended(_) | Self::NobodyYet => &[],
        };
        next.iter().map(|clause| (*clause).to_owned()).collect()
    }
}
