//! Where a person proves who they are.

mod attributes;
mod callback;
mod code;
mod hand_over;
pub mod identity_center;
pub mod lookup;
pub mod oidc;
pub mod okta;
mod page;
pub mod saml;
mod visit;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use attributes::Attributes;
pub use code::CodeError;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use code::fuzzing;
pub use hand_over::{Contested, HandOverError, hand_over};
pub use oidc::Provider;
pub use visit::random;

use crate::plan::{Factor, ProofPlan};
use crate::world::World;
use identity_center::{CenterError, CenterLogin};
use jit_wire::credentials::to_wiped_json;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::secret::Secret;
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::TrustedUrl;
use oidc::{OidcError, OidcLogin};
use okta::{OktaError, OktaLogin};
use saml::{SamlError, SamlLogin};

/// Advice for problems that only the administrator of the IdP can fix.
const ASK_ADMINISTRATOR: &str = "show this to whoever manages the identity provider";

/// What a command decides about a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginOptions {
    /// Use the device code (RFC 8628), whatever the configuration says.
    pub device: bool,
    /// Open the browser; else the person is given the address.
    pub open_browser: bool,
    /// Have the provider ask again even if the browser still has a session there.
    pub force: bool,
    /// The second factor to use, whatever the configuration or the last login says.
    pub factor: Option<Factor>,
    /// Keep the password in the store, for a provider that is given one.
    pub keep_password: bool,
    /// How long to wait for the person.
    pub within: Duration,
}

impl LoginOptions {
    /// What is usual: the browser, with five minutes for the person.
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

/// The person who signed in, from a verified ID token or assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's own name, exactly as it writes it.
    pub issuer: String,
    /// The provider's identifier of the person (`sub`, `NameID`), stable and unique there.
    pub subject: String,
    /// What people call them: `email`, else `preferred_username`, `upn`, `sub`; in SAML the `RoleSessionName`.
    /// Self-asserted at some providers, so it labels sessions and decides nothing.
    pub name: String,
    /// When the ID token or the assertion stops being a proof.
    pub proof_expires_at: Timestamp,
    /// When and how they signed in.
    #[serde(default, skip_serializing_if = "SignIn::is_unknown")]
    pub sign_in: SignIn,
}

/// What a provider handed over, as the store keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the types say it")]
pub enum Login {
    Oidc(Box<OidcLogin>),
    Saml(SamlLogin),
    Okta(OktaLogin),
    IdentityCenter(CenterLogin),
}

/// The proof of identity that AWS receives.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// An ID token, for AssumeRoleWithWebIdentity.
    IdToken(&'a Secret<String>),
    /// A SAML response in base64, for AssumeRoleWithSAML.
    Assertion(&'a Secret<String>),
    /// A token of Identity Center's portal, for GetRoleCredentials.
    PortalToken(&'a Secret<String>),
}

/// The bytes are no login that this version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored login is of another shape than this version writes")]
pub struct NotALogin;

/// What a provider without a browser remembers of the person beside the login, kept sealed by the caller.
pub trait Memory {
    /// What was kept last; `None` if nothing, or if it cannot be read.
    fn recall(&self) -> Option<Secret<Vec<u8>>>;
    /// Replaces it at once. That this fails costs a question next time, and is told by the keeper.
    fn keep(&self, value: &Secret<Vec<u8>>);
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the types say it")]
pub enum IdpError {
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error(transparent)]
    Saml(#[from] SamlError),
    #[error(transparent)]
    Okta(#[from] OktaError),
    #[error(transparent)]
    IdentityCenter(#[from] CenterError),
}

/// Signs the person in at the provider of `proof`. `stored` is the last login there, whatever its age.
///
/// # Errors
/// [`IdpError`]; [`IdpError::is_refusal`] tells a no from a failure.
pub async fn login(
    proof: &ProofPlan,
    world: &World,
    options: &LoginOptions,
    stored: Option<&Login>,
    memory: &dyn Memory,
    keep: Keep<'_>,
) -> Result<Login, IdpError> {
    Ok(match (proof, stored) {
        (ProofPlan::Oidc(settings), stored) => {
            let last = match stored {
                Some(Login::Oidc(login)) => Some(&**login),
                _ => None,
            };
            let keep = of_oidc(keep);
            Login::Oidc(Box::new(oidc::login(settings, world, options, last, Some(&keep)).await?))
        }
        (ProofPlan::Saml(settings), stored) => {
            let stored = match stored {
                Some(Login::Saml(login)) => Some(login),
                _ => None,
            };
            Login::Saml(saml::login(settings, world, options, stored).await?)
        }
        (ProofPlan::Okta(settings), _) => Login::Okta(okta::login(settings, world, options, memory).await?),
        (ProofPlan::IdentityCenter(settings), stored) => {
            let stored = match stored {
                Some(Login::IdentityCenter(login)) => Some(login),
                _ => None,
            };
            Login::IdentityCenter(identity_center::login(settings, world, options, stored).await?)
        }
        (ProofPlan::Source(_), _) => unreachable!("there is no IdP to sign in at"),
    })
}

/// Seals a login at once; `None` takes back one that came to nothing.
pub type Keep<'a> = &'a dyn Fn(Option<&Login>);

fn of_oidc(keep: Keep<'_>) -> impl Fn(Option<&OidcLogin>) {
    move |login| keep(login.map(|login| Login::Oidc(Box::new(login.clone()))).as_ref())
}

/// Gets a new proof with what the last login left, without the person. `keep` seals what the provider hands over before it is
/// looked at.
///
/// # Errors
/// [`IdpError`]; with [`IdpError::needs_new_login`] only a person can go on.
pub async fn renew(
    proof: &ProofPlan,
    world: &World,
    stored: &Login,
    keep: Keep<'_>,
) -> Result<Login, IdpError> {
    Ok(match (proof, stored) {
        (ProofPlan::Oidc(settings), Login::Oidc(login)) => {
            let keep = of_oidc(keep);
            Login::Oidc(Box::new(oidc::refresh(settings, world, login, Some(&keep)).await?))
        }
        (ProofPlan::Okta(settings), Login::Okta(login)) => {
            let keep = |login: &OktaLogin| keep(Some(&Login::Okta(login.clone())));
            Login::Okta(okta::renew(settings, world, login, &keep).await?)
        }
        (ProofPlan::IdentityCenter(settings), Login::IdentityCenter(login)) => {
            Login::IdentityCenter(identity_center::renew(settings, world, login).await?)
        }
        // The key of a login tells its kind, so these are the SAML ones: what lasts of them is in the browser.
        _ => return Err(SamlError::NothingKept.into()),
    })
}

/// What became of a login at the provider when it was forgotten here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The provider has ended this.
    There(&'static str),
    /// The provider has no way to end this; it ends by its own rules.
    Later(&'static str),
    /// There was nothing at the provider to be ended from here.
    Nothing,
}

/// Ends at the provider what lasts of `login`.
///
/// # Errors
/// [`IdpError`] if the provider could not be asked or said no.
pub async fn end(proof: &ProofPlan, world: &World, login: &Login) -> Result<Ended, IdpError> {
    match (proof, login) {
        (ProofPlan::Oidc(settings), Login::Oidc(login)) if login.renews_itself() => {
            Ok(match oidc::revoke(settings, world, login).await? {
                oidc::Revoked::Done => Ended::There("the refresh token"),
                oidc::Revoked::NotOffered => Ended::Later("its refresh token"),
            })
        }
        (ProofPlan::Okta(settings), Login::Okta(login)) => Ok(okta::end(settings, world, login).await?),
        (ProofPlan::IdentityCenter(settings), Login::IdentityCenter(login)) if !login.ended => {
            identity_center::end(settings, world, login).await?;
            Ok(Ended::There("the session of the portal"))
        }
        _ => Ok(Ended::Nothing),
    }
}

/// The address where the browser ends its session at the provider, if the provider has one.
pub fn end_session_url(proof: &ProofPlan, login: &Login) -> Option<TrustedUrl> {
    match (proof, login) {
        (ProofPlan::Oidc(settings), Login::Oidc(login)) => oidc::end_session_url(settings, login),
        _ => None,
    }
}

impl Login {
    /// Who signed in.
    pub fn identity(&self) -> &Identity {
        match self {
            Self::Oidc(login) => &login.identity,
            Self::Saml(login) => &login.identity,
            Self::Okta(login) => &login.saml.identity,
            Self::IdentityCenter(login) => &login.identity,
        }
    }

    /// The proof to send to AWS; `None` once it was wiped.
    pub fn proof(&self) -> Option<Proof<'_>> {
        match self {
            Self::Oidc(login) => (!login.is_of_nobody()).then_some(Proof::IdToken(&login.id_token)),
            Self::Saml(login) => login.assertion.as_ref().map(Proof::Assertion),
            Self::Okta(login) => login.saml.assertion.as_ref().map(Proof::Assertion),
            Self::IdentityCenter(login) => (!login.ended).then_some(Proof::PortalToken(&login.access_token)),
        }
    }

    /// What is needed to end it at its provider, by what it holds itself; `None` if that is not enough, as with what older
    /// versions stored. Nothing but [`end`] and [`end_session_url`] can be done with it.
    pub fn own_plan(&self) -> Option<ProofPlan> {
        match self {
            Self::Oidc(login) => login.settings(&login.identity.issuer).map(ProofPlan::Oidc),
            Self::Okta(login) => login.settings().map(ProofPlan::Okta),
            Self::IdentityCenter(login) => login.settings().map(ProofPlan::IdentityCenter),
            Self::Saml(_) => None,
        }
    }

    /// Whether something of it lasts at the provider.
    pub fn lasts(&self) -> bool {
        match self {
            Self::Oidc(login) => login.renews_itself(),
            Self::Okta(login) => login.renews_itself(),
            Self::IdentityCenter(login) => !login.ended,
            Self::Saml(_) => false,
        }
    }

    /// When it was handed over.
    pub fn obtained_at(&self) -> Timestamp {
        match self {
            Self::Oidc(login) => login.obtained_at,
            Self::Saml(login) => login.obtained_at,
            Self::Okta(login) => login.saml.obtained_at,
            Self::IdentityCenter(login) => login.obtained_at,
        }
    }

    /// What the provider says about the person.
    pub fn attributes(&self) -> Attributes {
        match self {
            Self::Oidc(login) => oidc::attributes(&login.id_token),
            Self::Saml(login) => login.attributes.clone(),
            Self::Okta(login) => login.saml.attributes.clone(),
            Self::IdentityCenter(_) => Attributes::default(),
        }
    }

    /// What gets the next proof without the person, in words.
    pub fn renewal(&self) -> &'static str {
        match self {
            Self::Okta(_) | Self::IdentityCenter(_) => "the session",
            _ => "the refresh token",
        }
    }

    /// Whether the next proof may come without the person.
    pub fn renews_itself(&self) -> bool {
        match self {
            Self::Oidc(login) => login.renews_itself(),
            Self::Saml(_) => false,
            Self::Okta(login) => login.renews_itself(),
            Self::IdentityCenter(login) => login.refresh_token.is_some(),
        }
    }

    /// Whether AWS would be shown the very same.
    pub fn same_proof(&self, other: &Self) -> bool {
        match (self.proof(), other.proof()) {
            (Some(Proof::IdToken(one)), Some(Proof::IdToken(other)))
            | (Some(Proof::Assertion(one)), Some(Proof::Assertion(other)))
            | (Some(Proof::PortalToken(one)), Some(Proof::PortalToken(other))) => one == other,
            _ => false,
        }
    }

    /// Whether nobody was seen to have signed in: what came at the sign-in could not be checked yet.
    pub fn is_of_nobody(&self) -> bool {
        matches!(self, Self::Oidc(login) if login.is_of_nobody())
    }

    /// Whether the assertion can be read by AWS alone.
    pub fn is_encrypted(&self) -> bool {
        match self {
            Self::Oidc(_) | Self::IdentityCenter(_) => false,
            Self::Saml(login) => login.encrypted,
            Self::Okta(login) => login.saml.encrypted,
        }
    }

    /// The same login without what the provider no longer takes, and why it does not.
    #[must_use]
    pub fn ended(mut self, why: &IdpError) -> Self {
        match &mut self {
            Self::Oidc(login) => {
                login.refresh_token = None;
                login.unchecked = None;
                login.ended_because = Some(why.to_string());
                login.claims = why.claims().map(str::to_owned);
            }
            Self::Saml(login) => login.assertion = None,
            Self::Okta(login) => login.end(),
            Self::IdentityCenter(login) => {
                login.refresh_token = None;
                login.ended = true;
                login.ended_because = Some(why.to_string());
            }
        }
        self
    }

    /// The same login without the client that the provider has forgotten.
    #[must_use]
    pub fn without_client(mut self) -> Self {
        if let Self::IdentityCenter(login) = &mut self {
            login.registration = None;
        }
        self
    }

    /// The form that the store seals.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        Secret::new(std::mem::take(&mut *to_wiped_json(self)))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`NotALogin`] if the bytes are of another shape.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotALogin> {
        serde_json::from_slice(bytes).map_err(|_| NotALogin)
    }
}

impl IdpError {
    /// A renewal is over, and only a person can go on.
    pub fn needs_new_login(&self) -> bool {
        match self {
            Self::Oidc(error) => error.needs_new_login(),
            Self::Saml(error) => error.needs_new_login(),
            Self::Okta(error) => error.needs_new_login(),
            Self::IdentityCenter(error) => error.needs_new_login(),
        }
    }

    /// The claims that the provider wants the next sign-in to be asked for, as JSON.
    fn claims(&self) -> Option<&str> {
        match self {
            Self::Oidc(error) => error.claims(),
            _ => None,
        }
    }

    /// A renewal went well but for this: there was no new proof in it.
    pub fn brought_no_proof(&self) -> bool {
        matches!(self, Self::Oidc(OidcError::NoNewIdToken))
    }

    /// A renewal is over because the provider does not know the client any more that was registered for it.
    pub fn client_is_forgotten(&self) -> bool {
        matches!(self, Self::IdentityCenter(error) if error.client_is_forgotten())
    }
}

impl IdpError {
    fn explained(&self) -> &dyn Explain {
        match self {
            Self::Oidc(error) => error,
            Self::Saml(error) => error,
            Self::Okta(error) => error,
            Self::IdentityCenter(error) => error,
        }
    }
}

impl Explain for IdpError {
    fn kind(&self) -> Kind {
        self.explained().kind()
    }

    fn next(&self) -> Vec<Next> {
        self.explained().next()
    }
}
