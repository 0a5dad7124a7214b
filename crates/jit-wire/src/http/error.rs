//! Why there was no answer.

use crate::env;
use crate::explain::{Explain, Kind, Next};
use crate::trusted_url::UrlError;

/// What is wrong with a server that supports nothing newer than TLS 1.1.
pub(super) const OLD_TLS: &str = "it supports no secure version of TLS";

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not a URL, or one that must not be called.
    #[error("`{url}` {why}")]
    Address {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// The proxy variable is not valid.
    #[error("the value of {variable} {why}")]
    Proxy {
        /// The variable. Its value is not shown, because it may contain a password.
        variable: &'static str,
        /// What is wrong with it.
        why: UrlError,
    },
    /// A value to send contains a character that no header may have, such as a line feed.
    #[error("the value of the header `{header}` for {host} has a character that headers cannot contain")]
    Header {
        /// Host and port.
        host: String,
        /// The header.
        header: &'static str,
    },
    /// The name could not be resolved, or nothing answered there.
    #[error("cannot reach {host}: {why}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The system's error.
        why: String,
    },
    /// A problem with the certificate or the TLS protocol.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// Host and port.
        host: String,
        /// rustls's error.
        why: String,
    },
    /// There was no answer in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Host and port.
        host: String,
    },
    /// The answer is too large.
    #[error("the response of {host} is larger than {} KB, the maximum that jit accepts", limit / 1024)]
    TooLarge {
        /// Host and port.
        host: String,
        /// The largest that is accepted, in bytes.
        limit: usize,
    },
    /// `AWS_CA_BUNDLE`, or the profile's `ca_bundle`, cannot be used.
    #[error("{named_by} points to `{path}`, which jit cannot use: {why}")]
    CaBundle {
        /// The variable, or the key and its place.
        named_by: String,
        /// Its value.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl HttpError {
    /// The error that `url` must not be called.
    pub fn bad_url(url: &str, why: UrlError) -> Self {
        Self::Address { url: url.chars().take(300).collect(), why }
    }
}

impl Explain for HttpError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unreachable { .. } => vec![Next::Network(None), Next::Doctor],
            Self::Timeout { .. } => vec![Next::TryAgain, Next::Network(None)],
            Self::Tls { why, .. } if why == OLD_TLS => {
                Next::list(["ask the administrator of that server to enable TLS 1.2 or 1.3"])
            }
            Self::Tls { .. } => Next::list([
                "if your company has its own certificate authority, set AWS_CA_BUNDLE to the file of its certificates",
            ]),
            Self::CaBundle { named_by, .. } if named_by == env::AWS_CA_BUNDLE => {
                Next::list(["unset AWS_CA_BUNDLE, or set it to a file of PEM certificates"])
            }
            Self::CaBundle { .. } => {
                Next::list(["set it to the absolute path of a file of PEM certificates"])
            }
            Self::Header { .. } => Next::list([
                "check the program that writes the token or the cookie: the value may have more than one line",
            ]),
            Self::Proxy { .. } => {
                Next::list(["write the proxy as in http://proxy.example.com:3128, or unset the variable"])
            }
            Self::Address { .. } | Self::TooLarge { .. } => vec![Next::Explain("check the URL".into())],
        }
    }
}

/// Host and port of a URL, for messages.
pub fn host_of(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let authority = uri.as_ref().filter(|uri| uri.scheme().is_some()).and_then(|uri| uri.authority());
    let host = authority.map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    host.unwrap_or_default().to_owned()
}

/// The last error of a chain, which is the actual cause.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_shown_without_user_or_path() {
        let cases = [
            ("https://idp.example/path", "idp.example"),
            ("http://127.0.0.1:80/x?y", "127.0.0.1:80"),
            ("https://user:pw@idp.example/", "idp.example"),
            ("idp", ""),
        ];
        for (url, host) in cases {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
