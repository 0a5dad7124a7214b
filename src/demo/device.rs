//! The device flow (RFC 8628): a code for a terminal without a browser, and the page it is typed on.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::authorize::scopes;
use super::faults::{Refusal, Stop};
use super::idp::{Login, Provider, json_reply};
use super::params::Params;
use super::settings::Approval;
use super::step_up::Wanted;
use super::{Call, Flaw, page};
use crate::sys::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// Consonants that cannot be mistaken for one another or spell a word (RFC 8628, section 6.1).
const LETTERS: &[u8; 16] = b"BCDFGHJKLMNPQRST";

/// A device code and what became of it.
pub(super) struct Device {
    user_code: String,
    scopes: Vec<String>,
    expires: Timestamp,
    interval: Duration,
    asked_last: Option<Instant>,
    /// What the person decided.
    allowed: Option<bool>,
}

impl Provider {
    pub(super) async fn device_authorization(&self, request: &Request) -> Result<Reply, Stop> {
        self.shared.arrive(Call::DeviceStart).await?;
        let params = Params::new(request.form())?;
        self.check_client(&params)?;
        let settings = &self.shared.settings;
        let device_code = self.shared.issue("device code")?;
        let letters = self.shared.random::<8>()?.map(|byte| char::from(LETTERS[usize::from(byte % 16)]));
        let user_code: String = letters.iter().collect();
        let shown = format!("{}-{}", &user_code[..4], &user_code[4..]);
        let page = format!("{}/device", self.shared.issuer);
        let answer = json!({
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={shown}"),
            "expires_in": settings.device_code_lifetime.as_secs(),
            "interval": settings.device_interval.as_secs(),
        });
        let device = Device {
            user_code,
            scopes: scopes(&params)?,
            expires: self.shared.provider_now() + settings.device_code_lifetime,
            interval: settings.device_interval,
            asked_last: None,
            allowed: None,
        };
        self.state.borrow_mut().devices.insert(device_code, device);
        Ok(json_reply(StatusCode::OK, &answer))
    }

    /// The page, with the code filled in where the address carries it; the person still has to compare it.
    pub(super) fn device_page(&self, request: &Request) -> Reply {
        let code = request.query.iter().find(|(name, _)| name == "user_code");
        let code = code.map(|(_, code)| code.as_str()).unwrap_or_default();
        page::device(&self.shared.user(), code, &self.form_token, None)
    }

    /// A button of the page.
    pub(super) fn device_decision(&self, request: &Request) -> Result<Reply, Stop> {
        let params = Params::new(request.form())?;
        if params.get("form") != Some(&self.form_token) {
            let text = "It was sent by another page than this provider's.";
            return Ok(page::message(StatusCode::FORBIDDEN, "This form is not ours", text));
        }
        let typed = params.get("user_code").unwrap_or_default();
        let letters = typed.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase());
        let user_code: String = letters.collect();
        let now = self.shared.provider_now();
        let mut state = self.state.borrow_mut();
        let waiting = state
            .devices
            .values_mut()
            .find(|device| device.user_code == user_code && device.allowed.is_none() && now < device.expires);
        let Some(device) = waiting else {
            let problem = Some("That code is not waiting here. Check it, or ask for a new one.");
            return Ok(page::device(&self.shared.user(), typed, &self.form_token, problem));
        };
        let allowed = params.get("decision") == Some("allow");
        device.allowed = Some(allowed);
        let (title, text) = if allowed {
            ("The terminal is connected", "You can close this page and go on there.")
        } else {
            ("You cancelled", "The terminal gets nothing. You can close this page.")
        };
        Ok(page::message(StatusCode::OK, title, text))
    }

    /// The device asks whether the person has decided (RFC 8628, section 3.5).
    pub(super) fn redeem_device_code(&self, params: &Params) -> Result<Reply, Refusal> {
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
        let scopes = std::mem::take(&mut device.scopes);
        state.devices.remove(code);
        state.logins.push(Login { alive: true, scopes, sign_in: Wanted::default().met(&self.shared) });
        let login = state.logins.len() - 1;
        self.tokens(state, login, None, true)
    }
}
