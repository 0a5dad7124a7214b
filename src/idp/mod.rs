//! Identity providers: signing in, renewing a login without the person, and ending it.
//!
//! This module only selects the protocol; `oidc`, `saml`, `okta` and `identity_center` do the work. Shared
//! parts are in `login` (what an IdP issued), `error`, `code` and `callback` (the browser's return), `page`
//! (the pages that it shows), `hand_over` and `visit` (how it is sent to the IdP), and `lookup` (detects the
//! protocol behind a URL).

mod attributes;
mod callback;
mod code;
mod error;
mod hand_over;
pub mod identity_center;
mod login;
pub mod lookup;
pub mod oidc;
pub mod okta;
mod page;
pub mod saml;
mod visit;

use std::time::Duration;

pub use attributes::Attributes;
pub use code::CodeError;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use code::fuzzing;
pub use error::IdpError;
pub use hand_over::{Contested, HandOverError, hand_over};
pub use login::{Identity, IdpLogin, NotALogin, Proof};
pub use oidc::Provider;
pub use visit::random;

use crate::plan::{Factor, ProofPlan};
use crate::world::World;
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;
use oidc::OidcLogin;
use okta::OktaLogin;
use saml::SamlError;

/// Advice for problems that only the administrator of the IdP can fix.
const ASK_ADMINISTRATOR: &str = "show this to the administrator of the identity provider";

/// The options of a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct LoginOptions {
    /// Use the device code (RFC 8628), whatever the configuration says.
    pub device: bool,
    /// Open the browser; otherwise show the person the URL.
    pub open_browser: bool,
    /// Have the IdP authenticate the person again even if the browser still has a session there.
    pub force: bool,
    /// The second factor to use, whatever the configuration or the last login says.
    pub factor: Option<Factor>,
    /// Keep the password in the store, for an IdP that `jit` sends it to.
    pub keep_password: bool,
    /// How long to wait for the person.
    pub within: Duration,
}

impl LoginOptions {
    /// The default: the browser, with five minutes for the person.
    pub fn by_browser() -> Self {
        Self {
            device: false,
            open_browser: true,
            force: false,
            factor: None,
            keep_password: false,
            within: Duration::from_secs(5 * 60),
        }
    }
}

/// What is remembered about the person besides the login, for an IdP that is used without a browser. The
/// implementation keeps it sealed.
pub trait Memory {
    /// What was stored last; `None` if nothing was, or if it cannot be read.
    fn recall(&self) -> Option<Secret<Vec<u8>>>;
    /// Replaces it immediately. If that fails, the implementation reports it, and the person is asked again
    /// next time.
    fn keep(&self, value: &Secret<Vec<u8>>);
}

/// Signs the person in at the IdP of `proof`. `stored` is the last login there, whatever its age.
///
/// # Errors
/// [`IdpError`]; its kind distinguishes a refusal from a failure.
pub async fn login(
    proof: &ProofPlan,
    world: &World,
    options: &LoginOptions,
    stored: Option<&IdpLogin>,
    memory: &dyn Memory,
    keep: KeepLogin<'_>,
) -> Result<IdpLogin, IdpError> {
    Ok(match (proof, stored) {
        (ProofPlan::Oidc(settings), stored) => {
            let last = match stored {
                Some(IdpLogin::Oidc(login)) => Some(&**login),
                _ => None,
            };
            let keep = of_oidc(keep);
            IdpLogin::Oidc(Box::new(oidc::login(settings, world, options, last, Some(&keep)).await?))
        }
        (ProofPlan::Saml(settings), stored) => {
            let stored = match stored {
                Some(IdpLogin::Saml(login)) => Some(login),
                _ => None,
            };
            IdpLogin::Saml(saml::login(settings, world, options, stored).await?)
        }
        (ProofPlan::Okta(settings), _) => {
            IdpLogin::Okta(okta::login(settings, world, options, memory).await?)
        }
        (ProofPlan::IdentityCenter(settings), stored) => {
            let stored = match stored {
                Some(IdpLogin::IdentityCenter(login)) => Some(login),
                _ => None,
            };
            IdpLogin::IdentityCenter(identity_center::login(settings, world, options, stored).await?)
        }
        (ProofPlan::Source(_), _) => unreachable!("no IdP is configured"),
    })
}

/// Stores a login immediately. `None` removes it again, because its sign-in failed.
pub type KeepLogin<'a> = &'a dyn Fn(Option<&IdpLogin>);

fn of_oidc(keep: KeepLogin<'_>) -> impl Fn(Option<&OidcLogin>) {
    move |login| keep(login.map(|login| IdpLogin::Oidc(Box::new(login.clone()))).as_ref())
}

/// Gets a new proof from the last login, without the person. `keep` stores what the IdP issues before
/// anything is checked.
///
/// # Errors
/// [`IdpError`]; with [`IdpError::needs_new_login`] only a new sign-in can help.
pub async fn renew(
    proof: &ProofPlan,
    world: &World,
    stored: &IdpLogin,
    keep: KeepLogin<'_>,
) -> Result<IdpLogin, IdpError> {
    Ok(match (proof, stored) {
        (ProofPlan::Oidc(settings), IdpLogin::Oidc(login)) => {
            let keep = of_oidc(keep);
            IdpLogin::Oidc(Box::new(oidc::refresh(settings, world, login, Some(&keep)).await?))
        }
        (ProofPlan::Okta(settings), IdpLogin::Okta(login)) => {
            let keep = |login: &OktaLogin| keep(Some(&IdpLogin::Okta(login.clone())));
            IdpLogin::Okta(okta::renew(settings, world, login, &keep).await?)
        }
        (ProofPlan::IdentityCenter(settings), IdpLogin::IdentityCenter(login)) => {
            IdpLogin::IdentityCenter(identity_center::renew(settings, world, login).await?)
        }
        // The key of a login determines its protocol, so the rest are SAML logins. Only the browser can renew
        // those.
        _ => return Err(SamlError::NothingKept.into()),
    })
}

/// What happened at the IdP to a login that was deleted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedLogin {
    /// The IdP has ended this.
    There(&'static str),
    /// The IdP cannot be asked to end this; it expires later.
    Later(&'static str),
    /// Nothing lasted at the IdP.
    Nothing,
}

/// Ends at the IdP whatever part of `login` is still valid.
///
/// # Errors
/// [`IdpError`] if the IdP could not be reached, or refused.
pub async fn end(proof: &ProofPlan, world: &World, login: &IdpLogin) -> Result<EndedLogin, IdpError> {
    match (proof, login) {
        (ProofPlan::Oidc(settings), IdpLogin::Oidc(login)) if login.renews_itself() => {
            Ok(match oidc::revoke(settings, world, login).await? {
                oidc::Revoked::Done => EndedLogin::There("the refresh token"),
                oidc::Revoked::NotOffered => EndedLogin::Later("its refresh token"),
            })
        }
        (ProofPlan::Okta(settings), IdpLogin::Okta(login)) => Ok(okta::end(settings, world, login).await?),
        (ProofPlan::IdentityCenter(settings), IdpLogin::IdentityCenter(login)) if !login.ended => {
            identity_center::end(settings, world, login).await?;
            Ok(EndedLogin::There("the session of the portal"))
        }
        _ => Ok(EndedLogin::Nothing),
    }
}

/// The URL where the browser ends its session at the IdP, if the IdP has one.
pub fn end_session_url(proof: &ProofPlan, login: &IdpLogin) -> Option<TrustedUrl> {
    match (proof, login) {
        (ProofPlan::Oidc(settings), IdpLogin::Oidc(login)) => oidc::end_session_url(settings, login),
        _ => None,
    }
}
