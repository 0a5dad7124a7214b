//! What is asked of the provider: an AuthnRequest (SAML 2.0 Core, section 3.4.1) by one of two bindings.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};

use super::SamlError;
use crate::idp::visit;
use crate::plan::SamlSettings;
use crate::timestamp::Timestamp;

/// A request that was made, and what its answer must carry.
pub(super) struct AuthnRequest {
    /// `ID`, which the response names in `InResponseTo`.
    pub(super) id: String,
    /// `RelayState`, which the provider is to hand back as it came; 43 of the 80 bytes it may have.
    pub(super) relay_state: String,
    /// Where it goes.
    pub(super) destination: String,
    pub(super) xml: String,
}

impl AuthnRequest {
    /// A request to `destination` for a response by HTTP-POST to `acs`, also for somebody whom the provider has no name of yet
    /// for this application (`AllowCreate`; some take its absence for a no at the first sign-in). It is not signed: AWS's own service provider
    /// has no key either. With `force` the provider is to ask the person anew.
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
            // An ID is an NCName, which hexadecimal digits behind an underscore always are.
            let _ = write!(id, "{byte:02x}");
        }
        let force = if force { " ForceAuthn=\"true\"" } else { "" };
        let xml = format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\" AssertionConsumerServiceURL=\"{}\" \
             ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"{force}>\
             <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>\
             <samlp:NameIDPolicy AllowCreate=\"true\"/>\
             </samlp:AuthnRequest>",
            now.to_rfc3339(),
            escaped(destination),
            escaped(acs),
            escaped(&settings.entity_id.value),
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
        // By the schema's order it follows the issuer.
        let policy = root.first_element_child().unwrap().next_sibling_element().unwrap();
        assert_eq!(policy.tag_name().name(), "NameIDPolicy");
        assert_eq!(policy.attribute("AllowCreate"), Some("true"));
        assert!(request.relay_state.len() <= 80);
    }

    #[test]
    fn two_requests_have_nothing_in_common() {
        let (one, other) = (request(false), request(false));
        assert!(one.id != other.id && one.relay_state != other.relay_state);
        assert!(one.id.starts_with('_') && one.id[1..].bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!one.xml.contains("ForceAuthn"));
    }
}
