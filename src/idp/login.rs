//! What an IdP issued at a sign-in: the identity, the proof for AWS, what renews it, and the stored form.

use serde::{Deserialize, Serialize};

use super::identity_center::CenterLogin;
use super::oidc::{self, OidcLogin};
use super::okta::OktaLogin;
use super::saml::SamlLogin;
use super::{Attributes, IdpError};
use crate::plan::ProofPlan;
use jit_wire::secret::{Secret, to_wiped_json};
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;

/// The person who signed in, from a verified ID token or assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The IdP's own name, exactly as it writes it.
    pub issuer: String,
    /// The IdP's identifier of the person (`sub`, `NameID`), stable and unique there.
    pub subject: String,
    /// What people call them: `email`, else `preferred_username`, `upn`, `sub`; in SAML the `RoleSessionName`.
    /// At some IdPs people choose it themselves, so it labels sessions and decides nothing.
    pub name: String,
    /// When the ID token or the assertion expires.
    pub proof_expires_at: Timestamp,
    /// When and how they signed in.
    #[serde(default, skip_serializing_if = "SignIn::is_unknown")]
    pub sign_in: SignIn,
}

/// What an IdP issued, in the form that is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the types say it")]
pub enum IdpLogin {
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

/// The bytes are not a login that this version can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored sign-in has a format that this version does not know")]
pub struct NotALogin;

impl IdpLogin {
    /// Who signed in.
    pub fn identity(&self) -> &Identity {
        match self {
            Self::Oidc(login) => &login.identity,
            Self::Saml(login) => &login.identity,
            Self::Okta(login) => &login.saml.identity,
            Self::IdentityCenter(login) => &login.identity,
        }
    }

    /// The text of a claim of the ID token, if there is one.
    pub fn claim(&self, name: &str) -> Option<String> {
        match self {
            Self::Oidc(login) => oidc::text_claim(&login.id_token, name),
            Self::Saml(_) | Self::Okta(_) | Self::IdentityCenter(_) => None,
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

    /// What is needed to end it at its IdP, taken from the login alone. `None` if that is not enough, as in
    /// entries of older versions. It can only be used for [`end`](super::end) and
    /// [`end_session_url`](super::end_session_url).
    pub fn own_plan(&self) -> Option<ProofPlan> {
        match self {
            Self::Oidc(login) => login.settings(&login.identity.issuer).map(ProofPlan::Oidc),
            Self::Okta(login) => login.settings().map(ProofPlan::Okta),
            Self::IdentityCenter(login) => login.settings().map(ProofPlan::IdentityCenter),
            Self::Saml(_) => None,
        }
    }

    /// Whether something of it stays valid at the IdP.
    pub fn lasts(&self) -> bool {
        match self {
            Self::Oidc(login) => login.renews_itself(),
            Self::Okta(login) => login.renews_itself(),
            Self::IdentityCenter(login) => !login.ended,
            Self::Saml(_) => false,
        }
    }

    /// When it was issued.
    pub fn obtained_at(&self) -> Timestamp {
        match self {
            Self::Oidc(login) => login.obtained_at,
            Self::Saml(login) => login.obtained_at,
            Self::Okta(login) => login.saml.obtained_at,
            Self::IdentityCenter(login) => login.obtained_at,
        }
    }

    /// What the IdP says about the person.
    pub fn attributes(&self) -> Attributes {
        match self {
            Self::Oidc(login) => oidc::attributes(&login.id_token),
            Self::Saml(login) => login.attributes.clone(),
            Self::Okta(login) => login.saml.attributes.clone(),
            Self::IdentityCenter(_) => Attributes::default(),
        }
    }

    /// A description of how the next proof is obtained without the person.
    pub fn renewal(&self) -> &'static str {
        match self {
            Self::Okta(_) | Self::IdentityCenter(_) => "the session",
            _ => "the refresh token",
        }
    }

    /// Whether the next proof may be obtained without the person.
    pub fn renews_itself(&self) -> bool {
        match self {
            Self::Oidc(login) => login.renews_itself(),
            Self::Saml(_) => false,
            Self::Okta(login) => login.renews_itself(),
            Self::IdentityCenter(login) => login.refresh_token.is_some(),
        }
    }

    /// Whether AWS would receive exactly the same proof.
    pub fn same_proof(&self, other: &Self) -> bool {
        match (self.proof(), other.proof()) {
            (Some(Proof::IdToken(one)), Some(Proof::IdToken(other)))
            | (Some(Proof::Assertion(one)), Some(Proof::Assertion(other)))
            | (Some(Proof::PortalToken(one)), Some(Proof::PortalToken(other))) => one == other,
            _ => false,
        }
    }

    /// Whether the person is not known yet, because what the IdP issued could not be checked.
    pub fn is_of_nobody(&self) -> bool {
        matches!(self, Self::Oidc(login) if login.is_of_nobody())
    }

    /// Whether only AWS can read the assertion.
    pub fn is_encrypted(&self) -> bool {
        match self {
            Self::Oidc(_) | Self::IdentityCenter(_) => false,
            Self::Saml(login) => login.encrypted,
            Self::Okta(login) => login.saml.encrypted,
        }
    }

    /// The same login without what the IdP no longer accepts, and with the reason.
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
            Self::Okta(login) => login.end(why.to_string()),
            Self::IdentityCenter(login) => {
                login.refresh_token = None;
                login.ended = true;
                login.ended_because = Some(why.to_string());
            }
        }
        self
    }

    /// The same login without the client that the IdP has forgotten.
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
    /// [`NotALogin`] if the bytes are in another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotALogin> {
        serde_json::from_slice(bytes).map_err(|_| NotALogin)
    }
}
