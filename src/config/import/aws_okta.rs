//! aws-okta: its settings are in `~/.aws/config`, the org's URL and the user name in its keychain (README of
//! segmentio/aws-okta, "Configuring your aws config").

use super::chain::{Base, Chain, Dialect};
use super::profile::{Profile, with_duration};
use super::{ImportError, ImportPlace, Imported, ImportedAs, Text, document, name_of_host};
use crate::config::aws::{Document, Section};
use crate::config::draft::Table;

const SECTION: &str = "okta";
const APP: &str = "aws_saml_url";

/// Reads `~/.aws/config` as aws-okta does; `org` is the URL of the Okta org.
///
/// # Errors
/// AWS's tools would reject the file, it has nothing of aws-okta in it, or the org is missing.
pub fn aws_okta(text: Text<'_>, org: Option<&str>) -> Result<Imported, ImportError> {
    let document = document(text)?;
    let apps: Vec<String> = document
        .sections()
        .iter()
        .filter_map(|section| section.entry(APP))
        .map(|entry| document.value(entry))
        .collect();
    if apps.is_empty() {
        let place = ImportPlace { path: text.path.to_owned(), line: None };
        return Err(ImportError::Unread {
            place,
            what: format!("not a profile of aws-okta's: it has no `{APP}`"),
        });
    }
    if org.is_none() && apps.iter().any(|app| !app.contains("://")) {
        return Err(ImportError::NeedsOrg { path: text.path.to_owned() });
    }
    let okta = document.section(SECTION);
    let mut dialect = AwsOkta { document: &document, okta, org: org.map(org_address) };
    let mut out = Chain::new(&document, text.path, Imported::default()).walk(&mut dialect);
    for entry in okta.iter().flat_map(|section| &section.entries) {
        let known = [APP, "mfa_provider", "mfa_factor_type", "session_ttl", "assume_role_ttl"];
        if !known.contains(&entry.key.as_str()) {
            let place = ImportPlace { path: text.path.to_owned(), line: Some(entry.line()) };
            let why = dialect.leftover(&entry.key).unwrap_or("jit has no such setting");
            out.no_equal(place, format!("`{}`", entry.key), why);
        }
    }
    Ok(out.checked())
}

/// `acme`, `acme.okta.com` or a URL, as a URL.
fn org_address(org: &str) -> String {
    let org = org.trim().trim_end_matches('/');
    match org {
        _ if org.contains("://") => org.to_owned(),
        _ if org.contains('.') => format!("https://{org}"),
        _ => format!("https://{org}.okta.com"),
    }
}

struct AwsOkta<'a> {
    document: &'a Document,
    okta: Option<&'a Section>,
    org: Option<String>,
}

impl AwsOkta<'_> {
    /// A setting of the profile, or else of `[okta]`.
    fn setting(&self, profile: &mut Profile, key: &str) -> Option<(String, usize)> {
        let own = profile.take(key).map(|setting| (setting.value, setting.line));
        own.or_else(|| {
            let entry = self.okta?.entry(key)?;
            Some((self.document.value(entry), entry.line()))
        })
    }
}

impl Dialect for AwsOkta<'_> {
    fn program(&self) -> &'static str {
        "aws-okta"
    }

    fn durations(&self) -> &'static [&'static str] {
        &["assume_role_ttl", "duration_seconds"]
    }

    fn base(
        &mut self,
        profile: &mut Profile,
        out: &mut Imported,
        place: &dyn Fn(usize) -> ImportPlace,
    ) -> Base {
        if profile.get("aws_access_key_id").is_some() {
            return Base::NotMine;
        }
        let own = profile.get(APP).is_some();
        let arn = profile.take("role_arn");
        let Some((app, line)) = self.setting(profile, APP).filter(|_| own || arn.is_some()) else {
            return Base::NotMine;
        };
        let (org, app_url) = if app.contains("://") {
            let end = app.match_indices('/').nth(2).map_or(app.len(), |(at, _)| at);
            (app[..end].to_owned(), app.clone())
        } else {
            let Some(org) = self.org.clone() else { return Base::NotMine };
            let app_url = format!("{org}/{}", app.trim_start_matches('/'));
            (org, app_url)
        };
        let provider = self.setting(profile, "mfa_provider");
        let kind = self.setting(profile, "mfa_factor_type");
        let word = |setting: &Option<(String, usize)>| {
            setting.as_ref().map(|(word, _)| word.to_ascii_lowercase()).unwrap_or_default()
        };
        let factor = factor(&word(&provider), &word(&kind));
        if let (None, Some((_, line))) = (factor, kind.as_ref().or(provider.as_ref())) {
            out.no_equal(
                place(*line),
                "`mfa_factor_type`",
                "jit does not support this factor; it asks at the first sign-in",
            );
        }
        let name = name_of_host(&org);
        let (name, what) = if own {
            (format!("{name}-{}", profile.name), format!("the application of profile {}", profile.name))
        } else {
            (name, format!("[{SECTION}]"))
        };
        let idp = Table::new(name)
            .with("type", "okta")
            .with("org", org)
            .with("app_url", app_url)
            .with_some("factor", factor);
        let idp = out.idp(place(line), what, idp);
        let Some(arn) = arn else {
            let remark = format!("has no role; `jit login --idp {idp}` lets you pick one");
            out.remark(&ImportedAs::Idp(idp), format!("profile {} {remark}", profile.name));
            return Base::Refused(None);
        };
        if let Some(name) = profile.take("role_session_name") {
            out.no_equal(
                place(name.line),
                "`role_session_name`",
                "the IdP sets this for a role that is reached by SAML",
            );
        }
        let mut table = Table::new("").with("idp", idp).with("role_arn", arn.value);
        for key in ["session_ttl", "assume_role_ttl"] {
            if let Some((value, line)) = self.setting(profile, key) {
                table = with_duration(table, key, &value, place(line), out);
            }
        }
        Base::Hub(table)
    }

    fn leftover(&self, key: &str) -> Option<&'static str> {
        match key {
            // On a spoke role: the hub has these settings.
            "session_ttl" | "mfa_provider" | "mfa_factor_type" | APP => Some(""),
            "okta_account_name" => Some(
                "belongs to another account of aws-okta's keychain; import again with the --org of that account",
            ),
            "okta_session_cookie_key" => Some("jit stores the org's session by itself"),
            _ => None,
        }
    }
}

/// The second factor for Okta's names of provider and type (Okta API reference, "Factor object"), in lower
/// case.
pub(super) fn factor(provider: &str, kind: &str) -> Option<&'static str> {
    match (provider, kind) {
        ("duo", _) => Some("duo"),
        ("fido", _) | (_, "u2f" | "webauthn") => Some("webauthn"),
        (_, "push") => Some("push"),
        (_, "token:software:totp") | ("google", _) => Some("totp"),
        (_, "token:hardware" | "token") => Some("token"),
        (_, "sms") => Some("sms"),
        (_, "call") => Some("call"),
        (_, "email") => Some("email"),
        (_, "question") => Some("question"),
        _ => None,
    }
}
