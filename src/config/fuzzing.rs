//! Fuzz targets for the files that people and other tools write.

use super::draft::Draft;
use super::file::File;
use super::import::{self, Imported, Text};
use super::resolve::{self, Flags};
use super::restriction::{Restriction, restricted};
use super::{Side, part, shared, unified_diff};
use crate::plan::ProofPlan;
use jit_wire::env::Env;

/// A `config.toml`, and the plan of each role in it.
pub fn config_toml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match File::parse("config.toml", text) {
        Ok(file) => {
            plans(&file);
            parts(text, &file);
        }
        Err(mistake) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&mistake.line) && mistake.column > 0, "{mistake}");
        }
    }
    let _ = unified_diff(&Side::of_config(""), &Side::of_config(text), "config.toml");
}

/// A role read from its part of the file is the same as read from the whole.
fn parts(text: &str, whole: &File) {
    let flags = Flags { role: None, duration: None };
    let plan = |file: &File, name: &String| {
        let plan = resolve::plan(file, name, flags, &Env::default(), Vec::new);
        format!("{plan:?} {:?} {:?} {:?}", file.default_role, file.key_cache, file.console_browser)
    };
    for name in whole.roles.keys() {
        let part = part::of_role(text, name).and_then(|part| File::parse("config.toml", &part).ok());
        if let Some(part) = part.filter(|part| part.roles.contains_key(name)) {
            assert_eq!(plan(&part, name), plan(whole, name), "{name}");
        }
    }
}

/// The plans of all roles of a file.
pub(super) fn plans(file: &File) {
    let flags = Flags { role: None, duration: None };
    for name in file.roles.keys() {
        let _ = resolve::plan(file, name, flags, &Env::default(), Vec::new);
    }
    for name in file.idps.keys() {
        let _ = resolve::proof(file, name, &Env::default());
    }
}

/// A shared file, and a `config.toml` that it is added to: everything else in that file stays unchanged.
pub fn shared_config(data: &[u8]) {
    const FROM: &str = "https://intranet.example/jit.toml";
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (own, content) = text.split_once('\0').unwrap_or(("", text));
    let before = shared::parts(own);
    for part in &before {
        let _ = part.is_as_it_came(own);
    }
    if shared::check(FROM, content).is_err() {
        return;
    }
    let whole = shared::with(own, FROM, content);
    let parts = shared::parts(&whole);
    let Some(part) = parts.iter().find(|part| part.from == FROM) else {
        panic!("the part is not found again")
    };
    assert!(part.is_as_it_came(&whole), "what came is what stands there");
    assert!(part.content(&whole).starts_with(content));
    let _ = shared::summary(Some(own), content, &shared::Surroundings::default());
    if before.iter().all(|part| part.from != FROM) {
        if let (Ok(alone), Ok(both)) = (File::parse("f", own), File::parse("f", &whole)) {
            let same =
                |one: String, other: String| assert_eq!(one, other, "a part changes what is outside of it");
            alone
                .idps
                .iter()
                .for_each(|(name, idp)| same(format!("{idp:?}"), format!("{:?}", both.idps[name])));
            alone
                .roles
                .iter()
                .for_each(|(name, role)| same(format!("{role:?}"), format!("{:?}", both.roles[name])));
            same(format!("{:?}", alone.key_cache), format!("{:?}", both.key_cache));
            // A shared default role is for people who have none.
            if alone.default_role.is_some() {
                same(format!("{:?}", alone.default_role), format!("{:?}", both.default_role));
            }
            same(format!("{:?}", alone.console_browser), format!("{:?}", both.console_browser));
        }
        assert!(whole.starts_with(own), "what was there stays");
        assert_eq!(shared::with(&whole, FROM, content), whole, "the same again changes nothing");
        let without = shared::with(&whole, FROM, "");
        assert_eq!(shared::with(&without, FROM, content), whole, "and comes back to its place");
    }
}

/// Every importer reads another tool's file, and the result is a valid configuration.
pub fn import(data: &[u8]) {
    let text = Text { path: "f", content: data };
    let variables: Vec<(String, String)> = std::str::from_utf8(data)
        .map(|value| vec![("OKTA_AWSCLI_ORG_DOMAIN".to_owned(), value.to_owned())])
        .unwrap_or_default();
    let all: [Result<Imported, _>; 8] = [
        import::aws(text, None),
        import::aws_okta(text, Some("acme")),
        import::saml2aws(text, Some(text)),
        import::aws_vault(text, None),
        import::granted(Some(text), None, None),
        import::granted(None, Some(text), None),
        import::okta_aws_cli(Some(text), None, &variables, None),
        import::okta_aws_cli(None, Some(text), &[], Some(text)),
    ];
    for imported in all {
        match imported {
            Ok(imported) => {
                let toml = imported.draft.to_toml();
                let file = File::parse("config.toml", &toml);
                assert!(file.is_ok(), "{:?} of {}", file.err(), *toml);
                let first = imported.draft.merge(&Draft::default()).draft.to_toml();
                let again = imported.draft.merge(&Draft::of(&first)).draft;
                assert!(again.is_empty(), "a second import adds {}", *again.to_toml());
            }
            Err(error) => assert!(error.to_string().len() < 8192, "an error is short"),
        }
    }
    let _ = import::static_keys(text);
}

const OF_EACH_KIND: &str = r#"
[idp.acme]
type = "oidc"
issuer = "https://acme.okta.com"
client_id = "0oa1"
[idp.sso]
type = "identity-center"
start_url = "https://acme.awsapps.com/start"
region = "eu-west-1"
[role.hub]
idp = "acme"
role_arn = "arn:aws:iam::111111111111:role/jit-hub"
[role.spoke]
via = "hub"
role_arn = "arn:aws-cn:iam::222222222222:role/admin"
[role.dev]
idp = "sso"
account = "333333333333"
permission_set = "Developer"
"#;

/// The variables that a plan depends on, one on each line in the order below; after them a session policy.
pub fn environment(data: &[u8]) {
    const NAMES: [&str; 9] = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "JIT_ROLE",
    ];
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(NAMES.len() + 1, '\n');
    let env = Env::of(NAMES.map(|name| (name, lines.next().unwrap_or_default())));
    let policy = lines.next().map(str::to_owned);
    let file = File::parse("config.toml", OF_EACH_KIND).expect("a configuration");
    let flags = Flags { role: None, duration: None };
    if let Ok(role) = resolve::role_name(&file, flags, &env, || None) {
        let _ = resolve::plan(&file, &role.value, flags, &env, Vec::new);
    }
    for name in file.roles.keys() {
        let Ok(plan) = resolve::plan(&file, name, flags, &env, Vec::new) else { continue };
        for leg in &plan.legs {
            check_region(&leg.sts.region.value);
            leg.sts.url.iter().for_each(|url| check_endpoint(&url.value));
        }
        let wanted = Restriction { policy: policy.clone(), ..Restriction::default() };
        if let Ok(less) = restricted(plan, &wanted)
            && let Some(policy) = &less.target().policy
        {
            let said: Result<serde_json::Value, _> = serde_json::from_str(&policy.value);
            assert!(said.is_ok() && policy.value.len() <= 2048, "what STS takes");
        }
    }
    if let Ok(ProofPlan::IdentityCenter(center)) = resolve::proof(&file, "sso", &env) {
        check_endpoint(&center.oidc());
        check_endpoint(&center.portal());
    }
}

/// The region becomes part of a host name to which secrets are sent.
fn check_region(region: &str) {
    let plain = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    assert!(plain && !region.is_empty(), "{region:?} is no region");
}

/// Secrets are sent to this URL.
fn check_endpoint(url: &str) {
    let uri: http::Uri = url.parse().expect("an address");
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&uri.host().unwrap_or_default());
    assert!(uri.scheme_str() == Some("https") || local, "{url} is an unencrypted URL");
}

/// A person's own configuration, after a zero byte the machine's, and after another `enforced.toml`: every mistake has a
/// place in its own file, and a role read in part is that of the whole.
pub fn administrators_files(data: &[u8]) {
    use super::enforced::{Enforced, EnforcedError, Version};
    use super::file::{LayerText, NoLists};
    let mut texts = data.split(|byte| *byte == 0).map(|text| std::str::from_utf8(text));
    let mut next = || texts.next().unwrap_or(Ok("")).ok();
    let (Some(own), Some(machine), Some(enforced)) = (next(), next(), next()) else { return };
    let has_place = |mistake: &super::Mistake, text: &str| {
        let lines = text.split('\n').count();
        assert!((1..=lines).contains(&mistake.line) && mistake.column > 0, "{mistake}");
    };
    fn layer<'a>(path: &'a str, text: &'a str) -> LayerText<'a> {
        LayerText { path, text, lists: &NoLists }
    }
    match File::parse_layers(layer("own", own), Some(layer("machine", machine))) {
        Err(mistake) => has_place(&mistake, if mistake.path == "own" { own } else { machine }),
        Ok(whole) => {
            for (name, role) in &whole.roles {
                let Some([own, machine]) = part::of_role_in_both(own, machine, name) else { continue };
                let part = File::parse_layers(layer("own", &own), Some(layer("machine", &machine)));
                let Some(same) = part.ok().and_then(|part| Some(format!("{:?}", part.roles.get(name)?)))
                else {
                    continue;
                };
                assert_eq!(same, format!("{role:?}"), "{name} is another role in part");
            }
        }
    }
    match Enforced::parse("enforced", enforced, Version::own()) {
        Err(EnforcedError::Mistake(mistake)) => has_place(&mistake, enforced),
        Err(_) => {}
        Ok(set) => {
            let _ = set.settings();
            for from in ["https://a.example/x.toml", "https://a.example/../x.toml", "/etc/x.toml"] {
                let allowed = set.allows_shared(from, false).is_ok();
                let listed =
                    set.shared_files.as_ref().is_none_or(|list| list.value.iter().any(|one| one == from));
                assert!(!allowed || listed || !from.contains(".."), "{from}");
            }
        }
    }
}
