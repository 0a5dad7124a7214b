//! Addresses from anywhere, as a function of bytes.

use super::{Purpose, TrustedUrl};

/// An address: whatever is taken, every reader finds the host in it that was looked at.
pub fn trusted_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let far = TrustedUrl::parse("https://idp.example", Purpose::Issuer).expect("an issuer");
    let here = TrustedUrl::of_this_machine(1, "/");
    let purposes = [
        Purpose::Issuer,
        Purpose::Provider,
        Purpose::EndpointOf(&far),
        Purpose::PageOf(&far),
        Purpose::EndpointOf(&here),
        Purpose::Page,
        Purpose::AwsEndpoint,
        Purpose::Container,
        Purpose::Instance,
        Purpose::SharedFile,
        Purpose::Proxy,
    ];
    for purpose in purposes {
        match TrustedUrl::parse(&text, purpose) {
            Ok(url) => check(&url, purpose),
            Err(error) => assert!(error.to_string().len() < 512, "an error is short"),
        }
    }
}

fn check(url: &TrustedUrl, purpose: Purpose<'_>) {
    let uri: http::Uri = url.as_str().parse().expect("the HTTP client takes what is taken here");
    assert_eq!(uri.host(), Some(url.host()), "one host");
    assert_eq!(uri.port_u16().unwrap_or(if url.is_secure() { 443 } else { 80 }), url.port(), "one port");
    assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)));
    assert!(
        uri.authority().is_some_and(|authority| !authority.as_str().contains('@')),
        "nobody before the host"
    );
    let again = TrustedUrl::parse(url.as_str(), purpose);
    assert_eq!(again.as_ref(), Ok(url), "it reads back as itself");
    let address: Option<std::net::IpAddr> = url.host().trim_matches(['[', ']']).parse().ok();
    let here = url.host() == "localhost" || address.is_some_and(|address| address.is_loopback());
    assert!(here || !url.is_this_machine(), "{url}");
    if let Purpose::EndpointOf(by) | Purpose::PageOf(by) = purpose {
        assert!(!here || by.is_this_machine(), "{by} names {url}");
    }
}
