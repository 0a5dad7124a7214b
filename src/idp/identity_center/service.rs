//! The calls of the service `sso-oidc`, plain JSON (IAM Identity Center OIDC API reference), and the portal's
//! logout. AWS's SDK for it is not used: it would add half a megabyte for four unsigned calls.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{CenterError, Registration};
use crate::idp::code::bounded;
use crate::plan::CenterSettings;
use crate::world::World;
use jit_wire::http::{Ask, Body, HttpAnswer, HttpError};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// Without this scope there is neither a refresh token nor a list of accounts.
pub(super) const SCOPE: &str = "sso:account:access";
/// As the AWS CLI registers it; the port is free (RFC 8252).
pub(super) const REDIRECT_PATH: &str = "/oauth/callback";
const REGISTERED_REDIRECT: &str = "http://127.0.0.1/oauth/callback";

/// What is exchanged for tokens.
pub(super) enum Grant<'a> {
    Code { code: &'a Secret<String>, redirect_uri: &'a str, verifier: &'a Secret<String> },
    DeviceCode(&'a Secret<String>),
    RefreshToken(&'a Secret<String>),
}

/// What the service issues.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    pub(super) access_token: Secret<String>,
    /// In seconds.
    #[serde(deserialize_with = "within_a_day")]
    pub(super) expires_in: i64,
    pub(super) refresh_token: Option<Secret<String>>,
}

/// A token is valid for hours; a longer time is cut to a day.
fn within_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(i64::deserialize(deserializer)?.clamp(0, 24 * 60 * 60))
}

/// A code for another device.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    pub(super) device_code: Secret<String>,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    pub(super) expires_in: u32,
    #[serde(default)]
    pub(super) interval: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    client_id: String,
    client_secret: Secret<String>,
    client_secret_expires_at: i64,
}

/// Registers a public client for one of the two ways, as the AWS CLI does.
pub(super) async fn register(
    settings: &CenterSettings,
    world: &World,
    by_device: bool,
) -> Result<Registration, CenterError> {
    let mut question = json!({ "clientName": "jit", "clientType": "public", "scopes": [SCOPE] });
    if !by_device {
        question["grantTypes"] = json!(["authorization_code", "refresh_token"]);
        question["redirectUris"] = json!([REGISTERED_REDIRECT]);
        question["issuerUrl"] = json!(settings.start_url.value);
    }
    let registered: Registered = post(settings, world, "/client/register", question).await?;
    Ok(Registration {
        client_id: registered.client_id,
        client_secret: registered.client_secret,
        expires_at: Timestamp(registered.client_secret_expires_at),
        by_device,
    })
}

pub(super) async fn start_device(
    settings: &CenterSettings,
    world: &World,
    client: &Registration,
) -> Result<Device, CenterError> {
    let question = json!({
        "clientId": client.client_id,
        "clientSecret": client.client_secret.expose(),
        "startUrl": settings.start_url.value,
    });
    let device: Device = post(settings, world, "/device_authorization", question).await?;
    let shown = [Some(&device.verification_uri), device.verification_uri_complete.as_ref()];
    let service = at(&settings.oidc(), "")?;
    let safe = |url: &String| TrustedUrl::parse(url, Purpose::PageOf(&service)).is_ok();
    if device.user_code.is_empty() || device.user_code.len() > 64 || !shown.into_iter().flatten().all(safe) {
        return Err(CenterError::NotUnderstood(200));
    }
    Ok(device)
}

pub(super) async fn tokens(
    settings: &CenterSettings,
    world: &World,
    client: &Registration,
    grant: &Grant<'_>,
) -> Result<Tokens, CenterError> {
    let mut question = json!({ "clientId": client.client_id, "clientSecret": client.client_secret.expose() });
    let more = match grant {
        Grant::Code { code, redirect_uri, verifier } => json!({
            "grantType": "authorization_code",
            "code": code.expose(),
            "redirectUri": redirect_uri,
            "codeVerifier": verifier.expose(),
        }),
        Grant::DeviceCode(code) => json!({
            "grantType": "urn:ietf:params:oauth:grant-type:device_code",
            "deviceCode": code.expose(),
        }),
        Grant::RefreshToken(token) => {
            json!({ "grantType": "refresh_token", "refreshToken": token.expose() })
        }
    };
    if let (Some(question), Value::Object(more)) = (question.as_object_mut(), more) {
        question.extend(more);
    }
    post(settings, world, "/token", question).await
}

/// Ends the session of the portal.
pub(super) async fn logout(
    settings: &CenterSettings,
    world: &World,
    access_token: &Secret<String>,
) -> Result<(), CenterError> {
    let url = at(&settings.portal(), "/logout")?;
    let headers = [("x-amz-sso_bearer_token", access_token.clone())];
    let ask = Ask { headers: &headers, ..Ask::post(&url, Body::Empty) };
    let answer = world.http.ask(&ask).await?;
    match answer.status {
        // If it has ended already, that is fine.
        200..=299 | 401 => Ok(()),
        _ => Err(refusal(&answer)),
    }
}

fn at(service: &str, path: &str) -> Result<TrustedUrl, HttpError> {
    let url = format!("{service}{path}");
    TrustedUrl::parse(&url, Purpose::AwsEndpoint).map_err(|why| HttpError::bad_url(&url, why))
}

async fn post<T: DeserializeOwned>(
    settings: &CenterSettings,
    world: &World,
    path: &str,
    mut question: Value,
) -> Result<T, CenterError> {
    let url = at(&settings.oidc(), path)?;
    let body = Secret::new(question.to_string().into_bytes());
    if let Some(question) = question.as_object_mut() {
        for (_, value) in question.iter_mut() {
            if let Value::String(text) = value {
                zeroize::Zeroize::zeroize(text);
            }
        }
    }
    let answer = world.http.ask(&Ask::post(&url, Body::Json(&body))).await?;
    if !(200..300).contains(&answer.status) {
        return Err(refusal(&answer));
    }
    serde_json::from_slice(answer.body.expose()).map_err(|_| CenterError::NotUnderstood(answer.status))
}

/// The error code is in the body (`error`), or only in a header, as the name of its exception.
fn refusal(answer: &HttpAnswer) -> CenterError {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct ErrorBody {
        error: String,
        error_description: String,
        message: String,
    }
    let refused: ErrorBody = serde_json::from_slice(answer.body.expose()).unwrap_or_default();
    let named = answer.headers.get("x-amzn-errortype").map(snake).unwrap_or_default();
    let error = if refused.error.is_empty() { named } else { bounded(&refused.error) };
    let words = [refused.error_description, refused.message].into_iter().find(|text| !text.is_empty());
    match error.is_empty() {
        true => CenterError::NotUnderstood(answer.status),
        false => CenterError::Refused { error, description: words.map(|text| bounded(&text)) },
    }
}

/// `InvalidGrantException:http://…` as `invalid_grant`.
fn snake(name: &str) -> String {
    let name = name.split(':').next().unwrap_or_default().trim_end_matches("Exception");
    let mut snake = String::new();
    for c in name.chars().take(64) {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// What the service may answer.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(status: u16, body: &[u8]) {
    let name = String::from_utf8_lossy(body);
    let answer = HttpAnswer {
        status,
        content_type: String::new(),
        headers: jit_wire::http::Headers::of(&[("x-amzn-errortype", &name)]),
        body: Secret::new(body.to_vec()),
    };
    let error = refusal(&answer);
    let _ = (jit_wire::explain::Explain::next(&error), error.client_is_forgotten());
    assert!(error.to_string().chars().count() < 1024, "an error is short");
    let _ = serde_json::from_slice::<Registered>(body);
    let _ = serde_json::from_slice::<Device>(body);
    if let Ok(tokens) = serde_json::from_slice::<Tokens>(body) {
        assert!((0..=24 * 60 * 60).contains(&tokens.expires_in));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jit_wire::http::Headers;

    #[test]
    fn refusals_are_named_by_body_or_header() {
        let answer = |status, header: &str, body: &str| HttpAnswer {
            status,
            content_type: String::new(),
            headers: Headers::of(&[("x-amzn-errortype", header)]),
            body: Secret::new(body.as_bytes().to_vec()),
        };
        let cases = [
            (
                400,
                "",
                r#"{"error":"invalid_grant","error_description":"no"}"#,
                "the portal refused: invalid_grant (no)",
            ),
            (
                400,
                "AuthorizationPendingException:http://x/",
                "{}",
                "the portal refused: authorization_pending",
            ),
            (
                401,
                "UnauthorizedException",
                r#"{"message":"Session token not found"}"#,
                "the portal refused: unauthorized (Session token not found)",
            ),
            (502, "", "<html>", "the portal answered with status 502 and a response that jit could not read"),
        ];
        for (status, header, body, words) in cases {
            assert_eq!(refusal(&answer(status, header, body)).to_string(), words);
        }
    }
}
