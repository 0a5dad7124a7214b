//! Fuzz targets for the URL that the browser returned with.

use super::{Attempt, Redirect, Sender};
use jit_wire::loopback::fuzzing::{PORT, received};
use jit_wire::secret::Secret;

/// A pasted URL; and the same text as the query of the right URL.
pub fn redirect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let sender = Sender { issuer: "https://idp.example".to_owned(), announced: true };
    let attempt = Attempt {
        redirect_uri: "http://127.0.0.1:1/callback".to_owned(),
        state: "s".to_owned(),
        verifier: Secret::from("v"),
        sender: Some(sender),
    };
    for line in [text.to_owned(), format!("http://127.0.0.1:1/callback?{text}")] {
        match attempt.read_pasted(&line) {
            Ok(Redirect::Code(code)) => {
                assert!(!code.expose().is_empty());
                assert!(
                    line.contains("iss=") && line.contains("state="),
                    "it names the sender and the sign-in"
                );
            }
            Ok(Redirect::Refused { error, .. }) => assert!(error.chars().count() <= 300),
            Ok(Redirect::OtherSender(_)) | Err(_) => {}
        }
    }
}

/// A request to the listener of a sign-in: none of the three kinds accepts what belongs to another.
pub fn loopback_request(data: &[u8]) {
    let Some(request) = received(data) else { return };
    let attempt = Attempt {
        redirect_uri: format!("http://127.0.0.1:{PORT}/callback"),
        state: "s".to_owned(),
        verifier: Secret::from("v"),
        sender: None,
    };
    if let Some(redirect) = attempt.recognise(&request) {
        assert!(request.method == http::Method::GET && !request.headers.contains_key("origin"));
        assert_eq!(request.query.iter().filter(|(name, value)| name == "state" && value == "s").count(), 1);
        assert!(!matches!(redirect, Redirect::OtherSender(_)), "no sender is expected");
    }
    crate::idp::saml::fuzzing::posted(&request);
}
