//! Tests of sessions and of the forms in which they leave `jit`.

use super::*;

fn session(issued: i64, expires: i64) -> Session {
    Session {
        credentials: Credentials {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: "s3cr3t/with\"quote".into(),
            session_token: "t0ken".into(),
            expires_at: Timestamp(expires),
            told: None,
            _held: Held,
        },
        issued_at: Timestamp(issued),
        role: "prod".into(),
        role_arn: "arn:aws:iam::222222222222:role/admin".into(),
        assumed_arn: "arn:aws:sts::222222222222:assumed-role/admin/alice".into(),
        idp: "acme".into(),
        login: "login-00".into(),
        subject: "u1".into(),
        user: "alice".into(),
        sign_in: SignIn::new(Some(Timestamp(0)), ["phr".into()], ["hwk".into()]),
        source_identity: None,
        tags: BTreeMap::from([("team".into(), "core".into())]),
        transitive_tags: BTreeSet::from(["team".into()]),
        restricted_by: Vec::new(),
    }
}

#[test]
fn fresh_until_sixteen_minutes_or_a_third_are_left() {
    let cases = [
        // lifetime, left, min_ttl, expected
        (3600, 3600, 0, Freshness::Fresh),
        (3600, 961, 0, Freshness::Fresh),
        (3600, 960, 0, Freshness::Ending),
        (3600, 1, 0, Freshness::Ending),
        (3600, 0, 0, Freshness::Expired),
        (3600, -5, 0, Freshness::Expired),
        (900, 301, 0, Freshness::Fresh),
        (900, 300, 0, Freshness::Ending),
        (3600, 1800, 1800, Freshness::Fresh),
        (3600, 1799, 1800, Freshness::Ending),
    ];
    for (lifetime, left, min_ttl, expected) in cases {
        let found = session(0, lifetime).freshness(Timestamp(lifetime - left), Duration::from_secs(min_ttl));
        assert_eq!(found, expected, "lifetime {lifetime}, left {left}, min_ttl {min_ttl}");
    }
}

#[test]
fn a_session_that_ends_earlier_is_reported_to_end_then() {
    let told = |session: &Session| {
        let line = session.to_credential_process();
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        Timestamp::parse_rfc3339(value["Expiration"].as_str().unwrap()).unwrap().0
    };
    for (end, expires_at, reported) in [
        // Well before AWS's end, which is at 3600, there is no minute to spare.
        (1800, 1800, 1800),
        (3540, 3540, 3540),
        (3541, 3541, 3540),
        (3600, 3600, 3540),
        (7200, 3600, 3540),
        (0, 0, 0),
    ] {
        let session = session(0, 3600).ending_at(Timestamp(end));
        assert_eq!((session.credentials.expires_at.0, told(&session)), (expires_at, reported), "{end}");
    }
    assert_eq!(told(&session(0, 3600).ending_at(Timestamp(1800)).ending_at(Timestamp(7200))), 1800);
}

#[test]
fn the_stored_form_reads_back_at_any_size() {
    let mut large = session(0, 3600);
    large.credentials.session_token = Secret::new("x".repeat(100_000));
    for kept in [session(0, 3600), large] {
        let back = Session::from_bytes(kept.to_bytes().expose()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{kept:?}"));
        assert_eq!(back.credentials.session_token, kept.credentials.session_token);
        assert_eq!(back.credentials.secret_access_key, kept.credentials.secret_access_key);
    }
    assert!(Session::from_bytes(b"{}").is_err());
}

#[test]
fn the_credential_process_answer_is_exact() {
    let line = session(0, 1_795_176_000).to_credential_process();
    assert_eq!(line.capacity(), 2 * 1024 + 1, "a line that grew has left a copy behind");
    let expected = concat!(
        r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s3cr3t/with\"quote","#,
        r#""SessionToken":"t0ken","Expiration":"2026-11-20T11:59:00Z","AccountId":"222222222222"}"#,
        "\n"
    );
    assert_eq!(String::from_utf8_lossy(&line), expected);
}

/// Found by fuzzing the output of a `credential_process`.
#[test]
fn a_quote_in_a_value_does_not_break_json() {
    let json = session(0, 1_795_176_000).to_container_json();
    let expected = concat!(
        r#"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s3cr3t/with\"quote","Token":"t0ken","#,
        r#""Expiration":"2026-11-20T11:59:00Z","AccountId":"222222222222"}"#
    );
    assert_eq!(json.expose(), expected);
}

/// Text that a shell, a parser of dotenv files or a log would interpret. Add more.
#[test]
fn credentials_contain_no_active_characters() {
    let made = |id: &str, secret: &str, token: &str| {
        Credentials::new(id.into(), secret.into(), token.into(), Timestamp(0)).map(|_| ())
    };
    let jwt = "eyJhbGciOi.eyJzdWIi_-.c2ln-_";
    for token in ["", "FwoGZXIvYXdzE+/=", jwt] {
        assert_eq!(made("ASIA_EXAMPLE1", "wJalrXUtnFEMI/K7MDENG+bPx=", token), Ok(()));
    }
    let hostile = [
        " ",
        "a b",
        "'",
        "\"",
        "$(touch pwned)",
        "${x}",
        "`x`",
        ";",
        "&",
        "|",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u{b}",
        "\\",
        "#",
        "!",
        "~",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "(x)",
        "<",
        ">",
        "%PATH%",
        "^",
        "@",
        ",",
        ":",
        "\u{1b}[2J",
        "\u{7f}",
        "é",
        "\u{2019}",
        "\u{202e}",
        "\u{200b}",
        "✨",
    ];
    for bad in hostile {
        assert_eq!(made(&format!("ASIA{bad}"), "s", "t"), Err(BadCredentials::Id), "{bad:?}");
        assert_eq!(made("ASIA", &format!("s{bad}"), "t"), Err(BadCredentials::Secret), "{bad:?}");
        assert_eq!(made("ASIA", "s", &format!("{bad}t")), Err(BadCredentials::Token), "{bad:?}");
    }
    for id in ["", "A+B", "A-B", &"A".repeat(129)] {
        assert_eq!(made(id, "s", ""), Err(BadCredentials::Id), "{id}");
    }
    assert_eq!(made("A", "", "t"), Err(BadCredentials::Secret));
}

#[test]
fn debug_and_public_json_hold_no_secret() {
    let shown = format!("{:?} {}", session(0, 10), session(0, 10).to_public_json(Timestamp(0)));
    assert!(!shown.contains("s3cr3t") && !shown.contains("t0ken"), "{shown}");
}
