//! What is asked of the provider: scopes, and the address that the browser is sent to.

use serde::Deserialize;

use super::discovery::{self, Provider};
use super::error::OidcError;
use super::token_endpoint::{self, Endpoint, Posted};
use crate::idp::LoginOptions;
use crate::plan::OidcSettings;
use crate::trusted_url::TrustedUrl;
use crate::world::World;

const OFFLINE: &str = "offline_access";

/// Providers that want the same thing said differently.
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

/// The scopes to ask for, separated by spaces: those of the configuration, else what names a person and lets the
/// login last, as far as the provider supports it. `openid` is always among them.
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
        // Google says it by `access_type` and refuses the scope.
        scopes.retain(|scope| *scope != OFFLINE);
    }
    if !scopes.contains(&"openid") {
        scopes.insert(0, "openid");
    }
    scopes.join(" ")
}

/// The parameters of an authorization request that are its own.
#[derive(Clone, Copy)]
pub(super) struct AuthorizationRequest<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    /// The S256 challenge (RFC 7636).
    pub(super) challenge: &'a str,
    /// The person is to be asked anew, said by `max_age=0` as well.
    pub(super) max_age: bool,
}

/// The address of the sign-in page. Where the provider wants the request to be pushed to it first (RFC 9126), it is, and the
/// address holds nothing but its name.
///
/// # Errors
/// [`OidcError::Lacks`] if the provider has no such page; what it says to a request that is pushed.
pub(super) async fn authorization_url(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    options: &LoginOptions,
    request: AuthorizationRequest<'_>,
) -> Result<TrustedUrl, OidcError> {
    let lacks = OidcError::Lacks { what: "sign-in page (authorization_endpoint)" };
    let page = provider.document.authorization_endpoint.as_ref().ok_or(lacks)?;
    let query = query(settings, provider, options, request);
    if provider.document.require_pushed_authorization_requests != Some(true) {
        return Ok(page.with_query(&pairs(&query)));
    }
    let request_uri = pushed(settings, world, provider, &pairs(&query)).await?;
    Ok(page.with_query(&[("client_id", &settings.client_id.value), ("request_uri", &request_uri)]))
}

fn pairs<'q>(query: &'q [(&'static str, String)]) -> Vec<(&'q str, &'q str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[derive(Deserialize)]
struct PushedAnswer {
    request_uri: String,
}

/// Pushes a request, for the name that it has from then on.
async fn pushed(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    form: &[(&str, &str)],
) -> Result<String, OidcError> {
    const WHAT: &str = "the endpoint for pushed requests";
    let url = provider.document.pushed_authorization_request_endpoint.as_ref();
    let url = url.ok_or(OidcError::Lacks { what: "endpoint for pushed requests, which it requires" })?;
    // What names the client is added there, as the endpoint wants it.
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
    options: &LoginOptions,
    request: AuthorizationRequest<'_>,
) -> Vec<(&'static str, String)> {
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
    if let Some(prompt) = prompt(vendor, asks_offline, options.force) {
        query.push(("prompt", prompt.to_owned()));
    }
    if request.max_age && vendor != Vendor::Google {
        query.push(("max_age", "0".to_owned()));
    }
    if let Some(audience) = &settings.audience {
        query.push(("audience", audience.value.clone()));
    }
    query
}

/// `offline_access` needs `consent` (OpenID Connect Core 1.0, section 11), except at Entra, where it would ask every
/// user anew for what their administrator has granted, and lock out those who may not grant anything themselves; it
/// also takes one value only. Google has no `login`.
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
    use serde_json::json;

    use super::super::testing::{options, settings};
    use super::*;
    use crate::plan::{Origin, Valued};
    use crate::timestamp::Timestamp;

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
    fn scopes_are_the_configured_ones_or_what_the_provider_supports() {
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

    #[test]
    fn each_provider_is_asked_in_its_own_way() {
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
            max_age: true,
        };
        let address = |settings: &OidcSettings, provider: &Provider, options: &LoginOptions| {
            let request = AuthorizationRequest { max_age: options.force, ..request };
            let page = provider.document.authorization_endpoint.as_ref().unwrap();
            page.with_query(&pairs(&query(settings, provider, options, request))).to_string()
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
