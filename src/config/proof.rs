//! From `[idp.NAME]` to what the sign-in is told, with the values that nobody set.

use super::file::File;
use super::idp::{CenterSection, IdpSection, OidcSection, OktaSection, SamlSection};
use super::resolve::{ResolveError, endpoint, from_file};
use super::section::At;
use crate::plan::{
    Binding, Capture, CenterSettings, Flow, OidcSettings, OktaFlow, OktaSettings, Origin, ProofPlan,
    SamlSettings, Valued,
};
use crate::sys::env::{
    AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_SSO_OIDC, AWS_USE_DUALSTACK_ENDPOINT,
    AWS_USE_FIPS_ENDPOINT, Env,
};

/// The name that AWS's own SAML metadata gives it.
const AWS_ENTITY_ID: &str = "urn:amazon:webservices";
/// Where a response goes that is caught on its way, unless another of AWS's addresses is registered at the IdP.
const AWS_SIGN_IN: &str = "https://signin.aws.amazon.com/saml";
/// The port of the loopback ACS: IdPs compare the whole address, so it has to be a fixed one.
const ACS_PORT: u16 = 35001;

/// How one signs in at the IdP called `name`.
pub(super) fn settings(
    file: &File,
    name: &str,
    section: &IdpSection,
    env: &Env,
) -> Result<ProofPlan, ResolveError> {
    Ok(match section {
        IdpSection::Oidc(section) => ProofPlan::Oidc(oidc(file, name, section)),
        IdpSection::Saml(section) => ProofPlan::Saml(saml(file, name, section)),
        IdpSection::Okta(section) => ProofPlan::Okta(okta(file, name, section)),
        IdpSection::IdentityCenter(section) => {
            ProofPlan::IdentityCenter(identity_center(file, name, section, env)?)
        }
    })
}

fn or<T: Clone>(file: &File, at: Option<&At<T>>, default: T) -> Valued<T> {
    at.map_or(Valued::new(default, Origin::Default), |at| from_file(file, at))
}

fn optional<T: Clone>(file: &File, at: Option<&At<T>>) -> Option<Valued<T>> {
    at.map(|at| from_file(file, at))
}

fn oidc(file: &File, name: &str, section: &OidcSection) -> OidcSettings {
    OidcSettings {
        name: name.to_owned(),
        issuer: from_file(file, &section.issuer),
        client_id: from_file(file, &section.client_id),
        client_secret: optional(file, section.client_secret.as_ref()),
        scopes: optional(file, section.scopes.as_ref()),
        flow: or(file, section.flow.as_ref(), Flow::Auto),
        redirect_port: or(file, section.redirect_port.as_ref(), 0),
        audience: optional(file, section.audience.as_ref()),
    }
}

fn saml(file: &File, name: &str, section: &SamlSection) -> SamlSettings {
    let capture = match section.sso_url {
        Some(_) => Capture::Loopback,
        None => Capture::Browser,
    };
    SamlSettings {
        name: name.to_owned(),
        sso_url: optional(file, section.sso_url.as_ref()),
        start_url: optional(file, section.start_url.as_ref()),
        capture: or(file, section.capture.as_ref(), capture),
        entity_id: or(file, section.entity_id.as_ref(), AWS_ENTITY_ID.to_owned()),
        issuer: optional(file, section.issuer.as_ref()),
        binding: or(file, section.binding.as_ref(), Binding::Redirect),
        acs_host: or(file, section.acs_host.as_ref(), "127.0.0.1".to_owned()),
        acs_port: or(file, section.acs_port.as_ref(), ACS_PORT),
        acs_url: or(file, section.acs_url.as_ref(), AWS_SIGN_IN.to_owned()),
        browser: optional(file, section.browser.as_ref()),
    }
}

fn okta(file: &File, name: &str, section: &OktaSection) -> OktaSettings {
    OktaSettings {
        name: name.to_owned(),
        org: from_file(file, &section.org),
        app_url: from_file(file, &section.app_url),
        username: optional(file, section.username.as_ref()),
        flow: or(file, section.flow.as_ref(), OktaFlow::Auto),
        factor: optional(file, section.factor.as_ref()),
        client_id: optional(file, section.client_id.as_ref()),
        browser: optional(file, section.browser.as_ref()),
    }
}

fn identity_center(
    file: &File,
    name: &str,
    section: &CenterSection,
    env: &Env,
) -> Result<CenterSettings, ResolveError> {
    Ok(CenterSettings {
        name: name.to_owned(),
        start_url: from_file(file, &section.start_url),
        region: from_file(file, &section.region),
        flow: or(file, section.flow.as_ref(), Flow::Auto),
        redirect_port: or(file, section.redirect_port.as_ref(), 0),
        oidc_url: endpoint(env, [AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL])?,
        portal_url: endpoint(env, [AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL])?,
        fips: env.is_true(AWS_USE_FIPS_ENDPOINT),
        dual_stack: env.is_true(AWS_USE_DUALSTACK_ENDPOINT),
    })
}
