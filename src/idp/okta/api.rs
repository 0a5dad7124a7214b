//! Calls an org: JSON and pages, cookies, and pauses if the org asks for one (Okta developer documentation,
//! "Rate limits", "Error codes").

use std::cell::RefCell;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::OktaError;
use crate::idp::visit;
use crate::world::{Note, World};
use jit_wire::http::{Ask, Body, Headers, HttpAnswer, HttpError};
use jit_wire::secret::{Secret, to_wiped_json};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// The longest pause, in seconds, that jit waits by itself.
const LONGEST_PAUSE: u64 = 60;
/// The pause, in seconds, if the org does not say until when it limits.
const USUAL_PAUSE: u64 = 2;

/// One org, and the cookies that it set in this sign-in.
pub(super) struct Api<'a> {
    pub(super) world: &'a World,
    pub(super) org: TrustedUrl,
    cookies: RefCell<Vec<(String, Secret<String>)>>,
}

/// A refusal by the org.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiError {
    /// `E0000004`.
    pub error_code: String,
    /// The org's explanation.
    pub error_summary: String,
    /// The id by which an administrator finds it in the system log.
    pub error_id: String,
    /// More causes.
    error_causes: Vec<Cause>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Cause {
    error_summary: String,
}

impl ApiError {
    /// The org's text, with what an administrator needs.
    pub fn in_words(&self) -> String {
        let causes = self.error_causes.iter().map(|cause| cause.error_summary.as_str());
        let said: Vec<&str> = std::iter::once(self.error_summary.as_str()).chain(causes).collect();
        let text: String = said.join("; ").chars().take(300).collect();
        format!("\"{text}\" ({}, id {})", bounded(&self.error_code), bounded(&self.error_id))
    }
}

impl<'a> Api<'a> {
    /// # Errors
    /// [`OktaError::Http`] if `org` is not the URL of an org.
    pub(super) fn new(world: &'a World, org: &str) -> Result<Self, OktaError> {
        let org = TrustedUrl::parse(org, Purpose::Idp).map_err(|why| HttpError::bad_url(org, why))?;
        Ok(Self { world, org, cookies: RefCell::default() })
    }

    pub(super) fn host(&self) -> String {
        self.org.authority().to_owned()
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<Secret<String>> {
        self.cookies.borrow().iter().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    }

    pub(super) fn set_cookie(&self, name: &str, value: Secret<String>) {
        let mut cookies = self.cookies.borrow_mut();
        cookies.retain(|(one, _)| one != name);
        cookies.push((name.to_owned(), value));
    }

    /// A page, whatever its status.
    pub(super) async fn page(&self, url: &str) -> Result<HttpAnswer, OktaError> {
        self.ask(Ask { accept: "text/html", ..Ask::get(&self.own(url)?) }).await
    }

    /// A page that a form leads to.
    pub(super) async fn post_page(&self, url: &str, form: &[(&str, &str)]) -> Result<HttpAnswer, OktaError> {
        self.ask(Ask { accept: "text/html", ..Ask::post(&self.own(url)?, Body::Form(form)) }).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, OktaError> {
        self.json(&self.ask(Ask::get(&self.own(url)?)).await?)
    }

    pub(super) async fn delete(&self, url: &str) -> Result<HttpAnswer, OktaError> {
        self.ask(Ask { method: "DELETE", ..Ask::get(&self.own(url)?) }).await
    }

    /// Posts `body` as JSON. It may hold a password, and is wiped.
    pub(super) async fn post<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T, OktaError> {
        let json = Secret::new(std::mem::take(&mut *to_wiped_json(body)));
        self.json(&self.ask(Ask::post(&self.own(url)?, Body::Json(&json))).await?)
    }

    fn json<T: DeserializeOwned>(&self, answer: &HttpAnswer) -> Result<T, OktaError> {
        let body = answer.body.expose();
        if (200..300).contains(&answer.status) {
            return serde_json::from_slice(body).map_err(|_| OktaError::NotUnderstood(answer.status));
        }
        match serde_json::from_slice::<ApiError>(body) {
            Ok(error) if !error.error_code.is_empty() => Err(OktaError::Api(error)),
            _ => Err(OktaError::NotUnderstood(answer.status)),
        }
    }

    async fn ask(&self, ask: Ask<'_>) -> Result<HttpAnswer, OktaError> {
        let answer = self.once(ask).await?;
        if answer.status != 429 {
            return Ok(answer);
        }
        // An SMS that was just sent is reported in the same way, and handled by the caller.
        if serde_json::from_slice::<ApiError>(answer.body.expose())
            .is_ok_and(|error| error.error_code == "E0000109")
        {
            return Ok(answer);
        }
        let pause = self.pause(&answer);
        if pause > LONGEST_PAUSE {
            return Err(OktaError::RateLimited(pause));
        }
        let pause = Duration::from_secs(pause);
        self.world.person.tell(Note::Pausing { host: &self.host(), pause });
        tokio::time::sleep(pause + jitter()).await;
        let again = self.once(ask).await?;
        if again.status == 429 { Err(OktaError::RateLimited(self.pause(&again))) } else { Ok(again) }
    }

    async fn once(&self, ask: Ask<'_>) -> Result<HttpAnswer, OktaError> {
        let cookie =
            self.cookies.borrow().iter().fold(Zeroizing::new(String::new()), |mut all, (name, value)| {
                let separator = if all.is_empty() { "" } else { "; " };
                all.push_str(&format!("{separator}{name}={}", value.expose()));
                all
            });
        let cookie = Some(Secret::new(cookie.to_string())).filter(|cookie| !cookie.expose().is_empty());
        let answer = self.world.http.ask(&Ask { cookie: cookie.as_ref(), ..ask }).await?;
        for line in answer.headers.all("set-cookie") {
            if let Some((name, value)) = cookie_in(line) {
                self.set_cookie(name, Secret::from(value));
            }
        }
        Ok(answer)
    }

    fn pause(&self, answer: &HttpAnswer) -> u64 {
        pause_in(&answer.headers, self.world.clock.now())
    }

    /// Secrets go only to the org, whatever a link says.
    pub(super) fn own(&self, url: &str) -> Result<TrustedUrl, OktaError> {
        let read = TrustedUrl::parse(url, Purpose::PageOf(&self.org)).ok();
        read.filter(|read| read.is_of(&self.org)).ok_or_else(|| OktaError::ForeignLink(bounded(url)))
    }
}

/// Name and value of a cookie that is set.
pub(super) fn cookie_in(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split(';').next()?.split_once('=')?;
    Some((name.trim(), value.trim()))
}

/// How many seconds to wait after a 429: until the reset time that the org names, by the org's clock.
pub(super) fn pause_in(headers: &Headers, now: Timestamp) -> u64 {
    let number = |name: &str| headers.get(name).and_then(|text| text.trim().parse::<i64>().ok());
    let now = headers.get("date").and_then(Timestamp::parse_http_date).unwrap_or(now);
    let until = number("x-rate-limit-reset").map(|at| at.saturating_sub(now.0));
    let pause = until.or_else(|| number("retry-after"));
    pause.map_or(USUAL_PAUSE, |seconds| u64::try_from(seconds.max(1)).unwrap_or(1))
}

/// Up to a second, so that clients that were told to wait do not all return at once.
fn jitter() -> Duration {
    let random = visit::random().unwrap_or_default();
    let sum: u32 = random.bytes().map(u32::from).sum();
    Duration::from_millis(u64::from(sum % 1000))
}

/// The org's text, at most 300 characters.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(300).collect()
}
