//! From `[idp.NAME]` to the settings of the sign-in, with defaults for what is not set.

use super::endpoint::endpoint;
use super::origin::from_file;
use super::{ResolveError, aws_settings};
use crate::config::aws::settings::Values;
use crate::config::aws::{System, split_command};
use crate::config::file::File;
use crate::config::idp::{
    CenterSection, CredentialSource, IdpSection, OidcSection, OktaSection, SamlSection, SourceSection,
};
use crate::plan::{
    Binding, CenterSettings, Flow, OidcSettings, OktaFlow, OktaSettings, Origin, ProfileSource, ProofPlan,
    SamlSettings, SourceSettings, Valued,
};
use jit_wire::env::{
    AWS_ACCESS_KEY_ID, AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_EC2_METADATA_DISABLED,
    AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_SSO_OIDC, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, Env,
};
use jit_wire::secret::Secret;
use jit_wire::section::At;
use jit_wire::sign_in::Requirement;

/// The entity ID in AWS's SAML metadata.
const AWS_ENTITY_ID: &str = "urn:amazon:webservices";
/// The URL to which the IdP posts a captured response, unless another of AWS's URLs is registered there.
const AWS_SIGN_IN: &str = "https://signin.aws.amazon.com/saml";
/// The port of the loopback ACS. It is fixed because IdPs compare the whole URL.
const ACS_PORT: u16 = 35001;

/// The base of a container's relative URL (AWS SDKs and Tools Reference Guide, "Container credential
/// provider").
const CONTAINER: &str = "http://169.254.170.2";
/// The metadata service of an EC2 instance.
const INSTANCE: &str = "http://169.254.169.254";
const INSTANCE_BY_IPV6: &str = "http://[fd00:ec2::254]";

/// The settings of the IdP called `name`.
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
        IdpSection::Source(section) => ProofPlan::Source(source(file, name, section, env)?),
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
        client_auth: optional(file, section.client_auth.as_ref()),
        acr_values: optional(file, section.acr_values.as_ref()),
        max_age: optional(file, section.max_age.as_ref()),
        acr_request: optional(file, section.acr_request.as_ref()),
        authorize: optional(file, section.authorize.as_ref()),
        demanded: Requirement::default(),
    }
}

fn saml(file: &File, name: &str, section: &SamlSection) -> SamlSettings {
    SamlSettings {
        name: name.to_owned(),
        sso_url: optional(file, section.sso_url.as_ref()),
        start_url: optional(file, section.start_url.as_ref()),
        capture: or(file, section.capture.as_ref(), section.default_capture()),
        entity_id: or(file, section.entity_id.as_ref(), AWS_ENTITY_ID.to_owned()),
        issuer: optional(file, section.issuer.as_ref()),
        binding: or(file, section.binding.as_ref(), Binding::Redirect),
        acs_host: or(file, section.acs_host.as_ref(), "127.0.0.1".to_owned()),
        acs_port: or(file, section.acs_port.as_ref(), ACS_PORT),
        acs_url: or(file, section.acs_url.as_ref(), AWS_SIGN_IN.to_owned()),
        browser: optional(file, section.browser.as_ref()),
        authn_context: optional(file, section.authn_context.as_ref()),
        force_authn: or(file, section.force_authn.as_ref(), false),
        demanded: Requirement::default(),
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
        acr_values: optional(file, section.acr_values.as_ref()),
        max_age: optional(file, section.max_age.as_ref()),
        demanded: Requirement::default(),
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
        oidc_url: endpoint(file, "sso_oidc", env, AWS_ENDPOINT_URL_SSO_OIDC)?,
        portal_url: endpoint(file, "sso", env, AWS_ENDPOINT_URL_SSO)?,
        fips: aws_settings::FIPS.switch(file, env)?,
        dual_stack: aws_settings::DUAL_STACK.switch(file, env)?,
        attempts: aws_settings::MAX_ATTEMPTS.number(file, env)?,
    })
}

fn source(
    file: &File,
    name: &str,
    section: &SourceSection,
    env: &Env,
) -> Result<SourceSettings, ResolveError> {
    let text = |name: &str| env.get(name).map(str::to_owned);
    let secret = |name: &str| text(name).map(Secret::new);
    let need = |variable: &'static str| {
        let missing = || ResolveError::NotInEnvironment { profile: name.to_owned(), variable };
        text(variable).ok_or_else(missing)
    };
    let source = match section {
        SourceSection::Keys { id, secret, token } => ProfileSource::Keys {
            id: id.value.clone(),
            secret: secret.value.clone(),
            token: token.as_ref().map(|token| token.value.clone()),
        },
        SourceSection::Process(command) => {
            ProfileSource::Process(split_command(&command.value, System::HERE).unwrap_or_default())
        }
        SourceSection::TokenFile(path) => ProfileSource::TokenFile(path.value.clone()),
        SourceSection::Machine(at) => match at.value {
            CredentialSource::Environment => ProfileSource::Keys {
                id: need(AWS_ACCESS_KEY_ID)?,
                secret: Secret::new(need(AWS_SECRET_ACCESS_KEY)?),
                token: secret(AWS_SESSION_TOKEN),
            },
            CredentialSource::Container => ProfileSource::Container {
                // botocore's order.
                url: match text(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) {
                    Some(path) => format!("{CONTAINER}{path}"),
                    None => need(AWS_CONTAINER_CREDENTIALS_FULL_URI)?,
                },
                token: secret(AWS_CONTAINER_AUTHORIZATION_TOKEN),
                token_file: text(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE),
            },
            CredentialSource::Instance => instance(file, name, env)?,
        },
    };
    let source = from_file(file, &At { value: source, line: section.line() });
    Ok(SourceSettings { name: name.to_owned(), source })
}

/// The instance's metadata service, if it may be used.
fn instance(file: &File, name: &str, env: &Env) -> Result<ProfileSource, ResolveError> {
    if let Some(disabled) = env.get(AWS_EC2_METADATA_DISABLED) {
        if let Some((what, next)) = Values::Switch.refuse(disabled) {
            return Err(ResolveError::Setting { variable: AWS_EC2_METADATA_DISABLED, what, next });
        }
        if disabled.eq_ignore_ascii_case("true") {
            return Err(ResolveError::MetadataDisabled { profile: name.to_owned() });
        }
    }
    let by_ipv6 = match aws_settings::METADATA_MODE.text(file, env)? {
        Some(mode) => mode.value.eq_ignore_ascii_case("ipv6"),
        None => aws_settings::METADATA_IPV6.switch(file, env)?.value,
    };
    let usual = if by_ipv6 { INSTANCE_BY_IPV6 } else { INSTANCE };
    let url = aws_settings::METADATA_URL.text(file, env)?.map_or_else(|| usual.to_owned(), |url| url.value);
    Ok(ProfileSource::Instance {
        url: url.trim_end_matches('/').to_owned(),
        seconds: aws_settings::METADATA_TIMEOUT.number(file, env)?.unwrap_or(1),
        attempts: aws_settings::METADATA_ATTEMPTS.number(file, env)?.unwrap_or(1),
    })
}
