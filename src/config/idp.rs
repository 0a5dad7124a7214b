//! `[idp.NAME]`: where people sign in, by its `type`.

use std::collections::BTreeMap;

use super::limits::{self, Dialect, Refused};
use super::urls::{self, Rule};
use crate::plan::{AcrRequest, Binding, Capture, ClientAuth, FACTORS, Factor, Flow, OktaFlow};
use jit_wire::arn::is_sign_in_endpoint;
use jit_wire::secret::Secret;
use jit_wire::section::{At, Mistake, Section, closest};
use jit_wire::unseen::is_unseen;

/// The types there are.
const TYPES: [&str; 4] = ["oidc", "saml", "okta", "identity-center"];

/// URLs as each key has them, for messages.
const ISSUER: &str = "https://acme.okta.com";
const ORG: &str = "https://acme.okta.com";
const SSO_URL: &str = "https://idp.acme.com/saml/sso";
const SAML_START_URL: &str = "https://idp.acme.com/saml/start";
const ACS_URL: &str = "https://eu-west-1.signin.aws.amazon.com/saml";
pub(super) const CENTER_START_URL: &str = "https://acme.awsapps.com/start";

/// `[idp.NAME]` by its `type`.
#[derive(Debug)]
pub enum IdpSection {
    /// `type = "oidc"`.
    Oidc(OidcSection),
    /// `type = "saml"`.
    Saml(SamlSection),
    /// `type = "identity-center"`.
    IdentityCenter(CenterSection),
    /// `type = "okta"`.
    Okta(OktaSection),
    /// No IdP, but what a profile of `~/.aws/config` starts from. There is no such `type`.
    Source(SourceSection),
}

/// What a profile of `~/.aws/config` starts from where no IdP is asked.
#[derive(Debug)]
pub enum SourceSection {
    /// Static keys, with the token of a session if they are another program's.
    #[expect(missing_docs, reason = "named as in the file")]
    Keys { id: At<String>, secret: At<Secret<String>>, token: Option<At<Secret<String>>> },
    /// `credential_process`.
    Process(At<String>),
    /// `web_identity_token_file`.
    TokenFile(At<String>),
    /// `credential_source`.
    Machine(At<CredentialSource>),
}

/// A `credential_source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The variables `AWS_ACCESS_KEY_ID` and so on.
    Environment,
    /// The endpoint that a container is given.
    Container,
    /// The metadata service of an EC2 instance.
    Instance,
}

impl SourceSection {
    /// The line that names it.
    pub fn line(&self) -> usize {
        match self {
            Self::Keys { id: at, .. } | Self::Process(at) | Self::TokenFile(at) => at.line,
            Self::Machine(at) => at.line,
        }
    }
}

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

/// `[idp.NAME]` with `type = "identity-center"`.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::CenterSettings` says what they mean")]
pub struct CenterSection {
    pub start_url: At<String>,
    pub region: At<String>,
    pub flow: Option<At<Flow>>,
    pub redirect_port: Option<At<u16>>,
    pub auto_login: Option<At<bool>>,
}

impl IdpSection {
    /// Whether `credential-process` may start a login of its own, as far as this section says.
    pub fn auto_login(&self) -> Option<&At<bool>> {
        match self {
            Self::Oidc(section) => section.auto_login.as_ref(),
            Self::Saml(section) => section.auto_login.as_ref(),
            Self::Okta(section) => section.auto_login.as_ref(),
            Self::IdentityCenter(section) => section.auto_login.as_ref(),
            Self::Source(_) => None,
        }
    }
}

/// Reads a section. `auto_login` is the file's, for sections that say nothing.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn read(mut section: Section<'_>, auto_login: Option<&At<bool>>) -> Result<IdpSection, Mistake> {
    let kind = section.required("type", "oidc")?;
    let auto_login = section.boolean("auto_login")?.or_else(|| auto_login.cloned());
    let read = match kind.value.as_str() {
        "oidc" => IdpSection::Oidc(oidc(&mut section, auto_login)?),
        "saml" => IdpSection::Saml(saml(&mut section, auto_login)?),
        "okta" => IdpSection::Okta(okta(&mut section, auto_login)?),
        "identity-center" => IdpSection::IdentityCenter(identity_center(&mut section, auto_login)?),
        other => {
            let suggestion = closest(other, TYPES.into_iter()).map_or_else(
                || format!("there are: {}", TYPES.join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            let what = format!("there is no IdP type `{other}`");
            return Err(section.mistake_at(kind.line, what, Some(suggestion)));
        }
    };
    section.finish()?;
    Ok(read)
}

fn oidc(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<OidcSection, Mistake> {
    let issuer = section.required("issuer", ISSUER)?;
    check_url(section, &issuer, &Rule::issuer(ISSUER))?;
    let client_id = section.required("client_id", "0oa1b2c3")?;
    let client_secret = section
        .text("client_secret")?
        .map(|secret| At { value: Secret::new(secret.value), line: secret.line });
    let flows = [("auto", Flow::Auto), ("browser", Flow::Browser), ("device", Flow::Device)];
    let methods = [ClientAuth::Basic, ClientAuth::Post].map(|method| (method.name(), method));
    if client_secret.is_none() {
        idle(section, &["client_auth"], "without a `client_secret`", "delete it")?;
    }
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

/// Refuses the keys that mean nothing where they are, before anybody is told what to write there.
fn idle(section: &Section<'_>, keys: &[&str], with: &str, next: &str) -> Result<(), Mistake> {
    match keys.iter().find_map(|key| Some((key, section.line_of(key)?))) {
        Some((key, line)) => {
            let what = format!("`{key}` means nothing {with}");
            Err(section.mistake_at(line, what, Some(next.to_owned())))
        }
        None => Ok(()),
    }
}

fn saml(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<SamlSection, Mistake> {
    let captures = [("loopback", Capture::Loopback), ("browser", Capture::Browser)];
    let bindings = [("redirect", Binding::Redirect), ("post", Binding::Post)];
    let hosts = [("127.0.0.1", "127.0.0.1".to_owned()), ("localhost", "localhost".to_owned())];
    let capture = choice(section, "capture", &captures)?;
    let (sso_url, start_url) = (section.line_of("sso_url"), section.line_of("start_url"));
    let by_browser = match &capture {
        Some(capture) => capture.value == Capture::Browser,
        None => sso_url.is_none() && start_url.is_some(),
    };
    match (sso_url, start_url) {
        (None, None) => {
            let what = format!("{} has neither `sso_url` nor `start_url`", section.title);
            let suggestion =
                format!("add sso_url = \"{SSO_URL}\", the single sign-on address of the IdP's metadata");
            return Err(section.missing(&["sso_url", "start_url"], what, suggestion));
        }
        (Some(_), Some(start)) => {
            let what = format!("{} has both `sso_url` and `start_url`", section.title);
            let suggestion =
                "sso_url is where jit sends its request, start_url a page of the IdP's own; delete one";
            return Err(section.mistake_at(start, what, Some(suggestion.to_owned())));
        }
        (None, Some(start)) if !by_browser => {
            let what =
                "a sign-in that begins at the IdP (start_url) can only be caught in a browser".to_owned();
            let suggestion = "write capture = \"browser\", or an sso_url instead of start_url".to_owned();
            return Err(section.mistake_at(start, what, Some(suggestion)));
        }
        _ => {}
    }
    match by_browser {
        true => idle(section, &["acs_host", "acs_port"], "with capture = \"browser\"", "delete it")?,
        false => idle(section, &["acs_url", "browser"], "with capture = \"loopback\"", "delete it")?,
    }
    if start_url.is_some() {
        let with = "with start_url: the IdP sends what it has registered";
        idle(section, &["acs_url", "binding", "authn_context", "force_authn"], with, "delete it")?;
    }
    let acs_url = Rule {
        like: ACS_URL,
        check: &|url| match is_sign_in_endpoint(url) {
            true => urls::provider(url),
            false => Err(format!("`{url}` is not where AWS takes SAML responses")),
        },
        cut: |url| url,
    };
    Ok(SamlSection {
        sso_url: url(section, "sso_url", &Rule::provider(SSO_URL))?,
        start_url: url(section, "start_url", &Rule::provider(SAML_START_URL))?,
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

fn okta(section: &mut Section<'_>, auto_login: Option<At<bool>>) -> Result<OktaSection, Mistake> {
    let mut org = section.required("org", ORG)?;
    check_url(section, &org, &Rule::org(ORG))?;
    org.value.truncate(org.value.trim_end_matches('/').len());
    let like = format!("{}/home/amazon_aws/0oa1/272", org.value);
    let app_url = section.required("app_url", &like)?;
    check_url(section, &app_url, &Rule::provider(&like))?;
    if !app_url.value.starts_with(&format!("{}/", org.value)) {
        let what = format!("the application is not at {}", org.value);
        let suggestion = format!("app_url is the application's embed link in your org, such as {like}");
        return Err(section.mistake_at(app_url.line, what, Some(suggestion)));
    }
    if section.line_of("client_id").is_none() {
        let without = "without a `client_id`: only the device grant is asked so";
        let next = "delete it, or add the client_id of the org's OIDC native application";
        idle(section, &["acr_values", "max_age"], without, next)?;
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
    if let (Some(At { value: OktaFlow::Device, line }), None) = (&okta.flow, &okta.client_id) {
        let what = "the device grant needs the `client_id` of the org's OIDC native application".to_owned();
        let suggestion = "add a line such as client_id = \"0oa1b2c3\"".to_owned();
        return Err(section.mistake_at(*line, what, Some(suggestion)));
    }
    Ok(okta)
}

fn identity_center(
    section: &mut Section<'_>,
    auto_login: Option<At<bool>>,
) -> Result<CenterSection, Mistake> {
    let mut start_url = section.required("start_url", CENTER_START_URL)?;
    // The portal's own pages stand behind a `#`.
    let end = start_url.value.find('#').unwrap_or(start_url.value.len());
    start_url.value.truncate(start_url.value[..end].trim_end_matches('/').len());
    let region = section.required("region", "eu-west-1")?;
    let flows = [("auto", Flow::Auto), ("browser", Flow::Browser), ("device", Flow::Device)];
    let center = CenterSection {
        start_url,
        region,
        flow: choice(section, "flow", &flows)?,
        redirect_port: section.port("redirect_port")?,
        auto_login,
    };
    match limits::of_center(&center, Dialect::Ours) {
        Some(Refused { line, what, next }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(center),
    }
}

/// A list of authentication contexts.
fn contexts(section: &mut Section<'_>, key: &'static str) -> Result<Option<At<Vec<String>>>, Mistake> {
    let found = section.list(key)?;
    match found.as_ref().and_then(|list| limits::contexts(key, list)) {
        Some(Refused { line, what, next }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(found),
    }
}

/// The parameters that `authorize` cannot have, with what to use instead. Some servers do not care for the case of a name.
const OWN_PARAMETERS: [(&str, &str); 26] = [
    ("access_token", "delete it: jit sends no token to a sign-in page"),
    ("access_type", "delete it: jit says it where the IdP wants it"),
    ("acr_values", "write acr_values = [\"…\"] beside authorize"),
    ("audience", "write audience = \"…\" beside authorize"),
    ("claims", "write acr_values and acr_request = \"claims\" beside authorize"),
    ("client_assertion", "delete it: a client shows itself to the token endpoint only"),
    ("client_assertion_type", "delete it: a client shows itself to the token endpoint only"),
    ("client_id", "write client_id = \"…\" beside authorize"),
    ("client_secret", "write client_secret = \"…\" beside authorize"),
    ("code", "delete it: the IdP makes the code"),
    ("code_challenge", "delete it: jit makes one for each sign-in"),
    ("code_challenge_method", "delete it: jit always uses S256"),
    ("code_verifier", "delete it: jit makes one for each sign-in"),
    ("dpop_jkt", "delete it: jit has no key for that"),
    ("error", "delete it: it belongs to an answer"),
    ("grant_type", "delete it: it belongs to the token endpoint"),
    ("id_token_hint", "delete it: jit sends no token to a sign-in page"),
    ("max_age", "write max_age = \"…\" beside authorize"),
    ("nonce", "delete it: jit makes one for each sign-in"),
    ("redirect_uri", "write redirect_port = … beside authorize"),
    ("registration", "delete it: the client is registered at the IdP"),
    ("request", "delete it: it would replace the request that jit makes"),
    ("request_uri", "delete it: it would replace the request that jit makes"),
    ("response_mode", "delete it: jit takes the code from the address"),
    ("response_type", "delete it: jit always asks for a code"),
    ("scope", "write scopes = [\"…\"] beside authorize"),
];

/// Further parameters of the authorization request.
fn authorize(section: &mut Section<'_>) -> Result<Option<At<BTreeMap<String, String>>>, Mistake> {
    let Some(found) = section.map("authorize")? else { return Ok(None) };
    let own = |name: &str| {
        let known = OWN_PARAMETERS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own));
        let state = name.eq_ignore_ascii_case("state").then_some("delete it: jit makes one for each sign-in");
        known.map(|(_, next)| *next).or(state)
    };
    for (name, value) in &found.value {
        let refuse =
            |what: String, next: &str| Err(section.mistake_at(found.line, what, Some(next.to_owned())));
        if let Some(next) = own(name) {
            return refuse(format!("`{name}` in `authorize` is jit's own parameter"), next);
        }
        if name.eq_ignore_ascii_case("prompt") && value.split(' ').any(|word| word == "none") {
            return refuse(
                "`prompt = \"none\"` lets nobody sign in".to_owned(),
                "such as prompt = \"select_account\"",
            );
        }
        let good = |text: &str, most: usize| (1..=most).contains(&text.len()) && !text.chars().any(is_unseen);
        let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !good(name, 64) || !name.chars().all(word) {
            return refuse(
                format!("`{name}` cannot be the name of a parameter"),
                "1 to 64 letters, digits and _ - .",
            );
        }
        if !good(value, 1000) {
            return refuse(
                format!("the value of `{name}` in `authorize` cannot be sent"),
                "1 to 1000 visible characters",
            );
        }
    }
    Ok(Some(found))
}

/// One of a few words.
fn choice<T: Clone>(
    section: &mut Section<'_>,
    key: &'static str,
    known: &[(&str, T)],
) -> Result<Option<At<T>>, Mistake> {
    let Some(At { value: word, line }) = section.text(key)? else { return Ok(None) };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
        return Ok(Some(At { value: value.clone(), line }));
    }
    let names: Vec<String> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let (last, first) = names.split_last().map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
    let suggestion = format!("it is {} or {last}", first.join(", "));
    Err(section.mistake_at(line, format!("`{word}` is no {key}"), Some(suggestion)))
}

/// A URL that `rule` takes.
fn url(section: &mut Section<'_>, key: &'static str, rule: &Rule<'_>) -> Result<Option<At<String>>, Mistake> {
    let found = section.text(key)?;
    found.iter().try_for_each(|at| check_url(section, at, rule))?;
    Ok(found)
}

fn check_url(section: &Section<'_>, at: &At<String>, rule: &Rule<'_>) -> Result<(), Mistake> {
    match rule.refuse(at) {
        Some(Refused { line, what, next }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::File;
    use super::*;

    const SAML: &str = "[idp.x]\ntype = \"saml\"\nsso_url = \"https://idp.acme.com/sso\"\n";
    const OKTA: &str = "[idp.x]\ntype = \"okta\"\norg = \"https://acme.okta.com/\"\napp_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\n";

    #[test]
    fn reads_saml_and_okta() {
        let file =
            File::parse("c.toml", &format!("auto_login = true\n{SAML}acs_host = \"localhost\"\n")).unwrap();
        let IdpSection::Saml(saml) = &file.idps["x"] else { panic!("{file:?}") };
        assert_eq!(saml.acs_host.as_ref().map(|at| at.value.as_str()), Some("localhost"));
        assert!(file.idps["x"].auto_login().unwrap().value);
        let file = File::parse("c.toml", &format!("{OKTA}factor = \"push\"\n")).unwrap();
        let IdpSection::Okta(okta) = &file.idps["x"] else { panic!("{file:?}") };
        assert_eq!(okta.org.value, "https://acme.okta.com");
        assert_eq!(okta.factor.as_ref().map(|at| at.value), Some(Factor::Push));
    }

    /// What is added to a good section, the place, words of the message, words of the suggestion.
    #[test]
    fn every_mistake_says_where_what_and_what_instead() {
        let saml = [
            (
                "start_url = \"https://idp.acme.com/\"",
                "4:13",
                "has both `sso_url` and `start_url`",
                "delete one",
            ),
            ("capture = \"browsr\"", "4:11", "`browsr` is no capture", "\"loopback\" or \"browser\""),
            (
                "capture = \"browser\"\nacs_port = 1",
                "5:12",
                "`acs_port` means nothing with capture = \"browser\"",
                "delete it",
            ),
            (
                "browser = \"chrome\"",
                "4:11",
                "`browser` means nothing with capture = \"loopback\"",
                "delete it",
            ),
            ("acs_host = \"0.0.0.0\"", "4:12", "`0.0.0.0` is no acs_host", "\"127.0.0.1\" or \"localhost\""),
            (
                "capture = \"browser\"\nacs_url = \"https://evil.example/saml\"",
                "5:11",
                "not where AWS takes",
                "signin.aws",
            ),
            ("acs_prt = 1", "4:1", "unknown key `acs_prt`", "did you mean `acs_port`?"),
            ("authn_context = []", "4:17", "`authn_context` names nothing", "delete it"),
            ("authn_context = [\"a b\"]", "4:17", "`a b` cannot be in `authn_context`", "without spaces"),
            ("force_authn = \"yes\"", "4:15", "must be true or false", ""),
            ("acr_values = [\"phr\"]", "4:1", "unknown key `acr_values`", "the keys here are"),
            ("binding = \"artifact\"", "4:11", "`artifact` is no binding", "\"redirect\" or \"post\""),
        ];
        let okta = [
            ("flow = \"device\"", "5:8", "needs the `client_id`", "client_id = "),
            ("acr_values = [\"phr\"]", "5:14", "means nothing without a `client_id`", "delete it"),
            ("max_age = \"1h\"", "5:11", "means nothing without a `client_id`", "delete it"),
            ("factor = \"puhs\"", "5:10", "`puhs` is no factor", "\"push\""),
            ("password = \"s3cr3t\"", "5:1", "unknown key `password`", "the keys here are"),
        ];
        let added = saml.map(|case| (SAML, case)).into_iter().chain(okta.map(|case| (OKTA, case)));
        for (base, (line, place, what, next)) in added {
            let mistake = File::parse("c.toml", &format!("{base}{line}\n")).unwrap_err();
            let text = mistake.to_string();
            assert!(text.starts_with(&format!("c.toml:{place}")) && text.contains(what), "{line}: {text}");
            assert!(mistake.suggestion.clone().unwrap_or_default().contains(next), "{line}: {mistake:?}");
            assert!(!format!("{mistake:?}").contains("s3cr3t"), "{mistake:?}");
        }
        let replaced = [
            (SAML, "sso_url = \"https://idp.acme.com/sso\"", "", "1:6", "neither `sso_url` nor `start_url`"),
            (SAML, "sso_url = \"https", "sso_url = \"http", "3:11", "is not https"),
            (SAML, "sso_url", "capture = \"loopback\"\nstart_url", "4:13", "can only be caught in a browser"),
            (
                OKTA,
                "https://acme.okta.com/\"",
                "https://acme.okta.com/x\"",
                "3:7",
                "more than the org's address",
            ),
            (
                OKTA,
                "https://acme.okta.com/home",
                "https://evil.example/home",
                "4:11",
                "is not at https://acme.okta.com",
            ),
            (OKTA, "type = \"okta\"", "type = \"okat\"", "2:8", "no IdP type `okat`"),
        ];
        for (base, from, to, place, what) in replaced {
            assert!(base.contains(from), "{from}");
            let text = File::parse("c.toml", &base.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(text.starts_with(&format!("c.toml:{place}")) && text.contains(what), "{to}: {text}");
        }
    }

    const OIDC: &str = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";

    /// Add a line for whatever else must not be said to a sign-in page, and one for what may.
    #[test]
    fn authorize_adds_to_the_request_and_replaces_nothing_in_it() {
        let own = OWN_PARAMETERS.iter().map(|(name, _)| *name).chain([
            "state",
            "State",
            "CLIENT_ID",
            "Redirect_Uri",
        ]);
        let own = own.map(|name| (name.to_owned(), "x".to_owned(), "is jit's own parameter"));
        let text = |name: &str, value: &str, what| (name.to_owned(), value.to_owned(), what);
        let others = [
            text("prompt", "none", "lets nobody sign in"),
            text("prompt", "login none", "lets nobody sign in"),
            text("", "x", "cannot be the name of a parameter"),
            text("a b", "x", "cannot be the name of a parameter"),
            text("a&client_id", "x", "cannot be the name of a parameter"),
            text("hd", "", "cannot be sent"),
            text("hd", "a\\u202Eb", "cannot be sent"),
            text("hd", "a\\nb", "cannot be sent"),
        ];
        for (name, value, what) in own.chain(others) {
            let line = format!("{OIDC}authorize = {{ \"{name}\" = \"{value}\" }}\n");
            let mistake = File::parse("c.toml", &line).unwrap_err();
            let shown = mistake.to_string();
            assert!(shown.starts_with("c.toml:5:13") && shown.contains(what), "{name}: {shown}");
            assert!(mistake.suggestion.is_some(), "{name}");
        }
        for (name, value) in [
            ("prompt", "select_account"),
            ("domain_hint", "acme.com"),
            ("login_hint", "alice@acme.com"),
            ("kc_idp_hint", "corp"),
            ("organization", "org_1 €"),
        ] {
            let file =
                File::parse("c.toml", &format!("{OIDC}authorize = {{ {name} = \"{value}\" }}\n")).unwrap();
            let IdpSection::Oidc(oidc) = &file.idps["x"] else { panic!("{file:?}") };
            assert_eq!(oidc.authorize.as_ref().unwrap().value[name], value);
        }
    }

    /// The IdP, what the role demands, what is wrong with it; nothing is wrong with the last ones.
    #[test]
    fn a_role_demands_what_its_idp_can_tell() {
        let center = "[idp.x]\ntype = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\nregion = \"eu-west-1\"\n";
        let arn = "role_arn = \"arn:aws:iam::111111111111:role/hub\"\n";
        let set = "account = \"111111111111\"\npermission_set = \"Dev\"\n";
        let cases = [
            (OIDC, arn, "sign_in_age = \"59s\"", "are too few for a person"),
            (OIDC, arn, "sign_in_age = \"soon\"", "is not a length of time"),
            (OIDC, arn, "acr = []", "`acr` names nothing"),
            (OIDC, arn, "amr = [\"\"]", "`` cannot be in `amr`"),
            (OIDC, arn, "amr = \"mfa\"", "must be a list of texts"),
            (SAML, arn, "amr = [\"mfa\"]", "`amr` cannot be met: a SAML assertion does not list"),
            (OKTA, arn, "amr = [\"mfa\"]", "`amr` cannot be met: a SAML assertion does not list"),
            (center, set, "acr = [\"phr\"]", "`acr` cannot be met: Identity Center does not say"),
            (center, set, "amr = [\"mfa\"]", "`amr` cannot be met: Identity Center does not say"),
            (OIDC, arn, "sign_in_age = \"15m\"\nacr = [\"phr\", \"phrh\"]\namr = [\"hwk\"]", ""),
            (SAML, arn, "sign_in_age = \"15m\"\nacr = [\"urn:x\"]", ""),
            (OKTA, arn, "sign_in_age = \"15m\"\nacr = [\"urn:x\"]", ""),
            (center, set, "sign_in_age = \"15m\"", ""),
        ];
        for (idp, target, demand, what) in cases {
            let hub = format!("{idp}[role.hub]\nidp = \"x\"\n{target}");
            let spoke = "[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/far\"\n";
            // On the hub, and on a spoke of it, whose sign-in is the hub's.
            for text in [format!("{hub}{demand}\n{spoke}"), format!("{hub}{spoke}{demand}\n")] {
                let line = 1 + text.lines().position(|line| line == demand.lines().next().unwrap()).unwrap();
                match File::parse("c.toml", &text) {
                    Ok(_) => assert_eq!(what, "", "{text}"),
                    Err(mistake) => {
                        let shown = mistake.to_string();
                        assert!(shown.starts_with(&format!("c.toml:{line}:")), "{shown}");
                        assert!(!what.is_empty() && shown.contains(what), "{shown}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_the_proof_decides_cannot_be_set_on_a_hub() {
        let role = "[role.hub]\nidp = \"x\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";
        let provider = |account| format!("provider_arn = \"arn:aws:iam::{account}:saml-provider/acme\"\n");
        let good = format!("{SAML}{role}{}", provider("111111111111"));
        assert!(File::parse("c.toml", &good).is_ok());
        let oidc = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";
        let spoke = format!(
            "{SAML}{role}[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/far\"\n"
        );
        let cases = [
            (format!("{SAML}{role}session_name = \"alice\"\n"), "takes no `session_name`"),
            (format!("{oidc}{role}{}", provider("111111111111")), "reached by SAML has a `provider_arn`"),
            (
                format!("{SAML}{role}{}", provider("222222222222")),
                "in account 222222222222, the role in 111111111111",
            ),
            (format!("{SAML}{role}provider_arn = \"acme\"\n"), "not the ARN of a SAML provider"),
            (format!("{spoke}{}", provider("222222222222")), "a spoke role takes no `provider_arn`"),
        ];
        for (text, what) in cases {
            let mistake = File::parse("c.toml", &text).unwrap_err();
            assert!(mistake.to_string().contains(what), "{mistake}");
        }
    }
}
