//! The SAML part of the IdP: single sign-on with either binding or started here, and the form of the response
//! (SAML 2.0 Web Browser SSO; AWS's attributes as in the IAM User Guide).
//!
//! ```text
//! mod (request, page, form) → response (what it says) → signing/xml_signature
//! ```

mod response;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::json;

use crate::faults::Refusal;
use crate::idp::step_up::Wanted;
use crate::journal::Call;
use crate::page;
use crate::params::Params;
use crate::pending::PendingRequests;
use crate::service::{Service, json_reply};
use crate::settings::{AWS_ACS as AWS, is_own_acs};
use crate::shared::{Shared, lock};
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use response::SamlAsked;

/// The cookie of the IdP's own session.
const COOKIE: &str = "demo-session";
/// The maximum length of a request.
const LONGEST_REQUEST: usize = 16 * 1024;

/// The SAML part of the IdP, and its state.
pub(crate) struct Saml {
    shared: Arc<Shared>,
    /// The value of the cookie.
    session: String,
    pending: PendingRequests<SamlAsked>,
}

impl Service for Saml {
    fn call(&self, request: &Request) -> Option<Call> {
        ["/saml/sso", "/saml/start"].contains(&request.path.as_str()).then_some(Call::SamlSso)
    }

    fn now(&self) -> Timestamp {
        self.shared.provider_now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/saml/sso") => self.sso(request, false),
            ("POST", "/saml/sso") => self.sso(request, true),
            ("GET", "/saml/start") => self.start(request),
            ("POST", "/saml/decision") => self.decision(request),
            _ => Ok(page::message(StatusCode::NOT_FOUND, "Nothing here", "This IdP has no such page.")),
        }
    }

    fn refused(&self, _: &Request, refusal: &Refusal) -> Reply {
        let body = json!({ "error": refusal.code, "error_description": refusal.message });
        json_reply(StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST), &body)
    }
}

impl Saml {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        // An empty one matches no cookie that was set here.
        let session = shared.issue("browser session").unwrap_or_default();
        Self { shared, session, pending: PendingRequests::new("/saml/decision") }
    }

    /// `/saml/sso`: an AuthnRequest by HTTP-Redirect or HTTP-POST.
    fn sso(&self, request: &Request, post: bool) -> Result<Reply, Refusal> {
        let params = Params::new(if post { request.form() } else { request.query.clone() })?;
        let wrong = |why: &str| Ok(page::message(StatusCode::BAD_REQUEST, "This request is not valid", why));
        let Some(xml) = params.get("SAMLRequest").and_then(|text| unpacked(text, post)) else {
            return wrong("It is not a SAML request.");
        };
        let Some((mut asked, force)) = understood(&xml) else {
            return wrong("It is not from an application that is known here.");
        };
        asked.relay_state = params.get("RelayState").map(str::to_owned);
        self.ask(asked, force, request)
    }

    /// `/saml/start`: a sign-in that starts here.
    fn start(&self, request: &Request) -> Result<Reply, Refusal> {
        let asked = SamlAsked { id: None, acs: AWS.to_owned(), relay_state: None, wanted: Wanted::default() };
        self.ask(asked, false, request)
    }

    fn ask(&self, asked: SamlAsked, force: bool, request: &Request) -> Result<Reply, Refusal> {
        let cookies =
            request.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // The cookie says whose browser session it is.
        let known = cookies.split("; ").find_map(|cookie| {
            let value = cookie.strip_prefix(COOKIE)?.strip_prefix('=')?.strip_prefix(&self.session)?;
            value.strip_prefix('-')?.parse::<usize>().ok()
        });
        let signed_in = known.filter(|_| !force);
        self.pending.ask(&self.shared, asked, signed_in, |asked, person| self.post_answer(&asked, person))
    }

    /// A button of the page.
    fn decision(&self, request: &Request) -> Result<Reply, Refusal> {
        self.pending.answer(request, |asked, person| {
            let mut reply = self.post_answer(&asked, person)?;
            let session = format!("{}-{}", self.session, person.unwrap_or_default());
            let cookie = format!("{COOKIE}={session}; HttpOnly; SameSite=Lax; Path=/saml");
            reply
                .headers_mut()
                .extend(HeaderValue::from_str(&cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
            Ok(reply)
        })
    }

    /// The page that posts the response to the URL in the request.
    fn post_answer(&self, asked: &SamlAsked, person: Option<usize>) -> Result<Reply, Refusal> {
        let xml = match person {
            Some(_) if asked.wanted.is_refused(&self.shared) => response::unmet(&self.shared, asked)?,
            Some(person) => response::granted(&self.shared, asked, person)?,
            None => response::denied(&self.shared, asked)?,
        };
        let faults = lock(&self.shared.faults);
        let xml = faults.edit_response.as_ref().map_or(xml.clone(), |edit| edit.apply(xml));
        let base64 = STANDARD.encode(xml);
        let base64 = faults.edit_posted.as_ref().map_or(base64.clone(), |edit| edit.apply(base64));
        drop(faults);
        self.shared.note("SAML response", &base64);
        let mut fields = vec![("SAMLResponse", base64)];
        fields.extend(asked.relay_state.clone().map(|state| ("RelayState", state)));
        Ok(page::post(&asked.acs, &fields))
    }
}

/// The XML of a request (SAML 2.0 Bindings, sections 3.4.4.1 and 3.5.4).
fn unpacked(text: &str, post: bool) -> Option<String> {
    let bytes = STANDARD.decode(text).ok()?;
    let bytes = if post { bytes } else { decompress_to_vec_with_limit(&bytes, LONGEST_REQUEST).ok()? };
    String::from_utf8(bytes).ok()
}

/// A request by AWS or `jit` for a response to AWS or loopback, and whether the person must be asked again.
fn understood(xml: &str) -> Option<(SamlAsked, bool)> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let root = document.root_element();
    let issuer = root.children().find(|node| node.tag_name().name() == "Issuer")?.text()?;
    let acs = root.attribute("AssertionConsumerServiceURL")?.to_owned();
    let known = root.tag_name().name() == "AuthnRequest"
        && issuer == "urn:amazon:webservices"
        && (acs == AWS || is_own_acs(&acs));
    let force = root.attribute("ForceAuthn") == Some("true");
    let classes = root.descendants().filter(|node| node.tag_name().name() == "AuthnContextClassRef");
    let contexts = classes.filter_map(|node| node.text()).map(str::to_owned).collect();
    let wanted = Wanted { max_age: force.then_some(0), contexts, ..Wanted::default() };
    let asked = SamlAsked { id: Some(root.attribute("ID")?.to_owned()), acs, relay_state: None, wanted };
    known.then_some((asked, force))
}
