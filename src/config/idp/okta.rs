//! `type = "okta"`: an Okta org without a browser, its application that federates into AWS, and the keys of
//! the device grant, which uses another client.

use super::values::{check_url, choice, contexts, refuse_without_effect};
use crate::config::urls::Rule;
use crate::plan::{FACTORS, Factor, OktaFlow};
use jit_wire::section::{At, Mistake, Section};

/// An example of the URL of an org, for messages.
const ORG: &str = "https://acme.okta.com";

/// The keys of an Okta org.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::OktaSettings` says what they mean")]
pub struct OktaSection {
    pub org: At<String>,
    pub app_url: At<String>,
    pub username: Option<At<String>>,
    pub flow: Option<At<OktaFlow>>,
    pub factor: Option<At<Factor>>,
    pub client_id: Option<At<String>>,
    pub browser: Option<At<String>>,
    pub acr_values: Option<At<Vec<String>>>,
    pub max_age: Option<At<u32>>,
    pub auto_login: Option<At<bool>>,
}

pub(super) fn read(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<OktaSection, Mistake> {
    let org = org(section)?;
    let app_url = app_url(section, &org.value)?;
    if section.line_of("client_id").is_none() {
        let reason = "without a `client_id`: jit sends it with the device grant only";
        let next = "delete it, or add the client_id of the org's OIDC native application";
        refuse_without_effect(section, &["acr_values", "max_age"], reason, next)?;
    }
    let flows = [("auto", OktaFlow::Auto), ("classic", OktaFlow::Classic), ("device", OktaFlow::Device)];
    let factors = FACTORS.map(|(factor, name, _)| (name, factor));
    let okta = OktaSection {
        org,
        app_url,
        username: section.text("username")?,
        flow: choice(section, "flow", &flows)?,
        factor: choice(section, "factor", &factors)?,
        client_id: section.text("client_id")?,
        browser: section.text("browser")?,
        acr_values: contexts(section, "acr_values")?,
        max_age: section.duration("max_age")?,
        auto_login,
    };
    check_device_flow(section, &okta)?;
    Ok(okta)
}

/// The URL of the org: scheme and host.
fn org(section: &mut Section<'_>) -> Result<At<String>, Mistake> {
    let mut org = section.required("org", ORG)?;
    check_url(section, &org, &Rule::org(ORG))?;
    org.value.truncate(org.value.trim_end_matches('/').len());
    Ok(org)
}

/// The embed link of the application. It must be at the org, because a session token of the org is sent
/// there.
fn app_url(section: &mut Section<'_>, org: &str) -> Result<At<String>, Mistake> {
    let like = format!("{org}/home/amazon_aws/0oa1/272");
    let app_url = section.required("app_url", &like)?;
    check_url(section, &app_url, &Rule::idp_url(&like))?;
    if !app_url.value.starts_with(&format!("{org}/")) {
        let what = format!("the URL of the application is not on {org}");
        let suggestion = format!("app_url is the application's embed link in your org, such as {like}");
        return Err(section.mistake_at(app_url.line, what, Some(suggestion)));
    }
    Ok(app_url)
}

/// The device grant needs a client of its own.
fn check_device_flow(section: &Section<'_>, okta: &OktaSection) -> Result<(), Mistake> {
    let Some(At { value: OktaFlow::Device, line }) = okta.flow else { return Ok(()) };
    if okta.client_id.is_some() {
        return Ok(());
    }
    let what = "the device grant needs the `client_id` of the org's OIDC native application".to_owned();
    let suggestion = "add a line such as client_id = \"0oa1b2c3\"".to_owned();
    Err(section.mistake_at(line, what, Some(suggestion)))
}
