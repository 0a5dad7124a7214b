//! An IdP's settings and responses for tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::plan::{Binding, Capture, Origin, SamlSettings, Valued};
use jit_wire::secret::Secret;

pub(super) fn value<T>(value: T) -> Valued<T> {
    Valued::new(value, Origin::Default)
}

pub(super) fn settings() -> SamlSettings {
    SamlSettings {
        name: "acme".to_owned(),
        sso_url: Some(value("https://idp.acme.com/sso".to_owned())),
        start_url: None,
        capture: value(Capture::Loopback),
        entity_id: value("urn:amazon:webservices".to_owned()),
        issuer: None,
        binding: value(Binding::Redirect),
        acs_host: value("127.0.0.1".to_owned()),
        acs_port: value(0),
        acs_url: value("https://signin.aws.amazon.com/saml".to_owned()),
        browser: None,
        authn_context: None,
        force_authn: value(false),
        demanded: Default::default(),
    }
}

/// When the responses here are made: 2026-11-20T12:00:00Z.
pub(super) const NOW: i64 = 1_795_176_000;
pub(super) const ACS: &str = "http://127.0.0.1:35001/saml";
pub(super) const REQUEST: &str = "_request";
const PREFIX: &str = "https://aws.amazon.com/SAML/Attributes/";

/// One `Attribute` with its values.
pub(super) fn attribute(name: &str, values: &[&str]) -> String {
    let values: String =
        values.iter().map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>")).collect();
    format!("<saml:Attribute Name=\"{PREFIX}{name}\">{values}</saml:Attribute>")
}

/// The XML of a good response, issued for [`ACS`] in answer to [`REQUEST`].
pub(super) fn response() -> String {
    let role = "arn:aws:iam::111111111111:role/dev,arn:aws:iam::111111111111:saml-provider/acme";
    format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r" Version="2.0" IssueInstant="2026-11-20T12:00:00Z" Destination="{ACS}" InResponseTo="{REQUEST}"><saml:Issuer>https://idp.acme.com</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="_a" Version="2.0" IssueInstant="2026-11-20T12:00:00Z"><saml:Issuer>https://idp.acme.com</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">00u1alice</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2026-11-20T12:05:00Z" Recipient="{ACS}" InResponseTo="{REQUEST}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-20T11:59:30Z" NotOnOrAfter="2026-11-20T13:10:00Z"><saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>{}{}{}</saml:AttributeStatement></saml:Assertion></samlp:Response>"#,
        attribute("Role", &[role]),
        attribute("RoleSessionName", &["alice@acme.com"]),
        attribute("SessionDuration", &["7200"]),
    )
}

/// As it is posted.
pub(super) fn posted(xml: &str) -> Secret<String> {
    Secret::new(STANDARD.encode(xml))
}
