//! `type = "saml"`: where the sign-in starts (`sso_url`: at `jit`; `start_url`: at the IdP), how the response
//! gets back (`capture`), and which keys have an effect with which of these.

use super::values::{choice, contexts, refuse_without_effect, url};
use crate::config::urls::{self, Rule};
use crate::plan::{Binding, Capture};
use jit_wire::arn::is_sign_in_endpoint;
use jit_wire::section::{At, Mistake, Section};

/// Examples of each URL, for messages.
const SSO_URL: &str = "https://idp.acme.com/saml/sso";
const START_URL: &str = "https://idp.acme.com/saml/start";
const ACS_URL: &str = "https://eu-west-1.signin.aws.amazon.com/saml";

/// The keys of a SAML provider.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::SamlSettings` says what they mean")]
pub struct SamlSection {
    pub sso_url: Option<At<String>>,
    pub start_url: Option<At<String>>,
    pub capture: Option<At<Capture>>,
    pub entity_id: Option<At<String>>,
    pub issuer: Option<At<String>>,
    pub binding: Option<At<Binding>>,
    pub acs_host: Option<At<String>>,
    pub acs_port: Option<At<u16>>,
    pub acs_url: Option<At<String>>,
    pub browser: Option<At<String>>,
    pub authn_context: Option<At<Vec<String>>>,
    pub force_authn: Option<At<bool>>,
    pub auto_login: Option<At<bool>>,
}

impl SamlSection {
    /// The `capture` of a section that does not set it.
    pub fn default_capture(&self) -> Capture {
        default_capture(self.sso_url.is_some())
    }
}

/// Only with jit's own request, to `sso_url`, can the IdP send the response to this machine.
fn default_capture(has_sso_url: bool) -> Capture {
    if has_sso_url { Capture::Loopback } else { Capture::Browser }
}

pub(super) fn read(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<SamlSection, Mistake> {
    let captures = [("loopback", Capture::Loopback), ("browser", Capture::Browser)];
    let bindings = [("redirect", Binding::Redirect), ("post", Binding::Post)];
    let hosts = [("127.0.0.1", "127.0.0.1".to_owned()), ("localhost", "localhost".to_owned())];
    let capture = choice(section, "capture", &captures)?;
    let decided = match &capture {
        Some(at) => at.value,
        None => default_capture(section.line_of("sso_url").is_some()),
    };
    check_start(section, decided)?;
    check_effects(section, decided)?;
    let acs_url = Rule { like: ACS_URL, check: &check_acs_url, cut: |url| url };
    Ok(SamlSection {
        sso_url: url(section, "sso_url", &Rule::idp_url(SSO_URL))?,
        start_url: url(section, "start_url", &Rule::idp_url(START_URL))?,
        capture,
        entity_id: section.text("entity_id")?,
        issuer: section.text("issuer")?,
        binding: choice(section, "binding", &bindings)?,
        acs_host: choice(section, "acs_host", &hosts)?,
        acs_port: section.port("acs_port")?,
        acs_url: url(section, "acs_url", &acs_url)?,
        browser: section.text("browser")?,
        authn_context: contexts(section, "authn_context")?,
        force_authn: section.boolean("force_authn")?,
        auto_login,
    })
}

/// A response may be captured only on its way to AWS.
fn check_acs_url(url: &str) -> Result<(), String> {
    if is_sign_in_endpoint(url) {
        urls::check_idp_url(url)
    } else {
        Err(format!("AWS does not accept SAML responses at `{url}`"))
    }
}

/// A sign-in starts in exactly one place, and the response can get back from there.
fn check_start(section: &Section<'_>, capture: Capture) -> Result<(), Mistake> {
    match (section.line_of("sso_url"), section.line_of("start_url")) {
        (None, None) => {
            let what = format!("{} has neither `sso_url` nor `start_url`", section.title);
            let suggestion =
                format!("add sso_url = \"{SSO_URL}\", the single sign-on URL of the IdP's metadata");
            Err(section.missing(&["sso_url", "start_url"], what, suggestion))
        }
        (Some(_), Some(start)) => {
            let what = format!("{} has both `sso_url` and `start_url`", section.title);
            let suggestion =
                "sso_url is where jit sends its request, start_url is a page of the IdP; delete one";
            Err(section.mistake_at(start, what, Some(suggestion.to_owned())))
        }
        (None, Some(start)) if capture == Capture::Loopback => {
            let what = "a sign-in that starts at the IdP (start_url) needs capture = \"browser\"".to_owned();
            let suggestion = "write capture = \"browser\", or an sso_url instead of start_url".to_owned();
            Err(section.mistake_at(start, what, Some(suggestion)))
        }
        _ => Ok(()),
    }
}

/// Every key that is set has an effect.
fn check_effects(section: &Section<'_>, capture: Capture) -> Result<(), Mistake> {
    let (keys, reason) = match capture {
        Capture::Browser => (["acs_host", "acs_port"], "with capture = \"browser\""),
        Capture::Loopback => (["acs_url", "browser"], "with capture = \"loopback\""),
    };
    refuse_without_effect(section, &keys, reason, "delete it")?;
    if section.line_of("start_url").is_some() {
        let of_the_request = ["acs_url", "binding", "authn_context", "force_authn"];
        let reason = "with start_url: jit sends no request, and the IdP uses what it has registered";
        refuse_without_effect(section, &of_the_request, reason, "delete it")?;
    }
    Ok(())
}
