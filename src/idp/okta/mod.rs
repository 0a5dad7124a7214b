//! Okta in the terminal: the authentication API of Classic Engine, the device grant of Identity Engine.
//!
//! ```text
//! mod (which engine) ─┬→ authn → factors (transaction) → session → page     Classic: password, second factor, assertion
//!                     └→ device (oidc) → page                               Identity Engine: code, exchange, assertion
//! api (requests, pauses, cookies) ; person (what is remembered) ; html (what `page` reads)
//! ```
//! Either way the assertion is checked like any other (`saml`).

mod api;
mod authn;
mod device;
mod error;
mod factors;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod html;
mod page;
mod person;
mod session;
mod transaction;
mod words;

use serde::{Deserialize, Serialize};

use super::oidc::{self, OidcLogin};
use super::saml::{self, SamlLogin};
use super::{EndedLogin, LoginOptions, Memory};
use crate::plan::{OktaFlow, OktaSettings, Origin, Valued};
use crate::world::{Note, World};
use api::Api;
use authn::SignIn;
use jit_wire::secret::{Secret, sealed};
use person::Known;

pub use api::ApiError;
pub use error::OktaError;

/// What an Okta org issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OktaLogin {
    /// The assertion of the AWS application.
    pub saml: SamlLogin,
    /// What gets the next assertion.
    pub kept: OktaRenewal,
    /// The org, so that its session can be ended without the configuration; older entries do not have it.
    #[serde(default)]
    pub org: Option<String>,
    /// Why nothing gets the next assertion any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<String>,
}

/// What gets the next assertion without the person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OktaRenewal {
    /// Nothing.
    Nothing,
    /// The org's own session, its cookie `sid` (Classic Engine).
    Session(#[serde(serialize_with = "sealed::text")] Secret<String>),
    /// The tokens of the device grant.
    Tokens {
        /// The ID token, which is the subject of the exchange, and the refresh token, if `offline_access` was
        /// granted.
        login: Box<OidcLogin>,
        /// The actor of the exchange.
        #[serde(serialize_with = "sealed::text")]
        access_token: Secret<String>,
    },
}

impl OktaLogin {
    /// Whether the next assertion may be obtained without the person.
    pub fn renews_itself(&self) -> bool {
        !matches!(self.kept, OktaRenewal::Nothing)
    }

    /// What is needed to end the login at its org, taken from the login alone.
    pub(super) fn settings(&self) -> Option<OktaSettings> {
        let rule = Origin::Rule("the stored sign-in");
        let org = self.org.clone()?;
        let client = match &self.kept {
            OktaRenewal::Tokens { login, .. } => Some(login.client.as_ref()?.id.clone()),
            OktaRenewal::Nothing | OktaRenewal::Session(_) => None,
        };
        Some(OktaSettings {
            acr_values: None,
            max_age: None,
            demanded: Default::default(),
            name: org.clone(),
            org: Valued::new(org, rule.clone()),
            app_url: Valued::new(String::new(), rule.clone()),
            username: None,
            flow: Valued::new(OktaFlow::Auto, rule.clone()),
            factor: None,
            client_id: client.map(|id| Valued::new(id, rule)),
            browser: None,
        })
    }

    pub(super) fn end(&mut self, why: String) {
        self.saml.assertion = None;
        self.kept = OktaRenewal::Nothing;
        self.ended_because = Some(why);
    }
}

#[derive(Deserialize)]
struct Organization {
    pipeline: Option<String>,
}

/// Signs the person in. `memory` holds what is known about them from the last time.
///
/// # Errors
/// [`OktaError`]; its kind distinguishes a refusal from a failure.
pub async fn login(
    settings: &OktaSettings,
    world: &World,
    options: &LoginOptions,
    memory: &dyn Memory,
) -> Result<OktaLogin, OktaError> {
    let api = Api::new(world, &settings.org.value)?;
    let flow = if options.device { OktaFlow::Device } else { settings.flow.value };
    let by_device = match flow {
        OktaFlow::Classic => false,
        OktaFlow::Device | OktaFlow::Auto => {
            let url = format!("{}/.well-known/okta-organization", api.org);
            let organization: Organization = api.get(&url).await?;
            match (organization.pipeline.as_deref(), flow, &settings.client_id) {
                (Some("idx"), _, Some(_)) => true,
                (Some("idx"), OktaFlow::Device, None) => return Err(OktaError::NoClient),
                (Some("idx"), ..) => {
                    return Err(OktaError::IdentityEngine { app_url: settings.app_url.value.clone() });
                }
                (_, OktaFlow::Device, _) => return Err(OktaError::ClassicEngine),
                _ => false,
            }
        }
    };
    if by_device {
        by_code(settings, world, options).await
    } else {
        classic(settings, &api, options, memory).await
    }
}

async fn classic(
    settings: &OktaSettings,
    api: &Api<'_>,
    options: &LoginOptions,
    memory: &dyn Memory,
) -> Result<OktaLogin, OktaError> {
    let known = Known::recall(memory)?;
    api.set_cookie("DT", known.device_token.clone());
    let mut sign_in = SignIn { api, settings, options, memory, known };
    let got = async {
        let token = sign_in.session_token().await?;
        session::assertion(&mut sign_in, token).await
    };
    match got.await {
        Ok((response, sid)) => {
            let saml = saml::accept(&response, api.world.clock.now())?;
            Ok(OktaLogin {
                saml,
                kept: sid.map_or(OktaRenewal::Nothing, OktaRenewal::Session),
                org: Some(settings.org.value.clone()),
                ended_because: None,
            })
        }
        Err(error @ OktaError::BrowserNeeded(_)) => {
            api.world
                .person
                .tell(Note::Warning { text: &format!("{error}, so the sign-in continues there") });
            let browser = settings.browser.as_ref().map(|browser| browser.value.as_str());
            let app = &settings.app_url.value;
            let saml = saml::by_browser(&settings.name, app, browser, api.world, options).await?;
            Ok(OktaLogin {
                saml,
                kept: OktaRenewal::Nothing,
                org: Some(settings.org.value.clone()),
                ended_because: None,
            })
        }
        Err(error) => Err(error),
    }
}

async fn by_code(
    settings: &OktaSettings,
    world: &World,
    options: &LoginOptions,
) -> Result<OktaLogin, OktaError> {
    let login = device::tokens(settings, world, options).await?;
    let given = login.clone();
    let outcome = with_tokens(settings, world, login).await;
    if outcome.is_err() {
        // The tokens will not be used.
        oidc::let_go(&device::server(settings)?, world, &given).await;
    }
    outcome
}

/// Gets an assertion with the tokens, which are stored for the next one.
async fn with_tokens(
    settings: &OktaSettings,
    world: &World,
    mut login: OidcLogin,
) -> Result<OktaLogin, OktaError> {
    let access_token = login.access_token.take().ok_or(OktaError::NotUnderstood(200))?;
    let response = device::assertion(settings, world, &login, &access_token).await?;
    let mut saml = saml::accept(&response, world.clock.now())?;
    // The assertion is made for the tokens, and may report its own time as that of the sign-in.
    saml.identity.sign_in = login.identity.sign_in.followed_by(saml.identity.sign_in);
    let org = Some(settings.org.value.clone());
    Ok(OktaLogin {
        saml,
        kept: OktaRenewal::Tokens { login: Box::new(login), access_token },
        org,
        ended_because: None,
    })
}

/// Gets the next assertion with the last login.
///
/// # Errors
/// [`OktaError`]; with [`OktaError::needs_new_login`] only a new sign-in can help.
pub async fn renew(
    settings: &OktaSettings,
    world: &World,
    last: &OktaLogin,
    keep: &dyn Fn(&OktaLogin),
) -> Result<OktaLogin, OktaError> {
    match &last.kept {
        OktaRenewal::Nothing => {
            Err(last.ended_because.clone().map_or(OktaError::NothingKept, OktaError::Ended))
        }
        OktaRenewal::Session(sid) => {
            let api = Api::new(world, &settings.org.value)?;
            let response = session::renewed(&api, &settings.app_url.value, sid).await?;
            let mut saml = saml::accept(&response, world.clock.now())?;
            saml.identity.sign_in = last.saml.identity.sign_in.followed_by(saml.identity.sign_in);
            Ok(OktaLogin {
                saml,
                kept: last.kept.clone(),
                org: Some(settings.org.value.clone()),
                ended_because: None,
            })
        }
        OktaRenewal::Tokens { login, access_token } => {
            let alive = !login.identity.proof_expires_at.since(world.clock.now()).is_zero();
            let login = if alive && login.unchecked.is_none() {
                OidcLogin { access_token: Some(access_token.clone()), ..(**login).clone() }
            } else {
                let with = |login: &OidcLogin| {
                    let access_token = login.access_token.clone().unwrap_or_else(|| access_token.clone());
                    let kept = OktaRenewal::Tokens { login: Box::new(login.clone()), access_token };
                    let org = Some(settings.org.value.clone());
                    keep(&OktaLogin { saml: last.saml.clone(), kept, org, ended_because: None });
                };
                let seal = |login: Option<&OidcLogin>| login.into_iter().for_each(with);
                let refreshed = device::refreshed(settings, world, login, &seal).await?;
                // The next step may fail, and the tokens are good.
                with(&refreshed);
                refreshed
            };
            with_tokens(settings, world, login).await
        }
    }
}

/// What is remembered about the person without the password; `None` if it contains none.
pub fn without_password(stored: &Secret<Vec<u8>>) -> Option<Secret<Vec<u8>>> {
    Known::without_password(stored)
}

/// Ends at the org whatever part of `login` is still valid: its session, or the refresh token of the device
/// grant.
///
/// # Errors
/// [`OktaError`] if the org could not be reached or refused.
pub async fn end(settings: &OktaSettings, world: &World, login: &OktaLogin) -> Result<EndedLogin, OktaError> {
    match &login.kept {
        OktaRenewal::Nothing => Ok(EndedLogin::Nothing),
        OktaRenewal::Session(sid) => {
            session::end(&Api::new(world, &settings.org.value)?, sid).await?;
            Ok(EndedLogin::There("the session"))
        }
        OktaRenewal::Tokens { login, .. } => {
            Ok(match oidc::revoke(&device::server(settings)?, world, login).await? {
                oidc::Revoked::Done => EndedLogin::There("the refresh token"),
                // Without a refresh token, nothing is valid for longer than an hour.
                oidc::Revoked::NotOffered => EndedLogin::Later("what the device grant gave"),
            })
        }
    }
}
