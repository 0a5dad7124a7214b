//! A good file with one mistake: the place, the message, and the suggestion.

use super::*;

const GOOD: &str = r#"
default_role = "prod-admin"
[idp.acme]
type = "oidc"
issuer = "https://acme.okta.com"
client_id = "0oa1"
[role.hub]
idp = "acme"
role_arn = "arn:aws:iam::111111111111:role/jit-hub"
duration = "8h"
[role.prod-admin]
via = "hub"
role_arn = "arn:aws:iam::222222222222:role/admin"
region = "eu-west-1"
tags = { team = "core" }
transitive_tags = ["team"]
"#;

#[test]
fn reads_the_contract() {
    let file = File::parse("config.toml", GOOD).unwrap();
    let prod = &file.roles["prod-admin"];
    assert_eq!(prod.parent, Parent::Via(At { value: "hub".into(), line: 12 }));
    assert_eq!((prod.target.line(), prod.target.account()), (13, "222222222222"));
    assert_eq!(file.roles["hub"].duration, Some(At { value: 28_800, line: 10 }));
    assert_eq!(file.key_cache, None);
}

/// Each mistake: the change to a good file, the place, words of the message, words of the suggestion.
#[test]
fn every_mistake_says_where_what_and_what_instead() {
    let cases = [
        (
            "role_arn = \"arn:aws:iam::222222222222:role/admin\"",
            "rol_arn = \"x\"",
            "13:1",
            "unknown key `rol_arn` in [role.prod-admin]",
            "did you mean `role_arn`?",
        ),
        (
            "region = \"eu-west-1\"",
            "regoin = \"eu-west-1\"",
            "14:1",
            "unknown key `regoin` in [role.prod-admin]",
            "did you mean `region`?",
        ),
        ("region = \"eu-west-1\"", "region = \"Ireland\"", "14:10", "`Ireland` is not a region", "eu-west-1"),
        ("region = \"eu-west-1\"", "region = 1", "14:10", "must be a string in quotes, not a number", ""),
        ("region = \"eu-west-1\"", "region = \"eu-west-1", "14:", "", ""),
        (
            "via = \"hub\"",
            "via = \"hubb\"",
            "11:7",
            "[role.hubb], which does not exist",
            "did you mean `hub`?",
        ),
        (
            "via = \"hub\"",
            "via = \"prod-admin\"",
            "11:7",
            "loop: prod-admin → prod-admin",
            "start one of them at an IdP",
        ),
        ("via = \"hub\"", "via = \"hub\"\nidp = \"acme\"", "12:7", "both `idp` and `via`", "delete one"),
        ("via = \"hub\"\n", "", "11:7", "neither `idp` nor `via`", "a hub role has idp"),
        (
            "idp = \"acme\"",
            "idp = \"acne\"",
            "7:7",
            "[idp.acne], which does not exist",
            "did you mean `acme`?",
        ),
        ("type = \"oidc\"", "type = \"odic\"", "4:8", "`odic` is not a type of IdP", "oidc"),
        ("https://acme", "http://acme", "5:10", "is neither https", "https://acme.okta.com"),
        (
            "okta.com\"",
            "okta.com/.well-known/openid-configuration\"",
            "5:10",
            "more than the issuer",
            "write https://acme.okta.com",
        ),
        ("duration = \"8h\"", "duration = \"13h\"", "10:12", "46800 s is not a duration", "15m to 12h"),
        ("duration = \"8h\"", "duration = \"soon\"", "10:12", "not a duration", ""),
        ("duration = \"8h\"", "tags = { a = \"b\" }", "10:8", "a hub role cannot have `tags`", "claims"),
        (
            "duration = \"8h\"",
            "session_name = \"a b\"",
            "10:16",
            "`a b` is not a valid session_name",
            "2 to 64",
        ),
        ("duration = \"8h\"", "policy = \"{\"", "10:10", "the policy is not JSON", ""),
        ("duration = \"8h\"", "policy_arns = [\"x\"]", "10:15", "`x` is not the ARN of a policy", ""),
        ("[\"team\"]", "[\"tema\"]", "16:19", "`tema` is in transitive_tags but is not a tag", "tags"),
        (
            "default_role = \"prod-admin\"",
            "default_role = \"prod\"",
            "2:16",
            "there is no [role.prod]",
            "prod-admin",
        ),
        ("default_role", "defualt_role", "2:1", "unknown key `defualt_role` in the file", "default_role"),
        ("[role.hub]", "[role.\"h u b\"]", "7:7", "contains ` `", "letters"),
        ("[role.hub]", "[role.\"h\\nub\"]", "7:7", "contains `\\n`", "letters"),
        ("[role.hub]", "[role.\"$(x)\"]", "7:7", "contains `$`", "letters"),
        (
            "arn:aws:iam::111111111111:role/jit-hub",
            "arn:aws:iam::111:role/jit-hub",
            "9:12",
            "`111` is not twelve digits",
            "",
        ),
    ];
    for (from, to, place, what, next) in cases {
        assert!(GOOD.contains(from), "{from}");
        let mistake = File::parse("c.toml", &GOOD.replacen(from, to, 1)).unwrap_err();
        let text = mistake.to_string();
        assert!(text.starts_with(&format!("c.toml:{place}")), "{to}: {text}");
        assert!(text.contains(what), "{to}: {text}");
        assert!(mistake.suggestion.clone().unwrap_or_default().contains(next), "{to}: {mistake:?}");
    }
}

#[test]
fn a_client_secret_is_never_quoted() {
    for line in [
        "client_secret = \"s3cr3t",
        "client_secret = 5 # s3cr3t",
        "client_secrett = \"s3cr3t\"",
        "client_secert = \"s3cr3t\"",
        "clientsecert = \"s3cr3t",
        "CLIENT_SECRET = \"s3cr3t\"",
        "password = \"s3cr3t\"",
        "client_secert \"s3cr3t\"",
        "client_secret = \n\"s3cr3t\"",
        "client_secret = \"\"\"\ns3cr3t\\q\n\"\"\"",
        "client_secret = '''\na = s3cr3t\n\u{1}'''",
    ] {
        let text = GOOD.replacen("client_id = \"0oa1\"", &format!("client_id = \"0oa1\"\n{line}"), 1);
        let mistake = File::parse("c.toml", &text).unwrap_err();
        assert!(!format!("{mistake} {mistake:?}").contains("s3cr3t"), "{mistake}");
    }
}

#[test]
fn longer_loops_are_found() {
    let text = GOOD.replace("idp = \"acme\"", "via = \"prod-admin\"");
    assert!(File::parse("c.toml", &text).unwrap_err().what.contains("hub → prod-admin → hub"));
}
