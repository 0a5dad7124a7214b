//! What an Okta org says, as functions of bytes.

use super::api::ApiError;
use super::page::{Page, read};
use super::transaction::Transaction;

/// A step of the authentication, or how the org says no.
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
}

/// A page of the org.
pub fn okta_page(data: &[u8]) {
    match read(data) {
        Page::Response(response) => assert!(!response.expose().is_empty()),
        Page::StepUp(token) => assert!(token.expose().bytes().all(|b| b.is_ascii_graphic())),
        Page::Other(title) => assert!(title.chars().count() <= 300),
    }
}
