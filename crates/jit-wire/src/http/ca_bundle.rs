//! The trusted certificates: the system's, or those of a file.

use std::path::PathBuf;

use aws_smithy_http_client::tls;

use super::{HttpError, innermost};
use crate::file::read_limited;

/// The largest file of certificates.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Certificates to trust, and the setting that names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CaBundle {
    pub(super) path: PathBuf,
    pub(super) named_by: String,
}

/// The system's certificates, or those of `ca_bundle` instead, as in AWS's tools.
pub(super) fn tls_context(ca_bundle: Option<&CaBundle>) -> Result<tls::TlsContext, HttpError> {
    let Some(CaBundle { path, named_by }) = ca_bundle else {
        return Ok(tls::TlsContext::default());
    };
    let broken = |why: String| HttpError::CaBundle {
        named_by: named_by.clone(),
        path: path.display().to_string(),
        why,
    };
    let pem = read_limited(path, LARGEST).map_err(|error| broken(error.to_string()))?;
    trusting(pem).map_err(broken)
}

/// Trusts the certificates in `pem` and no others.
pub(super) fn trusting(pem: Vec<u8>) -> Result<tls::TlsContext, String> {
    check_certificates(&pem)?;
    let store = tls::TrustStore::empty().with_native_roots(false).with_pem_certificate(pem);
    tls::TlsContext::builder().with_trust_store(store).build().map_err(|error| innermost(&error))
}

/// The connector below accepts certificates unchecked and panics on an invalid one, so they are parsed
/// before.
fn check_certificates(pem: &[u8]) -> Result<(), String> {
    use rustls_pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "it is not a complete PEM file".to_owned())?;
        roots.add(certificate).map_err(|error| format!("a certificate in it is broken ({error})"))?;
    }
    if roots.is_empty() { Err("it contains no certificate".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_before_the_connector_trusts_them() {
        assert!(check_certificates(b"").unwrap_err().contains("no certificate"));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(check_certificates(broken).unwrap_err().contains("broken"));
    }
}
