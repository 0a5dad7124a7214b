//! The settings of a plan as rows of the table, for each kind of IdP and for each role of a chain.

use std::time::Duration;

use crate::idp::IdpLogin;
use crate::plan::{
    Capture, CenterSettings, FACTORS, Factor, Leg, OidcSettings, OktaSettings, Origin, Plan, ProofPlan,
    RoleId, SamlSettings, Valued,
};
use crate::world::{World, clock_time};
use jit_wire::timestamp::duration;

/// A setting: its name, its value and where the value comes from.
pub(super) type Row = (&'static str, String, String);

/// A setting that always has a value.
fn row<T>(name: &'static str, valued: &Valued<T>, show: impl Fn(&T) -> String) -> Row {
    (name, show(&valued.value), valued.origin.to_string())
}

/// A setting, if it has a value.
pub(super) fn optional<T>(
    name: &'static str,
    valued: Option<&Valued<T>>,
    show: impl Fn(&T) -> String,
) -> Option<Row> {
    valued.map(|valued| row(name, valued, show))
}

/// A boolean setting, if it is true.
fn switch(name: &'static str, on: &Valued<bool>) -> Option<Row> {
    on.value.then(|| (name, "yes".to_owned(), on.origin.to_string()))
}

/// The settings of an OpenID Connect IdP.
pub(super) fn oidc_rows(oidc: &OidcSettings) -> Vec<Row> {
    let text = String::clone;
    let port = |port: &u16| if *port == 0 { "any free port".to_owned() } else { port.to_string() };
    let rows = [
        Some(row("issuer", &oidc.issuer, text)),
        Some(row("client_id", &oidc.client_id, text)),
        optional("client_secret", oidc.client_secret.as_ref(), |_| "(set, not shown)".to_owned()),
        optional("scopes", oidc.scopes.as_ref(), |scopes| scopes.join(" ")),
        Some(row("flow", &oidc.flow, |flow| format!("{flow:?}").to_lowercase())),
        Some(row("redirect_port", &oidc.redirect_port, port)),
        optional("audience", oidc.audience.as_ref(), text),
        optional("client_auth", oidc.client_auth.as_ref(), |method| method.name().to_owned()),
        optional("acr_values", oidc.acr_values.as_ref(), |values| values.join(" ")),
        optional("max_age", oidc.max_age.as_ref(), length),
        optional("acr_request", oidc.acr_request.as_ref(), |request| request.name().to_owned()),
        optional("authorize", oidc.authorize.as_ref(), |further| {
            further.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        }),
    ];
    rows.into_iter().flatten().collect()
}

/// A number of seconds.
pub(super) fn length(seconds: &u32) -> String {
    duration(Duration::from_secs((*seconds).into()))
}

/// The attributes of the person from the last sign-in.
pub(super) fn said(login: &IdpLogin, world: &World) -> Vec<Row> {
    let attributes = login.attributes();
    let origin = if matches!(login, IdpLogin::Oidc(_)) { "the ID token" } else { "the assertion" };
    let row = |name, value: String| (!value.is_empty()).then(|| (name, value, origin.to_owned()));
    let tags = attributes.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let keys = attributes.transitive_tags.iter().cloned().collect::<Vec<_>>();
    let length = |seconds: u32| duration(Duration::from_secs(seconds.into()));
    let roles = Some(attributes.roles.len()).filter(|count| *count > 0);
    let rows = [
        row("session_name", attributes.session_name.unwrap_or_default()),
        row("session_duration", attributes.session_duration.map(length).unwrap_or_default()),
        row("source_identity", attributes.source_identity.unwrap_or_default()),
        row("tags", tags.join(" ")),
        row("transitive_tags", keys.join(" ")),
        row(
            "sign_in",
            login.identity().sign_in.in_words(|at| clock_time(at, &*world.clock)).unwrap_or_default(),
        ),
        row("roles", roles.map(|count| format!("{count} available")).unwrap_or_default()),
    ];
    rows.into_iter().flatten().collect()
}

/// The settings of a SAML IdP.
pub(super) fn saml_rows(saml: &SamlSettings) -> Vec<Row> {
    let text = String::clone;
    let port = |port: &u16| if *port == 0 { "any free port".to_owned() } else { port.to_string() };
    let by_loopback = saml.capture.value == Capture::Loopback;
    let lower = |word: String| word.to_lowercase();
    let rows = [
        optional("sso_url", saml.sso_url.as_ref(), text),
        optional("start_url", saml.start_url.as_ref(), text),
        Some(row("capture", &saml.capture, |capture| lower(format!("{capture:?}")))),
        Some(row("entity_id", &saml.entity_id, text)),
        optional("issuer", saml.issuer.as_ref(), text),
        Some(row("binding", &saml.binding, |binding| lower(format!("{binding:?}")))),
        by_loopback.then(|| row("acs_host", &saml.acs_host, text)),
        by_loopback.then(|| row("acs_port", &saml.acs_port, port)),
        (!by_loopback && saml.sso_url.is_some()).then(|| row("acs_url", &saml.acs_url, text)),
        optional("browser", saml.browser.as_ref(), text),
        optional("authn_context", saml.authn_context.as_ref(), |values| values.join(" ")),
        switch("force_authn", &saml.force_authn),
    ];
    rows.into_iter().flatten().collect()
}

/// The settings of an Okta org.
pub(super) fn okta_rows(okta: &OktaSettings) -> Vec<Row> {
    let text = String::clone;
    let named = |factor: &Factor| {
        FACTORS
            .iter()
            .find(|(one, ..)| one == factor)
            .map_or_else(String::new, |(_, name, _)| (*name).to_owned())
    };
    let rows = [
        Some(row("org", &okta.org, text)),
        Some(row("app_url", &okta.app_url, text)),
        optional("username", okta.username.as_ref(), text),
        Some(row("flow", &okta.flow, |flow| format!("{flow:?}").to_lowercase())),
        optional("factor", okta.factor.as_ref(), named),
        optional("client_id", okta.client_id.as_ref(), text),
        optional("browser", okta.browser.as_ref(), text),
        optional("acr_values", okta.acr_values.as_ref(), |values| values.join(" ")),
        optional("max_age", okta.max_age.as_ref(), length),
    ];
    rows.into_iter().flatten().collect()
}

/// Where the name of a session comes from, if the configuration sets none.
pub(super) fn named_by(plan: &Plan, index: usize) -> &'static str {
    match plan.proof {
        ProofPlan::Oidc(_) => "the IdP's user",
        ProofPlan::IdentityCenter(_) if index == 0 => "the user of Identity Center",
        ProofPlan::Source(_) if index == 0 => "the name known to AWS",
        _ if index == 0 => "the assertion's RoleSessionName",
        _ => "the session name of the hub",
    }
}

/// The settings of an Identity Center portal.
pub(super) fn center_rows(center: &CenterSettings) -> Vec<Row> {
    let text = String::clone;
    let port = |port: &u16| if *port == 0 { "any free port".to_owned() } else { port.to_string() };
    let rows = [
        Some(row("start_url", &center.start_url, text)),
        Some(row("region", &center.region, text)),
        Some(row("flow", &center.flow, |flow| format!("{flow:?}").to_lowercase())),
        Some(row("redirect_port", &center.redirect_port, port)),
        optional("sso_oidc_endpoint", center.oidc_url.as_ref(), text),
        optional("sso_endpoint", center.portal_url.as_ref(), text),
        switch("sso_fips", &center.fips),
        switch("sso_dual_stack", &center.dual_stack),
    ];
    rows.into_iter().flatten().collect()
}

/// The settings of one role of the chain. `named_by` says where the session name comes from if the
/// configuration sets none.
pub(super) fn leg_rows(leg: &Leg, named_by: &str) -> Vec<Row> {
    let text = String::clone;
    let user = ("session_name", named_by.to_owned(), Origin::Default.to_string());
    let tags = |tags: &std::collections::BTreeMap<String, String>| {
        tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    let key = match leg.role.value {
        RoleId::Arn(_) => "role_arn",
        RoleId::Assigned(_) => "assigned",
        RoleId::Itself(_) => "role",
    };
    let rows = [
        Some(row(key, &leg.role, |role| role.as_str().to_owned())),
        optional("provider_arn", leg.provider_arn.as_ref(), text),
        Some(row("duration", &leg.duration, |seconds| duration(Duration::from_secs((*seconds).into())))),
        Some(optional("session_name", leg.session_name.as_ref(), text).unwrap_or(user)),
        optional("source_identity", leg.source_identity.as_ref(), text),
        optional("external_id", leg.external_id.as_ref(), text),
        optional("mfa_serial", leg.mfa_serial.as_ref(), text),
        optional("tags", leg.tags.as_ref(), tags),
        optional("transitive_tags", leg.transitive_tags.as_ref(), |tags| tags.join(" ")),
        optional("policy", leg.policy.as_ref(), text),
        optional("policy_arns", leg.policy_arns.as_ref(), |arns| arns.join(" ")),
        Some(row("sts_region", &leg.sts.region, text)),
        optional("sts_endpoint", leg.sts.url.as_ref(), text),
        switch("sts_fips", &leg.sts.fips),
        switch("sts_dual_stack", &leg.sts.dual_stack),
    ];
    rows.into_iter().flatten().collect()
}
