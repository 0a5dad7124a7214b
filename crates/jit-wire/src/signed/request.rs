//! A request before and after it is signed.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;

use super::{CallError, Endpoint, Service};
use crate::credentials::Credentials;
use crate::http::AnswerKind;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::trusted_url::TrustedUrl;

/// The headers that signing adds to a request.
const ADDED: [&str; 4] = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

/// A request that is not signed yet.
#[derive(Debug)]
pub struct UnsignedRequest {
    /// The action, for messages: `iam:ListAccountAliases`.
    pub action: String,
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// The URL.
    pub url: TrustedUrl,
    /// Names in lower case. All of them are signed.
    pub headers: Vec<(&'static str, String)>,
    /// Empty for none. It may be confidential.
    pub body: Secret<Vec<u8>>,
    /// What the answer holds.
    pub answer: AnswerKind,
}

/// A request as it is sent.
#[derive(Debug)]
pub struct SignedRequest {
    pub(super) action: String,
    pub(super) answer: AnswerKind,
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// The URL.
    pub url: TrustedUrl,
    /// Names in lower case, without `host`.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// Empty for none.
    pub body: Secret<Vec<u8>>,
}

impl UnsignedRequest {
    /// Signs it for `endpoint` with `credentials`, at the time `now`.
    ///
    /// # Errors
    /// [`CallError::Request`] if it cannot be signed.
    pub fn sign(
        self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<SignedRequest, CallError> {
        let token = Some(credentials.session_token.expose().clone()).filter(|token| !token.is_empty());
        let secret = credentials.secret_access_key.expose().as_str();
        let identity: Identity =
            SdkCredentials::new(&credentials.access_key_id, secret, token, None, "jit").into();
        let cannot = || CallError::Request { action: self.action.clone(), why: "it cannot be signed" };
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(now.0).map_err(|_| cannot())?);
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&endpoint.region)
            .name(endpoint.service.name())
            .time(time)
            .settings(settings(endpoint.service))
            .build()
            .map_err(|_| cannot())?;
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(self.body.expose());
        let request = SignableRequest::new(self.method, self.url.as_str(), headers, body);
        let signed = sign(request.map_err(|_| cannot())?, &params.into()).map_err(|_| cannot())?;
        let (instructions, _) = signed.into_parts();
        let added: Vec<_> = instructions
            .headers()
            .filter_map(|(name, value)| {
                let name = ADDED.into_iter().find(|added| *added == name)?;
                Some((name, Secret::new(value.to_owned())))
            })
            .collect();
        let own = self.headers.into_iter().map(|(name, value)| (name, Secret::new(value)));
        Ok(SignedRequest {
            headers: own.chain(added).collect(),
            action: self.action,
            answer: self.answer,
            method: self.method,
            url: self.url,
            body: self.body,
        })
    }
}

/// S3 uses the path as it is sent, has the hash of the body in a header, and allows keys with `..` and `//`
/// in them.
fn settings(service: Service) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == Service::S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// `text` with every byte escaped that is not unreserved (RFC 3986) or in `kept`, as Signature Version 4
/// requires.
pub(super) fn escaped(text: &str, kept: &[u8]) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut found, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            found.push(char::from(byte));
        } else {
            let _ = write!(found, "%{byte:02X}");
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_follows_signature_version_4() {
        for (text, expected) in [
            ("a/b-c_d.e~f", "a/b-c_d.e~f"),
            (" +%&=?#", "%20%2B%25%26%3D%3F%23"),
            ("é\n", "%C3%A9%0A"),
            ("", ""),
            ("*'()!:@", "%2A%27%28%29%21%3A%40"),
        ] {
            assert_eq!(escaped(text, b"/"), expected);
        }
    }
}
