//! AWS Signature Version 4, the verifier's side (IAM User Guide, "Create a signed AWS API request"; for S3:
//! Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header").

use std::time::Duration;

use http::{HeaderMap, header};
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::faults::Refusal;
use crate::percent;
use jit_wire::loopback::Request;
use jit_wire::timestamp::Timestamp;

/// How far apart the clocks may be.
const LEEWAY: Duration = Duration::from_secs(5 * 60);
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What S3 accepts in place of the body's hash.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The signature of a request.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    /// The id of the key that signed.
    pub(crate) key_id: &'a str,
    /// `x-amz-security-token`.
    pub(crate) session_token: Option<&'a str>,
    /// `DATE/REGION/SERVICE/aws4_request`.
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
}

impl<'a> Signed<'a> {
    /// Reads the `Authorization` header and its companions.
    ///
    /// # Errors
    /// `MissingAuthenticationToken` if there is none, `IncompleteSignature` if a part is missing.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let incomplete = |what: &str| {
            let text = format!("Authorization header requires '{what}' parameter.");
            Refusal::new(400, "IncompleteSignature", text)
        };
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = header(header::AUTHORIZATION.as_str()).ok_or_else(|| {
            Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let parts = authorization.strip_prefix(ALGORITHM).ok_or_else(|| incomplete("Algorithm"))?;
        let part = |name: &str| {
            let mut parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find(|(of, _)| *of == name).map(|(_, value)| value).ok_or_else(|| incomplete(name))
        };
        let (key_id, scope) = part("Credential")?.split_once('/').ok_or_else(|| incomplete("Credential"))?;
        Ok(Self {
            key_id,
            session_token: header("x-amz-security-token"),
            scope,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
            date: header("x-amz-date").ok_or_else(|| incomplete("X-Amz-Date"))?,
        })
    }

    /// The service that the signature is for.
    pub(crate) fn service(&self) -> &'a str {
        self.scope.split('/').nth(2).unwrap_or_default()
    }

    /// The region that the signature is for.
    pub(crate) fn region(&self) -> &'a str {
        self.scope.split('/').nth(1).unwrap_or_default()
    }

    /// Checks the date and the signature against `secret_key`.
    ///
    /// # Errors
    /// `SignatureDoesNotMatch`, in AWS's words for what is wrong.
    pub(crate) fn verify(&self, secret_key: &str, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let mismatch = |text: &str| Refusal::new(403, "SignatureDoesNotMatch", text);
        check_date(self.date, now).map_err(|text| mismatch(&text))?;
        let fields: Vec<&str> = self.scope.split('/').collect();
        let [day, region, service, "aws4_request"] = fields[..] else {
            return Err(mismatch("Credential should be scoped with a valid terminator: 'aws4_request'."));
        };
        if !self.date.starts_with(day) {
            return Err(mismatch(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
            ));
        }
        // A header that matters and is not signed could be changed on the way.
        let headers = &request.headers;
        let signed: Vec<&str> = self.signed_headers.split(';').collect();
        let matters = |name: &str| name == "host" || name.starts_with("x-amz-");
        let unsigned = headers.keys().map(http::HeaderName::as_str);
        let unsigned = unsigned.filter(|name| matters(name)).find(|name| !signed.contains(name));
        if let Some(name) = unsigned {
            return Err(mismatch(&format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")));
        }
        let body = payload(service, request)?;
        let request = canonical_request(request, self.signed_headers, &body);
        let text = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.date,
            self.scope,
            hex(digest(&SHA256, request.as_bytes()))
        );
        let signature = hmac_of(signing_key(secret_key, day, region, service).as_ref(), &text);
        let ours = hex(signature);
        let theirs = self.signature.as_bytes();
        if bool::from(subtle::ConstantTimeEq::ct_eq(ours.as_bytes(), theirs)) {
            return Ok(());
        }
        Err(mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS \
             Secret Access Key and signing method. Consult the service documentation for details.",
        ))
    }
}

/// What is signed for the body: its hash or, with S3, the value of the header.
fn payload(service: &str, request: &Request) -> Result<String, Refusal> {
    let hash = hex(digest(&SHA256, &request.body));
    if service != "s3" {
        return Ok(hash);
    }
    match request.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
        Some(UNSIGNED) => Ok(UNSIGNED.to_owned()),
        Some(said) if said.eq_ignore_ascii_case(&hash) => Ok(said.to_owned()),
        Some(said) if said.starts_with("STREAMING-") => {
            let text = "A header you provided implies functionality that is not implemented";
            Err(Refusal::new(501, "NotImplemented", text))
        }
        Some(_) => {
            let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Err(Refusal::new(400, "XAmzContentSHA256Mismatch", text))
        }
        None => {
            let text = "Missing required header for this request: x-amz-content-sha256";
            Err(Refusal::new(400, "InvalidRequest", text))
        }
    }
}

/// The key that signs for one day, region and service.
fn signing_key(secret_key: &str, day: &str, region: &str, service: &str) -> hmac::Tag {
    let day_key = hmac_of(format!("AWS4{secret_key}").as_bytes(), day);
    let service_key = hmac_of(hmac_of(day_key.as_ref(), region).as_ref(), service);
    hmac_of(service_key.as_ref(), "aws4_request")
}

/// The path is used as it was sent: S3 signs it like that, and the other services have only `/`.
fn canonical_request(request: &Request, signed_headers: &str, body: &str) -> String {
    let mut lines = String::new();
    for name in signed_headers.split(';') {
        let values = request.headers.get_all(name).iter().map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        });
        lines.push_str(&format!("{name}:{}\n", values.collect::<Vec<_>>().join(",")));
    }
    let encoded = |text: &str| percent::encoded(text, b"");
    let mut query: Vec<(String, String)> =
        request.query.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    query.sort_unstable();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let method = &request.method;
    let path = &request.path;
    let query = query.join("&");
    format!("{method}\n{path}\n{query}\n{lines}\n{signed_headers}\n{body}")
}

/// The reason, in AWS's words, why a request of `date` is not accepted at `now`.
fn check_date(date: &str, now: Timestamp) -> Result<(), String> {
    let at = read_date(date).ok_or("Date must be in ISO-8601 'basic format'.")?;
    let show = |at: Timestamp| at.to_rfc3339().replace(['-', ':'], "");
    let earliest = now - LEEWAY;
    let latest = now + LEEWAY;
    if at < earliest {
        let earliest = show(earliest);
        let now = show(now);
        return Err(format!("Signature expired: {date} is now earlier than {earliest} ({now} - 5 min.)"));
    }
    if at > latest {
        let latest = show(latest);
        let now = show(now);
        return Err(format!(
            "Signature not yet current: {date} is still later than {latest} ({now} + 5 min.)"
        ));
    }
    Ok(())
}

/// Reads `20261120T120000Z`.
fn read_date(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once('T')?;
    let part = |text: &str, range| text.get(range).map(str::to_owned);
    let day = [part(day, 0..4)?, part(day, 4..6)?, part(day, 6..8)?].join("-");
    let time = [part(time, 0..2)?, part(time, 2..4)?, part(time, 4..7)?].join(":");
    Timestamp::parse_rfc3339(&format!("{day}T{time}")).filter(|_| text.len() == 16)
}

fn hmac_of(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
