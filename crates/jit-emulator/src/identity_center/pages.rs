//! What a person sees in the browser: the sign-in, and the code of a device.

use http::StatusCode;
use serde_json::json;

use crate::faults::Refusal;
use crate::identity_center::state::{Asked, Device, Instance};
use crate::page;
use crate::params::Params;
use crate::service::json_reply;
use jit_wire::loopback::{self, Reply, Request};

impl Instance {
    /// The authorization endpoint.
    pub(crate) fn authorize(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.query.clone())?;
        let refuse = |why: &str| Ok(page::message(StatusCode::BAD_REQUEST, "This request is not valid", why));
        let now = self.shared.provider_now();
        let known = |id: &str| self.state.borrow().clients.get(id).is_some_and(|(_, until)| now < *until);
        let known = params.get("client_id").is_some_and(known);
        let own = |uri: &&str| {
            uri.strip_prefix("http://127.0.0.1:")
                .and_then(|rest| rest.strip_suffix("/oauth/callback"))
                .is_some_and(|port| port.parse::<u16>().is_ok())
        };
        let Some(redirect_uri) = params.get("redirect_uri").filter(own).filter(|_| known) else {
            return refuse("The application that sent you is not known here.");
        };
        let whole = params.get("scopes") == Some("sso:account:access")
            && params.get("code_challenge_method") == Some("S256")
            && params.get("response_type") == Some("code");
        let (Some(state), Some(challenge), true) = (params.get("state"), params.get("code_challenge"), whole)
        else {
            return refuse("It is incomplete.");
        };
        let asked = Asked {
            redirect_uri: redirect_uri.to_owned(),
            state: state.to_owned(),
            challenge: challenge.to_owned(),
        };
        self.pending.ask(&self.shared, asked, None, |asked, person| self.decide(asked, person))
    }

    /// A button of the sign-in page.
    pub(crate) fn decision(&self, request: &Request) -> Result<Reply, Refusal> {
        self.pending.answer(request, |asked, person| self.decide(asked, person))
    }

    fn decide(&self, asked: Asked, person: Option<usize>) -> Result<Reply, Refusal> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", &asked.state);
        let to = asked.redirect_uri.clone();
        if let Some(person) = person {
            let code = self.shared.issue("authorization code")?;
            query.append_pair("code", &code);
            self.state.borrow_mut().codes.insert(code, (asked, person));
        } else {
            query
                .append_pair("error", "access_denied")
                .append_pair("error_description", "The person cancelled");
        }
        Ok(loopback::redirect(&format!("{to}?{}", query.finish())))
    }

    /// The code for the device, and for the person.
    pub(crate) fn device_authorization(&self, start_url: &str) -> Result<Reply, Refusal> {
        if start_url != self.start_url() {
            let text = "there is no instance with this start URL";
            return Err(Refusal::new(400, "InvalidRequestException", text));
        }
        let device_code = self.shared.issue("device code")?;
        let letters =
            self.shared.random::<8>()?.map(|byte| char::from(b"BCDFGHJKLMNPQRST"[usize::from(byte % 16)]));
        let letters: String = letters.iter().collect();
        let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
        let page = format!("{}/device", self.url);
        let answer = json!({
            "deviceCode": device_code, "userCode": user_code, "verificationUri": page,
            "verificationUriComplete": format!("{page}?user_code={user_code}"),
            "expiresIn": self.shared.settings.device_code_lifetime.as_secs(),
            "interval": self.shared.settings.device_interval.as_secs(),
        });
        let until = self.shared.provider_now() + self.shared.settings.device_code_lifetime;
        self.state
            .borrow_mut()
            .devices
            .insert(device_code, Device { user_code, until, allowed: None, person: self.shared.signs_in() });
        Ok(json_reply(StatusCode::OK, &answer))
    }

    /// The page on which a person confirms a device's code.
    pub(crate) fn device_page(&self, request: &Request) -> Reply {
        let code = request.query.iter().find(|(name, _)| name == "user_code");
        let code = code.map(|(_, code)| code.as_str()).unwrap_or_default();
        page::device(&self.shared.user(), &self.shared.settings.others, code, &self.form_token, None)
    }

    /// A button of that page.
    pub(crate) fn device_decision(&self, request: &Request) -> Result<Reply, Refusal> {
        let params = Params::new(request.form())?;
        let ours = params.get("form") == Some(&self.form_token);
        let mut state = self.state.borrow_mut();
        let typed = params.get("user_code").unwrap_or_default().to_ascii_uppercase();
        let device =
            state.devices.values_mut().find(|device| device.user_code == typed && device.allowed.is_none());
        let Some(device) = device.filter(|_| ours) else {
            let problem = Some("That code is not waiting here. Check it, or ask for a new one.");
            return Ok(page::device(
                &self.shared.user(),
                &self.shared.settings.others,
                &typed,
                &self.form_token,
                problem,
            ));
        };
        let person = page::decided(params.get("decision"));
        device.allowed = Some(person.is_some());
        device.person = person.unwrap_or_default();
        Ok(page::message(StatusCode::OK, "The terminal has its answer", "You can close this page."))
    }
}
