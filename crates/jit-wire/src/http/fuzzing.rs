//! Fuzz targets for requests with foreign text in them, and for certificates.

use aws_smithy_http_client::{Connector, tls};

use super::Ask;
use super::ca_bundle::trusting;
use super::message::request_of;
use crate::secret::Secret;
use crate::trusted_url::{Purpose, TrustedUrl};

/// A URL, and after a zero byte the value of a header: links, cookies and tokens are sent as they were
/// received.
pub fn http_request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (url, value) = text.split_once('\0').unwrap_or((&text, ""));
    let value = Secret::from(value);
    let headers = [("x-aws-ec2-metadata-token", value.clone())];
    let Ok(url) = TrustedUrl::parse(url, Purpose::Idp) else { return };
    let asked =
        Ask { authorization: Some(&value), cookie: Some(&value), headers: &headers, ..Ask::get(&url) };
    match request_of(&asked) {
        Ok(request) => drop(request.try_into_http1x()),
        Err(error) => assert!(error.to_string().len() < 8192),
    }
}

/// A file of certificates: refused with a reason, or accepted by the connector.
pub fn ca_bundle(data: &[u8]) {
    match trusting(data.to_vec()) {
        Ok(context) => {
            let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
            drop(Connector::builder().tls_provider(provider).tls_context(context).build());
        }
        Err(why) => assert!(!why.is_empty() && why.len() < 1024, "{why}"),
    }
}
