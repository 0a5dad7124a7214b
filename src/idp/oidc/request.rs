//! What is requested from the IdP: scopes, and the URL that the browser is sent to.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::discovery::{self, Provider};
use super::error::OidcError;
use super::login::OidcLogin;
use super::token_endpoint::{self, Endpoint, Posted};
use crate::idp::LoginOptions;
use crate::plan::{AcrRequest, OidcSettings};
use crate::world::World;
use jit_wire::trusted_url::TrustedUrl;

/// The name of what an IdP lacks if nobody can sign in there with a browser on this machine.
pub(super) const SIGN_IN_PAGE: &str = "sign-in page (authorization_endpoint)";

const OFFLINE: &str = "offline_access";

/// IdPs that need other parameters for the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Google,
    Entra,
    Other,
}

impl Vendor {
    fn of(settings: &OidcSettings) -> Self {
        let issuer = discovery::issuer(settings).ok();
        match issuer.as_ref().map(TrustedUrl::authority).unwrap_or_default() {
            "accounts.google.com" => Self::Google,
            "login.microsoftonline.com" | "login.microsoftonline.us" | "login.partner.microsoftonline.cn" => {
                Self::Entra
            }
            _ => Self::Other,
        }
    }
}

/// The scopes to request, separated by spaces: those of the configuration, or else those that name a person
/// and allow renewal, as far as the IdP supports them. `openid` is always included.
pub(super) fn scopes(settings: &OidcSettings, provider: &Provider) -> String {
    let supported = provider.document.scopes_supported.as_deref();
    let mut scopes: Vec<&str> = match &settings.scopes {
        Some(scopes) => scopes.value.iter().map(String::as_str).collect(),
        None => ["email", "profile", OFFLINE]
            .into_iter()
            .filter(|scope| supported.is_none_or(|list| list.iter().any(|one| one == scope)))
            .collect(),
    };
    if Vendor::of(settings) == Vendor::Google {
        // Google uses `access_type` for this and refuses the scope.
        scopes.retain(|scope| *scope != OFFLINE);
    }
    if !scopes.contains(&"openid") {
        scopes.insert(0, "openid");
    }
    scopes.join(" ")
}

/// The parameters specific to one authorization request.
#[derive(Clone, Copy)]
pub(super) struct AuthorizationRequest<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    /// The S256 challenge (RFC 7636).
    pub(super) challenge: &'a str,
    pub(super) step_up: &'a StepUp,
}

/// The requirements for the sign-in itself.
#[derive(Default)]
pub(super) struct StepUp {
    /// The person must be asked again.
    pub(super) anew: bool,
    /// The maximum age of the browser's session, in seconds.
    pub(super) max_age: Option<u64>,
    /// The IdP's claims challenge, as JSON.
    pub(super) claims: Option<String>,
}

impl StepUp {
    /// The requirements of the settings, the role and the IdP's last refusal.
    pub(super) fn of(settings: &OidcSettings, options: &LoginOptions, last: Option<&OidcLogin>) -> Self {
        Self {
            anew: options.force,
            max_age: if options.force { Some(0) } else { max_age(settings) },
            claims: last.and_then(|last| last.claims.clone()),
        }
    }
}

/// The shorter of the configuration's `max_age` and the age that the role requires.
pub(super) fn max_age(settings: &OidcSettings) -> Option<u64> {
    let own = settings.max_age.as_ref().map(|age| age.value.into());
    own.into_iter().chain(settings.demanded.max_age.map(|age| age.as_secs())).min()
}

/// The authentication contexts to request: those that the role requires, or else those that the configuration
/// requests at every sign-in.
fn contexts(settings: &OidcSettings) -> Vec<String> {
    match settings.demanded.acr_to_ask_for() {
        none if none.is_empty() => {
            settings.acr_values.as_ref().map(|at| at.value.clone()).unwrap_or_default()
        }
        demanded => demanded,
    }
}

/// The contexts as `acr_values`, if they are asked for in that way.
pub(super) fn acr_values(settings: &OidcSettings) -> Option<String> {
    let contexts = contexts(settings);
    (!contexts.is_empty() && acr_request(settings) == AcrRequest::AcrValues).then(|| contexts.join(" "))
}

fn acr_request(settings: &OidcSettings) -> AcrRequest {
    settings.acr_request.as_ref().map_or_else(
        || match Vendor::of(settings) {
            Vendor::Entra => AcrRequest::Claims,
            _ => AcrRequest::AcrValues,
        },
        |at| at.value,
    )
}

/// The parameter `claims` (OpenID Connect Core 1.0, section 5.5): the contexts as an essential claim, if they
/// are asked for in that way, and the IdP's own challenge. Entra calls the claim `acrs` (Microsoft identity
/// platform, "Conditional Access authentication context").
fn claims(settings: &OidcSettings, challenge: Option<&str>) -> Option<String> {
    let mut claims: Map<String, Value> =
        challenge.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let contexts = contexts(settings);
    if !contexts.is_empty() && acr_request(settings) == AcrRequest::Claims {
        let name = if Vendor::of(settings) == Vendor::Entra { "acrs" } else { "acr" };
        let wanted = match contexts.as_slice() {
            [one] => json!({ "essential": true, "value": one }),
            several => json!({ "essential": true, "values": several }),
        };
        let id_token = claims.entry("id_token").or_insert_with(|| json!({}));
        if let Some(id_token) = id_token.as_object_mut() {
            // The role's requirements take precedence over what the IdP asked of an earlier sign-in.
            id_token.insert(name.to_owned(), wanted);
        }
    }
    (!claims.is_empty()).then(|| Value::Object(claims).to_string())
}

/// The URL of the sign-in page. If the IdP requires the request to be pushed to it first (RFC 9126), it is,
/// and the URL contains only its name.
///
/// # Errors
/// [`OidcError::Lacks`] if the IdP has no such page; the IdP's answer to a pushed request.
pub(super) async fn authorization_url(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    request: AuthorizationRequest<'_>,
) -> Result<TrustedUrl, OidcError> {
    let lacks = OidcError::Lacks { what: SIGN_IN_PAGE };
    let page = provider.document.authorization_endpoint.as_ref().ok_or(lacks)?;
    let query = query(settings, provider, request);
    if provider.document.require_pushed_authorization_requests != Some(true) {
        return Ok(page.with_query(&pairs(&query)));
    }
    let request_uri = pushed(settings, world, provider, &pairs(&query)).await?;
    Ok(page.with_query(&[("client_id", &settings.client_id.value), ("request_uri", &request_uri)]))
}

fn pairs(query: &[(String, String)]) -> Vec<(&str, &str)> {
    query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[derive(Deserialize)]
struct PushedAnswer {
    request_uri: String,
}

/// Pushes a request; returns the name that the IdP gives it.
async fn pushed(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    form: &[(&str, &str)],
) -> Result<String, OidcError> {
    const WHAT: &str = "the endpoint for pushed authorization requests";
    let url = provider.document.pushed_authorization_request_endpoint.as_ref();
    let url = url.ok_or(OidcError::Lacks {
        what: "endpoint for pushed authorization requests, although it requires them",
    })?;
    // Client authentication adds the parameters that identify the client, as the endpoint requires.
    let form: Vec<_> = form.iter().copied().filter(|(name, _)| *name != "client_id").collect();
    let at = Endpoint { url, methods: provider.document.token_methods() };
    let Posted { answer, .. } = token_endpoint::post(settings, world, provider, at, &form).await?;
    let read =
        token_endpoint::read::<PushedAnswer>(WHAT, &answer, &token_endpoint::secrets(settings, &form))?;
    Ok(read.map_err(|refusal| refusal.into_error(super::browser::SIGN_IN))?.request_uri)
}

/// The parameters of the request.
fn query(
    settings: &OidcSettings,
    provider: &Provider,
    request: AuthorizationRequest<'_>,
) -> Vec<(String, String)> {
    let vendor = Vendor::of(settings);
    let scopes = scopes(settings, provider);
    let asks_offline = scopes.split(' ').any(|scope| scope == OFFLINE);
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("client_id", settings.client_id.value.clone()),
        ("redirect_uri", request.redirect_uri.to_owned()),
        ("scope", scopes),
        ("state", request.state.to_owned()),
        ("nonce", request.nonce.to_owned()),
        ("code_challenge", request.challenge.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    if vendor == Vendor::Google {
        query.push(("access_type", "offline".to_owned()));
    }
    let further = settings.authorize.as_ref().map(|at| at.value.clone()).unwrap_or_default();
    // The configuration's own `prompt` replaces `jit`'s, unless the person must be asked again.
    let own_prompt = !request.step_up.anew && further.contains_key("prompt");
    if let Some(prompt) = prompt(vendor, asks_offline, request.step_up.anew).filter(|_| !own_prompt) {
        query.push(("prompt", prompt.to_owned()));
    }
    if let Some(max_age) = request.step_up.max_age.filter(|_| vendor != Vendor::Google) {
        query.push(("max_age", max_age.to_string()));
    }
    query.extend(acr_values(settings).map(|values| ("acr_values", values)));
    query.extend(claims(settings, request.step_up.claims.as_deref()).map(|claims| ("claims", claims)));
    if let Some(audience) = &settings.audience {
        query.push(("audience", audience.value.clone()));
    }
    let own = query.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(further.into_iter().filter(|(name, _)| own_prompt || name != "prompt")).collect()
}

/// `offline_access` needs `consent` (OpenID Connect Core 1.0, section 11), except at Entra, where it would
/// ask every user again for what their administrator has granted, and lock out users without the permission
/// to grant anything; Entra also accepts only one value. Google has no `login`.
fn prompt(vendor: Vendor, offline: bool, force: bool) -> Option<&'static str> {
    match (vendor, offline, force) {
        (Vendor::Google, _, true) => Some("select_account consent"),
        (Vendor::Google, _, false) => Some("consent"),
        (Vendor::Entra, _, force) => force.then_some("login"),
        (Vendor::Other, true, true) => Some("login consent"),
        (Vendor::Other, true, false) => Some("consent"),
        (Vendor::Other, false, force) => force.then_some("login"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{options, settings};
    use super::*;
    use crate::plan::{Origin, Valued};
    use jit_wire::timestamp::Timestamp;

    fn provider(issuer: &str, scopes: serde_json::Value) -> Provider {
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?p=1"), "token_endpoint": "https://t",
            "jwks_uri": "https://j", "scopes_supported": scopes,
        });
        Provider {
            document: serde_json::from_value(document).unwrap(),
            keys: Vec::new(),
            fetched_at: Timestamp(0),
            client_auth: None,
        }
    }

    #[test]
    fn scopes_are_configured_or_what_the_idp_supports() {
        let all = "openid email profile offline_access";
        let (okta, google) = ("https://acme.okta.com", "https://accounts.google.com");
        let cases = [
            (okta, None, json!(null), all),
            (okta, None, json!(["openid", "email", "groups"]), "openid email"),
            (okta, None, json!([]), "openid"),
            (okta, Some("groups"), json!(["openid"]), "openid groups"),
            (okta, Some("groups openid"), json!(null), "groups openid"),
            (google, None, json!(null), "openid email profile"),
            (google, Some("openid offline_access"), json!(null), "openid"),
        ];
        for (issuer, configured, supported, expected) in cases {
            let mut settings = settings(issuer);
            settings.scopes = configured
                .map(|list: &str| Valued::new(list.split(' ').map(str::to_owned).collect(), Origin::Default));
            let got = scopes(&settings, &provider(issuer, supported.clone()));
            assert_eq!(got, expected, "{issuer} {configured:?} {supported}");
        }
    }

    /// The issuer, what the configuration requests at every sign-in, what the role requires, the challenge;
    /// the resulting request.
    #[test]
    fn a_stronger_sign_in_is_requested_in_the_idps_way() {
        let entra = "https://login.microsoftonline.com/t/v2.0";
        let (okta, google) = ("https://acme.okta.com", "https://accounts.google.com");
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let challenge = r#"{"access_token":{"capolids":{"essential":true,"values":["1"]}}}"#;
        let both = r#"{"access_token":{"capolids":{"essential":true,"values":["1"]}},"id_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
        let one = r#"{"id_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
        let two = r#"{"id_token":{"acrs":{"essential":true,"values":["c1","c2"]}}}"#;
        let generic = r#"{"id_token":{"acr":{"essential":true,"value":"c1"}}}"#;
        use AcrRequest::{AcrValues, Claims};
        let cases = [
            (okta, "", None, "", None, None, [None, None, None]),
            (okta, "mfa", Some(60), "", None, None, [Some("60"), Some("mfa"), None]),
            (okta, "mfa", Some(60), "phr phrh", Some(3600), None, [Some("60"), Some("phr phrh"), None]),
            (okta, "", Some(3600), "", Some(60), None, [Some("60"), None, None]),
            (okta, "", None, "", None, Some(challenge), [None, None, Some(challenge)]),
            (entra, "", None, "c1", None, None, [None, None, Some(one)]),
            (entra, "c1 c2", None, "", None, None, [None, None, Some(two)]),
            (entra, "", None, "c1", Some(900), Some(challenge), [Some("900"), None, Some(both)]),
            (google, "", None, "", Some(900), None, [None, None, None]),
        ];
        let asked = |settings: &OidcSettings, challenge: Option<&str>| {
            let step_up =
                StepUp { claims: challenge.map(str::to_owned), ..StepUp::of(settings, &options(), None) };
            let request = AuthorizationRequest {
                redirect_uri: "http://127.0.0.1:1/callback",
                state: "s",
                nonce: "n",
                challenge: "c",
                step_up: &step_up,
            };
            let query = query(settings, &provider(&settings.issuer.value, json!(null)), request);
            ["max_age", "acr_values", "claims"].map(|name| {
                let found: Vec<_> = query.iter().filter(|(own, _)| own == name).collect();
                assert!(found.len() < 2, "{query:?}");
                found.first().map(|(_, value)| value.clone())
            })
        };
        for (issuer, own, own_age, acr, age, challenge, expected) in cases {
            let mut settings = settings(issuer);
            settings.acr_values = (!own.is_empty()).then(|| Valued::new(list(own), Origin::Default));
            settings.max_age = own_age.map(|age| Valued::new(age, Origin::Default));
            let age = age.map(std::time::Duration::from_secs);
            settings.demanded.add(age, (!acr.is_empty()).then(|| list(acr)).as_deref(), None);
            let got = asked(&settings, challenge);
            assert_eq!(got, expected.map(|text| text.map(str::to_owned)), "{issuer} {own} {acr}");
        }
        for (issuer, way, expected) in
            [(okta, Claims, [None, Some(generic)]), (entra, AcrValues, [Some("c1"), None])]
        {
            let mut settings = settings(issuer);
            settings.acr_request = Some(Valued::new(way, Origin::Default));
            settings.demanded.add(None, Some(&list("c1")), None);
            let [_, values, claims] = asked(&settings, None);
            assert_eq!([values.as_deref(), claims.as_deref()], expected, "{issuer} {way:?}");
        }
    }

    #[test]
    fn each_idp_gets_its_own_parameters() {
        let entra = "https://login.microsoftonline.com/t/v2.0";
        let (okta, google) = ("https://acme.okta.com", "https://accounts.google.com");
        let cases = [
            (okta, false, json!(null), "&prompt=consent"),
            (okta, true, json!(null), "&prompt=login+consent&max_age=0"),
            (okta, false, json!([]), ""),
            (okta, true, json!([]), "&prompt=login&max_age=0"),
            (entra, false, json!(null), ""),
            (entra, true, json!(null), "&prompt=login&max_age=0"),
            (google, false, json!(null), "&access_type=offline&prompt=consent"),
            (google, true, json!(null), "&access_type=offline&prompt=select_account+consent"),
        ];
        let request = AuthorizationRequest {
            redirect_uri: "http://127.0.0.1:1/callback",
            state: "s",
            nonce: "n",
            challenge: "c",
            step_up: &StepUp::default(),
        };
        let address = |settings: &OidcSettings, provider: &Provider, options: &LoginOptions| {
            let step_up = StepUp::of(settings, options, None);
            let request = AuthorizationRequest { step_up: &step_up, ..request };
            let page = provider.document.authorization_endpoint.as_ref().unwrap();
            page.with_query(&pairs(&query(settings, provider, request))).to_string()
        };
        for (issuer, force, scopes, end) in cases {
            let options = LoginOptions { force, ..options() };
            let mut settings = settings(issuer);
            let provider = provider(issuer, scopes);
            let url = address(&settings, &provider, &options);
            let start = format!("{issuer}/authorize?p=1&response_type=code&client_id=jit&redirect_uri=");
            assert!(url.starts_with(&start), "{url}");
            assert!(url.ends_with(&format!("&code_challenge_method=S256{end}")), "{url}");
            settings.audience = Some(Valued::new("urn:x".to_owned(), Origin::Default));
            let url = address(&settings, &provider, &options);
            assert!(url.ends_with(&format!("{end}&audience=urn%3Ax")), "{url}");
        }
    }
}
