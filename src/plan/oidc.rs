//! The settings of a sign-in with OpenID Connect: the IdP, the client, and what to request.

use std::collections::BTreeMap;

use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;
use serde::{Deserialize, Serialize};

use super::Valued;

/// `[idp.NAME]` with `type = "oidc"`.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The NAME.
    pub name: String,
    /// The issuer, exactly as the IdP writes it, with its trailing slash if there is one.
    pub issuer: Valued<String>,
    /// The client registered for `jit`.
    pub client_id: Valued<String>,
    /// For IdPs that require one even from native applications.
    pub client_secret: Option<Valued<Secret<String>>>,
    /// The scopes to request; `None` chooses among those that the IdP supports.
    pub scopes: Option<Valued<Vec<String>>>,
    /// Browser or device code.
    pub flow: Valued<Flow>,
    /// The port of the loopback redirect; 0 means any free port.
    pub redirect_port: Valued<u16>,
    /// The `audience` parameter that some IdPs need (Auth0).
    pub audience: Option<Valued<String>>,
    /// How the client sends its secret; `None` uses what the IdP announces and accepts.
    pub client_auth: Option<Valued<ClientAuth>>,
    /// The authentication contexts to request in every authorization request (`acr_values`).
    pub acr_values: Option<Valued<Vec<String>>>,
    /// The maximum age of the sign-in in the browser, in seconds (`max_age`).
    pub max_age: Option<Valued<u32>>,
    /// How an authentication context is requested; `None` depends on what is known about the IdP.
    pub acr_request: Option<Valued<AcrRequest>>,
    /// Further parameters of the authorization request.
    pub authorize: Option<Valued<BTreeMap<String, String>>>,
    /// The role's requirements for this sign-in.
    pub demanded: Requirement,
}

/// How an authentication context is requested from an OIDC IdP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcrRequest {
    /// With the parameter `acr_values` (OpenID Connect Core 1.0, section 3.1.2.1), which an IdP may ignore.
    AcrValues,
    /// As an essential claim, with the parameter `claims` (section 5.5).
    Claims,
}

impl AcrRequest {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcrValues => "acr_values",
            Self::Claims => "claims",
        }
    }
}

/// How a client sends its secret (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientAuth {
    /// As HTTP Basic.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form.
    #[serde(rename = "client_secret_post")]
    Post,
}

impl ClientAuth {
    /// The name in the standard (OpenID Connect Core 1.0, section 9).
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
}

/// How a person signs in at an OIDC IdP or at Identity Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The browser if there is one, or else a device code.
    Auto,
    /// Always the browser and the loopback redirect.
    Browser,
    /// Always the device code (RFC 8628).
    Device,
}
