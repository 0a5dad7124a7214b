//! SAML 2.0 in a browser (SAML 2.0 Profiles, section 4.1, Web Browser SSO): with a loopback ACS, or with a
//! separate browser profile in which the response is intercepted on its way to AWS.
//!
//! ```text
//! mod → loopback (the person's browser) ─┬→ request (AuthnRequest) → response (checks) → attributes, status
//!     → capture (a browser that is driven) ┘
//! ```

mod attributes;
mod capture;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod loopback;
mod request;
mod response;
mod status;
#[cfg(test)]
mod testing;
mod words;

use serde::{Deserialize, Serialize};

use super::{Attributes, Identity, LoginOptions};
use crate::plan::{Binding, Capture, SamlSettings};
use crate::world::World;
use capture::{Caught, Start};
use jit_wire::secret::{Secret, sealed};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use request::AuthnRequest;
use response::{Expected, Recipient};

pub use capture::{CaptureError, browser, forget_profiles};
pub use error::SamlError;
pub use status::SamlStatus;

/// What a SAML IdP issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlLogin {
    /// Who signed in. For an encrypted assertion only the issuer is known.
    pub identity: Identity,
    /// The whole response in base64, as it was posted. AWS accepts it for five minutes; after that it is
    /// dropped the next time the login is read.
    #[serde(serialize_with = "sealed::optional_text")]
    pub assertion: Option<Secret<String>>,
    /// The ID of the assertion, so that none is accepted twice; `None` if it is encrypted.
    pub assertion_id: Option<String>,
    /// What the assertion says about the person.
    pub attributes: Attributes,
    /// The assertion cannot be read: it is encrypted for AWS.
    pub encrypted: bool,
    /// When all this was issued.
    pub obtained_at: Timestamp,
}

/// Signs the person in. `stored` is the last login there: if there is one, its session in the browser is
/// used.
///
/// # Errors
/// [`SamlError`].
pub async fn login(
    settings: &SamlSettings,
    world: &World,
    options: &LoginOptions,
    stored: Option<&SamlLogin>,
) -> Result<SamlLogin, SamlError> {
    if options.device {
        let comes_back = settings.capture.value == Capture::Loopback;
        let port = Some(settings.acs_port.value).filter(|port| comes_back && *port != 0);
        return Err(SamlError::NoDeviceCode { port });
    }
    let last = stored.and_then(|login| login.assertion_id.as_deref());
    match (settings.capture.value, &settings.sso_url) {
        (Capture::Loopback, Some(url)) => loopback::sign_in(settings, &url.value, world, options, last).await,
        _ => by_driven_browser(settings, world, options, stored.is_some(), last).await,
    }
}

/// A URL that a browser is sent to.
fn visited(url: &str) -> Result<TrustedUrl, SamlError> {
    let bounded = || url.chars().take(300).collect();
    TrustedUrl::parse(url, Purpose::Page).map_err(|why| SamlError::Address { url: bounded(), why })
}

async fn by_driven_browser(
    settings: &SamlSettings,
    world: &World,
    options: &LoginOptions,
    known: bool,
    last: Option<&str>,
) -> Result<SamlLogin, SamlError> {
    let acs = &settings.acs_url.value;
    let force = options.force;
    let now = world.clock.now();
    let request =
        settings.sso_url.as_ref().map(|sso| AuthnRequest::new(settings, &sso.value, acs, force, now));
    let request = request.transpose()?;
    let start_url = settings.start_url.as_ref().map(|url| url.value.clone()).unwrap_or_default();
    let (url, form) = match &request {
        Some(request) if settings.binding.value == Binding::Post => {
            (request.destination.clone(), Some(request.fields()))
        }
        Some(request) => (request.redirect_url(), None),
        None => (start_url, None),
    };
    let start = Start {
        url: &visited(&url)?,
        form: form.as_ref().map(|form| form.as_slice()),
        browser: settings.browser.as_ref().map(|browser| browser.value.as_str()),
        profile: &settings.name,
        // What a role requires is for the person to do; the browser's old session does not satisfy it.
        resume: known && !options.force && settings.demanded.is_empty(),
        window: options.open_browser,
        within: options.within,
    };
    let caught = capture::catch(world, &start).await?;
    let expected = Expected {
        recipient: Recipient::SignIn,
        in_response_to: request.as_ref().map(|request| request.id.as_str()),
        issuer: settings.issuer.as_ref().map(|issuer| issuer.value.as_str()),
        entity_id: &settings.entity_id.value,
        last_assertion: last,
        now: world.clock.now(),
    };
    response::read(&caught.response, &expected)
}

/// Accepts a response that an IdP made without a request, to be sent to AWS: Okta's, from its API.
///
/// # Errors
/// [`SamlError`], one for each mismatch.
pub(super) fn accept(posted: &Secret<String>, now: Timestamp) -> Result<SamlLogin, SamlError> {
    let expected = Expected {
        recipient: Recipient::SignIn,
        in_response_to: None,
        issuer: None,
        entity_id: "urn:amazon:webservices",
        last_assertion: None,
        now,
    };
    response::read(posted, &expected)
}

/// Lets the person sign in at `url`, where the IdP starts the sign-in, in a driven browser.
///
/// # Errors
/// [`SamlError`].
pub(super) async fn by_browser(
    name: &str,
    url: &str,
    browser: Option<&str>,
    world: &World,
    options: &LoginOptions,
) -> Result<SamlLogin, SamlError> {
    let start = Start {
        url: &visited(url)?,
        form: None,
        browser,
        profile: name,
        resume: false,
        window: options.open_browser,
        within: options.within,
    };
    let Caught { response, .. } = capture::catch(world, &start).await?;
    accept(&response, world.clock.now())
}
