//! The credentials of the machine that jit runs on: from a container's endpoint, or from the metadata service
//! of an EC2 instance (AWS SDKs and Tools Reference Guide, "Container credential provider" and "IMDS
//! credential provider").

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::time::Duration;

use serde::Deserialize;

use jit_wire::credentials::{BadCredentials, Credentials};
use jit_wire::http::{Ask, Http, HttpAnswer, HttpError};
use jit_wire::secret::Secret;
use jit_wire::timestamp::{NoMoment, Timestamp};
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

/// The lifetime of a metadata service token, in seconds. It is used only once, immediately.
const TOKEN_LIFE: &str = "60";

/// Why there are no credentials from the machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A URL from which credentials must not be taken.
    #[error("`{url}` {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Address { url: String, why: UrlError },
    /// It refused.
    #[error("{host} answered with status {status}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Refused { host: String, status: u16 },
    /// The metadata service supports only its first version.
    #[error(
        "the metadata service at {0} issues no token, and jit does not use version 1 of the service, which \
         works without one"
    )]
    NoToken(String),
    /// No role is attached to the instance.
    #[error("no role is attached to this instance")]
    NoRole,
    /// An answer whose `Expiration` is not a time.
    #[error("the Expiration in the response of {host} {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Expiration { host: String, why: NoMoment },
    /// Credentials that are not valid.
    #[error("{host} answered with invalid credentials: {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Unfit { host: String, why: BadCredentials },
    /// An answer without credentials in it.
    #[error("{0} answered without credentials")]
    Unreadable(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MachineResponse {
    access_key_id: String,
    secret_access_key: Secret<String>,
    token: Secret<String>,
    expiration: String,
}

/// The answer of the endpoint at `url`; `token` is what it requires.
///
/// # Errors
/// [`MachineError`].
pub async fn of_container(
    http: &Http,
    url: &str,
    token: Option<&Secret<String>>,
) -> Result<Credentials, MachineError> {
    let url = read(url, Purpose::Container)?;
    let host = url.authority();
    let answer = http.ask(&Ask { authorization: token, ..Ask::get(&url) }).await?;
    credentials(host, &good(host, answer)?)
}

fn read(url: &str, purpose: Purpose<'_>) -> Result<TrustedUrl, MachineError> {
    TrustedUrl::parse(url, purpose).map_err(|why| MachineError::Address { url: url.to_owned(), why })
}

/// The metadata service of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    /// Its URL, without a trailing slash.
    pub url: &'a str,
    /// The time limit for each answer.
    pub within: Duration,
    /// How often it is tried.
    pub attempts: u32,
}

impl Metadata<'_> {
    /// The credentials from the service's second version, which requires a token first. The first version is
    /// never used: it answers anybody who can make this machine send a request.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn credentials(&self, http: &Http) -> Result<Credentials, MachineError> {
        const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
        let url = read(self.url, Purpose::Instance)?;
        let host = url.authority();
        let wanted = [("x-aws-ec2-metadata-token-ttl-seconds", Secret::new(TOKEN_LIFE.to_owned()))];
        let below = |path: &str| url.below(path).map_err(|_| MachineError::Unreadable(host.to_owned()));
        let token_url = below("/latest/api/token")?;
        let ask = Ask { method: "PUT", accept: "*/*", headers: &wanted, ..Ask::get(&token_url) };
        let token = match self.ask(http, &ask).await {
            Ok(HttpAnswer { status: 403..=405, .. }) | Err(HttpError::Timeout { .. }) => {
                return Err(MachineError::NoToken(host.to_owned()));
            }
            answer => good(host, answer?)?,
        };
        let shown = [("x-aws-ec2-metadata-token", Secret::new(text(host, &token)?))];
        let get = async |url: &TrustedUrl| {
            self.ask(http, &Ask { accept: "*/*", headers: &shown, ..Ask::get(url) }).await
        };
        let listed = get(&below(ROLES)?).await?;
        if listed.status == 404 {
            return Err(MachineError::NoRole);
        }
        let listed = text(host, &good(host, listed)?)?;
        let role = listed.lines().next().filter(|role| !role.is_empty()).ok_or(MachineError::NoRole)?;
        credentials(host, &good(host, get(&below(&format!("{ROLES}{role}"))?).await?)?)
    }

    /// Tries until there is an answer that another attempt would not improve.
    async fn ask(&self, http: &Http, ask: &Ask<'_>) -> Result<HttpAnswer, HttpError> {
        let mut left = self.attempts;
        loop {
            left = left.saturating_sub(1);
            let answer = tokio::time::timeout(self.within, http.ask(ask)).await;
            let late = || HttpError::Timeout { host: ask.url.authority().to_owned() };
            let answer = answer.unwrap_or_else(|_| Err(late()));
            let may_pass = match &answer {
                Ok(answer) => answer.status >= 500 || answer.status == 429,
                Err(error) => matches!(error, HttpError::Timeout { .. } | HttpError::Unreachable { .. }),
            };
            if !may_pass || left == 0 {
                return answer;
            }
        }
    }
}

fn good(host: &str, answer: HttpAnswer) -> Result<HttpAnswer, MachineError> {
    let status = answer.status;
    if status == 200 { Ok(answer) } else { Err(MachineError::Refused { host: host.to_owned(), status }) }
}

fn text(host: &str, answer: &HttpAnswer) -> Result<String, MachineError> {
    let text = std::str::from_utf8(answer.body.expose()).ok().map(|text| text.trim().to_owned());
    text.filter(|text| text.chars().all(|c| !c.is_control() || c == '\n'))
        .ok_or_else(|| MachineError::Unreadable(host.to_owned()))
}

fn credentials(host: &str, answer: &HttpAnswer) -> Result<Credentials, MachineError> {
    let unreadable = || MachineError::Unreadable(host.to_owned());
    let given: MachineResponse = serde_json::from_slice(answer.body.expose()).map_err(|_| unreadable())?;
    let expires_at = Timestamp::parse_expiration(&given.expiration)
        .map_err(|why| MachineError::Expiration { host: host.to_owned(), why })?;
    let secrets = [&given.secret_access_key, &given.token];
    if given.access_key_id.is_empty() || secrets.iter().any(|secret| secret.expose().is_empty()) {
        return Err(unreadable());
    }
    Credentials::new(given.access_key_id, given.secret_access_key, given.token, expires_at)
        .map_err(|why| MachineError::Unfit { host: host.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jit_wire::http::Headers;

    /// Was a bug: any server that a variable named as the metadata service was called, even over plain http.
    #[tokio::test(flavor = "current_thread")]
    async fn credentials_come_only_from_this_machine_its_link_or_over_tls() {
        let http = Http::new(&jit_wire::env::Env::of([]));
        for url in
            ["http://vault.example", "http://127.0.0.1.evil.example", "http://169.254.169.254@evil.example"]
        {
            let metadata = Metadata { url, within: Duration::from_secs(1), attempts: 1 };
            let of_instance = metadata.credentials(&http).await;
            assert!(matches!(of_instance, Err(MachineError::Address { .. })), "{url}");
            let of_container = of_container(&http, url, None).await;
            assert!(matches!(of_container, Err(MachineError::Address { .. })), "{url}");
        }
    }

    /// Found while a fuzz target was written: an answer without a key was passed on as credentials.
    #[test]
    fn incomplete_credentials_are_refused() {
        let read = |key: &str, token: &str| {
            let body = format!(
                r#"{{"AccessKeyId":"{key}","SecretAccessKey":"s","Token":"{token}","Expiration":"2026-11-20T13:00:00Z"}}"#
            );
            let body = Secret::new(body.into_bytes());
            credentials(
                "h",
                &HttpAnswer { status: 200, content_type: String::new(), headers: Headers::default(), body },
            )
        };
        assert!(read("ASIA1", "t").is_ok());
        for (key, token) in [("", "t"), ("ASIA1", "")] {
            assert!(matches!(read(key, token), Err(MachineError::Unreadable(_))));
        }
    }
}
