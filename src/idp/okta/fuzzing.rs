//! Fuzz targets for the answers of an Okta org.

use super::api::{ApiError, cookie_in, pause_in};
use super::device;
pub use super::html::fuzzing::okta_html;
use super::page::{Page, read};
use super::person::Known;
use super::transaction::Transaction;
use jit_wire::http::Headers;
use jit_wire::timestamp::Timestamp;

/// A step of the authentication, or a refusal.
pub fn okta_answer(data: &[u8]) {
    if let Ok(transaction) = serde_json::from_slice::<Transaction>(data) {
        for relation in ["next", "verify", "cancel"] {
            let _ = transaction.link(relation);
        }
        let _ = (transaction.may_remember_device(), transaction.password_days(), transaction.number());
        for factor in transaction.factors() {
            let _ = (factor.kind(), factor.verify_link(), factor.sent_to(), factor.profile("credentialId"));
        }
    }
    if let Ok(error) = serde_json::from_slice::<ApiError>(data) {
        assert!(error.in_words().chars().count() < 1024, "an error is short");
    }
    if let Err(error) = device::exchanged(400, data) {
        assert!(error.to_string().chars().count() < 1024, "an error is short");
    }
    if let Ok(known) = serde_json::from_slice::<Known>(data) {
        let written = known.to_bytes();
        let again = serde_json::from_slice::<Known>(written.expose()).map(|again| again.to_bytes());
        assert!(again.is_ok_and(|again| again == written), "what was written is read as it was");
    }
    let text = String::from_utf8_lossy(data);
    if let Some((name, value)) = cookie_in(&text) {
        assert!(!name.contains('=') && !value.contains(';'));
    }
    let (reset, date) = text.split_once('\n').unwrap_or((&text, ""));
    for name in ["x-rate-limit-reset", "retry-after"] {
        let headers = Headers::of(&[(name, reset), ("date", date)]);
        assert!(pause_in(&headers, Timestamp(1_795_176_000)) > 0, "it is asked again at once");
    }
}

/// A page of the org.
pub fn okta_page(data: &[u8]) {
    match read(data) {
        Page::Response(response) => assert!(!response.expose().is_empty()),
        Page::StepUp(token) => assert!(token.expose().bytes().all(|b| b.is_ascii_graphic())),
        Page::Other(title) => assert!(title.chars().count() <= 300),
    }
}
