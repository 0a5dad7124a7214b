//! Calls the token endpoint and similar endpoints (RFC 6749, sections 2.3, 3.2, 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::discovery::{Provider, no_json, not_understood};
use super::error::OidcError;
use crate::idp::code::bounded;
use crate::plan::{ClientAuth, OidcSettings};
use crate::world::World;
use jit_wire::http::{Ask, Body, HttpAnswer, HttpError};
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;

#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) id_token: Option<Secret<String>>,
    pub(super) access_token: Option<Secret<String>>,
    pub(super) refresh_token: Option<Secret<String>>,
    /// What is wrong with the rest of the answer.
    pub(super) unfit: Option<OidcError>,
    /// How the client authenticated.
    pub(super) client_auth: Option<ClientAuth>,
}

/// The IdP's `error` and `error_description`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
    pub(super) description: Option<String>,
    /// What the IdP requires the next authorization request to ask for.
    pub(super) claims: Option<String>,
}

impl Refusal {
    pub(super) fn into_error(self, during: &'static str) -> OidcError {
        let Self { error, description, claims } = self;
        match claims {
            Some(claims) => OidcError::ClaimsWanted { during, error, description, claims },
            None => OidcError::refused(during, &error, description.as_deref()),
        }
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<Secret<String>>,
    access_token: Option<Secret<String>>,
    refresh_token: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct OnlyRefreshToken {
    refresh_token: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: Option<String>,
    error_description: Option<String>,
    /// Of any type: an unexpected one must not hide the error.
    claims: Option<serde_json::Value>,
}

/// Calls the token endpoint. The inner error is the IdP's answer.
///
/// # Errors
/// Network errors, or [`OidcError::NotUnderstood`].
pub(super) async fn ask(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    form: &[(&str, &str)],
) -> Result<Result<Tokens, Refusal>, OidcError> {
    let at =
        Endpoint { url: provider.document.token_endpoint()?, methods: provider.document.token_methods() };
    let Posted { answer, client_auth } = post(settings, world, provider, at, form).await?;
    let given = |token: Option<Secret<String>>| token.filter(|token| !token.expose().is_empty());
    let read = read(TOKEN_ENDPOINT, &answer, &secrets(settings, form));
    let (given_up, unfit) = match read {
        Ok(Ok(TokenAnswer { id_token, access_token, refresh_token })) => {
            ((given(id_token), given(access_token), given(refresh_token)), None)
        }
        Ok(Err(refusal)) => return Ok(Err(refusal)),
        // Whatever else is wrong with the answer: a refresh token that stays valid at the IdP must not be
        // lost.
        Err(error) => match serde_json::from_slice::<OnlyRefreshToken>(answer.body.expose()) {
            Ok(rest) if answer.status == 200 => ((None, None, given(rest.refresh_token)), Some(error)),
            _ => return Err(error),
        },
    };
    let (id_token, access_token, refresh_token) = given_up;
    Ok(Ok(Tokens { id_token, access_token, refresh_token, unfit, client_auth }))
}

pub(super) const TOKEN_ENDPOINT: &str = "the token endpoint";

/// The secret fields of a form.
const SECRET_FIELDS: [&str; 5] = ["code", "code_verifier", "device_code", "refresh_token", "token"];

/// The parts of `form`, and of the client, that must not appear in an error.
pub(super) fn secrets<'a>(settings: &'a OidcSettings, form: &[(&str, &'a str)]) -> Vec<&'a str> {
    let sent = form.iter().filter(|(name, _)| SECRET_FIELDS.contains(name)).map(|(_, value)| *value);
    let own = settings.client_secret.as_ref().map(|secret| secret.value.expose().as_str());
    sent.chain(own).filter(|secret| !secret.is_empty()).collect()
}

/// Reads the answer of an endpoint. The JSON counts and not the status, because IdPs differ in it. An error
/// quotes nothing of the body, which may contain tokens, except the IdP's own error text, with the `secrets`
/// that were sent removed.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    what: &'static str,
    answer: &HttpAnswer,
    secrets: &[&str],
) -> Result<Result<T, Refusal>, OidcError> {
    let unfit = || "unexpected JSON".to_owned();
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
        let claims = errors
            .claims
            .as_ref()
            .and_then(challenge)
            .filter(|text| !secrets.iter().any(|secret| text.contains(secret)));
        return Ok(Err(Refusal { error: words(&error), description, claims }));
    }
    if !(200..300).contains(&answer.status) {
        return Err(not_understood(what, answer, "no reason".to_owned()));
    }
    serde_json::from_slice(body).map(Ok).map_err(|_| not_understood(what, answer, unfit()))
}

/// The length limit of a claims challenge.
const LONGEST_CHALLENGE: usize = 2048;

/// A claims challenge as compact JSON. Entra sends it as a string that contains an object (Microsoft identity
/// platform, "Claims challenges"). Anything but an object of objects is ignored.
fn challenge(claims: &serde_json::Value) -> Option<String> {
    let text = claims.as_str()?;
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    let good = !object.is_empty() && object.values().all(serde_json::Value::is_object);
    let compact = good.then(|| serde_json::Value::Object(object).to_string());
    compact.filter(|text| text.len() <= LONGEST_CHALLENGE)
}

/// An endpoint that requires client authentication, and the methods that it accepts, if the IdP announces
/// them.
#[derive(Clone, Copy)]
pub(super) struct Endpoint<'a> {
    pub(super) url: &'a TrustedUrl,
    pub(super) methods: Option<&'a [String]>,
}

/// The answer, and how the client authenticated.
pub(super) struct Posted {
    pub(super) answer: HttpAnswer,
    pub(super) client_auth: Option<ClientAuth>,
}

/// Posts `form` as the client of `settings`.
///
/// A client without a secret sends its id. One with a secret sends it as HTTP Basic, which every IdP must
/// support (RFC 6749, section 2.3.1), unless the endpoint announces other methods. If the endpoint may accept
/// the secret in the form, and its answer may mean that it wants it there, it is called a second time. A
/// server checks the client before it checks a code or a token, so neither is used up by that. `client_auth`
/// in the configuration allows only one way.
pub(super) async fn post(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    at: Endpoint<'_>,
    form: &[(&str, &str)],
) -> Result<Posted, HttpError> {
    let client_id = settings.client_id.value.as_str();
    let Some(secret) = settings.client_secret.as_ref().map(|secret| &secret.value) else {
        let form: Vec<_> = form.iter().copied().chain([("client_id", client_id)]).collect();
        let answer = world.http.post_form(at.url, &form).await?;
        return Ok(Posted { answer, client_auth: None });
    };
    let ways = ways(settings.client_auth.as_ref().map(|at| at.value), at.methods, provider.client_auth);
    let mut ways = ways.into_iter().peekable();
    loop {
        let way = ways.next().unwrap_or(ClientAuth::Basic);
        let answer = match way {
            ClientAuth::Basic => {
                let authorization = basic(client_id, secret);
                let ask = Ask { authorization: Some(&authorization), ..Ask::post(at.url, Body::Form(form)) };
                world.http.ask(&ask).await?
            }
            ClientAuth::Post => {
                let own = [("client_id", client_id), ("client_secret", secret.expose())];
                let form: Vec<_> = form.iter().copied().chain(own).collect();
                world.http.post_form(at.url, &form).await?
            }
        };
        if ways.peek().is_none() || !may_mean_the_client(&answer) {
            return Ok(Posted { answer, client_auth: Some(way) });
        }
    }
}

/// The methods to try, in order: the configured one, or the one that worked the last time before the other.
fn ways(
    configured: Option<ClientAuth>,
    announced: Option<&[String]>,
    worked: Option<ClientAuth>,
) -> Vec<ClientAuth> {
    if let Some(configured) = configured {
        return vec![configured];
    }
    let both = [ClientAuth::Basic, ClientAuth::Post];
    let said = |way: &ClientAuth| announced.is_some_and(|list| list.iter().any(|one| one == way.name()));
    let mut ways: Vec<_> = both.into_iter().filter(said).collect();
    if ways.is_empty() {
        ways = both.to_vec();
    }
    ways.sort_by_key(|way| Some(*way) != worked);
    ways
}

/// Whether a refusal may be about client authentication: 401, or the error code for it, or the error of
/// servers that ignore HTTP Basic and miss the client in the form.
fn may_mean_the_client(answer: &HttpAnswer) -> bool {
    let refused: ErrorAnswer = match serde_json::from_slice(answer.body.expose()) {
        Ok(refused) => refused,
        Err(_) => return answer.status == 401,
    };
    match refused.error.as_deref() {
        Some("invalid_client") => true,
        Some("invalid_request" | "unauthorized_client") => {
            let words = refused.error_description.unwrap_or_default().to_ascii_lowercase();
            words.contains("client")
        }
        Some(_) => false,
        None => answer.status == 401,
    }
}

/// HTTP Basic with both halves form-encoded first, as RFC 6749 requires.
fn basic(client_id: &str, secret: &Secret<String>) -> Secret<String> {
    let user: String = byte_serialize(client_id.as_bytes()).collect();
    let password: Zeroizing<String> = Zeroizing::new(byte_serialize(secret.expose().as_bytes()).collect());
    let pair = Zeroizing::new(format!("{user}:{}", *password));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}

/// What the token endpoint may answer.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(answer: &HttpAnswer) {
    if let Ok(Err(refusal)) = read::<TokenAnswer>(TOKEN_ENDPOINT, answer, &["hunter2"]) {
        assert!(!refusal.error.contains("hunter2"), "a secret came back");
        let error = refusal.into_error("the sign-in");
        let _ = (jit_wire::explain::Explain::next(&error), error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Origin, Valued};
    use jit_wire::explain::{Explain as _, Kind};
    use jit_wire::http::Headers;

    #[test]
    fn http_basic_encodes_special_characters() {
        let header = basic("a:b c", &Secret::from("p%:ä"));
        assert_eq!(header.expose(), &format!("Basic {}", STANDARD.encode("a%3Ab+c:p%25%3A%C3%A4")));
    }

    fn answer(status: u16, content_type: &str, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            content_type: content_type.into(),
            headers: Headers::default(),
            body: Secret::new(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn the_json_counts_and_not_the_status() {
        for status in [200, 400, 403, 428, 429, 500] {
            let refused =
                read::<TokenAnswer>("x", &answer(status, "", r#"{"error":"slow_down"}"#), &[]).unwrap();
            assert_eq!(refused.err().unwrap().error, "slow_down", "{status}");
        }
    }

    /// The `claims` that came with an error, and what is passed on into the next request.
    #[test]
    fn a_claims_challenge_is_an_object_of_objects() {
        let good = r#"{"access_token":{"capolids":{"essential":true,"values":["1"]}}}"#;
        let long = format!(r#"{{"id_token":{{"acr":{{"value":"{}"}}}}}}"#, "x".repeat(3000));
        let cases = [
            (serde_json::json!(good), Some(good)),
            (serde_json::json!(good.replace(':', " : ")), Some(good)),
            (serde_json::json!("{}"), None),
            (serde_json::json!("[]"), None),
            (serde_json::json!(r#"{"id_token":"acr"}"#), None),
            (serde_json::json!(r#"{"id_token":{"acr":"hunter2"}}"#), None),
            (serde_json::json!(long), None),
            (serde_json::json!("no JSON"), None),
            (serde_json::json!(7), None),
            (serde_json::json!(null), None),
        ];
        for (claims, expected) in cases {
            let body = serde_json::json!({ "error": "interaction_required", "claims": claims }).to_string();
            let refusal =
                read::<TokenAnswer>("x", &answer(400, "", &body), &["hunter2"]).unwrap().err().unwrap();
            assert_eq!(refusal.claims.as_deref(), expected, "{claims}");
            let error = refusal.into_error("the refresh");
            assert!(error.needs_new_login() && (error.kind() == Kind::Refused), "{error}");
            assert_eq!(error.claims(), expected);
        }
    }

    #[test]
    fn an_unusable_answer_is_reported_without_its_content() {
        let cases = [
            (200, "text/html", "hunter2", "a web page instead of JSON"),
            (502, "", " <html>hunter2", "a web page instead of JSON"),
            (200, "application/json", "hunter2", "something that is not JSON"),
            (200, "application/json", r#"{"id_token":["hunter2"]}"#, "unexpected JSON"),
            (200, "application/json", r#""hunter2""#, "unexpected JSON"),
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
    fn secrets_that_an_idp_repeats_are_not_quoted() {
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
