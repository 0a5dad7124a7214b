//! The device flow (RFC 8628): a code for a terminal without a browser, and the page it is typed on.

use http::StatusCode;
use serde_json::json;

use crate::faults::Refusal;
use crate::idp::oidc::authorize::scopes;
use crate::idp::oidc::state::{Device, Provider};
use crate::page;
use crate::params::Params;
use crate::service::json_reply;
use jit_wire::loopback::{Reply, Request};

/// Consonants that cannot be mistaken for one another or spell a word (RFC 8628, section 6.1).
const LETTERS: &[u8; 16] = b"BCDFGHJKLMNPQRST";

impl Provider {
    /// The code for the device, and for the person.
    pub(crate) fn device_authorization(&self, request: &Request) -> Result<Reply, Refusal> {
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
            person: self.shared.signs_in(),
        };
        self.state.borrow_mut().devices.insert(device_code, device);
        Ok(json_reply(StatusCode::OK, &answer))
    }

    /// The page, with the code filled in if the URL contains it; the person still has to compare it.
    pub(crate) fn device_page(&self, request: &Request) -> Reply {
        let code = request.query.iter().find(|(name, _)| name == "user_code");
        let code = code.map(|(_, code)| code.as_str()).unwrap_or_default();
        page::device(&self.shared.user(), &self.shared.settings.others, code, &self.form_token, None)
    }

    /// A button of the page.
    pub(crate) fn device_decision(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.form())?;
        if params.get("form") != Some(&self.form_token) {
            let text = "It was not sent by a page of this IdP.";
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
            return Ok(page::device(
                &self.shared.user(),
                &self.shared.settings.others,
                typed,
                &self.form_token,
                problem,
            ));
        };
        let person = page::decided(params.get("decision"));
        let allowed = person.is_some();
        device.allowed = Some(allowed);
        device.person = person.unwrap_or_default();
        let (title, text) = if allowed {
            ("The terminal is connected", "You can close this page and continue there.")
        } else {
            ("You cancelled", "The terminal gets nothing. You can close this page.")
        };
        Ok(page::message(StatusCode::OK, title, text))
    }
}
