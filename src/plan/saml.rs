//! The settings of a sign-in with SAML: where it starts, how the response gets to `jit`, and the contents of
//! the request.

use jit_wire::sign_in::Requirement;

use super::Valued;

/// The browsers that are known by name, in search order. Firefox is listed so that it can be refused with a
/// reason: it can only be driven through a port.
pub const BROWSERS: [&str; 5] = ["chrome", "chromium", "edge", "brave", "firefox"];

/// `[idp.NAME]` with `type = "saml"`.
#[derive(Clone, Debug)]
pub struct SamlSettings {
    /// The NAME.
    pub name: String,
    /// The URL for the AuthnRequest (SP-initiated); `None` if the sign-in starts at the IdP.
    pub sso_url: Option<Valued<String>>,
    /// The IdP's own page that starts the sign-in (IdP-initiated), for `capture = "browser"` only.
    pub start_url: Option<Valued<String>>,
    /// How the response gets to `jit`.
    pub capture: Valued<Capture>,
    /// The name of the service provider at the IdP (`Issuer` of the request).
    pub entity_id: Valued<String>,
    /// The entity ID that the response must name as its issuer; `None` if it is not checked.
    pub issuer: Option<Valued<String>>,
    /// How the AuthnRequest is sent.
    pub binding: Valued<Binding>,
    /// The host of the loopback ACS, `127.0.0.1` or `localhost`: the one that is registered at the IdP.
    pub acs_host: Valued<String>,
    /// The port of the loopback ACS; 0 means any free port.
    pub acs_port: Valued<u16>,
    /// The AWS sign-in URL that the request names with `capture = "browser"`.
    pub acs_url: Valued<String>,
    /// The browser to drive with `capture = "browser"`: a name such as `chrome`, or a path. `None` means the
    /// first one that is installed.
    pub browser: Option<Valued<String>>,
    /// `RequestedAuthnContext` of every request.
    pub authn_context: Option<Valued<Vec<String>>>,
    /// `ForceAuthn` in every request.
    pub force_authn: Valued<bool>,
    /// The role's requirements for this sign-in.
    pub demanded: Requirement,
}

/// How the response of a SAML IdP gets to `jit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The page of the IdP posts it to an assertion consumer service on loopback.
    Loopback,
    /// It is intercepted in a browser with `jit`'s own profile on its way to AWS's sign-in page.
    Browser,
}

/// How an AuthnRequest is sent (SAML 2.0 Bindings, sections 3.4 and 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// In the query of the URL.
    Redirect,
    /// In a form that posts itself.
    Post,
}
