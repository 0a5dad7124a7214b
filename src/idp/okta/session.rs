//! From a session token to an assertion: the org's session, and the page of the AWS application (Okta developer
//! documentation, "Session cookies", "Sessions").

use serde::Deserialize;
use serde_json::json;

use super::OktaError;
use super::api::{Api, bounded};
use super::authn::SignIn;
use super::page::{self, Page};
use jit_wire::secret::Secret;

/// The limit for redirects; more than any org uses.
const MOST_REDIRECTS: usize = 10;

#[derive(Deserialize)]
struct Session {
    id: Secret<String>,
}

/// Turns a session token into the org's session, its cookie `sid`; `None` if the org restricts that to its
/// own pages.
async fn session(api: &Api<'_>, session_token: &Secret<String>) -> Result<Option<Secret<String>>, OktaError> {
    let url = format!("{}/api/v1/sessions", api.org);
    match api.post::<Session>(&url, &json!({ "sessionToken": session_token.expose() })).await {
        Ok(session) => Ok(Some(session.id)),
        Err(OktaError::Api(error)) if error.error_code == "E0000011" => Err(OktaError::Api(error)),
        Err(OktaError::Api(_) | OktaError::NotUnderstood(403..=404)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The assertion of the application, with another factor if it requires one, and the session that got it.
pub(super) async fn assertion(
    sign_in: &mut SignIn<'_>,
    session_token: Secret<String>,
) -> Result<(Secret<String>, Option<Secret<String>>), OktaError> {
    let api = sign_in.api;
    let mut url = sign_in.settings.app_url.value.clone();
    match session(api, &session_token).await? {
        Some(id) => api.set_cookie("sid", id),
        None => url = with_token(&url, &session_token),
    }
    match visit(api, &url).await? {
        Page::Response(response) => Ok((response, api.cookie("sid"))),
        Page::StepUp(state_token) => {
            let token = sign_in.step_up(&state_token).await?;
            let url = with_token(&sign_in.settings.app_url.value, &token);
            match visit(api, &url).await? {
                Page::Response(response) => Ok((response, api.cookie("sid"))),
                page => Err(no_form(page)),
            }
        }
        page => Err(no_form(page)),
    }
}

/// The next assertion, by means of the last login's session.
pub(super) async fn renewed(
    api: &Api<'_>,
    app_url: &str,
    sid: &Secret<String>,
) -> Result<Secret<String>, OktaError> {
    api.set_cookie("sid", sid.clone());
    match visit(api, app_url).await {
        Ok(Page::Response(response)) => Ok(response),
        Ok(_) | Err(OktaError::NotAssigned) => Err(OktaError::SessionEnded),
        Err(error) => Err(error),
    }
}

fn with_token(url: &str, token: &Secret<String>) -> String {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("sessionToken", token.expose()).finish();
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}

/// Loads a page, following redirects within the org.
async fn visit(api: &Api<'_>, url: &str) -> Result<Page, OktaError> {
    let mut url = url.to_owned();
    for _ in 0..MOST_REDIRECTS {
        let answer = api.page(&url).await?;
        match (answer.status, answer.headers.get("location")) {
            (301..=308, Some(location)) => {
                url = match location.strip_prefix('/') {
                    Some(path) => format!("{}/{path}", api.org),
                    None => location.to_owned(),
                };
                if url.contains("amazon_aws_sso") {
                    return Err(OktaError::IdentityCenter);
                }
                // Redirected to the sign-in page: the session does not give access to the application.
                if url.contains("/login/login.htm") || url.contains("/login/default") {
                    return Err(OktaError::NotAssigned);
                }
            }
            (403 | 404, _) => return Err(OktaError::NotAssigned),
            (200..=299, _) => return Ok(page::read(answer.body.expose())),
            (status, _) => return Err(OktaError::NotUnderstood(status)),
        }
    }
    Err(OktaError::TooManyRedirects(bounded(&url)))
}

pub(super) fn no_form(page: Page) -> OktaError {
    match page {
        Page::Other(title) => OktaError::NoForm(title),
        _ => OktaError::NoForm("a second step-up".to_owned()),
    }
}

/// Ends the org's session.
pub(super) async fn end(api: &Api<'_>, sid: &Secret<String>) -> Result<(), OktaError> {
    api.set_cookie("sid", sid.clone());
    let answer = api.delete(&format!("{}/api/v1/sessions/me", api.org)).await?;
    // A session that is gone already is fine.
    if (200..300).contains(&answer.status) || answer.status == 404 {
        Ok(())
    } else {
        Err(OktaError::NotUnderstood(answer.status))
    }
}
