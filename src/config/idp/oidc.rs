//! `type = "oidc"`: an OpenID Connect provider, identified by its issuer, and the client that is registered
//! there for `jit`. The extra parameters of `authorize` are read in a file of their own.

use std::collections::BTreeMap;

use super::authorize::authorize;
use super::values::{check_url, choice, contexts, refuse_without_effect};
use crate::config::urls::Rule;
use crate::plan::{AcrRequest, ClientAuth, Flow};
use jit_wire::secret::Secret;
use jit_wire::section::{At, Mistake, Section};

/// An example of an issuer, for messages.
const ISSUER: &str = "https://acme.okta.com";

/// The keys of an OIDC provider.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::OidcSettings` says what they mean")]
pub struct OidcSection {
    pub issuer: At<String>,
    pub client_id: At<String>,
    pub client_secret: Option<At<Secret<String>>>,
    pub scopes: Option<At<Vec<String>>>,
    pub flow: Option<At<Flow>>,
    pub redirect_port: Option<At<u16>>,
    pub audience: Option<At<String>>,
    pub client_auth: Option<At<ClientAuth>>,
    pub acr_values: Option<At<Vec<String>>>,
    pub max_age: Option<At<u32>>,
    pub acr_request: Option<At<AcrRequest>>,
    pub authorize: Option<At<BTreeMap<String, String>>>,
    pub auto_login: Option<At<bool>>,
}

pub(super) fn read(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<OidcSection, Mistake> {
    let issuer = section.required("issuer", ISSUER)?;
    check_url(section, &issuer, &Rule::issuer(ISSUER))?;
    let client_id = section.required("client_id", "0oa1b2c3")?;
    let client_secret = section
        .text("client_secret")?
        .map(|secret| At { value: Secret::new(secret.value), line: secret.line });
    if client_secret.is_none() {
        refuse_without_effect(section, &["client_auth"], "without a `client_secret`", "delete it")?;
    }
    let methods = [ClientAuth::Basic, ClientAuth::Post].map(|method| (method.name(), method));
    let flows = [("auto", Flow::Auto), ("browser", Flow::Browser), ("device", Flow::Device)];
    let requests = [AcrRequest::AcrValues, AcrRequest::Claims].map(|request| (request.name(), request));
    Ok(OidcSection {
        acr_values: contexts(section, "acr_values")?,
        max_age: section.duration("max_age")?,
        acr_request: choice(section, "acr_request", &requests)?,
        authorize: authorize(section)?,
        issuer,
        client_id,
        client_secret,
        flow: choice(section, "flow", &flows)?,
        scopes: section.list("scopes")?,
        redirect_port: section.port("redirect_port")?,
        audience: section.text("audience")?,
        client_auth: choice(section, "client_auth", &methods)?,
        auto_login,
    })
}
