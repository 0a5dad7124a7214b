//! Where the browser came back to, as a function of bytes.

use super::{Attempt, Redirect, Sender};
use crate::secret::Secret;

/// An address that was pasted; and the same as the query of the right one.
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
