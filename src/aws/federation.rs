//! The console's sign-in: it turns a session into a URL that signs in (IAM User Guide, "Enable custom
//! identity broker access to the AWS console").

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use jit_wire::credentials::Credentials;
use jit_wire::http::{Http, HttpAnswer, HttpError};
use jit_wire::secret::{Secret, to_wiped_json};
use jit_wire::trusted_url::TrustedUrl;

/// Why there is no URL.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The sign-in page refused. It gives no reasons: the session has expired, or is from another partition.
    #[error("AWS's sign-in page does not accept the session (status {0})")]
    Refused(u16),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TokenResponse {
    signin_token: Secret<String>,
}

/// The URL at `sign_in` (such as `https://eu-west-1.signin.aws.amazon.com`) that opens the console at
/// `destination`, signed in with `credentials`. Anybody who has it is signed in; it is valid for 15 minutes.
///
/// `duration` is how long the console's session lasts, in seconds; AWS accepts it only for sessions that did
/// not come from another role's session. Without it, the session lasts as long as the credentials.
///
/// # Errors
/// [`FederationError`].
pub async fn login_url(
    http: &Http,
    sign_in: &TrustedUrl,
    credentials: &Credentials,
    duration: Option<u32>,
    destination: &str,
) -> Result<Secret<String>, FederationError> {
    let federation = sign_in.below("federation").map_err(|why| HttpError::bad_url(sign_in.as_str(), why))?;
    let session = session_json(credentials);
    let seconds = duration.map(|seconds| seconds.to_string());
    let mut form = vec![("Action", "getSigninToken"), ("Session", &*session)];
    form.extend(seconds.as_deref().map(|seconds| ("SessionDuration", seconds)));
    // Posted, so that proxies do not log it.
    let mut answer = http.post_form(&federation, &form).await?;
    if answer.status == 400 && duration.is_some() {
        form.pop();
        answer = http.post_form(&federation, &form).await?;
    }
    sign_in_url(federation.as_str(), destination, &answer)
}

/// The URL in an answer of the sign-in page.
pub(super) fn sign_in_url(
    federation: &str,
    destination: &str,
    answer: &HttpAnswer,
) -> Result<Secret<String>, FederationError> {
    if answer.status != 200 {
        return Err(FederationError::Refused(answer.status));
    }
    let given: TokenResponse =
        serde_json::from_slice(answer.body.expose()).map_err(|_| FederationError::Refused(answer.status))?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "login")
        .append_pair("Issuer", "")
        .append_pair("Destination", destination)
        .append_pair("SigninToken", given.signin_token.expose())
        .finish();
    Ok(Secret::new(format!("{federation}?{query}")))
}

/// The session in the form that the sign-in page accepts.
pub(crate) fn session_json(credentials: &Credentials) -> Zeroizing<String> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct SessionJson<'a> {
        session_id: &'a str,
        session_key: &'a str,
        session_token: &'a str,
    }
    let mut json = to_wiped_json(&SessionJson {
        session_id: &credentials.access_key_id,
        session_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.expose(),
    });
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jit_wire::timestamp::Timestamp;

    #[test]
    fn the_session_is_json() {
        let credentials = Credentials::new("ASIA1".to_owned(), "a/b+c=".into(), "t".into(), Timestamp(0))
            .expect("credentials");
        let expected = r#"{"sessionId":"ASIA1","sessionKey":"a/b+c=","sessionToken":"t"}"#;
        assert_eq!(*session_json(&credentials), expected);
    }
}
