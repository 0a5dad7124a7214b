//! The token endpoint: exchanges a code, a refresh token or a device code.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::json;
use tokio::time::Instant;

use crate::faults::{Flaw, Refusal};
use crate::idp::oidc::state::{DEVICE_CODE, Login, Provider, RefreshToken, State};
use crate::idp::step_up::{SignedIn, Wanted};
use crate::journal::Call;
use crate::params::Params;
use crate::service::json_reply;
use crate::settings::{Approval, User};
use crate::signing::jwt::half_hash;
use jit_wire::loopback::{Reply, Request};

impl Provider {
    /// The token endpoint.
    pub(crate) fn token(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.form())?;
        let grant = grant(&params)?;
        self.check_client(&params)?;
        match grant {
            Call::CodeGrant => self.redeem_code(&params),
            Call::RefreshGrant => self.refresh(&params),
            _ => self.redeem_device_code(&params),
        }
    }

    /// RFC 6749, section 4.1.3, with PKCE. A code works once: a failed attempt invalidates it, a second one
    /// ends the login that the first one started.
    fn redeem_code(&self, params: &Params) -> Result<Reply, Refusal> {
        let code = params.need("code")?;
        let verifier = params.need("code_verifier")?;
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
        let person = code.person;
        let scopes = code.asked.scopes.clone();
        logins.push(Login { alive: false, person, scopes, sign_in });
        let login = logins.len() - 1;
        code.login = Some(login);
        if self.shared.provider_now() >= code.expires {
            return Err(invalid_grant("this code is too old"));
        }
        if code.asked.redirect_uri != redirect_uri {
            return Err(invalid_grant("this code was sent to another redirect URI"));
        }
        if URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != code.asked.challenge {
            return Err(invalid_grant("the code verifier does not fit the challenge"));
        }
        logins[login].alive = true;
        let nonce = code.asked.nonce.clone();
        self.tokens(state, login, nonce.as_deref(), true)
    }

    /// RFC 6749, section 6, with rotation: each refresh token works once. A second use means that it was
    /// stolen, so the whole login ends (RFC 9700, section 4.14.2).
    fn refresh(&self, params: &Params) -> Result<Reply, Refusal> {
        let state = &mut *self.state.borrow_mut();
        let Some(token) = state.refresh_tokens.get_mut(params.need("refresh_token")?) else {
            return Err(invalid_grant("this refresh token is not known"));
        };
        let login = token.login;
        if std::mem::replace(&mut token.used, true) {
            state.logins[login].alive = false;
            return Err(invalid_grant("this refresh token was used before, so the sign-in has ended"));
        }
        if !state.logins[login].alive {
            return Err(invalid_grant("this sign-in has ended"));
        }
        self.tokens(state, login, None, !self.shared.flawed(Flaw::NoIdTokenOnRefresh))
    }

    /// The device asks whether the person has decided (RFC 8628, section 3.5).
    fn redeem_device_code(&self, params: &Params) -> Result<Reply, Refusal> {
        let refuse = |code, why| Err(Refusal::new(400, code, why));
        let code = params.need("device_code")?;
        let now = self.shared.provider_now();
        let state = &mut *self.state.borrow_mut();
        let Some(device) = state.devices.get_mut(code) else {
            return refuse("invalid_grant", "this device code is not known, or was used");
        };
        if now >= device.expires {
            return refuse("expired_token", "this device code is too old");
        }
        let asked_last = device.asked_last.replace(Instant::now());
        if asked_last.is_some_and(|last| last.elapsed() < device.interval) {
            device.interval += Duration::from_secs(5);
            return refuse("slow_down", "this device asks too often");
        }
        if self.shared.settings.approval == Approval::AtOnce {
            device.allowed = Some(!self.shared.flawed(Flaw::UserDenies));
        }
        match device.allowed {
            None => return refuse("authorization_pending", "the person has not decided yet"),
            Some(false) => return refuse("access_denied", "the person cancelled"),
            Some(true) => {}
        }
        let person = device.person;
        let scopes = std::mem::take(&mut device.scopes);
        state.devices.remove(code);
        state.logins.push(Login {
            alive: true,
            person,
            scopes,
            sign_in: Wanted::default().met(&self.shared),
        });
        let login = state.logins.len() - 1;
        self.tokens(state, login, None, true)
    }

    /// New tokens of a login.
    fn tokens(
        &self,
        state: &mut State,
        login: usize,
        nonce: Option<&str>,
        with_id_token: bool,
    ) -> Result<Reply, Refusal> {
        let Login { person, scopes, sign_in, .. } = &state.logins[login];
        let access_token = self.shared.issue("access token")?;
        let mut answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.shared.settings.id_token_lifetime.as_secs(),
            "scope": scopes.join(" "),
        });
        if with_id_token {
            let user = self.shared.person(*person);
            answer["id_token"] = self.id_token(&user, scopes, nonce, &access_token, sign_in.as_ref())?.into();
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
        user: &User,
        scopes: &[String],
        nonce: Option<&str>,
        access_token: &str,
        sign_in: Option<&SignedIn>,
    ) -> Result<String, Refusal> {
        let shared = &self.shared;
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
        if shared.settings.source_identity {
            claims["https://aws.amazon.com/source_identity"] = user.email.as_str().into();
        }
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

/// The grant type of a request.
pub(crate) fn grant(params: &Params) -> Result<Call, Refusal> {
    match params.need("grant_type")? {
        "authorization_code" => Ok(Call::CodeGrant),
        "refresh_token" => Ok(Call::RefreshGrant),
        DEVICE_CODE => Ok(Call::DeviceGrant),
        _ => Err(Refusal::new(400, "unsupported_grant_type", "no such grant here")),
    }
}

fn invalid_grant(why: &str) -> Refusal {
    Refusal::new(400, "invalid_grant", why)
}
