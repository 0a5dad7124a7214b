//! What holds for all importers: no file of another tool makes them panic, and the result is a configuration
//! that `jit` accepts. The tests of each importer are in a file of its name.

mod aws;
mod aws_okta;
mod aws_vault;
mod granted;
mod okta_aws_cli;
mod saml2aws;

use super::*;
use aws_okta::AWS_OKTA;
use aws_vault::AWS_VAULT;
use granted::{GRANTED, GRANTED_OWN};
use okta_aws_cli::OKTA_YAML;
use saml2aws::{AFTER_SAML2AWS, SAML2AWS};

fn text(content: &str) -> Text<'_> {
    Text { path: "f", content: content.as_bytes() }
}

/// What was imported, one item on each line.
fn taken(imported: &Imported) -> Vec<String> {
    let line = |taken: &ImportedTable| {
        let became = match &taken.became {
            ImportedAs::Idp(name) => format!("idp {name}"),
            ImportedAs::Role(name) => format!("role {name}"),
        };
        let remark = taken.remark.as_ref().map(|remark| format!("; {remark}")).unwrap_or_default();
        format!("{} {} → {became}{remark}", taken.place, taken.what)
    };
    imported.taken.iter().map(line).collect()
}

/// What was not imported: the place and name of each item.
fn not_taken(imported: &Imported) -> Vec<String> {
    imported.no_equal.iter().map(|one| format!("{} {}", one.place, one.what)).collect()
}

/// The draft as TOML, after checking that `jit` accepts it.
fn toml(imported: &Imported) -> String {
    let text = imported.draft.to_toml().to_string();
    File::parse("config.toml", &text).unwrap_or_else(|mistake| panic!("{mistake}\n{text}"));
    text
}

fn why<'a>(imported: &'a Imported, what: &str) -> &'a str {
    let found = imported.no_equal.iter().find(|one| one.what == what);
    &found.unwrap_or_else(|| panic!("{what} is not in {:?}", imported.no_equal)).why
}

/// Every importer reads the text without a panic, and the result is a valid configuration.
fn read_by_all(content: &str) -> usize {
    let (text, variables) = (text(content), [("OKTA_AWSCLI_ORG_DOMAIN".to_owned(), content.to_owned())]);
    let all = [
        aws_okta(text, Some("acme")),
        saml2aws(text, Some(text)),
        aws(text, None),
        aws_vault(text, None),
        granted(Some(text), None, None),
        granted(None, Some(text), None),
        okta_aws_cli(Some(text), None, &variables, None),
        okta_aws_cli(None, Some(text), &[], Some(text)),
    ];
    let read: Vec<_> = all.into_iter().flatten().collect();
    read.iter().map(toml).count()
}

#[test]
fn invalid_items_are_left_out_with_their_dependents() {
    let file = "[sso-session a]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\n\
        [profile good]\nsso_session = a\nsso_account_id = 111111111111\nsso_role_name = Dev\n\
        [profile short]\nsso_session = a\nsso_account_id = 1111\nsso_role_name = Dev\n\
        [profile behind]\nsource_profile = short\nrole_arn = arn:aws:iam::222222222222:role/x\n\
        [profile plain]\nsource_profile = good\nrole_arn = arn:aws:iam::222222222222:role/x\nregion = nowhere\n\
        [sso-session b]\nsso_start_url = http://b.example/start\nsso_region = eu-west-1\n\
        [profile clear]\nsso_session = b\nsso_account_id = 111111111111\nsso_role_name = Dev\n";
    let imported = aws_vault(text(file), None).unwrap();
    toml(&imported);
    assert_eq!(taken(&imported), ["f:2 sso-session a → idp a", "f:4 profile good → role good"]);
    assert_eq!(imported.no_equal.len(), 5, "{:?}", imported.no_equal);
    assert!(why(&imported, "profile short").contains("not an account id"));
    assert_eq!(why(&imported, "profile behind"), "it depends on short, which was not imported");
    assert!(why(&imported, "profile plain").contains("`nowhere` is not a region"));
    assert!(why(&imported, "sso-session b").contains("is neither https"));
    assert_eq!(why(&imported, "profile clear"), "it depends on b, which was not imported");
}

#[test]
fn broken_files_are_refused_with_their_line() {
    for (content, words) in [
        ("[a]\nx\n", "line 2, column 1: this line has no `=`: x"),
        ("[profile a]\nregion = x\n[profile a]\n", "duplicate of the one on line 1"),
        ("[a]\nx = 1\nX = 2\n", "this key is a duplicate of the one on line 2"),
        ("region = x\n", "this key comes before the first section"),
    ] {
        for error in [aws_vault(text(content), None).unwrap_err(), saml2aws(text(content), None).unwrap_err()]
        {
            assert!(error.to_string().contains(words), "{content:?}: {error}");
        }
    }
    let latin = Text { path: "f", content: b"[a]\nx = \xe9\n" };
    assert!(aws_okta(latin, None).unwrap_err().to_string().contains("line 2, column 5"));
    assert!(okta_aws_cli(None, Some(latin), &[], None).unwrap_err().to_string().contains("not UTF-8"));
    let marked = "\u{feff}[profile a]\nregion = x\n";
    assert!(aws_vault(text(marked), None).unwrap_err().to_string().contains("byte order mark"));
}

#[test]
fn any_imported_file_gives_a_valid_configuration() {
    let hostile = [
        "",
        "\u{feff}",
        "[]\n",
        "[profile \u{1b}[2Jx\u{202e}]\naws_saml_url = home/\u{1b}x\nrole_arn = arn:aws:iam::111111111111:role/x\nregion = \"\n",
        "[profile a\u{0}b]\nsso_start_url = https://x.example/\u{7}\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = x\"\n",
        "[okta]\naws_saml_url = //evil.example/x\n[profile x]\nrole_arn = arn:aws:iam::111111111111:role/x\"\\\n",
        "[okta]\naws_saml_url = https://user:pw@evil.example/x\n[profile x]\nrole_arn = arn:aws:iam::111111111111:role/x\n",
        "[x]\nurl = ://\nprovider = Okta\nrole_arn = x\n[y]\nurl = https://\nprovider = \n",
        "[x]\nurl = https://a.example/é\nprovider = Browser\nrole_arn = arn:aws:iam::111111111111:role/x\naws_profile = [idp.x]\n",
        "[profile a]\nsource_profile = a\nrole_arn = a\ninclude_profile = a\n",
        "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\nrole_arn = x\nsource_profile = a\n",
        "[profile a]\ncredential_process = \"unclosed\n[profile b]\ncredential_process = saml2aws --role --role\n",
        "awscli:\n  profiles:\n    \"\\n[role.x]\":\n      org-domain: \"x\\n\"\n      aws-acct-fed-app-id: \"\\\"\"\n      aws-iam-role: arn\n",
        "SSO = 3\n[ProfileRegistry]\n",
        "[SSO.x]\nStartURL = \"\\u001b\"\nSSORegion = \"]\"\n",
        "OKTA_AWSCLI_ORG_DOMAIN==\nOKTA_AWSCLI_=x\n=\n",
        AWS_OKTA,
        SAML2AWS,
        AWS_VAULT,
        GRANTED,
        GRANTED_OWN,
        OKTA_YAML,
    ];
    let read: usize = hostile.into_iter().map(read_by_all).sum();
    assert!(read > 50, "{read}");
}

/// Changed bytes, missing lines, repeated lines: nothing panics, and the draft is a valid configuration.
#[test]
fn damaged_files_are_read_or_refused() {
    let mut seed = 7u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below.max(1)
    };
    let odd = ["\"", "\\", "=", "[", "]", "\n", "\t", "\u{1b}", "\u{202e}", "é", "#", ":", " ", "'", "{", ""];
    let mut read = 0;
    for file in [AWS_OKTA, SAML2AWS, AFTER_SAML2AWS, AWS_VAULT, GRANTED, GRANTED_OWN, OKTA_YAML] {
        for _ in 0..60 {
            let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
            for _ in 0..=random(3) {
                let at = random(lines.len());
                match random(4) {
                    0 => drop(lines.remove(at)),
                    1 => lines.insert(at, lines[random(lines.len())].clone()),
                    _ => {
                        let (line, odd) = (&mut lines[at], odd[random(odd.len())]);
                        let place = line.char_indices().map(|(at, _)| at).nth(random(line.chars().count()));
                        line.insert_str(place.unwrap_or(0), odd);
                    }
                }
            }
            read += read_by_all(&lines.join("\n"));
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn long_lived_access_keys_are_found_and_temporary_ones_are_not() {
    let file = "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s3cr3t\n\
        [saml]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s3cr3t\naws_session_token = t\n\
        [temporary]\naws_access_key_id = ASIAEXAMPLE\n[empty]\naws_access_key_id =\n\
        [profile x]\nAWS_ACCESS_KEY_ID = AKIAOTHER\n";
    let keys = static_keys(text(file)).unwrap();
    let found: Vec<_> = keys.iter().map(|key| format!("{} [{}]", key.place, key.section)).collect();
    assert_eq!(found, ["f:2 [default]", "f:13 [profile x]"]);
    assert!(!format!("{keys:?}").contains("AKIA"), "not even the id, which nobody needs here");
}

#[test]
fn hosts_have_names() {
    for (address, name) in [
        ("https://acme.okta.com/home", "acme"),
        ("https://sso.acme.com/x", "acme"),
        ("https://fs.example.com", "example"),
        ("https://accounts.google.com/o/saml2", "google"),
        ("localhost", "localhost"),
        ("https://acme.com", "acme"),
        ("", "imported"),
    ] {
        assert_eq!(name_of_host(address), name, "{address}");
    }
}
