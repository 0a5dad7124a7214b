//! The console's sign-in: a session becomes an address that is signed in (IAM User Guide, "Enable custom identity broker
//! access to the AWS console").

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::secret::Secret;
use crate::sys::http::{Http, HttpError};

/// Why there is no address.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The sign-in page said no. It gives no reasons: the session is over, or of another partition.
    #[error("AWS's sign-in page does not take the session (status {0})")]
    Refused(u16),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    signin_token: Secret<String>,
}

/// The address at `sign_in` (such as `https://eu-west-1.signin.aws.amazon.com`) where the console opens at `destination`,
/// signed in as `credentials`. Whoever has it is signed in; it is good for 15 minutes.
///
/// `duration` is how long the console's session lives, in seconds; AWS takes that only of sessions that no other role's
/// session made. Without it, it lives as long as the credentials.
///
/// # Errors
/// [`FederationError`].
pub async fn login_url(
    http: &Http,
    sign_in: &str,
    credentials: &Credentials,
    duration: Option<u32>,
    destination: &str,
) -> Result<Secret<String>, FederationError> {
    let federation = format!("{sign_in}/federation");
    // No value can hold a quote: they are of base64 and letters.
    let session = Zeroizing::new(format!(
        r#"{{"sessionId":"{}","sessionKey":"{}","sessionToken":"{}"}}"#,
        credentials.access_key_id,
        credentials.secret_access_key.expose(),
        credentials.session_token.expose()
    ));
    let seconds = duration.map(|seconds| seconds.to_string());
    let mut form = vec![("Action", "getSigninToken"), ("Session", session.as_str())];
    form.extend(seconds.as_deref().map(|seconds| ("SessionDuration", seconds)));
    // Posted, so that proxies do not write it down.
    let mut answer = http.post_form(&federation, &form).await?;
    if answer.status == 400 && duration.is_some() {
        form.pop();
        answer = http.post_form(&federation, &form).await?;
    }
    if answer.status != 200 {
        return Err(FederationError::Refused(answer.status));
    }
    let given: Given =
        serde_json::from_slice(answer.body.expose()).map_err(|_| FederationError::Refused(answer.status))?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "login")
        .append_pair("Issuer", "")
        .append_pair("Destination", destination)
        .append_pair("SigninToken", given.signin_token.expose())
        .finish();
    Ok(Secret::new(format!("{federation}?{query}")))
}
