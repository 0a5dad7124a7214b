use serde_json::{Value, json};

use super::super::testing::{Fits, NOW, settings, with_fake, world};
use super::*;

#[test]
fn a_description_is_taken_from_its_own_provider_only() {
    let cases: [(Value, Fits); 8] = [
        (
            json!({ "issuer": "https://other.example" }),
            |e| matches!(e, OidcError::WrongIssuer { announced, .. } if announced == "https://other.example"),
        ),
        (json!({ "issuer": null }), |e| matches!(e, OidcError::NotUnderstood { .. })),
        (json!({ "token_endpoint": "http://idp.example/token" }), |e| {
            e.to_string().starts_with("token_endpoint `http://idp.example/token` is not an https address")
        }),
        (json!({ "jwks_uri": "ftp://idp.example" }), |e| {
            matches!(e, OidcError::Insecure { what: "jwks_uri", .. })
        }),
        (json!({ "device_authorization_endpoint": "//idp.example" }), |e| {
            matches!(e, OidcError::Insecure { .. })
        }),
        (json!({ "revocation_endpoint": "" }), |e| matches!(e, OidcError::Insecure { .. })),
        (json!({ "authorization_endpoint": "https://a@idp.example/" }), |e| {
            matches!(e, OidcError::Insecure { .. })
        }),
        (json!({ "scopes_supported": "openid" }), |e| matches!(e, OidcError::NotUnderstood { .. })),
    ];
    for (with, fits) in cases {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = with.clone();
            let error = fetch(&settings(&fake.issuer), &world()).await.unwrap_err();
            assert!(fits(&error), "{with}: {error:?}");
        });
    }
}

#[test]
fn a_trailing_slash_is_part_of_the_issuer_and_not_of_the_path() {
    with_fake(async |fake| {
        let slashed = format!("{}/", fake.issuer);
        let error = fetch(&settings(&slashed), &world()).await.unwrap_err();
        assert!(matches!(error, OidcError::WrongIssuer { configured, .. } if configured == slashed));
        *fake.document.borrow_mut() = json!({ "issuer": slashed });
        assert!(fetch(&settings(&slashed), &world()).await.is_ok());
        assert!(fake.asked.borrow().iter().all(|(path, _)| !path.contains("//")));
    });
}

#[test]
fn only_this_machine_may_be_asked_in_clear() {
    let cases = [
        ("https://idp.example", true),
        ("https://idp.example:8443/a?b=c", true),
        ("http://127.0.0.1:9/x", true),
        ("http://localhost/x", true),
        ("http://[::1]:9/x", true),
        ("http://127.0.0.1.evil.example/", false),
        ("http://localhost@evil.example/", false),
        ("http://idp.example/", false),
        ("https://idp.example/#x", false),
        ("https://", false),
        ("idp.example", false),
        ("/authorize", false),
        ("https://idp.example/\u{1b}", false),
        ("https://idp.example@evil.example/", false),
        ("http://127.0.0.1:9@evil.example/", false),
        ("javascript:alert(1)", false),
        ("javascript://idp.example/%0aalert(1)", false),
        ("file:///etc/passwd", false),
        ("data:text/html,x", false),
        ("", false),
    ];
    for (url, secure) in cases {
        assert_eq!(require_secure("it", url).is_ok(), secure, "{url}");
    }
}

#[test]
fn a_provider_is_believed_for_a_day() {
    with_fake(async |fake| {
        let (settings, world) = (settings(&fake.issuer), world());
        let mut known = fetch(&settings, &world).await.unwrap();
        let requests = || fake.asked.borrow().len();
        assert_eq!(requests(), 2);
        for (age, asked) in [(0, false), (86_399, false), (86_400, true), (-1, true)] {
            known.fetched_at = Timestamp(NOW - age);
            let before = requests();
            current(&settings, &world, Some(&known)).await.unwrap();
            assert_eq!(requests() > before, asked, "{age}");
        }
        known.fetched_at = Timestamp(NOW);
        known.document.issuer.push('x');
        assert_eq!(current(&settings, &world, Some(&known)).await.unwrap().document.issuer, fake.issuer);
    });
}

#[test]
fn nothing_there_is_said_so() {
    with_fake(async |fake| {
        let issuer = format!("{}/tenant", fake.issuer);
        let error = fetch(&settings(&issuer), &world()).await.unwrap_err();
        let expected = format!(
            "there is no OpenID Connect provider at {issuer}: {issuer}/.well-known/openid-configuration answered with status 404"
        );
        assert_eq!(error.to_string(), expected);
    });
}
