use super::*;
use crate::config::file::File;

fn acme() -> Table {
    Table::new("acme").with("type", "oidc").with("issuer", "https://idp.example.com").with("client_id", "jit")
}

fn hub() -> Table {
    Table::new("hub").with("idp", "acme").with("role_arn", "arn:aws:iam::111111111111:role/jit-hub")
}

fn admin() -> Table {
    Table::new("prod/admin").with("via", "hub").with("role_arn", "arn:aws:iam::222222222222:role/admin")
}

fn draft() -> Draft {
    Draft { idps: vec![acme()], roles: vec![hub(), admin()] }
}

#[test]
fn tables_are_written_as_the_readme_writes_them() {
    let tags = BTreeMap::from([
        ("cost center".to_owned(), "a \"b\"".to_owned()),
        ("team".to_owned(), "x".to_owned()),
    ]);
    let admin = admin()
        .with("tags", tags)
        .with("transitive_tags", vec!["team".to_owned(), "cost center".to_owned()])
        .with("confirm", true)
        .with_some("region", None::<String>);
    let draft = Draft { roles: vec![hub(), admin], ..draft() };
    let written = "\
[idp.acme]
type      = \"oidc\"
issuer    = \"https://idp.example.com\"
client_id = \"jit\"

[role.hub]
idp      = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/jit-hub\"

[role.\"prod/admin\"]
via             = \"hub\"
role_arn        = \"arn:aws:iam::222222222222:role/admin\"
tags            = { \"cost center\" = \"a \\\"b\\\"\", team = \"x\" }
transitive_tags = [\"team\", \"cost center\"]
confirm         = true
";
    assert_eq!(*draft.to_toml(), written);
    assert_eq!(Draft::of(written), draft);
    let file = File::parse("config.toml", &written.replace("\\\"", "")).unwrap();
    assert_eq!(file.roles["prod/admin"].tags.as_ref().unwrap().value["cost center"], "a b");
}

#[test]
fn any_text_reads_back_unchanged() {
    let hostile = "a\u{0}\u{1b}[2J\r\n\t\"\\'\u{9b}\u{202e}\u{feff}\u{e0041}#=]é✓";
    let table = Table::new(hostile).with("x", hostile).with(hostile, vec![hostile.to_owned()]);
    let draft = Draft { roles: vec![table], ..Draft::default() };
    let text = draft.to_toml();
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r', '\u{feff}']), "{text:?}");
    assert_eq!(text.lines().count(), 3);
    assert_eq!(Draft::of(&text), draft);
}

#[test]
fn a_secret_is_written_and_not_shown() {
    let idp = acme().with("client_secret", Value::Secret("s3cr3t".into()));
    let draft = Draft { idps: vec![idp], ..Draft::default() };
    assert!(!format!("{draft:?}").contains("s3cr3t"));
    assert!(draft.to_toml().contains("client_secret = \"s3cr3t\""));
    assert_eq!(Draft::of(&draft.to_toml()), draft);
}

#[test]
fn existing_tables_are_left_out() {
    let existing = Draft::of(&draft().to_toml());
    let merged = draft().merge(&existing);
    assert!(merged.draft.is_empty(), "{merged:?}");
    let kept = |name: &str, differs: &[&str]| ExistingTable {
        name: name.to_owned(),
        differs: differs.iter().map(|&key| key.to_owned()).collect(),
    };
    assert_eq!(merged.kept, [kept("hub", &[]), kept("prod/admin", &[])]);

    // What the person changed since then stays, and is reported.
    let changed =
        Draft { roles: vec![hub(), admin().with("region", "eu-west-1").with("color", "red")], ..draft() };
    let wanted = Draft { roles: vec![admin().with("region", "us-east-1")], ..Draft::default() };
    let merged = wanted.merge(&changed);
    assert!(merged.draft.is_empty());
    assert_eq!(merged.kept, [kept("prod/admin", &["region"])]);
}

#[test]
fn a_taken_name_gets_a_number_everywhere() {
    let existing = "[idp.acme]\ntype = \"okta\"\norg = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/a\"\n\
        [role.hub]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::999999999999:role/other\"\n";
    // The spoke comes before its hub, which makes no difference.
    let draft = Draft { roles: vec![admin(), hub()], ..draft() };
    let merged = draft.merge(&Draft::of(existing));
    let written = merged.draft.to_toml();
    assert!(written.starts_with("[idp.acme-2]\n"), "{}", *written);
    assert!(written.contains("[role.hub-2]\nidp      = \"acme-2\"\n"), "{}", *written);
    assert!(written.contains("[role.\"prod/admin\"]\nvia      = \"hub-2\"\n"), "{}", *written);
    assert_eq!(merged.role_names["hub"], "hub-2");
    let whole = format!("{existing}{}", *written);
    File::parse("config.toml", &whole).unwrap();
    // Merging again adds nothing.
    let again = draft.merge(&Draft::of(&whole));
    assert!(again.draft.is_empty(), "{again:?}");
    assert_eq!((again.idp_names["acme"].as_str(), again.role_names["hub"].as_str()), ("acme-2", "hub-2"));
}

#[test]
fn an_idp_that_is_configured_under_another_name_is_used() {
    for (one, other) in [
        (
            "[idp.work]\ntype = \"identity-center\"\nstart_url = \"https://a.awsapps.com/start/#/\"\nregion = \"eu-west-1\"\n",
            Table::new("a").with("type", "identity-center").with("start_url", "https://a.awsapps.com/start"),
        ),
        (
            "[idp.work]\ntype = \"okta\"\norg = \"https://a.okta.com/\"\napp_url = \"https://a.okta.com/home/x\"\n",
            Table::new("a")
                .with("type", "okta")
                .with("org", "https://a.okta.com")
                .with("app_url", "https://a.okta.com/home/x"),
        ),
        (
            "[idp.work]\ntype = \"saml\"\nstart_url = \"https://a.example/x\"\nbrowser = \"edge\"\n",
            Table::new("a").with("type", "saml").with("start_url", "https://a.example/x"),
        ),
    ] {
        let role = Table::new("r").with("idp", "a").with("role_arn", "arn:aws:iam::111111111111:role/r");
        let other = other.with("auto_login", true);
        let merged = Draft { idps: vec![other], roles: vec![role] }.merge(&Draft::of(one));
        assert!(merged.draft.idps.is_empty(), "{merged:?}");
        // A different spelling of the same URL; missing settings are reported.
        let kept = ExistingTable { name: "work".to_owned(), differs: vec!["auto_login".to_owned()] };
        assert_eq!(merged.kept_idps, [kept]);
        assert_eq!(merged.draft.roles[0].text("idp"), Some("work"));
    }
}

#[test]
fn a_loop_is_reported_when_the_file_is_read() {
    let role = |name: &str, via: &str| {
        Table::new(name).with("via", via).with("role_arn", "arn:aws:iam::111111111111:role/r")
    };
    let merged =
        Draft { roles: vec![role("a", "b"), role("b", "a")], ..Draft::default() }.merge(&Draft::default());
    let mistake = File::parse("config.toml", &merged.draft.to_toml()).unwrap_err();
    assert!(mistake.to_string().contains("form a loop"), "{mistake}");
}

#[test]
fn names_are_made_to_fit() {
    let long = "x".repeat(200);
    for (text, name) in [
        ("prod admin", "prod-admin"),
        ("-x-", "x"),
        ("", "imported"),
        ("\u{1b}[2J", "2J"),
        ("ünï/x@y", "n-/x@y"),
        (&long, &long[..120]),
    ] {
        assert_eq!(fit_name(text), name, "{text:?}");
    }
}
