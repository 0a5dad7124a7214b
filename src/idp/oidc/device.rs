//! Signing in without a browser: the device authorization grant (RFC 8628).

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use tokio::time::Instant;

use super::discovery::{self, Provider, insecure, not_understood};
use super::error::OidcError;
use super::request::{self, scopes};
use super::token_endpoint::{self, Endpoint, Posted, Tokens};
use super::{Safe, TokenChecks, accept};
use crate::idp::LoginOptions;
use crate::idp::oidc::OidcLogin;
use crate::plan::OidcSettings;
use crate::world::{Note, World};
use jit_wire::secret::Secret;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// The polling interval if the IdP names none (RFC 8628, section 3.5), and what `slow_down` adds.
const FIVE_SECONDS: Duration = Duration::from_secs(5);
/// The limit for a code's length; people have to type it.
const LONGEST_CODE: usize = 64;

#[derive(Deserialize)]
struct DeviceAnswer {
    device_code: Secret<String>,
    user_code: String,
    verification_uri: Option<String>,
    /// Google's name for it, from a draft of the RFC.
    verification_url: Option<String>,
    verification_uri_complete: Option<String>,
    #[serde(deserialize_with = "seconds", default)]
    expires_in: Option<Duration>,
    #[serde(deserialize_with = "seconds", default)]
    interval: Option<Duration>,
}

/// Seconds as a number or, as some IdPs write them, as a string.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let whole = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    // A day is long enough; the limit keeps the sums below from overflowing.
    Ok(whole.map(|seconds| Duration::from_secs(seconds.min(24 * 60 * 60))))
}

/// Shows a code to the person and waits until they have approved it elsewhere.
pub(super) async fn sign_in(
    settings: &OidcSettings,
    world: &World,
    provider: Provider,
    options: &LoginOptions,
    safe: Safe<'_>,
) -> Result<OidcLogin, OidcError> {
    let mut pace = RealTime(Instant::now());
    let tokens = ask(settings, world, &provider, options, &mut pace).await?;
    // There is no nonce and no `max_age` in this flow.
    let checks = TokenChecks { nonce: None, signed_in_within: None, by_refresh: false };
    accept(settings, world, provider, tokens, checks, safe).await
}

async fn ask(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    options: &LoginOptions,
    pace: &mut impl Pace,
) -> Result<Tokens, OidcError> {
    const WHAT: &str = "the device endpoint";
    let endpoint = provider.document.device_authorization_endpoint.as_ref();
    let endpoint = endpoint.ok_or(OidcError::Lacks { what: "device codes" })?;
    let scopes = scopes(settings, provider);
    let mut form = vec![("scope", scopes.as_str())];
    if let Some(audience) = &settings.audience {
        form.push(("audience", &audience.value));
    }
    // Not in RFC 8628, which lets a server ignore unknown parameters.
    let acr_values = request::acr_values(settings);
    let max_age = request::max_age(settings);
    let max_age = max_age.map(|seconds| seconds.to_string());
    form.extend(acr_values.as_deref().map(|values| ("acr_values", values)));
    form.extend(max_age.as_deref().map(|seconds| ("max_age", seconds)));
    let at = Endpoint { url: endpoint, methods: provider.document.token_methods() };
    let Posted { answer, .. } = token_endpoint::post(settings, world, provider, at, &form).await?;
    let device: DeviceAnswer =
        token_endpoint::read(WHAT, &answer, &token_endpoint::secrets(settings, &form))?
            .map_err(|refusal| refusal.into_error("the device code"))?;

    let url = device.verification_uri.or(device.verification_url);
    let url = url.filter(|_| !device.user_code.is_empty() && device.user_code.len() <= LONGEST_CODE);
    let url = url.ok_or_else(|| not_understood(WHAT, &answer, "no code that can be typed".to_owned()))?;
    let issuer = discovery::issuer(settings)?;
    let page = |url: &str| TrustedUrl::parse(url, Purpose::PageOf(&issuer));
    let url = page(&url).map_err(|why| insecure("verification_uri", &url, why))?;
    let complete = device.verification_uri_complete.and_then(|url| page(&url).ok());
    let lifetime = device.expires_in.unwrap_or(options.within).min(options.within);
    world.person.tell(Note::DeviceCode {
        user_code: &device.user_code,
        url: url.as_str(),
        complete_url: complete.as_ref().map(TrustedUrl::as_str),
        lifetime,
    });
    let interval = device.interval.unwrap_or(FIVE_SECONDS).max(Duration::from_secs(1));
    poll(settings, world, provider, &device.device_code, Wait { interval, lifetime }, pace).await
}

/// What the device endpoint may answer.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(answer: &jit_wire::http::HttpAnswer) {
    if let Ok(Ok(device)) = token_endpoint::read::<DeviceAnswer>("the device endpoint", answer, &[]) {
        let _ = device.expires_in.unwrap_or_default() + device.interval.unwrap_or_default() * 2;
        let _ = device.verification_uri.or(device.verification_url).unwrap_or_default();
    }
}

struct Wait {
    interval: Duration,
    lifetime: Duration,
}

/// Polls until the person has decided (RFC 8628, section 3.5).
async fn poll(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    device_code: &Secret<String>,
    Wait { mut interval, lifetime }: Wait,
    pace: &mut impl Pace,
) -> Result<Tokens, OidcError> {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", device_code.expose()),
    ];
    loop {
        if pace.elapsed() + interval > lifetime {
            return Err(OidcError::CodeExpired(lifetime));
        }
        pace.wait(interval).await;
        let failure = match token_endpoint::ask(settings, world, provider, &form).await {
            Ok(Ok(tokens)) => return Ok(tokens),
            Ok(Err(refusal)) => match refusal.error.as_str() {
                "authorization_pending" => continue,
                "slow_down" => {
                    interval += FIVE_SECONDS;
                    continue;
                }
                // Entra returns the second for a code that it no longer knows.
                "expired_token" | "bad_verification_code" => return Err(OidcError::CodeExpired(lifetime)),
                _ => refusal.into_error("the device code"),
            },
            Err(error) => error,
        };
        if !failure.is_transient() {
            return Err(failure);
        }
        interval *= 2;
    }
}

/// The passing of time, which a test can simulate.
trait Pace {
    /// How long it has been.
    fn elapsed(&self) -> Duration;
    async fn wait(&mut self, duration: Duration);
}

struct RealTime(Instant);

impl Pace for RealTime {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    async fn wait(&mut self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests;
