//! Why a sign-in at Identity Center failed, and the explanation that the user gets.

use std::time::Duration;

use crate::idp::CodeError;
use crate::idp::code::{because, minutes};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::http::HttpError;

/// Why a sign-in or a renewal failed. Text from the service is cut to 300 characters and otherwise unchanged.
#[derive(Debug, thiserror::Error)]
pub enum CenterError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The browser returned without a code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// An unexpected answer.
    #[error("the portal answered with status {0} and a response that jit could not read")]
    NotUnderstood(u16),
    /// The service refused.
    #[error("the portal refused: {error}{}", because(.description))]
    Refused {
        /// The error code, as OAuth writes it.
        error: String,
        /// The service's text.
        description: Option<String>,
    },
    /// The device code expired.
    #[error("the code was not approved within {}", minutes(*.0))]
    CodeExpired(Duration),
    /// The last sign-in issued no refresh token.
    #[error("the portal issued no refresh token at the last sign-in")]
    NothingKept,
    /// The result of the last sign-in was given up at an earlier call, for this reason.
    #[error("{0}")]
    Ended(String),
    /// The registration of the client that the refresh token belongs to has expired.
    #[error("the registration of the last sign-in has expired")]
    RegistrationOver,
}

impl CenterError {
    /// Whether only a new sign-in can help. What the service refuses once, it refuses again, whatever error
    /// it uses.
    pub fn needs_new_login(&self) -> bool {
        match self {
            Self::NotUnderstood(status) => (400..500).contains(status) && !self.is_transient(),
            Self::Code(_) => false,
            _ => matches!(self.kind(), Kind::LoginNeeded | Kind::Refused),
        }
    }

    /// Whether the service no longer knows the client, so that registering again may help.
    pub fn client_is_forgotten(&self) -> bool {
        match self {
            Self::RegistrationOver => true,
            Self::Refused { error, .. } => matches!(error.as_str(), "invalid_client" | "unauthorized_client"),
            _ => false,
        }
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Timeout { .. } | HttpError::Unreachable { .. }),
            Self::NotUnderstood(status) => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::Refused { error, .. } => {
                matches!(
                    error.as_str(),
                    "internal_server" | "server_error" | "temporarily_unavailable" | "too_many_requests"
                )
            }
            _ => false,
        }
    }
}

impl Explain for CenterError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { error, .. } if error == "slow_down" || self.is_transient() => Kind::Failed,
            Self::Refused { .. } => Kind::Refused,
            Self::Code(error) => error.kind(),
            // Only renewals return these.
            Self::NothingKept | Self::RegistrationOver | Self::Ended(_) => Kind::LoginNeeded,
            Self::Http(_) | Self::NotUnderstood(_) | Self::CodeExpired(_) => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Http(HttpError::Unreachable { .. }) => {
                vec![Next::Network(Some("`region`".into())), Next::Doctor]
            }
            Self::Http(error) => error.next(),
            Self::Code(error) => error.next(),
            Self::NotUnderstood(500..) => vec![Next::TryAgain],
            Self::NotUnderstood(_) => {
                Next::list(["check `region`: it must be the region of Identity Center"])
            }
            Self::Refused { error, .. } if error == "invalid_request" => Next::list([
                "compare `start_url` with the URL of the portal, and `region` with the portal's region",
            ]),
            Self::Refused { error, .. } if error == "access_denied" => vec![Next::SignInAnew],
            Self::Refused { .. } if self.kind() == Kind::Failed => vec![Next::TryAgain],
            Self::Refused { .. } | Self::CodeExpired(_) => vec![Next::SignInAgain],
            Self::NothingKept | Self::RegistrationOver | Self::Ended(_) => vec![Next::SignIn],
        }
    }
}
