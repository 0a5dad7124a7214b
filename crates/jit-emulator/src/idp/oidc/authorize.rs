//! The authorization endpoint: a request from the client, a page for the person, a code for the client.

use http::{HeaderValue, StatusCode, header};

use crate::faults::{Flaw, Refusal};
use crate::idp::oidc::state::{Asked, Code, Provider, SCOPES};
use crate::idp::step_up::Wanted;
use crate::page;
use crate::params::Params;
use jit_wire::loopback::{self, Reply, Request};

impl Provider {
    /// The request of a known client, and its remaining parameters; or else the page that says what is wrong.
    pub(crate) fn asked(&self, request: &Request) -> Result<(Asked, Params), Box<Reply>> {
        let refuse =
            |why: &str| Box::new(page::message(StatusCode::BAD_REQUEST, "This request is not valid", why));
        let params = Params::new(request.query.clone()).map_err(|refusal| refuse(&refusal.message))?;
        if params.get("client_id") != Some(&self.shared.settings.client_id) {
            return Err(refuse("The application that sent you is not known here."));
        }
        let Some(redirect_uri) = params.get("redirect_uri").filter(|uri| is_own_listener(uri)) else {
            return Err(refuse("It would send your sign-in to a URL that is not the application's."));
        };
        let owned = |name| params.get(name).map(str::to_owned);
        let asked = Asked {
            redirect_uri: redirect_uri.to_owned(),
            state: owned("state"),
            nonce: owned("nonce"),
            challenge: String::new(),
            scopes: Vec::new(),
            wanted: Wanted::read(&params),
        };
        Ok((asked, params))
    }

    /// The authorization endpoint. As long as the client and its redirect URI are not verified, problems are
    /// shown on a page; after that they are refusals, which are sent to the client (RFC 6749, section
    /// 4.1.2.1).
    pub(crate) fn authorize(&self, request: &Request) -> Result<Reply, Refusal> {
        let (mut asked, params) = match self.asked(request) {
            Ok(asked) => asked,
            Err(page) => return Ok(*page),
        };
        complete(&mut asked, &params)?;
        self.pending.ask(&self.shared, asked, None, |asked, person| self.decide(asked, person))
    }

    /// A button of the sign-in page.
    pub(crate) fn decision(&self, request: &Request) -> Result<Reply, Refusal> {
        self.pending.answer(request, |asked, person| self.decide(asked, person))
    }

    fn decide(&self, asked: Asked, person: Option<usize>) -> Result<Reply, Refusal> {
        let Some(person) = person else {
            return Ok(self.back_refused(&asked, &Refusal::new(400, "access_denied", "The person cancelled")));
        };
        if asked.wanted.is_refused(&self.shared) {
            let why = "the person cannot sign in like that";
            let refusal = Refusal::new(400, "unmet_authentication_requirements", why);
            return Ok(self.back_refused(&asked, &refusal));
        }
        let code = self.shared.issue("authorization code")?;
        let reply = self.back(&asked, &[("code", &code)]);
        let expires = self.shared.provider_now() + self.shared.settings.code_lifetime;
        self.state.borrow_mut().codes.insert(code, Code { asked, person, expires, login: None });
        Ok(reply)
    }

    pub(crate) fn back_refused(&self, asked: &Asked, refusal: &Refusal) -> Reply {
        self.back(asked, &[("error", &refusal.code), ("error_description", &refusal.message)])
    }

    /// Sends the browser back to the client, with the state it sent and the issuer (RFC 9207).
    fn back(&self, asked: &Asked, answer: &[(&str, &str)]) -> Reply {
        let flawed = |flaw| self.shared.flawed(flaw);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &asked.state {
            query.append_pair("state", if flawed(Flaw::CallbackState) { "of-another-login" } else { state });
        }
        let other = format!("{}/other", self.shared.issuer);
        query.append_pair("iss", if flawed(Flaw::CallbackIssuer) { &other } else { &self.shared.issuer });
        let mut reply = loopback::redirect(&format!("{}?{}", asked.redirect_uri, query.finish()));
        reply.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        reply
    }
}

/// The rest of an authorization request, whose problems are reported to the client.
fn complete(asked: &mut Asked, params: &Params) -> Result<(), Refusal> {
    let invalid = |why| Refusal::new(400, "invalid_request", why);
    if params.need("response_type")? != "code" {
        return Err(Refusal::new(400, "unsupported_response_type", "only code is supported"));
    }
    if params.need("code_challenge_method")? != "S256" {
        return Err(invalid("only the challenge method S256 is supported"));
    }
    // A SHA-256 in base64 without padding (RFC 7636, section 4.2).
    params.need("code_challenge")?.clone_into(&mut asked.challenge);
    if asked.challenge.len() != 43 {
        return Err(invalid("the code challenge is not a SHA-256 hash"));
    }
    asked.scopes = scopes(params)?;
    Ok(())
}

/// The scopes that were requested and are supported here.
pub(crate) fn scopes(params: &Params) -> Result<Vec<String>, Refusal> {
    let asked = params.need("scope")?.split(' ').filter(|scope| SCOPES.contains(scope));
    let scopes: Vec<String> = asked.map(str::to_owned).collect();
    if scopes.iter().any(|scope| scope == "openid") {
        Ok(scopes)
    } else {
        Err(Refusal::new(400, "invalid_scope", "the scope openid is missing"))
    }
}

/// Whether `uri` is a loopback listener of a native application: any port, this one path (RFC 8252, section
/// 7.3). Only the loopback address is accepted that the pages' content security policy can name.
pub(crate) fn is_own_listener(uri: &str) -> bool {
    let port = uri.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/callback"));
    port.is_some_and(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_listeners_get_codes() {
        for good in ["http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback"] {
            assert!(is_own_listener(good), "{good}");
        }
        let bad = [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:80@evil.example:80/callback",
            "http://127.0.0.1:80/callback?x",
            "http://127.0.0.1:80/callback/",
            "http://127.0.0.1:80//callback",
            "http://localhost:80/callback",
            "http://[::1]:80/callback",
            "https://127.0.0.1:80/callback",
            "http://127.0.0.1.evil.example:80/callback",
            "",
        ];
        for bad in bad {
            assert!(!is_own_listener(bad), "{bad}");
        }
    }
}
