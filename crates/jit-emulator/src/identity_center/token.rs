//! `CreateToken`: exchanges a code, a device code or a refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::faults::{Flaw, Refusal};
use crate::identity_center::state::Instance;
use crate::service::json_reply;
use crate::settings::Approval;
use jit_wire::loopback::Reply;

impl Instance {
    /// The token endpoint.
    pub(crate) fn token(&self, body: &Value) -> Result<Reply, Refusal> {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let refuse = |code: &str, why: &str| Err(Refusal::new(400, code, why));
        let mut state = self.state.borrow_mut();
        let owner = match text("grantType") {
            "authorization_code" => {
                let Some((asked, person)) = state.codes.remove(text("code")) else {
                    return refuse("InvalidGrantException", "this code is not known, or was used");
                };
                let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, text("codeVerifier").as_bytes()));
                if asked.challenge != challenge || asked.redirect_uri != text("redirectUri") {
                    return refuse(
                        "InvalidGrantException",
                        "the verifier or the redirect URI does not match",
                    );
                }
                state.start(person)
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let at_once = self.shared.settings.approval == Approval::AtOnce;
                let denies = self.shared.flawed(Flaw::UserDenies);
                let Some(device) = state.devices.get_mut(text("deviceCode")) else {
                    return refuse("InvalidGrantException", "this device code is not known, or was used");
                };
                if self.shared.provider_now() >= device.until {
                    return refuse("ExpiredTokenException", "the device code has run out");
                }
                match device.allowed.or(at_once.then_some(!denies)) {
                    None => return refuse("AuthorizationPendingException", "the person has not decided yet"),
                    Some(false) => return refuse("AccessDeniedException", "the person cancelled"),
                    Some(true) => {}
                }
                let person = device.person;
                state.devices.remove(text("deviceCode"));
                state.start(person)
            }
            "refresh_token" => {
                // Each one works once.
                let owner = state.refresh_tokens.remove(text("refreshToken"));
                match owner.filter(|owner| state.portal_sessions[*owner].is_alive) {
                    Some(owner) => owner,
                    None => return refuse("InvalidGrantException", "the refresh token is not valid"),
                }
            }
            _ => return refuse("UnsupportedGrantTypeException", "this grant is not known"),
        };
        let access = self.shared.issue("access token")?;
        let refresh = self.shared.issue("refresh token")?;
        let lifetime = self.shared.settings.portal_token_lifetime;
        state.access_tokens.insert(access.clone(), (self.shared.provider_now() + lifetime, owner));
        state.refresh_tokens.insert(refresh.clone(), owner);
        Ok(json_reply(
            StatusCode::OK,
            &json!({ "accessToken": access, "tokenType": "Bearer", "expiresIn": lifetime.as_secs(), "refreshToken": refresh }),
        ))
    }
}
