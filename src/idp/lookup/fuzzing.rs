//! Fuzz target for what a URL publishes.

use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::{Discovery, FoundIdp, Organization, TypedUrl, metadata, region_of_page};

/// A page: SAML metadata, the portal's, an org's or an IdP's; and a URL that somebody typed.
pub fn lookup(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let at = TrustedUrl::parse("https://idp.example.com", Purpose::Idp).expect("a URL");
    if let Ok(Some(FoundIdp::SamlSso { sso_url, .. })) = metadata(&text, &at) {
        assert!(sso_url.to_lowercase().starts_with("https://"), "people are sent to {sso_url}");
    }
    if let Some(region) = region_of_page(&text) {
        assert!(region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
    let _ = serde_json::from_slice::<Organization>(data);
    let _ = serde_json::from_slice::<Discovery>(data);
    if let Ok(typed_url) = TypedUrl::read(&text) {
        let _ = (typed_url.by_form(), typed_url.okta_org());
        let again = TypedUrl::read(&typed_url.url()).map(|again| again.url()).ok();
        assert_eq!(again, Some(typed_url.url()), "a URL reads back as itself");
    }
}
