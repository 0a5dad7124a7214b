//! Fuzz targets for SAML responses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::loopback::recognise;
use super::request::AuthnRequest;
use super::response::{Expected, Recipient, answers, read};
use jit_wire::loopback::Request;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

pub use super::capture::fuzzing::browser_messages;

/// The XML of a response, or what was posted instead.
pub fn saml_response(data: &[u8]) {
    let encoded = Secret::new(STANDARD.encode(data));
    let mut posted = vec![encoded];
    posted.extend(std::str::from_utf8(data).ok().map(Secret::from));
    for posted in &posted {
        let answered = answers(posted);
        for (recipient, asked) in [
            (Recipient::Loopback("http://127.0.0.1:35001/saml"), Some("_request")),
            (Recipient::SignIn, None),
        ] {
            let expected = Expected {
                recipient,
                in_response_to: asked,
                issuer: None,
                entity_id: "urn:amazon:webservices",
                last_assertion: Some("_last"),
                now: Timestamp(1_795_176_000),
            };
            match read(posted, &expected) {
                Ok(login) => {
                    assert!(asked.is_none() || answered.as_deref() == asked, "it answers another request");
                    assert_ne!(login.assertion_id.as_deref(), Some("_last"), "it was used before");
                    assert!(login.encrypted == login.attributes.roles.is_empty());
                }
                Err(error) => assert!(error.to_string().len() < 8192, "an error is short"),
            }
        }
    }
}

/// A request to the ACS.
pub(in crate::idp) fn posted(visit: &Request) {
    let request = AuthnRequest {
        id: "_request".to_owned(),
        relay_state: "state".to_owned(),
        destination: String::new(),
        xml: String::new(),
    };
    let Some(posted) = recognise(&request, visit) else { return };
    assert_eq!(visit.method, http::Method::POST);
    let form = visit.form();
    let of = |name: &str| form.iter().filter(|(one, value)| one == name && !value.is_empty()).count();
    assert_eq!(of("SAMLResponse"), 1, "one that is there twice is not there");
    match answers(&posted) {
        Some(id) => assert_eq!(id, request.id, "it answers another request"),
        None => assert!(of("RelayState") > 0, "nothing says whose it is"),
    }
}
