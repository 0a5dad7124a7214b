//! A section of each type with one mistake: the place, the message, and the suggestion.

use super::*;
use crate::config::file::File;
use crate::plan::Factor;

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

/// The addition to a good section, the place, words of the message, words of the suggestion.
#[test]
fn every_mistake_says_where_what_and_what_instead() {
    let saml = [
        ("start_url = \"https://idp.acme.com/\"", "4:13", "has both `sso_url` and `start_url`", "delete one"),
        (
            "capture = \"browsr\"",
            "4:11",
            "`browsr` is not a value of `capture`",
            "\"loopback\" or \"browser\"",
        ),
        (
            "capture = \"browser\"\nacs_port = 1",
            "5:12",
            "`acs_port` has no effect with capture = \"browser\"",
            "delete it",
        ),
        ("browser = \"chrome\"", "4:11", "`browser` has no effect with capture = \"loopback\"", "delete it"),
        (
            "acs_host = \"0.0.0.0\"",
            "4:12",
            "`0.0.0.0` is not a value of `acs_host`",
            "\"127.0.0.1\" or \"localhost\"",
        ),
        (
            "capture = \"browser\"\nacs_url = \"https://evil.example/saml\"",
            "5:11",
            "does not accept SAML responses",
            "signin.aws",
        ),
        ("acs_prt = 1", "4:1", "unknown key `acs_prt`", "did you mean `acs_port`?"),
        ("authn_context = []", "4:17", "`authn_context` is empty", "delete it"),
        ("authn_context = [\"a b\"]", "4:17", "`a b` is not allowed in `authn_context`", "without spaces"),
        ("force_authn = \"yes\"", "4:15", "must be true or false", ""),
        (
            "acr_values = [\"phr\"]",
            "4:1",
            "unknown key `acr_values`",
            "a key of type = \"oidc\" or type = \"okta\"",
        ),
        (
            "binding = \"artifact\"",
            "4:11",
            "`artifact` is not a value of `binding`",
            "\"redirect\" or \"post\"",
        ),
    ];
    let okta = [
        ("flow = \"device\"", "5:8", "needs the `client_id`", "client_id = "),
        ("acr_values = [\"phr\"]", "5:14", "has no effect without a `client_id`", "delete it"),
        ("max_age = \"1h\"", "5:11", "has no effect without a `client_id`", "delete it"),
        ("factor = \"puhs\"", "5:10", "`puhs` is not a value of `factor`", "\"push\""),
        ("password = \"s3cr3t\"", "5:1", "unknown key `password`", "valid keys are"),
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
        (SAML, "sso_url = \"https", "sso_url = \"http", "3:11", "is neither https"),
        (SAML, "sso_url", "capture = \"loopback\"\nstart_url", "4:13", "needs capture = \"browser\""),
        (
            OKTA,
            "https://acme.okta.com/\"",
            "https://acme.okta.com/x\"",
            "3:7",
            "more than the URL of the org",
        ),
        (
            OKTA,
            "https://acme.okta.com/home",
            "https://evil.example/home",
            "4:11",
            "is not on https://acme.okta.com",
        ),
        (OKTA, "type = \"okta\"", "type = \"okat\"", "2:8", "`okat` is not a type of IdP"),
    ];
    for (base, from, to, place, what) in replaced {
        assert!(base.contains(from), "{from}");
        let text = File::parse("c.toml", &base.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(text.starts_with(&format!("c.toml:{place}")) && text.contains(what), "{to}: {text}");
    }
}
