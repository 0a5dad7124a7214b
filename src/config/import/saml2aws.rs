//! saml2aws: the accounts of `~/.saml2aws`, and the profiles of `~/.aws/config` that use one of them (README
//! of Versent/saml2aws and the pages of its providers).

use std::collections::BTreeMap;

use super::aws_okta::factor;
use super::chain::{Base, Chain, Dialect, Outcome};
use super::profile::{Profile, Setting, options, with_duration};
use super::{ImportError, ImportPlace, Imported, ImportedAs, Text, document, host_of, name_of_host};
use crate::config::aws::{Document, Section};
use crate::config::draft::Table;

/// saml2aws's default for `aws_urn`.
const URN: &str = "urn:amazon:webservices";
/// The default for the profile that it writes.
const PROFILE: &str = "saml";
/// The default account.
const DEFAULT: &str = "default";

/// Settings without an equivalent that matter, and why.
const NO_EQUAL: [(&str, &str); 9] = [
    ("skip_verify", "jit verifies every certificate; set AWS_CA_BUNDLE to your company's certificates"),
    ("saml_cache", "jit stores no assertions; sessions are sealed in its store"),
    ("saml_cache_file", "jit stores no assertions; sessions are sealed in its store"),
    (
        "target_url",
        "jit takes AWS's own sign-in pages alone; with sso_url and capture = \"browser\", acs_url names a regional one",
    ),
    ("credentials_file", "jit writes no credentials to files; for other tools, run `jit configure profiles`"),
    ("mfa_ip_address", "jit does not use OneLogin's API"),
    ("resource_id", "jit's own browser opens the page itself"),
    ("http_attempts_count", "jit retries by itself"),
    ("prompter", "jit asks on the terminal"),
];
/// Settings that do not matter: jit does their work in another way, or does not need it.
const SILENT: [&str; 9] = [
    "name",
    "timeout",
    "http_retry_delay",
    "disable_remember_device",
    "disable_sessions",
    "download_browser_driver",
    "headless",
    "kc_auth_error_element",
    "kc_auth_error_message",
];

/// Reads `~/.saml2aws`, and the profiles of `~/.aws/config` that use it.
///
/// # Errors
/// One of the files cannot be parsed.
pub fn saml2aws(own: Text<'_>, profiles: Option<Text<'_>>) -> Result<Imported, ImportError> {
    // Its parser skips a byte order mark, which the parser of AWS's files must reject.
    let own = Text { content: own.content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(own.content), ..own };
    let accounts = document(own)?;
    let mut out = Imported::default();
    let mut idps = BTreeMap::new();
    let mut done = BTreeMap::new();
    for section in accounts.sections() {
        let mut account = Account::of(&accounts, section, own.path);
        let Some(idp) = account.idp(&mut out) else { continue };
        idps.insert(section.header.clone(), idp.clone());
        let profile = account.take("aws_profile");
        // Other profiles may use the profile that it writes, whichever role the user picks.
        let role = account.role(&idp, profile.as_ref(), &mut out).map_or(Outcome::Refused, Outcome::Role);
        done.entry(profile.map_or_else(|| PROFILE.to_owned(), |profile| profile.value)).or_insert(role);
        account.leftovers(&mut out);
    }
    if let Some(text) = profiles {
        let document = document(text)?;
        let mut chain = Chain::new(&document, text.path, out);
        chain.done = done;
        out = chain.walk(&mut Saml2aws { idps });
    }
    Ok(out.checked())
}

/// One section of `~/.saml2aws`.
struct Account<'a> {
    name: &'a str,
    line: usize,
    path: &'a str,
    settings: BTreeMap<String, Setting>,
}

impl<'a> Account<'a> {
    fn of(document: &Document, section: &'a Section, path: &'a str) -> Self {
        let settings = section.entries.iter().map(|entry| {
            (entry.key.clone(), Setting { value: bare(&document.value(entry)), line: entry.line() })
        });
        Self { name: &section.header, line: section.line(), path, settings: settings.collect() }
    }

    fn take(&mut self, key: &str) -> Option<Setting> {
        self.settings.remove(key).filter(|setting| !setting.value.is_empty())
    }

    fn place(&self, line: usize) -> ImportPlace {
        ImportPlace { path: self.path.to_owned(), line: Some(line) }
    }

    fn what(&self) -> String {
        format!("[{}]", self.name)
    }

    /// Its IdP.
    fn idp(&mut self, out: &mut Imported) -> Option<String> {
        let provider = self.take("provider");
        let kind = provider.as_ref().map(|provider| provider.value.to_ascii_lowercase()).unwrap_or_default();
        let Some(url) = self.take("url") else {
            out.no_equal(self.place(self.line), self.what(), "it has no url");
            return None;
        };
        let name = if self.name == DEFAULT { name_of_host(&url.value) } else { self.name.to_owned() };
        let username = self.take("username");
        let mfa = self
            .take("mfa")
            .filter(|mfa| !["auto", "none"].contains(&mfa.value.to_ascii_lowercase().as_str()));
        let urn = self.take("aws_urn").filter(|urn| urn.value != URN);
        let app = self.take("app_id");
        let subdomain = self.take("subdomain");
        let table = if kind == "okta" {
            let org = format!("https://{}", host_of(&url.value));
            let factor = mfa.as_ref().and_then(|mfa| {
                let word = mfa.value.to_ascii_lowercase();
                if word == "totp" || word == "okta" { Some("totp") } else { factor(&word, &word) }
            });
            if let (Some(mfa), None) = (&mfa, factor) {
                let why = "jit does not support this factor; it asks at the first sign-in";
                out.no_equal(self.place(mfa.line), "`mfa`", why);
            }
            Table::new(name)
                .with("type", "okta")
                .with("org", org)
                .with("app_url", url.value.as_str())
                .with_some("username", username.map(|username| username.value))
                .with_some("factor", factor)
        } else {
            let of = Start {
                kind: &kind,
                url: &url.value,
                urn: urn.as_ref().map_or(URN, |urn| &urn.value),
                app: app.as_ref(),
            };
            let Some((start_url, remark)) = of.tile_url() else {
                let line = provider.map_or(url.line, |provider| provider.line);
                let why = format!(
                    "the URL of the portal's tile cannot be derived from it; add [idp.NAME] with type = \
                     \"saml\" and start_url{}",
                    if subdomain.is_some() { ": jit does not use OneLogin's API" } else { "" }
                );
                out.no_equal(self.place(line), self.what(), why);
                return None;
            };
            let table = Table::new(name)
                .with("type", "saml")
                .with("start_url", start_url)
                .with_some("entity_id", urn.map(|urn| urn.value));
            let idp = out.idp(self.place(self.line), self.what(), table);
            if let Some(remark) = remark {
                out.remark(&ImportedAs::Idp(idp.clone()), remark.to_owned());
            }
            return Some(idp);
        };
        Some(out.idp(self.place(self.line), self.what(), table))
    }

    /// Its role; `None` if the user picks one at each sign-in.
    fn role(&mut self, idp: &str, profile: Option<&Setting>, out: &mut Imported) -> Option<String> {
        let region = self.take("region");
        let duration = self.take("aws_session_duration");
        let Some(arn) = self.take("role_arn") else {
            let remark = format!("has no role; `jit login --idp {idp}` lets you pick one");
            out.remark(&ImportedAs::Idp(idp.to_owned()), remark);
            return None;
        };
        let name = match profile {
            Some(profile) => profile.value.clone(),
            None => self.name.to_owned(),
        };
        let mut table = Table::new(name).with("idp", idp).with("role_arn", arn.value.as_str());
        if let Some(duration) = duration {
            let place = self.place(duration.line);
            table = with_duration(table, "aws_session_duration", &duration.value, place, out);
        }
        let table = table.with_some("region", region.map(|region| region.value));
        Some(out.role(self.place(arn.line), format!("the role of {}", self.what()), table))
    }

    fn leftovers(&self, out: &mut Imported) {
        for (key, setting) in &self.settings {
            if setting.value.is_empty() || setting.value == "false" || SILENT.contains(&key.as_str()) {
                continue;
            }
            let known = NO_EQUAL.iter().find(|(name, _)| name == key).map(|(_, why)| *why);
            out.no_equal(
                self.place(setting.line),
                format!("`{key}`"),
                known.unwrap_or("jit has no such setting"),
            );
        }
    }
}

/// The value as go-ini parses it: without quotes and trailing comment.
fn bare(value: &str) -> String {
    let end =
        [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min().unwrap_or(value.len());
    let value = value[..end].trim();
    let inner = ['"', '`', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_owned()
}

/// What an account says about the page where the sign-in starts.
struct Start<'a> {
    /// The provider, in lower case.
    kind: &'a str,
    url: &'a str,
    urn: &'a str,
    app: Option<&'a Setting>,
}

impl Start<'_> {
    /// The URL that the tile of the application opens, and what the user should check about it.
    fn tile_url(&self) -> Option<(String, Option<&'static str>)> {
        const MADE: &str = "start_url is derived from it; compare it with the URL of the tile";
        let Self { kind, url, urn, app } = self;
        let base = url.trim_end_matches('/');
        let is_base = base.matches('/').count() <= 2;
        let made = |path: String| Some((format!("{base}{path}"), Some(MADE)));
        match *kind {
            // An ECP endpoint is not a page, and OneLogin's URL is that of its API.
            "shibbolethecp" | "onelogin" => None,
            "azuread" => {
                let app = &app.as_ref()?.value;
                made(format!(
                    "/applications/redirecttofederatedapplication.aspx?Operation=SignIn&applicationId={app}"
                ))
            }
            "shibboleth" if is_base => made(format!("/idp/profile/SAML2/Unsolicited/SSO?providerId={urn}")),
            "adfs" | "adfs2" if is_base => made(format!("/adfs/ls/IdpInitiatedSignOn.aspx?loginToRp={urn}")),
            "ping" if is_base => made(format!("/idp/startSSO.ping?PartnerSpId={urn}")),
            "googleapps" | "keycloak" | "browser" | "auth0" | "jumpcloud" | "pingone" | "shibboleth"
            | "adfs" | "adfs2" | "ping" => Some(((*url).to_owned(), None)),
            _ => Some(((*url).to_owned(), Some("start_url must be the URL of the tile"))),
        }
    }
}

/// Profiles of `~/.aws/config` that get their credentials from saml2aws.
struct Saml2aws {
    /// The IdP of each account.
    idps: BTreeMap<String, String>,
}

impl Dialect for Saml2aws {
    fn program(&self) -> &'static str {
        "saml2aws"
    }

    fn missing(&self) -> Outcome {
        Outcome::NotMine
    }

    /// `credential_process = saml2aws login --credential-process --role ARN -a ACCOUNT`.
    fn base(
        &mut self,
        profile: &mut Profile,
        out: &mut Imported,
        place: &dyn Fn(usize) -> ImportPlace,
    ) -> Base {
        let Some(command) = profile.take("credential_process") else { return Base::NotMine };
        let options = options(&command.value);
        let option = |names: [&str; 2]| names.iter().find_map(|name| options.get(*name));
        let account = option(["a", "idp-account"]).map_or(DEFAULT, String::as_str);
        let Some(idp) = self.idps.get(account) else {
            let why = format!("uses the account {account} of saml2aws, which was not imported");
            return Base::Refused(Some((command.line, why)));
        };
        let Some(arn) = options.get("role") else {
            let why = "uses saml2aws without --role; the role of the account itself is the closest match";
            return Base::Refused(Some((command.line, why.to_owned())));
        };
        let mut table = Table::new("").with("idp", idp.as_str()).with("role_arn", arn.as_str());
        if let Some(duration) = options.get("session-duration") {
            table = with_duration(table, "--session-duration", duration, place(command.line), out);
        }
        Base::Hub(table)
    }
}
