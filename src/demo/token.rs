//! The token endpoint: what a code, a refresh token or a device code is exchanged for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::json;

use super::authorize::Asked;
use super::faults::{Refusal, Stop};
use super::idp::{Login, Provider, State, json_reply};
use super::jwt::half_hash;
use super::params::Params;
use super::step_up::SignedIn;
use super::{Call, Flaw};
use crate::sys::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// The grant type of RFC 8628.
pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An authorization code, kept after its use so that a second use is noticed.
pub(super) struct Code {
    pub(super) asked: Asked,
    pub(super) expires: Timestamp,
    /// The login that it became when it was presented.
    pub(super) login: Option<usize>,
}

/// A refresh token, kept after its use so that a second use is noticed.
pub(super) struct RefreshToken {
    pub(super) login: usize,
    used: bool,
}

impl Provider {
    pub(super) async fn token(&self, request: &Request) -> Result<Reply, Stop> {
        let params = Params::new(request.form())?;
        let call = match params.need("grant_type")? {
            "authorization_code" => Call::CodeGrant,
            "refresh_token" => Call::RefreshGrant,
            DEVICE_CODE => Call::DeviceGrant,
            _ => return Err(Refusal::new(400, "unsupported_grant_type", "no such grant here").into()),
        };
        self.shared.arrive(call).await?;
        self.check_client(&params)?;
        Ok(match call {
            Call::CodeGrant => self.redeem_code(&params)?,
            Call::RefreshGrant => self.refresh(&params)?,
            _ => self.redeem_device_code(&params)?,
        })
    }

    /// RFC 6749, section 4.1.3, with PKCE. A code is presented once: a failed attempt burns it, a second one ends
    /// the login that the first began.
    fn redeem_code(&self, params: &Params) -> Result<Reply, Refusal> {
        let (code, verifier) = (params.need("code")?, params.need("code_verifier")?);
        let redirect_uri = params.need("redirect_uri")?;
        self.shared.note("PKCE verifier", verifier);
        let state = &mut *self.state.borrow_mut();
        let State { codes, logins, .. } = state;
        let Some(code) = codes.get_mut(code) else {
            return Err(invalid_grant("this code is not known"));
        };
        if let Some(login) = code.login {
            logins[login].alive = false;
            return Err(invalid_grant("this code was used before"));
        }
        let sign_in = code.asked.wanted.met(&self.shared);
        logins.push(Login { alive: false, scopes: code.asked.scopes.clone(), sign_in });
        let login = logins.len() - 1;
        code.login = Some(login);
        if self.shared.provider_now() >= code.expires {
            return Err(invalid_grant("this code is too old"));
        }
        if code.asked.redirect_uri != redirect_uri {
            return Err(invalid_grant("this code was sent to another address"));
        }
        if URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != code.asked.challenge {
            return Err(invalid_grant("the code verifier does not fit the challenge"));
        }
        logins[login].alive = true;
        let nonce = code.asked.nonce.clone();
        self.tokens(state, login, nonce.as_deref(), true)
    }

    /// RFC 6749, section 6, with rotation: each refresh token works once, and one that comes back was stolen by
    /// somebody, so the whole login ends (RFC 9700, section 4.14.2).
    fn refresh(&self, params: &Params) -> Result<Reply, Refusal> {
        let state = &mut *self.state.borrow_mut();
        let Some(token) = state.refresh_tokens.get_mut(params.need("refresh_token")?) else {
            return Err(invalid_grant("this refresh token is not known"));
        };
        let login = token.login;
        if std::mem::replace(&mut token.used, true) {
            state.logins[login].alive = false;
            return Err(invalid_grant("this refresh token was used before, so the login has ended"));
        }
        if !state.logins[login].alive {
            return Err(invalid_grant("this login has ended"));
        }
        self.tokens(state, login, None, !self.shared.flawed(Flaw::NoIdTokenOnRefresh))
    }

    /// New tokens of a login.
    pub(super) fn tokens(
        &self,
        state: &mut State,
        login: usize,
        nonce: Option<&str>,
        with_id_token: bool,
    ) -> Result<Reply, Refusal> {
        let scopes = &state.logins[login].scopes;
        let access_token = self.shared.issue("access token")?;
        let mut answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.shared.settings.id_token_lifetime.as_secs(),
            "scope": scopes.join(" "),
        });
        if with_id_token {
            let sign_in = state.logins[login].sign_in.as_ref();
            answer["id_token"] = self.id_token(scopes, nonce, &access_token, sign_in)?.into();
        }
        if scopes.iter().any(|scope| scope == "offline_access") {
            let token = self.shared.issue("refresh token")?;
            answer["refresh_token"] = token.clone().into();
            state.refresh_tokens.insert(token, RefreshToken { login, used: false });
        }
        Ok(json_reply(StatusCode::OK, &answer))
    }

    /// OpenID Connect Core, section 2, and the claim that AWS reads session tags from.
    fn id_token(
        &self,
        scopes: &[String],
        nonce: Option<&str>,
        access_token: &str,
        sign_in: Option<&SignedIn>,
    ) -> Result<String, Refusal> {
        let (shared, user) = (&self.shared, self.shared.user());
        let flawed = |flaw| shared.flawed(flaw);
        let mut now = shared.provider_now();
        if flawed(Flaw::Expired) {
            now = now - shared.settings.id_token_lifetime - Duration::from_secs(3600);
        }
        let mut claims = json!({
            "iss": if flawed(Flaw::Issuer) { "https://other.example" } else { &shared.issuer },
            "sub": user.subject,
            "aud": if flawed(Flaw::Audience) { "another-client" } else { &shared.settings.client_id },
            "iat": now.0,
            "exp": (now + shared.settings.id_token_lifetime).0,
            "at_hash": half_hash(access_token),
            "https://aws.amazon.com/tags": {
                "principal_tags": { "department": [user.department] },
                "transitive_tag_keys": ["department"],
            },
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = if flawed(Flaw::Nonce) { "of-another-login" } else { nonce }.into();
        }
        if let Some(sign_in) = sign_in {
            sign_in.tell(&mut claims);
        }
        if scopes.iter().any(|scope| scope == "email") {
            claims["email"] = user.email.as_str().into();
            claims["email_verified"] = true.into();
        }
        if scopes.iter().any(|scope| scope == "profile") {
            claims["name"] = user.name.as_str().into();
        }
        let key = &shared.keys[0];
        let id = if flawed(Flaw::KeyId) { "never-published" } else { key.id() };
        let token = key.sign(id, &claims, &shared.random);
        let mut token = token.ok_or_else(|| Refusal::new(500, "server_error", "nothing can be signed"))?;
        if flawed(Flaw::Signature) {
            token.truncate(token.rfind('.').unwrap_or(0) + 1);
            token.push_str(&URL_SAFE_NO_PAD.encode([1; 64]));
        }
        shared.note("ID token", &token);
        Ok(token)
    }
}

fn invalid_grant(why: &str) -> Refusal {
    Refusal::new(400, "invalid_grant", why)
}
