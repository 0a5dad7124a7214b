//! Fuzz target for what a URL publishes.

use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::{Address, Discovery, Found, Organization, metadata, region_of_page};

/// A page: SAML metadata, the portal's, an org's or an IdP's; and a URL that somebody typed.
pub fn lookup(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let at = TrustedUrl::parse("https://idp.example.com", Purpose::Provider).expect("an address");
    if let Ok(Some(Found::SamlSso { sso_url, .. })) = metadata(&text, &at) {
        assert!(sso_url.to_lowercase().starts_with("https://"), "people are sent to {sso_url}");
    }
    if let Some(region) = region_of_page(&text) {
        assert!(region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
    let _ = serde_json::from_slice::<Organization>(data);
    let _ = serde_json::from_slice::<Discovery>(data);
    if let Ok(address) = Address::read(&text) {
        let _ = (address.by_form(), address.okta_org());
        let again = Address::read(&address.url()).map(|again| again.url()).ok();
        assert_eq!(again, Some(address.url()), "an address reads back as itself");
    }
}
