//! Detects the IdP behind a URL, for a person who has no configuration yet: first from the URL itself, which
//! needs no request, then from what is published there.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use serde::Deserialize;

use crate::idp::code::bounded;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::http::{Ask, Http, HttpAnswer, HttpError};
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

/// The detected IdP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the configuration")]
pub enum FoundIdp {
    /// IAM Identity Center; the region if the URL or the page names it.
    Center { start_url: String, region: Option<String> },
    /// An Okta org, and the link of an application if the URL was one.
    Okta { org: String, app_url: Option<String>, identity_engine: bool },
    /// An OpenID Connect provider.
    Oidc { issuer: String },
    /// A page that starts a SAML sign-in.
    SamlStart { start_url: String },
    /// SAML metadata; `elsewhere` if its sign-in page is on another host.
    SamlSso { sso_url: String, issuer: String, by_post: bool, elsewhere: bool },
}

/// Why no IdP was detected.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// Not a URL.
    #[error("`{0}` is not the URL of a web page")]
    NotAUrl(String),
    /// There was no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Nothing there tells how to sign in.
    #[error("could not find out how to sign in at {0}")]
    Nothing(String),
    /// The document there describes an IdP on another host.
    #[error("{url} describes the IdP {issuer}, which is on another host")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Foreign { url: String, issuer: String },
    /// Its sign-in URL is not allowed.
    #[error("it sends users to `{url}`, which {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Untrusted { url: String, why: UrlError },
}

impl Explain for LookupError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Http(error) => error.next(),
            Self::Foreign { issuer, .. } => {
                vec![Next::words(format!("if that is the right one, type {issuer}"))]
            }
            Self::Untrusted { .. } => Next::list([super::ASK_ADMINISTRATOR]),
            Self::NotAUrl(_) | Self::Nothing(_) => Next::list([
                "such as acme.okta.com, acme.awsapps.com/start, login.microsoftonline.com/TENANT, an OpenID Connect \
                 issuer, SAML metadata, or the link of the AWS app on your dashboard",
            ]),
        }
    }
}

#[derive(Deserialize)]
struct Organization {
    pipeline: Option<String>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// Detects the IdP behind a URL that somebody typed.
///
/// # Errors
/// [`LookupError`].
pub async fn look_up(http: &Http, typed: &str) -> Result<FoundIdp, LookupError> {
    let typed_url = TypedUrl::read(typed)?;
    if let Some(found) = typed_url.by_form() {
        return Ok(found);
    }
    // An Okta org, under Okta's domain or the company's.
    let organization = http.get(&typed_url.page("/.well-known/okta-organization")?).await?;
    if let Some(Organization { pipeline }) = json(&organization) {
        let identity_engine = pipeline.as_deref() == Some("idx");
        let app_url = typed_url.path().starts_with("/home/").then(|| typed_url.url());
        return Ok(FoundIdp::Okta { org: typed_url.okta_org(), app_url, identity_engine });
    }
    if let Some(issuer) = typed_url.issuer(http).await? {
        return Ok(FoundIdp::Oidc { issuer });
    }
    let url = typed_url.url();
    let page = http
        .ask(&Ask { accept: "application/samlmetadata+xml, text/html, */*", ..Ask::get(&typed_url.at) })
        .await?;
    let text = String::from_utf8_lossy(page.body.expose());
    let found = metadata(&text, &typed_url.at)?.or_else(|| {
        let region = region_of_page(&text)?;
        Some(FoundIdp::Center { start_url: url.clone(), region: Some(region) })
    });
    found.filter(|_| page.status == 200).ok_or(LookupError::Nothing(url))
}

/// A URL that somebody typed, without a slash at the end of its path.
struct TypedUrl {
    at: TrustedUrl,
}

impl TypedUrl {
    fn read(typed: &str) -> Result<Self, LookupError> {
        let wrong = || LookupError::NotAUrl(bounded(typed));
        let typed = typed.trim();
        // Identity Center's pages, and those of dashboards, follow a `#`.
        let plain = typed.split('#').next().unwrap_or_default();
        let whole = if plain.contains("://") { plain.to_owned() } else { format!("https://{plain}") };
        let url = TrustedUrl::parse(&whole, Purpose::Idp).map_err(|_| wrong())?;
        // Nobody means a single word as a URL.
        if !url.host().contains('.') && !url.is_this_machine() {
            return Err(wrong());
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let at = url.at(&format!("{}{query}", url.path().trim_end_matches('/'))).map_err(|_| wrong())?;
        Ok(Self { at })
    }

    fn origin(&self) -> &str {
        self.at.origin()
    }

    fn url(&self) -> String {
        self.at.as_str().to_owned()
    }

    fn path(&self) -> &str {
        self.at.path()
    }

    /// Another page of the same host.
    fn page(&self, path: &str) -> Result<TrustedUrl, LookupError> {
        self.at.at(path).map_err(|_| LookupError::NotAUrl(bounded(path)))
    }

    fn okta_org(&self) -> String {
        // The administrators' pages are on a separate host.
        let host = self.at.host();
        let (first, rest) = host.split_once('.').unwrap_or((host, ""));
        let okta = rest.starts_with("okta") && !rest.is_empty();
        match first.strip_suffix("-admin").filter(|_| okta) {
            Some(org) => format!("https://{org}.{rest}"),
            None => self.origin().to_owned(),
        }
    }

    /// What the URL alone shows. The forms are from the vendors' documentation.
    fn by_form(&self) -> Option<FoundIdp> {
        let host = self.at.host();
        if host.ends_with(".awsapps.com") || host.ends_with(".awsapps.cn") {
            let path = if self.path().is_empty() { "/start" } else { self.path() };
            return Some(FoundIdp::Center { start_url: format!("{}{path}", self.origin()), region: None });
        }
        if let Some(name) = host.strip_suffix(".app.aws") {
            // ssoins-ID.portal.REGION.app.aws
            let region = name.split_once(".portal.").map(|(_, region)| region.to_owned());
            return Some(FoundIdp::Center { start_url: self.url(), region });
        }
        let starts = match host {
            "accounts.google.com" => self.path().starts_with("/o/saml2/"),
            "launcher.myapps.microsoft.com" => self.path().starts_with("/api/signin/"),
            "myapps.microsoft.com" | "account.activedirectory.windowsazure.com" => {
                self.path().contains("/signin/")
            }
            _ => false,
        };
        starts.then(|| FoundIdp::SamlStart { start_url: self.url() })
    }

    /// The issuer that describes itself there.
    async fn issuer(&self, http: &Http) -> Result<Option<String>, LookupError> {
        let base = self.url();
        let base = base.split("/.well-known/").next().unwrap_or_default().trim_end_matches('/').to_owned();
        // Entra's tenants have their second version below their own path.
        let entra = self.at.host() == "login.microsoftonline.com" && !base.ends_with("/v2.0");
        let base = if entra { format!("{base}/v2.0") } else { base };
        let url = format!("{base}/.well-known/openid-configuration");
        let path = url.strip_prefix(self.origin()).unwrap_or_default();
        let answer = http.get(&self.page(path)?).await?;
        let Some(Discovery { issuer }) = json(&answer) else { return Ok(None) };
        match TrustedUrl::parse(&issuer, Purpose::Issuer) {
            Ok(other) if other.is_of(&self.at) => Ok(Some(issuer)),
            _ => Err(LookupError::Foreign { url, issuer: bounded(&issuer) }),
        }
    }
}

fn json<T: for<'de> Deserialize<'de>>(answer: &HttpAnswer) -> Option<T> {
    let good = answer.status == 200;
    serde_json::from_slice(answer.body.expose()).ok().filter(|_| good)
}

/// The sign-in URL in SAML metadata (SAML 2.0 Metadata, 2.4.3); that of the redirect binding if there is one.
///
/// # Errors
/// [`LookupError::Untrusted`] if that URL is not allowed.
fn metadata(text: &str, at: &TrustedUrl) -> Result<Option<FoundIdp>, LookupError> {
    const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    let Ok(document) = roxmltree::Document::parse(text) else { return Ok(None) };
    let entity = document.descendants().find(|node| node.has_tag_name((METADATA, "EntityDescriptor")));
    let Some(entity) = entity else { return Ok(None) };
    let place = |binding: &str| {
        entity
            .descendants()
            .filter(|node| node.has_tag_name((METADATA, "SingleSignOnService")))
            .find(|node| node.attribute("Binding").is_some_and(|name| name.ends_with(binding)))
            .and_then(|node| node.attribute("Location"))
    };
    let redirect = place(":HTTP-Redirect");
    let post = place(":HTTP-POST");
    let (Some(sso_url), Some(issuer)) = (redirect.or(post), entity.attribute("entityID")) else {
        return Ok(None);
    };
    let to = TrustedUrl::parse(sso_url, Purpose::PageOf(at))
        .map_err(|why| LookupError::Untrusted { url: bounded(sso_url), why })?;
    Ok(Some(FoundIdp::SamlSso {
        elsewhere: to.host() != at.host(),
        sso_url: sso_url.to_owned(),
        issuer: issuer.to_owned(),
        by_post: redirect.is_none(),
    }))
}

/// The region in the head of a page of the portal.
fn region_of_page(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find("<meta name=\"region\"")?;
    let tag = text.get(at..)?.split('>').next()?;
    let region = tag.split("content=\"").nth(1)?.split('"').next()?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (region.contains('-') && region.len() < 32 && region.chars().all(fits)).then(|| region.to_owned())
}

/// Asks the portal at `start_url` for the region in its page.
///
/// # Errors
/// [`HttpError`] if there is no answer.
pub async fn region_of_portal(http: &Http, start_url: &str) -> Result<Option<String>, HttpError> {
    let url = TrustedUrl::parse(start_url, Purpose::Idp).map_err(|why| HttpError::bad_url(start_url, why))?;
    let page = http.ask(&Ask { accept: "text/html, */*", ..Ask::get(&url) }).await?;
    Ok(region_of_page(&String::from_utf8_lossy(page.body.expose())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_recognized_by_their_form() {
        let center = |start_url: &str, region: Option<&str>| {
            Some(FoundIdp::Center { start_url: start_url.to_owned(), region: region.map(str::to_owned) })
        };
        let start = |start_url: &str| Some(FoundIdp::SamlStart { start_url: start_url.to_owned() });
        for (typed, found) in [
            ("acme.awsapps.com", center("https://acme.awsapps.com/start", None)),
            (
                "https://acme.awsapps.com/start/#/?tab=accounts",
                center("https://acme.awsapps.com/start", None),
            ),
            (
                "https://start.us-gov-home.awsapps.com/directory/acme",
                center("https://start.us-gov-home.awsapps.com/directory/acme", None),
            ),
            (
                "https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws",
                center("https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws", Some("eu-west-1")),
            ),
            (
                "https://accounts.google.com/o/saml2/initsso?idpid=C1&spid=2&forceauthn=false",
                start("https://accounts.google.com/o/saml2/initsso?idpid=C1&spid=2&forceauthn=false"),
            ),
            (
                "https://launcher.myapps.microsoft.com/api/signin/1111?tenantId=2222",
                start("https://launcher.myapps.microsoft.com/api/signin/1111?tenantId=2222"),
            ),
            ("https://accounts.google.com", None),
            ("acme.okta.com", None),
        ] {
            assert_eq!(TypedUrl::read(typed).unwrap().by_form(), found, "{typed}");
        }
        let org = |typed| TypedUrl::read(typed).unwrap().okta_org();
        assert_eq!(org("https://acme-admin.okta.com/admin/apps"), "https://acme.okta.com");
        assert_eq!(org("https://sso-admin.example.com/x"), "https://sso-admin.example.com");
        for typed in [
            "",
            "acme",
            "ftp://acme.com",
            "http://acme.com",
            "https://me@acme.com",
            "a b.c",
            "https://\u{1b}x.y",
            // Found by fuzzing: jit would have called another host than the one typed.
            "login.,[::1]tz/t",
        ] {
            assert!(matches!(TypedUrl::read(typed), Err(LookupError::NotAUrl(_))), "{typed}");
        }
    }

    #[test]
    fn metadata_says_where_to_sign_in() {
        let at = TrustedUrl::parse("https://idp/metadata", Purpose::Idp).unwrap();
        let of = |services: &str| {
            let text = format!(
                "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp\">\
                 <md:IDPSSODescriptor>{services}</md:IDPSSODescriptor></md:EntityDescriptor>"
            );
            metadata(&text, &at)
        };
        let service = |binding: &str, place: &str| {
            format!(
                "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{place}\"/>"
            )
        };
        let (post, redirect) =
            (service("HTTP-POST", "https://idp/post"), service("HTTP-Redirect", "https://idp/get"));
        let found = |sso_url: &str, by_post| {
            let (sso_url, issuer) = (sso_url.to_owned(), "https://idp".to_owned());
            Some(FoundIdp::SamlSso { sso_url, issuer, by_post, elsewhere: false })
        };
        assert_eq!(of(&format!("{post}{redirect}")).unwrap(), found("https://idp/get", false));
        assert_eq!(of(&post).unwrap(), found("https://idp/post", true));
        assert_eq!(of("").unwrap(), None);
        assert_eq!(metadata("<html><body>no</body></html>", &at).unwrap(), None);
        for foreign in ["https://evil.example/sso", "https://idp.evil.example/"] {
            let found = of(&service("HTTP-Redirect", foreign)).unwrap();
            assert!(matches!(found, Some(FoundIdp::SamlSso { elsewhere: true, .. })), "{foreign}: {found:?}");
        }
        for hostile in ["javascript:alert(1)", "file:///idp", "http://idp/sso", "http://127.0.0.1:1/sso"] {
            let found = of(&service("HTTP-Redirect", hostile));
            assert!(matches!(found, Err(LookupError::Untrusted { .. })), "{hostile}: {found:?}");
        }
    }

    #[test]
    fn a_page_may_name_its_region() {
        let page = |region: &str| format!("<html><head><META name=\"region\" content=\"{region}\"/></head>");
        assert_eq!(region_of_page(&page("eu-west-1")).as_deref(), Some("eu-west-1"));
        for other in ["", "x", "eu west-1", "eu-west-1<script>"] {
            assert_eq!(region_of_page(&page(other)), None);
        }
    }
}
