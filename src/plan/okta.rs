//! The settings of a sign-in at an Okta org without a browser: the org, the application that federates into
//! AWS, and the second factors with their names.

use jit_wire::sign_in::Requirement;
use serde::{Deserialize, Serialize};

use super::Valued;

/// `[idp.NAME]` with `type = "okta"`.
#[derive(Clone, Debug)]
pub struct OktaSettings {
    /// The NAME.
    pub name: String,
    /// `https://acme.okta.com`, without a trailing slash.
    pub org: Valued<String>,
    /// The embed link of the AWS application, `https://ORG/home/amazon_aws/INSTANCE/272`.
    pub app_url: Valued<String>,
    /// The user; `None` means: ask, and remember the answer.
    pub username: Option<Valued<String>>,
    /// The way to sign in.
    pub flow: Valued<OktaFlow>,
    /// The factor to use, if the person has it.
    pub factor: Option<Valued<Factor>>,
    /// The OIDC native application of the device grant.
    pub client_id: Option<Valued<String>>,
    /// The browser, for sign-in steps that need one; as in
    /// [`SamlSettings::browser`](super::SamlSettings::browser).
    pub browser: Option<Valued<String>>,
    /// As in [`OidcSettings::acr_values`](super::OidcSettings::acr_values), for the device grant.
    pub acr_values: Option<Valued<Vec<String>>>,
    /// As in [`OidcSettings::max_age`](super::OidcSettings::max_age), for the device grant.
    pub max_age: Option<Valued<u32>>,
    /// The role's requirements for this sign-in.
    pub demanded: Requirement,
}

impl OktaSettings {
    /// The instance id (`0oa…`) of the federation application: the second to last segment of its embed link.
    pub fn app_id(&self) -> &str {
        let path = self.app_url.value.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        path.rsplit('/').nth(1).unwrap_or_default()
    }
}

/// How to sign in at an Okta org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OktaFlow {
    /// Depends on the org's engine: the authentication API with Classic Engine, the device grant with
    /// Identity Engine.
    Auto,
    /// The primary authentication API, whatever the engine.
    Classic,
    /// The device grant and the web-SSO token ("AWS Federation").
    Device,
}

/// A second factor of an Okta user, by the names of `--factor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "`FACTORS` says what each is")]
pub enum Factor {
    Push,
    Totp,
    Token,
    Sms,
    Call,
    Email,
    Question,
    Duo,
    Webauthn,
}

/// Every factor with its name on the command line and in the configuration, and its display name.
pub const FACTORS: [(Factor, &str, &str); 9] = [
    (Factor::Push, "push", "Okta Verify push"),
    (Factor::Totp, "totp", "code of an authenticator app"),
    (Factor::Token, "token", "code of a hardware token"),
    (Factor::Sms, "sms", "text message"),
    (Factor::Call, "call", "voice call"),
    (Factor::Email, "email", "e-mail"),
    (Factor::Question, "question", "security question"),
    (Factor::Duo, "duo", "Duo"),
    (Factor::Webauthn, "webauthn", "security key or passkey"),
];
