//! Translates the connector's failure into an [`HttpError`].

use aws_smithy_runtime_api::client::result::ConnectorError;

use super::error::OLD_TLS;
use super::{HttpError, innermost};

/// Why `host` gave no answer.
pub(super) fn translate(host: &str, error: &ConnectorError) -> HttpError {
    let host = host.to_owned();
    if error.is_timeout() {
        return HttpError::Timeout { host };
    }
    let unreachable = |why: String| HttpError::Unreachable { host: host.clone(), why };
    match tls_error(error) {
        Some(rustls::Error::InvalidMessage(_)) => unreachable("the server does not use TLS".to_owned()),
        Some(tls) => HttpError::Tls { host, why: tls_words(tls) },
        None => unreachable(in_words(innermost(error))),
    }
}

/// The connector's text for a proxy that refuses does not mention the proxy.
fn in_words(why: String) -> String {
    match why.strip_prefix("tunnel error: ") {
        Some("proxy authorization required") => "the proxy requires authentication (status 407)".to_owned(),
        Some(_) => "the proxy does not connect to that host".to_owned(),
        None => why,
    }
}

/// The rustls error in the chain. An `io::Error` hides its inner error from the chain, and that may be
/// another `io::Error`.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(io) => tls_error(io.get_ref()?),
        None => tls_error(error.source()?),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Other, UnknownIssuer,
    };
    let why = match error {
        rustls::Error::InvalidCertificate(why) => why,
        rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => return OLD_TLS.to_owned(),
        _ => return error.to_string(),
    };
    let why = match why {
        UnknownIssuer => "its certificate is not signed by an authority that this machine trusts",
        Expired | ExpiredContext { .. } => "its certificate has expired",
        NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "its certificate is for another name",
        // Most self-signed certificates give this; the verifier has no kind for it.
        Other(why) if format!("{why:?}").contains("CaUsedAsEndEntity") => {
            "its certificate belongs to a certificate authority or is self-signed; it is not a server certificate"
        }
        _ => return error.to_string(),
    };
    why.to_owned()
}
