//! How an Okta error explains itself.

use super::OktaError;
use jit_wire::explain::{Explain, Kind, Next};

const ASK_ADMINISTRATOR: &str = "show this to the administrator of the Okta org";

impl Explain for OktaError {
    fn kind(&self) -> Kind {
        match self {
            Self::Http(_)
            | Self::NotUnderstood(_)
            | Self::RateLimited(_)
            | Self::PushTimedOut
            | Self::NobodyToAsk(_)
            | Self::Declined
            | Self::IdentityEngine { .. }
            | Self::ClassicEngine
            | Self::NoClient
            | Self::NoRandom => Kind::Failed,
            Self::Interrupted => Kind::Interrupted,
            Self::Device(error) => error.kind(),
            Self::Saml(error) => error.kind(),
            // Somebody refused, or the answer cannot be trusted.
            _ => Kind::Refused,
        }
    }

    fn next(&self) -> Vec<Next> {
        let next: &[&'static str] = match self {
            Self::Http(error) => return error.next(),
            Self::Api(_) if self.is_wrong_password() => {
                return vec![
                    Next::SignInAgain,
                    Next::words(
                        "if the password is right, the account may be locked, or a policy of the org may forbid this sign-in",
                    ),
                ];
            }
            Self::Api(error) if error.error_code == "E0000011" => return vec![Next::SignInAgain],
            Self::Api(error) if error.error_code == "E0000064" => {
                return vec![Next::ThenSignIn("change your password in the browser".into())];
            }
            Self::Api(_) | Self::UnknownState { .. } | Self::FactorFailed(_) => &[ASK_ADMINISTRATOR],
            Self::NotUnderstood(500..) => return vec![Next::TryAgain],
            Self::NotUnderstood(_) => {
                &["check `org`, and whether this network requires its own sign-in first"]
            }
            Self::RateLimited(_) => return vec![Next::ThenSignIn("wait that long".into())],
            Self::ForeignLink(_) => &["check `org`: it must be the URL that the org uses for itself"],
            Self::NoSuchFactor { there_are, .. } => {
                return vec![
                    Next::words(format!("you have {}", there_are.join(", "))),
                    Next::words("leave out --factor, and `factor` in the configuration, to choose"),
                ];
            }
            Self::NoUsableFactor(_) | Self::BrowserNeeded(_) => {
                &["sign in with the browser: type = \"saml\", capture = \"browser\""]
            }
            Self::Rejected | Self::Cancelled => {
                return vec![Next::words("if that was not you, tell your security team"), Next::SignInAgain];
            }
            Self::PushTimedOut => {
                return vec![
                    Next::SignInAgain,
                    Next::SignInWith {
                        flags: "--factor totp".into(),
                        when: "with the code of an authenticator app, if you have one".into(),
                    },
                ];
            }
            Self::FactorLocked => {
                return vec![
                    Next::ThenSignIn("wait, or have an administrator reset the factor".into()),
                    Next::words("use another factor: --factor"),
                ];
            }
            Self::TooManyTries | Self::Declined => return vec![Next::SignInAgain],
            Self::NobodyToAsk(_) => return vec![Next::SignInAt("a terminal".into())],
            Self::IdentityEngine { app_url } => {
                return vec![
                    Next::words("sign in with your browser: put these three lines in its [idp.NAME]"),
                    Next::words("type = \"saml\""),
                    Next::words(format!("start_url = \"{app_url}\"")),
                    Next::words("capture = \"browser\""),
                    Next::words("or have an administrator set up the device grant, and set its client_id"),
                ];
            }
            Self::ClassicEngine => &["delete `flow` and leave out --device"],
            Self::NoClient => &[
                "add client_id = \"0oa…\" of an application with the grants Device Authorization and Token Exchange",
            ],
            Self::NotAssigned => &[
                "ask to be assigned to the AWS application",
                "compare `app_url` with the embed link of the application (Okta, Applications, General)",
            ],
            Self::IdentityCenter => &["use type = \"identity-center\" with the portal's start URL"],
            Self::NoForm(_) => {
                &["the application may need a browser: type = \"saml\", capture = \"browser\""]
            }
            Self::TooManyRedirects(_) => &["check `app_url`"],
            Self::Exchange { error, description } => after_exchange(error, description),
            Self::Device(error) => return error.next(),
            Self::Saml(error) => return error.next(),
            // The message says where.
            Self::PasswordExpired(_) | Self::LockedOut(_) | Self::NoFactorYet(_) | Self::InRecovery(_) => {
                return vec![Next::ThenSignIn("follow that link in your browser".into())];
            }
            Self::SessionEnded | Self::NothingKept | Self::Ended(_) => return vec![Next::SignIn],
            Self::Interrupted | Self::NoRandom => &[],
        };
        next.iter().map(|words| Next::words(*words)).collect()
    }
}

/// The refusals of the exchange that have a known cause (help.okta.com, "AWS Account Federation").
fn after_exchange(error: &str, description: &str) -> &'static [&'static str] {
    if description.contains("assurance") {
        &[
            "have both applications given the same authentication policy, with Device state \"Any\" and no re-authentication at every sign-in",
            "or sign in with the browser: type = \"saml\", capture = \"browser\"",
        ]
    } else {
        match error {
            "invalid_request" | "invalid_target" => &[
                "compare the instance id in `app_url` with the AWS application's",
                "have `client_id` entered as its Allowed Web SSO Client",
            ],
            "invalid_client" | "unauthorized_client" => {
                &["have the grants Device Authorization and Token Exchange switched on for `client_id`"]
            }
            "invalid_scope" => &["have the scope okta.apps.sso granted to `client_id`"],
            "access_denied" => &["ask to be assigned to both applications"],
            _ => &[ASK_ADMINISTRATOR],
        }
    }
}
