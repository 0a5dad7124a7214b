use serde_json::{Value, json};

use super::super::testing::{Fits, NOW, settings, with_fake, world};
use super::*;

#[test]
fn a_discovery_document_must_come_from_its_own_idp() {
    let cases: [(Value, Fits); 7] = [
        (
            json!({ "issuer": "https://other.example" }),
            |e| matches!(e, OidcError::WrongIssuer { announced, .. } if announced == "https://other.example"),
        ),
        (json!({ "issuer": null }), |e| matches!(e, OidcError::NotUnderstood { .. })),
        (json!({ "token_endpoint": "http://idp.example/token" }), |e| {
            e.to_string().starts_with("token_endpoint `http://idp.example/token` is neither https")
        }),
        (json!({ "jwks_uri": "ftp://idp.example" }), |e| {
            matches!(e, OidcError::Insecure { what: "jwks_uri", .. })
        }),
        (json!({ "device_authorization_endpoint": "//idp.example" }), |e| {
            matches!(e, OidcError::Insecure { .. })
        }),
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

/// Was a bug: a public issuer could name URLs on this machine, which jit then called and opened.
#[test]
fn a_remote_idp_cannot_name_urls_on_this_machine() {
    let (own, public) = ("http://127.0.0.1:1", "https://idp.example");
    let members = [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "device_authorization_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ];
    for (issuer, url, taken) in [
        (public, "https://idp.example/x", true),
        (public, "https://keys.elsewhere.example/x", true),
        (public, "http://127.0.0.1:9/admin", false),
        (public, "https://127.0.0.1:9/admin", false),
        (public, "https://localhost/admin", false),
        (public, "https://169.254.169.254/latest", false),
        (own, "http://127.0.0.1:9/x", true),
        (own, "http://localhost:9/x", true),
        (own, "https://idp.example/x", true),
        (own, "http://idp.example/x", false),
    ] {
        for member in members {
            let mut document = json!({ "issuer": issuer });
            document[member] = json!(url);
            let announced: Announced = serde_json::from_value(document.clone()).unwrap();
            let at = TrustedUrl::parse(issuer, Purpose::Issuer).unwrap();
            assert_eq!(announced.check(issuer, &at).is_ok(), taken, "{document}");
            // What an older version has stored is checked by the same rules.
            let kept = json!({ "document": document, "keys": [], "fetched_at": 0 });
            let kept: Provider = serde_json::from_value(kept).unwrap();
            let kept = serde_json::to_value(&kept.document).unwrap();
            assert_eq!(kept[member] == json!(url), taken, "{document}");
        }
    }
}

/// Some servers write an empty text for what they do not have.
#[test]
fn empty_values_count_as_missing() {
    with_fake(async |fake| {
        let empty = [
            "authorization_endpoint",
            "device_authorization_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
        ];
        *fake.document.borrow_mut() = empty.into_iter().map(|name| (name.to_owned(), json!(""))).collect();
        let known = fetch(&settings(&fake.issuer), &world()).await.unwrap().document;
        assert_eq!((known.authorization_endpoint, known.device_authorization_endpoint), (None, None));
        assert_eq!((known.revocation_endpoint, known.end_session_endpoint), (None, None));
        for needed in ["token_endpoint", "jwks_uri"] {
            *fake.document.borrow_mut() = json!({ needed: "" });
            let error = fetch(&settings(&fake.issuer), &world()).await.unwrap_err();
            assert!(
                matches!(error, OidcError::Lacks { .. }) && error.to_string().contains(needed),
                "{error}"
            );
        }
    });
}

#[test]
fn discovery_is_cached_for_a_day() {
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
fn a_missing_discovery_document_is_reported() {
    with_fake(async |fake| {
        let issuer = format!("{}/tenant", fake.issuer);
        let error = fetch(&settings(&issuer), &world()).await.unwrap_err();
        let expected = format!(
            "there is no OpenID Connect IdP at {issuer}: {issuer}/.well-known/openid-configuration answered with status 404"
        );
        assert_eq!(error.to_string(), expected);
    });
}
