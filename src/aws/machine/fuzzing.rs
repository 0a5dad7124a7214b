//! What a container's endpoint and the metadata service say, as a function of bytes.

use super::{OWN_HOSTS, credentials, may_be_asked, text};
use crate::secret::Secret;
use crate::sys::http::{Answer, Headers};

/// The body of an answer; and an address that an environment names.
pub fn machine(data: &[u8]) {
    let answer = Answer {
        status: 200,
        content_type: String::new(),
        headers: Headers::default(),
        body: Secret::new(data.to_vec()),
    };
    let _ = text("host", &answer);
    if let Ok(given) = credentials("host", &answer) {
        crate::fuzzing::hand_over(given);
    }
    let url = String::from_utf8_lossy(data);
    if may_be_asked(&url) && !url.starts_with("https:") {
        let uri: http::Uri = url.parse().expect("an address");
        let host = uri.host().unwrap_or_default();
        let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        assert!(local || OWN_HOSTS.contains(&host), "credentials in clear from {host}");
    }
}
