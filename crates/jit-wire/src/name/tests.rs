use super::*;

/// The names in `tests/names.json`. Add more to that file; the tests that use it depend on no particular
/// name.
fn names(kind: &str) -> Vec<String> {
    let names: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/names.json")).unwrap();
    let names = names[kind].as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Names that a shell or a terminal would interpret.
fn hostile() -> Vec<String> {
    names("hostile")
}

/// Names that people would choose, which need no quotes in any shell.
fn plain() -> Vec<String> {
    names("plain")
}

#[test]
fn only_words_that_need_no_quotes_are_plain() {
    for text in plain() {
        assert!(is_plain_word(&text), "{text}");
        assert_eq!(in_command(&text), text);
    }
    for text in hostile() {
        assert!(!is_plain_word(&text), "{text:?}");
    }
    assert!(is_plain_word(&"x".repeat(256)) && !is_plain_word(&"x".repeat(257)));
}

#[test]
fn a_suggested_command_contains_nothing_that_a_shell_acts_on() {
    assert_eq!(in_command("my dev"), "\"my dev\"");
    for text in hostile().iter().filter(|text| *text != "a b") {
        assert_eq!(in_command(text), "NAME", "{text:?}");
    }
}

#[test]
fn a_prompt_contains_nothing_that_a_shell_acts_on() {
    for text in hostile() {
        let shown = in_prompt(&text);
        assert!(shown.chars().all(|c| c == '?' || c == ' ' || (c != '%' && is_part_of_word(c))), "{shown:?}");
        assert_eq!(shown.chars().count(), text.chars().count());
    }
    assert_eq!(in_prompt("prod-admin"), "prod-admin");
    assert_eq!(in_prompt("Acme Corp/Read"), "Acme Corp/Read");
    assert_eq!(in_prompt("a$(b)%m"), "a??b??m");
}

#[test]
fn a_claim_is_a_plain_word_in_braces() {
    for (text, claim) in [
        ("{sub}", Some("sub")),
        ("{preferred_username}", Some("preferred_username")),
        ("sub", None),
        ("{}", None),
        ("{sub", None),
        ("{{sub}}", None),
        ("{a b}", None),
        ("{sub}@example.com", None),
        ("{é}", None),
    ] {
        assert_eq!(claim_of(text), claim, "{text}");
    }
    assert!(claim_of(&format!("{{{}}}", "x".repeat(64))).is_some());
    assert!(claim_of(&format!("{{{}}}", "x".repeat(65))).is_none());
}

/// A kind of name: its check, valid names, invalid names.
type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

#[test]
fn each_kind_of_name_has_the_characters_that_its_owner_documents() {
    const IAM: &str = "Az09_+=,.@-";
    let cases: [Case; 9] = [
        (is_account_id, &["012345678901"], &["", "01234567890", "0123456789012", "01234567890x", "٠١٢٣٤٥"]),
        (
            is_account_name,
            &["production", "Acme Corp (prod)", "a$(b){};|`c", "x", "-", "Team A/B — prod ✨"],
            &[
                "",
                "a\nb",
                "a\u{1b}b",
                "a\u{202e}b",
                "a\u{7f}",
                "123456789012345678901234567890123456789012345678901",
            ],
        ),
        (
            is_account_alias,
            &["abc", "acme-prod", "9-9"],
            &["", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "a b"],
        ),
        (
            is_permission_set,
            &[IAM, "A"],
            &["", "a b", "a/b", "a:b", "a$b", "é", "123456789012345678901234567890123"],
        ),
        (is_role, &[IAM, "123456789012345678901234567890123"], &["", "a b", "a/b", "a$(b)", "é"]),
        (is_role_path, &["/", "/a/", "/a/b;c/"], &["", "a/", "/a", "/a b/", "/é/"]),
        (is_saml_provider, &["Okta", "a.b_c-d"], &["", "a@b", "a b", "a/b", "é"]),
        (is_session_name, &[IAM, "me@example.com"], &["", "a", "a b", "a/b", "é"]),
        (
            is_profile,
            &["default", "my dev", "a$(b)", "münchen"],
            &["", "a\nb", "a\u{202e}b", "a\u{1b}", "a\u{200b}"],
        ),
    ];
    for (index, (check, good, bad)) in cases.into_iter().enumerate() {
        for text in good {
            assert!(check(text), "{index}: {text}");
        }
        for text in bad {
            assert!(!check(text), "{index}: {text:?}");
        }
    }
}

#[test]
fn only_the_visible_part_of_an_account_name_is_kept() {
    let cases = [
        ("production", Some("production")),
        ("a$(b)", Some("a$(b)")),
        ("evil\u{1b}]0;x\u{7}\n\u{202e}✓", Some("evil ]0;x   ✓")),
        ("", None),
        ("\u{200b}\n", None),
        ("123456789012345678901234567890123456789012345678901", None),
    ];
    for (told, kept) in cases {
        assert_eq!(account_name_of(told).as_deref(), kept, "{told:?}");
    }
}

#[test]
fn names_in_config_toml_are_valid_for_every_reader() {
    for name in ["prod-admin", "acme/eu", "a.b_c%d@e:f+g", "0"] {
        assert_eq!(check_own(name), Ok(()), "{name}");
    }
    let long = "x".repeat(129);
    let cases = [
        ("", BadName::Length),
        (long.as_str(), BadName::Length),
        ("-x", BadName::Option),
        ("a b", BadName::Character(' ')),
        ("$(x)", BadName::Character('$')),
        ("a\nb", BadName::Character('\n')),
        ("é", BadName::Character('é')),
    ];
    for (name, why) in cases {
        assert_eq!(check_own(name), Err(why), "{name:?}");
    }
    assert_eq!(BadName::Character('\n').to_string(), "this name contains `\\n`");
}

#[test]
fn only_service_ids_become_variables() {
    let name = |service: &str| Variable::of_service_endpoint(service).map(|name| name.to_string());
    assert_eq!(name("sso_oidc").as_deref(), Some("AWS_ENDPOINT_URL_SSO_OIDC"));
    assert_eq!(name("s3").as_deref(), Some("AWS_ENDPOINT_URL_S3"));
    for service in
        ["", "x;touch pwned;y", "a$(b)", "a-b", "a b", "3s", "_a", "S3", "a=b", "a\nb", "ß", "dynamoDB"]
    {
        assert_eq!(name(service), None, "{service:?}");
    }
    for bad in ["", "1A", "a", "A-B", "A B", "A=B"] {
        assert!(!is_variable(bad) && Variable::try_from(bad.to_owned()).is_err(), "{bad}");
    }
    assert_eq!(Variable::known("AWS_REGION").as_str(), "AWS_REGION");
}

#[test]
fn a_name_in_a_table_header_reads_back_as_itself() {
    for (text, header) in [
        ("admin", "admin"),
        ("prod/admin", "\"prod/admin\""),
        ("a.b", "\"a.b\""),
        ("", "\"\""),
        ("a\"b", "\"a\\\"b\""),
    ] {
        assert_eq!(in_header(text), header);
    }
}
