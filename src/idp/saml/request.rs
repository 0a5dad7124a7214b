//! What is sent to the IdP: an AuthnRequest (SAML 2.0 Core, section 3.4.1) with one of two bindings.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};

use super::SamlError;
use crate::idp::visit;
use crate::plan::SamlSettings;
use jit_wire::timestamp::Timestamp;

/// A request, and what its response must contain.
pub(super) struct AuthnRequest {
    /// `ID`, which the response names in `InResponseTo`.
    pub(super) id: String,
    /// `RelayState`, which the IdP has to return unchanged; 43 of the 80 bytes that it may have.
    pub(super) relay_state: String,
    /// The URL that it is sent to.
    pub(super) destination: String,
    pub(super) xml: String,
}

/// What the role requires, or else what the configuration requests at every sign-in (SAML 2.0 Core, section
/// 3.3.2.2.1).
fn requested_context(settings: &SamlSettings) -> String {
    let contexts = match settings.demanded.acr_to_ask_for() {
        none if none.is_empty() => {
            settings.authn_context.as_ref().map(|at| at.value.clone()).unwrap_or_default()
        }
        demanded => demanded,
    };
    if contexts.is_empty() {
        return String::new();
    }
    let class = |context: &String| {
        format!(
            "<saml:AuthnContextClassRef xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:AuthnContextClassRef>",
            escaped(context)
        )
    };
    let classes: String = contexts.iter().map(class).collect();
    format!("<samlp:RequestedAuthnContext Comparison=\"exact\">{classes}</samlp:RequestedAuthnContext>")
}

impl AuthnRequest {
    /// A request to `destination` for a response by HTTP-POST to `acs`, also for a person whom the IdP has no
    /// name for yet in this application (`AllowCreate`; without it, some IdPs refuse the first sign-in). It
    /// is not signed: AWS's own service provider has no key either. With `force`, or if the configuration or
    /// the role requires it, the IdP must ask the person again.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn new(
        settings: &SamlSettings,
        destination: &str,
        acs: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Self, SamlError> {
        let mut id = "_".to_owned();
        for byte in visit::random().ok_or(SamlError::NoRandom)?.bytes().take(32) {
            // An ID is an NCName, and hexadecimal digits after an underscore always are.
            let _ = write!(id, "{byte:02x}");
        }
        let force = force || settings.force_authn.value || settings.demanded.max_age.is_some();
        let force = if force { " ForceAuthn=\"true\"" } else { "" };
        let xml = format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\" AssertionConsumerServiceURL=\"{}\" \
             ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"{force}>\
             <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>\
             <samlp:NameIDPolicy AllowCreate=\"true\"/>{}\
             </samlp:AuthnRequest>",
            now.to_rfc3339(),
            escaped(destination),
            escaped(acs),
            escaped(&settings.entity_id.value),
            requested_context(settings),
        );
        let relay_state = visit::random().ok_or(SamlError::NoRandom)?;
        Ok(Self { id, relay_state, destination: destination.to_owned(), xml })
    }

    /// HTTP-Redirect: raw DEFLATE, base64, in the query (SAML 2.0 Bindings, section 3.4.4.1).
    pub(super) fn redirect_url(&self) -> String {
        let packed = compress_to_vec(self.xml.as_bytes(), CompressionLevel::BestCompression as u8);
        let query = Serializer::new(String::new())
            .append_pair("SAMLRequest", &STANDARD.encode(packed))
            .append_pair("RelayState", &self.relay_state)
            .finish();
        let base = self.destination.split('#').next().unwrap_or_default();
        let separator = if base.contains('?') { '&' } else { '?' };
        format!("{base}{separator}{query}")
    }

    /// HTTP-POST: the fields of the form (SAML 2.0 Bindings, section 3.5.4).
    pub(super) fn fields(&self) -> [(&'static str, String); 2] {
        [("SAMLRequest", STANDARD.encode(&self.xml)), ("RelayState", self.relay_state.clone())]
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec;

    use super::super::testing::settings;
    use super::*;

    fn request(force: bool) -> AuthnRequest {
        let mut settings = settings();
        settings.entity_id.value = "urn:acme:\"jit\"&<co>".to_owned();
        let (to, acs) = ("https://idp.acme.com/sso?tenant=a", "http://127.0.0.1:35001/saml");
        AuthnRequest::new(&settings, to, acs, force, Timestamp(1_700_000_000)).unwrap()
    }

    #[test]
    fn the_query_holds_the_packed_request() {
        let request = request(true);
        let url = request.redirect_url();
        let query = url.strip_prefix("https://idp.acme.com/sso?tenant=a&").unwrap();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(pairs[1], ("RelayState".to_owned(), request.relay_state.clone()));
        let xml = decompress_to_vec(&STANDARD.decode(&pairs[0].1).unwrap()).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        let attribute = |name| root.attribute(name).unwrap_or_default();
        assert_eq!(attribute("ID"), request.id);
        assert_eq!(attribute("ForceAuthn"), "true");
        assert_eq!(attribute("AssertionConsumerServiceURL"), "http://127.0.0.1:35001/saml");
        assert_eq!(attribute("Destination"), "https://idp.acme.com/sso?tenant=a");
        assert_eq!(attribute("IssueInstant"), "2023-11-14T22:13:20Z");
        assert_eq!(root.first_element_child().unwrap().text(), Some("urn:acme:\"jit\"&<co>"));
        // In the order of the schema it follows the issuer.
        let policy = root.first_element_child().unwrap().next_sibling_element().unwrap();
        assert_eq!(policy.tag_name().name(), "NameIDPolicy");
        assert_eq!(policy.attribute("AllowCreate"), Some("true"));
        assert!(request.relay_state.len() <= 80);
    }

    /// What the configuration requests at every sign-in, what the role requires; whether the person is asked
    /// again, and the requested contexts.
    #[test]
    fn a_stronger_sign_in_is_asked_for() {
        let value = |text: &str| vec![text.to_owned()];
        let cases = [
            (false, None, None, None, false, None),
            (true, Some("urn:a"), None, None, true, Some("urn:a")),
            (false, Some("urn:a"), Some(900), Some("urn:b<&\""), true, Some("urn:b<&\"")),
            (false, None, None, Some("urn:b"), false, Some("urn:b")),
        ];
        for (force, context, age, acr, anew, asked) in cases {
            let mut settings = settings();
            settings.force_authn.value = force;
            settings.authn_context =
                context.map(|text| crate::plan::Valued::new(value(text), crate::plan::Origin::Default));
            settings.demanded.add(age.map(std::time::Duration::from_secs), acr.map(value).as_deref(), None);
            let (to, acs) = ("https://idp.acme.com/sso", "http://127.0.0.1:35001/saml");
            let request = AuthnRequest::new(&settings, to, acs, false, Timestamp(1_700_000_000)).unwrap();
            let document = roxmltree::Document::parse(&request.xml).unwrap();
            let root = document.root_element();
            assert_eq!(root.attribute("ForceAuthn") == Some("true"), anew, "{}", request.xml);
            let wanted = root.children().find(|node| node.tag_name().name() == "RequestedAuthnContext");
            let class = wanted.and_then(|wanted| wanted.first_element_child());
            assert_eq!(class.and_then(|class| class.text()), asked, "{}", request.xml);
            assert!(wanted.is_none_or(|wanted| wanted.attribute("Comparison") == Some("exact")));
        }
    }

    #[test]
    fn two_requests_have_nothing_in_common() {
        let (one, other) = (request(false), request(false));
        assert!(one.id != other.id && one.relay_state != other.relay_state);
        assert!(one.id.starts_with('_') && one.id[1..].bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!one.xml.contains("ForceAuthn"));
    }
}
