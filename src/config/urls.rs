//! URLs in a configuration: what is wrong with one, and what to write instead.
//!
//! A suggestion is checked by the same rule first, so that nobody is told to write something that is refused
//! next.

use jit_wire::section::At;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::limits::RefusedSetting;

/// What OpenID Connect Discovery 1.0 appends to an issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The rule for the URLs of one key.
pub(super) struct Rule<'a> {
    /// An example of a valid URL.
    pub(super) like: &'a str,
    /// What is wrong with an invalid URL.
    pub(super) check: &'a dyn Fn(&str) -> Result<(), String>,
    /// Removes what people often copy along with the URL.
    pub(super) cut: fn(&str) -> &str,
}

impl<'a> Rule<'a> {
    /// Any URL of an IdP.
    pub(super) fn idp_url(like: &'a str) -> Self {
        Self { like, check: &check_idp_url, cut: |url| url }
    }

    /// An issuer, which has neither query nor fragment (OpenID Connect Discovery 1.0, section 3).
    pub(super) fn issuer(like: &'a str) -> Self {
        Self { like, check: &issuer, cut: without_more }
    }

    /// An Okta org: scheme and host.
    pub(super) fn org(like: &'a str) -> Self {
        Self { like, check: &org, cut: origin }
    }

    /// What is wrong with the URL at `at`, and what to write instead.
    pub(super) fn refuse(&self, at: &At<String>) -> Option<RefusedSetting> {
        let what = (self.check)(&at.value).err()?;
        let near = near(&at.value, self.cut).into_iter().find(|url| (self.check)(url).is_ok());
        let next = near.map_or_else(|| format!("such as {}", self.like), |url| format!("write {url}"));
        Some(RefusedSetting::value(at.line, &at.value, what, next))
    }
}

/// URLs that may have been meant by `url`, the likeliest first: unchanged, without what was copied along,
/// both over https.
fn near(url: &str, cut: fn(&str) -> &str) -> Vec<String> {
    let url = url.trim();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        // A host by itself contains a dot.
        None if origin(url).contains('.') => ("https".to_owned(), url),
        None => return Vec::new(),
    };
    if !["http", "https"].contains(&scheme.as_str()) {
        return Vec::new();
    }
    let of_scheme = |scheme: &str| {
        let whole = format!("{scheme}://{rest}");
        let shorter = cut(&whole).to_owned();
        [whole, shorter]
    };
    [of_scheme(&scheme), of_scheme("https")].concat()
}

/// An issuer without what a browser or the metadata's URL appends to it.
fn without_more(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url[..end].trim_end_matches(WELL_KNOWN)
}

/// The part of a URL before its path.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

pub(super) fn check_idp_url(url: &str) -> Result<(), String> {
    fits(url, Purpose::Idp)
}

fn issuer(url: &str) -> Result<(), String> {
    check_idp_url(url)?;
    if url.contains(['?', '#']) || url.ends_with(WELL_KNOWN) {
        return Err("this has more than the issuer".to_owned());
    }
    fits(url, Purpose::Issuer)
}

fn org(url: &str) -> Result<(), String> {
    check_idp_url(url)?;
    match url.trim_end_matches('/').len() > origin(url).len() {
        true => Err("this is more than the URL of the org".to_owned()),
        false => Ok(()),
    }
}

fn fits(url: &str, purpose: Purpose<'_>) -> Result<(), String> {
    TrustedUrl::parse(url, purpose).map(drop).map_err(|why| format!("`{url}` {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Add anything that people may write instead of a URL, and the suggestion they get.
    #[test]
    fn suggestions_are_accepted() {
        let issuer = Rule::issuer("https://acme.okta.com");
        let org = Rule::org("https://acme.okta.com");
        let sso = Rule::idp_url("https://idp.acme.com/saml/sso");
        let cases = [
            (&issuer, "http://acme.okta.com", "write https://acme.okta.com"),
            (&issuer, "HTTP://acme.okta.com", "write https://acme.okta.com"),
            (&issuer, "acme.okta.com", "write https://acme.okta.com"),
            (&issuer, " https://acme.okta.com ", "write https://acme.okta.com"),
            (&issuer, "https://acme.okta.com/a?x", "write https://acme.okta.com/a"),
            (&issuer, "http://acme.okta.com/a?x#y", "write https://acme.okta.com/a"),
            (&issuer, "acme.okta.com/a/.well-known/openid-configuration", "write https://acme.okta.com/a"),
            (&issuer, "http://127.0.0.1:8080/a?x", "write http://127.0.0.1:8080/a"),
            (&issuer, "https://acme okta.com", "such as https://acme.okta.com"),
            (&issuer, "ftp://acme.okta.com", "such as https://acme.okta.com"),
            (&issuer, "acme", "such as https://acme.okta.com"),
            (&issuer, "", "such as https://acme.okta.com"),
            (&org, "https://acme.okta.com/app/UserHome", "write https://acme.okta.com"),
            (&org, "https://acme.okta.com?x", "write https://acme.okta.com"),
            (&org, "http://acme.okta.com/#home", "write https://acme.okta.com"),
            (&org, "acme.okta.com/", "write https://acme.okta.com/"),
            (&org, "acme", "such as https://acme.okta.com"),
            (&sso, "http://idp.acme.com/sso?a=b", "write https://idp.acme.com/sso?a=b"),
            // What a user name or a stray character was meant to be is unknown.
            (&sso, "https://alice@idp.acme.com/sso", "such as https://idp.acme.com/saml/sso"),
            (&sso, "https://idp.acme.com/s so", "such as https://idp.acme.com/saml/sso"),
        ];
        for (rule, url, next) in cases {
            let refused = rule.refuse(&At { value: url.to_owned(), line: 1 }).expect(url);
            assert_eq!(refused.next, next, "{url}");
            let suggested = next.rsplit(' ').next().expect(next).to_owned();
            assert!(rule.refuse(&At { value: suggested, line: 1 }).is_none(), "{url}: {next}");
        }
        for (rule, url) in [
            (&issuer, "https://acme.okta.com/oauth2/default"),
            (&org, "https://acme.okta.com/"),
            (&sso, "https://x.y/z?q#f"),
        ] {
            assert!(rule.refuse(&At { value: url.to_owned(), line: 1 }).is_none(), "{url}");
        }
    }
}
