//! Asking the token endpoint and its neighbours (RFC 6749, sections 2.3, 3.2, 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::discovery::{Provider, no_json, not_understood};
use super::error::OidcError;
use crate::idp::code::bounded;
use crate::plan::OidcSettings;
use crate::secret::Secret;
use crate::sys::http::{Answer, Ask, Body, HttpError};
use crate::trusted_url::TrustedUrl;
use crate::world::World;

/// What the token endpoint handed over.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) id_token: Option<Secret<String>>,
    pub(super) access_token: Option<Secret<String>>,
    pub(super) refresh_token: Option<Secret<String>>,
}

/// The provider's `error` and `error_description`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

impl Refusal {
    pub(super) fn into_error(self, during: &'static str) -> OidcError {
        OidcError::refused(during, &self.error, self.description.as_deref())
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<Secret<String>>,
    access_token: Option<Secret<String>>,
    refresh_token: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: Option<String>,
    error_description: Option<String>,
}

/// Asks the token endpoint. The inner error is the provider's answer.
///
/// # Errors
/// The network's, or [`OidcError::NotUnderstood`].
pub(super) async fn ask(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    form: &[(&str, &str)],
) -> Result<Result<Tokens, Refusal>, OidcError> {
    let answer = post(settings, world, provider, provider.document.token_endpoint()?, form).await?;
    read(TOKEN_ENDPOINT, &answer, &secrets(settings, form)).map(|answer: Result<TokenAnswer, _>| {
        answer.map(|TokenAnswer { id_token, access_token, refresh_token }| {
            let refresh_token = refresh_token.filter(|token| !token.expose().is_empty());
            Tokens { id_token, access_token, refresh_token }
        })
    })
}

const TOKEN_ENDPOINT: &str = "the token endpoint";

/// The fields of a form that nobody may see.
const SECRET_FIELDS: [&str; 5] = ["code", "code_verifier", "device_code", "refresh_token", "token"];

/// What of `form`, and of the client, must not come back in an error.
pub(super) fn secrets<'a>(settings: &'a OidcSettings, form: &[(&str, &'a str)]) -> Vec<&'a str> {
    let sent = form.iter().filter(|(name, _)| SECRET_FIELDS.contains(name)).map(|(_, value)| *value);
    let own = settings.client_secret.as_ref().map(|secret| secret.value.expose().as_str());
    sent.chain(own).filter(|secret| !secret.is_empty()).collect()
}

/// Reads what an endpoint answered. The JSON decides and the status does not, for providers differ in it. Nothing of
/// the body goes into an error, since it may hold tokens, but for the provider's own words, where the `secrets` that
/// were sent are struck out.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    what: &'static str,
    answer: &Answer,
    secrets: &[&str],
) -> Result<Result<T, Refusal>, OidcError> {
    let unfit = || "JSON of another shape than was asked for".to_owned();
    let body = answer.body.expose();
    let errors: ErrorAnswer = serde_json::from_slice(body).map_err(|error| {
        let why = if error.is_data() { unfit() } else { no_json(answer).to_owned() };
        not_understood(what, answer, why)
    })?;
    if let Some(error) = errors.error {
        let words = |text: &str| {
            let struck = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"));
            bounded(&struck)
        };
        let description = errors.error_description.as_deref().map(words);
        return Ok(Err(Refusal { error: words(&error), description }));
    }
    if !(200..300).contains(&answer.status) {
        return Err(not_understood(what, answer, "no reason".to_owned()));
    }
    serde_json::from_slice(body).map(Ok).map_err(|_| not_understood(what, answer, unfit()))
}

/// Posts `form` as the client of `settings`.
///
/// A client with a secret sends it in the form if the provider says that it takes it there, else as HTTP Basic,
/// which every provider must take (RFC 6749, section 2.3.1) and is meant where discovery is silent.
pub(super) async fn post(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    url: &TrustedUrl,
    form: &[(&str, &str)],
) -> Result<Answer, HttpError> {
    let client_id = settings.client_id.value.as_str();
    let mut form = form.to_vec();
    let Some(secret) = settings.client_secret.as_ref().map(|secret| &secret.value) else {
        form.push(("client_id", client_id));
        return world.http.post_form(url, &form).await;
    };
    let methods = provider.document.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    if methods.iter().any(|method| method == "client_secret_post") {
        form.extend([("client_id", client_id), ("client_secret", secret.expose())]);
        return world.http.post_form(url, &form).await;
    }
    let authorization = basic(client_id, secret);
    let ask = Ask { authorization: Some(&authorization), ..Ask::post(url, Body::Form(&form)) };
    world.http.ask(&ask).await
}

/// HTTP Basic with both halves form-encoded first, as RFC 6749 has it.
fn basic(client_id: &str, secret: &Secret<String>) -> Secret<String> {
    let user: String = byte_serialize(client_id.as_bytes()).collect();
    let password: Zeroizing<String> = Zeroizing::new(byte_serialize(secret.expose().as_bytes()).collect());
    let pair = Zeroizing::new(format!("{user}:{}", *password));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}

/// What the token endpoint may answer.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(answer: &Answer) {
    if let Ok(Err(refusal)) = read::<TokenAnswer>(TOKEN_ENDPOINT, answer, &["hunter2"]) {
        assert!(!refusal.error.contains("hunter2"), "a secret came back");
        let error = refusal.into_error("the sign-in");
        let _ = (error.next(), error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Origin, Valued};
    use crate::sys::http::Headers;

    #[test]
    fn basic_encodes_what_would_end_the_name() {
        let header = basic("a:b c", &Secret::from("p%:ä"));
        assert_eq!(header.expose(), &format!("Basic {}", STANDARD.encode("a%3Ab+c:p%25%3A%C3%A4")));
    }

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer {
            status,
            content_type: content_type.into(),
            headers: Headers::default(),
            body: Secret::new(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn the_json_decides_whatever_the_status() {
        for status in [200, 400, 403, 428, 429, 500] {
            let refused =
                read::<TokenAnswer>("x", &answer(status, "", r#"{"error":"slow_down"}"#), &[]).unwrap();
            assert_eq!(refused.err().unwrap().error, "slow_down", "{status}");
        }
    }

    #[test]
    fn what_is_no_answer_is_named_without_its_content() {
        let cases = [
            (200, "text/html", "hunter2", "a web page instead of JSON"),
            (502, "", " <html>hunter2", "a web page instead of JSON"),
            (200, "application/json", "hunter2", "something that is not JSON"),
            (
                200,
                "application/json",
                r#"{"id_token":["hunter2"]}"#,
                "JSON of another shape than was asked for",
            ),
            (200, "application/json", r#""hunter2""#, "JSON of another shape than was asked for"),
            (404, "application/json", r#"{"id_token":"hunter2"}"#, "no reason"),
        ];
        for (status, content_type, body, expected) in cases {
            match read::<TokenAnswer>("x", &answer(status, content_type, body), &[]) {
                Err(OidcError::NotUnderstood { why, status: got, .. }) => {
                    assert_eq!((why.as_str(), got), (expected, status))
                }
                _ => panic!("{body} was taken for an answer"),
            }
        }
    }

    #[test]
    fn a_provider_that_repeats_what_it_was_sent_is_not_quoted_with_it() {
        let mut settings = crate::idp::oidc::testing::settings("https://acme.example");
        settings.client_secret = Some(Valued::new(Secret::from("s3cr3t"), Origin::Default));
        let form = [("grant_type", "refresh_token"), ("refresh_token", "rt-hunter2"), ("scope", "openid")];
        let body =
            r#"{"error":"invalid_grant","error_description":"refresh_token rt-hunter2 of s3cr3t, openid"}"#;
        let answer = answer(400, "", body);
        let refusal = read::<TokenAnswer>("x", &answer, &secrets(&settings, &form)).unwrap().err().unwrap();
        assert_eq!(refusal.description.as_deref(), Some("refresh_token *** of ***, openid"));
        assert_eq!(refusal.error, "invalid_grant");
    }
}
