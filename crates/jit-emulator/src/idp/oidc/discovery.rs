//! Discovery and the published keys.

use http::StatusCode;
use serde_json::{Value, json};

use crate::faults::{Flaw, Refusal};
use crate::idp::oidc::state::{DEVICE_CODE, Provider, SCOPES};
use crate::service::json_reply;
use crate::shared::lock;
use crate::signing::jwt::Key;
use jit_wire::loopback::Reply;

impl Provider {
    /// OpenID Connect Discovery 1.0.
    pub(crate) fn discovery(&self) -> Result<Reply, Refusal> {
        let at = |path: &str| format!("{}{path}", self.shared.issuer);
        let issuer = if self.shared.flawed(Flaw::DiscoveryIssuer) { at("/other") } else { at("") };
        let client_authentication =
            if self.shared.settings.client_secret.is_some() { "client_secret_post" } else { "none" };
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "device_authorization_endpoint": at("/device_authorization"),
            "revocation_endpoint": at("/revoke"),
            "end_session_endpoint": at("/logout"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_CODE],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": SCOPES,
            "token_endpoint_auth_methods_supported": [client_authentication],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        Ok(json_reply(StatusCode::OK, &document))
    }

    /// The keys that sign (RFC 7517).
    pub(crate) fn jwks(&self) -> Result<Reply, Refusal> {
        let late = lock(&self.shared.faults).flaws.remove(&Flaw::LateKey);
        let shown = if late { &self.shared.keys[1..] } else { &self.shared.keys[..] };
        let keys: Vec<Value> = shown.iter().map(Key::jwk).collect();
        Ok(json_reply(StatusCode::OK, &json!({ "keys": keys })))
    }
}
