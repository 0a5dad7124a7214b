//! IAM Identity Center: a client that registers itself, a token for the portal by browser or device code, and
//! its renewal (IAM Identity Center OIDC API reference). `aws::portal` uses the token.
//!
//! ```text
//! mod → browser (code with PKCE) ─┬→ service (the JSON of sso-oidc, and the end of a session)
//!     → device (RFC 8628) ────────┘
//!     → borrowed (a token of the AWS CLI's)
//! ```

mod borrowed;
mod browser;
mod device;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod service;

use serde::{Deserialize, Serialize};

use super::{Identity, LoginOptions, visit};
use crate::idp::CodeError;
use crate::plan::{CenterSettings, Flow, Origin, Valued};
use crate::world::World;
use jit_wire::secret::{Secret, sealed};
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;
use service::{Grant, Tokens};

pub use error::CenterError;

/// A registration with less time left than this is renewed, in seconds.
const REGISTRATION_MARGIN: i64 = 24 * 60 * 60;

/// What Identity Center issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CenterLogin {
    /// Who signed in: the portal does not say, so each sign-in counts as a new person.
    pub identity: Identity,
    /// The client that was registered; `None` if the token is another program's.
    pub registration: Option<Registration>,
    /// The token that the portal accepts.
    #[serde(serialize_with = "sealed::text")]
    pub access_token: Secret<String>,
    /// The refresh token.
    #[serde(serialize_with = "sealed::optional_text")]
    pub refresh_token: Option<Secret<String>>,
    /// When all this was issued.
    pub obtained_at: Timestamp,
    /// The portal no longer accepts the access token.
    pub ended: bool,
    /// Why it cannot be renewed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<String>,
    /// The region and URL of the portal's service, so that its session can be ended without the
    /// configuration; older entries do not have it.
    #[serde(default)]
    pub portal: Option<String>,
}

impl CenterLogin {
    /// What is needed to end the login at its portal, taken from the login alone.
    pub(super) fn settings(&self) -> Option<CenterSettings> {
        let rule = Origin::Rule("the stored sign-in");
        let portal = self.portal.clone()?;
        let start_url = self.identity.issuer.clone();
        Some(CenterSettings {
            name: start_url.clone(),
            start_url: Valued::new(start_url, rule.clone()),
            region: Valued::new(String::new(), rule.clone()),
            flow: Valued::new(Flow::Auto, rule.clone()),
            redirect_port: Valued::new(0, rule.clone()),
            oidc_url: None,
            portal_url: Some(Valued::new(portal, rule.clone())),
            fips: Valued::new(false, rule.clone()),
            dual_stack: Valued::new(false, rule),
            attempts: None,
        })
    }
}

/// A client, as the service knows it. The program registered it itself, so its secret protects nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    #[serde(serialize_with = "sealed::text")]
    pub client_secret: Secret<String>,
    /// When the service forgets it, about 90 days after it was made.
    pub expires_at: Timestamp,
    /// It was registered for device codes, and not for the browser.
    pub by_device: bool,
}

/// Signs the person in. `stored` is the last login there.
///
/// # Errors
/// [`CenterError`]; its kind distinguishes a refusal from a failure.
pub async fn login(
    settings: &CenterSettings,
    world: &World,
    options: &LoginOptions,
    stored: Option<&CenterLogin>,
) -> Result<CenterLogin, CenterError> {
    if let Some(stored) = stored.filter(|stored| options.force && !stored.ended) {
        // The portal asks the identity source again only after its session has ended, and only then do
        // changed attributes arrive.
        if let Err(error) = end(settings, world, stored).await {
            log::info!("could not end the portal's session: {error}");
        }
    }
    if stored.is_none()
        && !options.force
        && let Some((access_token, until)) = borrowed::token(settings, world)
    {
        let expires_in = until.since(world.clock.now()).as_secs();
        let expires_in = i64::try_from(expires_in).unwrap_or(0);
        let tokens = Tokens { access_token, expires_in, refresh_token: None };
        let subject = visit::random().ok_or(CodeError::NoRandom)?;
        return Ok(accept(settings, world, None, tokens, subject, SignIn::default()));
    }
    let by_device = by_device(settings, world, options);
    let now = world.clock.now();
    // Starting over includes the client: if it is no longer known, only the page in the browser would say so.
    let known = stored.filter(|_| !options.force).and_then(|login| login.registration.as_ref());
    let known = known.filter(|known| {
        known.by_device == by_device && known.expires_at.0 > now.0.saturating_add(REGISTRATION_MARGIN)
    });
    let sign_in = async |registration: &Registration| {
        if by_device {
            device::sign_in(settings, world, options, registration).await
        } else {
            browser::sign_in(settings, world, options, registration).await
        }
    };
    let by_known = match known {
        Some(known) => match sign_in(known).await {
            Err(error) if error.client_is_forgotten() => None,
            outcome => Some((known.clone(), outcome?)),
        },
        None => None,
    };
    let (registration, tokens) = match by_known {
        Some(done) => done,
        None => {
            let registration = service::register(settings, world, by_device).await?;
            let tokens = sign_in(&registration).await?;
            (registration, tokens)
        }
    };
    let subject = visit::random().ok_or(CodeError::NoRandom)?;
    // The portal does not report the time of the sign-in, so it is the time at which the person returned.
    let sign_in = SignIn::new(Some(world.clock.now()), [], []);
    Ok(accept(settings, world, Some(registration), tokens, subject, sign_in))
}

/// As for OpenID Connect: people can be tricked into approving a device code.
fn by_device(settings: &CenterSettings, world: &World, options: &LoginOptions) -> bool {
    match settings.flow.value {
        _ if options.device => true,
        Flow::Device => true,
        Flow::Browser => false,
        Flow::Auto => options.open_browser && !world.browser.available(),
    }
}

fn accept(
    settings: &CenterSettings,
    world: &World,
    registration: Option<Registration>,
    tokens: Tokens,
    subject: String,
    sign_in: SignIn,
) -> CenterLogin {
    let now = world.clock.now();
    let identity = Identity {
        issuer: settings.start_url.value.clone(),
        subject,
        name: String::new(),
        proof_expires_at: Timestamp(now.0.saturating_add(tokens.expires_in)),
        sign_in,
    };
    CenterLogin {
        identity,
        registration,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        obtained_at: now,
        ended: false,
        ended_because: None,
        portal: Some(settings.portal()),
    }
}

/// Gets the next access token without the person.
///
/// # Errors
/// [`CenterError`]; with [`CenterError::needs_new_login`] only a new sign-in can help.
pub async fn renew(
    settings: &CenterSettings,
    world: &World,
    last: &CenterLogin,
) -> Result<CenterLogin, CenterError> {
    let nothing = || last.ended_because.clone().map_or(CenterError::NothingKept, CenterError::Ended);
    let refresh_token = last.refresh_token.as_ref().ok_or_else(nothing)?;
    let registration = last.registration.as_ref().ok_or_else(nothing)?;
    if registration.expires_at <= world.clock.now() {
        return Err(CenterError::RegistrationOver);
    }
    let grant = Grant::RefreshToken(refresh_token);
    let mut tokens = service::tokens(settings, world, registration, &grant).await?;
    tokens.refresh_token = tokens.refresh_token.or_else(|| Some(refresh_token.clone()));
    let identity = last.identity.clone();
    let registration = Some(registration.clone());
    Ok(accept(settings, world, registration, tokens, identity.subject, identity.sign_in))
}

/// Ends the portal's session, and with it the refresh token. Role sessions that were already issued stay
/// valid.
///
/// # Errors
/// [`CenterError`] if the portal could not be reached or refused.
pub async fn end(settings: &CenterSettings, world: &World, login: &CenterLogin) -> Result<(), CenterError> {
    service::logout(settings, world, &login.access_token).await
}
