//! What to try next after an error of the org's.

use super::OktaError;

const ASK_ADMINISTRATOR: &str = "show this to whoever manages the Okta org";

impl OktaError {
    /// What to try next, in the order to try it; each a clause without a full stop.
    pub fn next(&self) -> Vec<String> {
        let next: &[&str] = match self {
            Self::Http(error) => error.next(),
            Self::Api(_) if self.is_wrong_password() => &[
                "run `jit login` again",
                "if the password is right, the account may be locked, or a policy of the org may forbid this sign-in",
            ],
            Self::Api(error) if error.error_code == "E0000011" => &["run `jit login` again"],
            Self::Api(error) if error.error_code == "E0000064" => &["change your password in the browser"],
            Self::Api(_) | Self::UnknownState { .. } | Self::FactorFailed(_) => &[ASK_ADMINISTRATOR],
            Self::NotUnderstood(_) => {
                &["check `org`, and whether this network wants a sign-in of its own first"]
            }
            Self::RateLimited(_) => &["try again then"],
            Self::ForeignLink(_) => &["check `org`: it is the address that the org calls itself by"],
            Self::NoSuchFactor { there_are, .. } => {
                return vec![
                    format!("you have {}", there_are.join(", ")),
                    "leave out --factor to choose".to_owned(),
                ];
            }
            Self::NoUsableFactor(_) | Self::BrowserNeeded(_) => {
                &["sign in by the browser: type = \"saml\", capture = \"browser\""]
            }
            Self::Rejected | Self::Cancelled => {
                &["if that was not you, tell your security team", "run `jit login` again"]
            }
            Self::PushTimedOut => &["run `jit login` again; `--factor totp` takes the code of the app"],
            Self::FactorLocked => &["wait, or have an administrator reset it", "use another one: --factor"],
            Self::TooManyTries | Self::Declined => &["run `jit login` again"],
            Self::NobodyToAsk(_) => &["run `jit login` on a terminal"],
            Self::IdentityEngine { app_url } => {
                return vec![
                    "sign in by your browser; these three lines in its [idp.NAME] do it:".to_owned(),
                    "type = \"saml\"".to_owned(),
                    format!("start_url = \"{app_url}\""),
                    "capture = \"browser\"".to_owned(),
                    "or have an administrator set up the device grant, and give its client_id".to_owned(),
                ];
            }
            Self::ClassicEngine => &["delete `flow` and leave out --device"],
            Self::NoClient => {
                &["add client_id = \"0oa…\" of an application with the device and the token-exchange grant"]
            }
            Self::NotAssigned => &[
                "ask to be assigned to the AWS application",
                "compare `app_url` with the embed link of the application (Okta, Applications, General)",
            ],
            Self::IdentityCenter => &["use type = \"identity-center\" with the portal's start address"],
            Self::NoForm(_) => &[
                "the application may want what only a browser can show: type = \"saml\", capture = \"browser\"",
            ],
            Self::TooManyRedirects(_) => &["check `app_url`"],
            Self::Exchange { error, description } => return after_exchange(error, description),
            Self::Device(error) => return error.next(),
            Self::Saml(error) => return error.next(),
            // The message says where.
            Self::PasswordExpired(_) | Self::LockedOut(_) | Self::NoFactorYet(_) | Self::InRecovery(_) => {
                &["do that in your browser, then run `jit login`"]
            }
            Self::SessionEnded => &["run `jit login`"],
            Self::Interrupted | Self::NoRandom => &[],
        };
        next.iter().map(|clause| (*clause).to_owned()).collect()
    }
}

/// The refusals of the exchange that have a known cause (help.okta.com, "AWS Account Federation").
fn after_exchange(error: &str, description: &str) -> Vec<String> {
    let next: &[&str] = if description.contains("assurance") {
        &[
            "have both applications given the same authentication policy, with Device state \"Any\" and no re-authentication at every sign-in",
            "or sign in by the browser: type = \"saml\", capture = \"browser\"",
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
    };
    next.iter().map(|clause| (*clause).to_owned()).collect()
}
