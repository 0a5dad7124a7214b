use serde_json::json;

use super::super::testing::{NOW, Signer};
use super::*;

fn keys(list: &[Value]) -> Vec<Jwk> {
    jwks::usable(serde_json::from_value(json!({ "keys": list })).unwrap())
}

fn expected<'a>() -> Expected<'a> {
    Expected {
        issuer: "https://idp.example",
        client_id: "jit",
        algorithms: None,
        nonce: Some("n"),
        access_token: None,
        signed_in_within: None,
        previous: None,
        received_at: Timestamp(NOW),
        now: Timestamp(NOW),
    }
}

fn claims(with: Value) -> Value {
    let mut claims = json!({
        "iss": "https://idp.example", "sub": "s-1", "aud": "jit", "iat": NOW, "exp": NOW + 300, "nonce": "n",
    });
    for (name, value) in with.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn checked(signer: &Signer, with: Value, expected: &Expected<'_>) -> Result<Identity, TokenError> {
    check(&Secret::new(signer.sign(&claims(with))), &keys(&[signer.jwk()]), expected)
}

#[test]
fn each_claim_is_checked_against_the_request() {
    use TokenError::*;
    let now = Timestamp(NOW);
    let at = |by: i64| Timestamp(NOW + by);
    let cases = [
        (json!({}), None),
        (json!({ "iss": "https://idp.example/" }), Some(Issuer("https://idp.example/".into()))),
        (json!({ "iss": null }), Some(Claim("iss"))),
        (json!({ "sub": null }), Some(Claim("sub"))),
        (json!({ "sub": "" }), Some(Claim("sub"))),
        (json!({ "aud": "other" }), Some(Audience("other".into()))),
        (json!({ "aud": ["jit"] }), None),
        (json!({ "aud": [] }), Some(Audience(String::new()))),
        (json!({ "aud": ["jit", 1] }), Some(Claim("aud"))),
        (json!({ "aud": ["jit", "other"] }), Some(AuthorizedParty)),
        (json!({ "aud": ["jit", "other"], "azp": "jit" }), None),
        (json!({ "azp": "other" }), Some(AuthorizedParty)),
        (json!({ "azp": "jit" }), None),
        (json!({ "exp": null }), Some(Claim("exp"))),
        (json!({ "exp": NOW - 59 }), None),
        (json!({ "exp": NOW - 60 }), Some(Expired { at: at(-60), now })),
        (json!({ "exp": NOW as f64 + 300.0, "iat": NOW as f64 + 0.25, "nbf": NOW as f64 - 0.75 }), None),
        (json!({ "exp": NOW as f64 - 59.5 }), Some(Expired { at: at(-60), now })),
        (json!({ "exp": 1.5 }), Some(Expired { at: Timestamp(1), now })),
        (json!({ "exp": -1.5 }), Some(Expired { at: Timestamp(-2), now })),
        (json!({ "exp": 1e30 }), Some(Claim("exp"))),
        (json!({ "exp": "1795828600" }), Some(Claim("exp"))),
        (json!({ "exp": true }), Some(Claim("exp"))),
        (json!({ "exp": i64::MAX }), None),
        (json!({ "iat": null }), Some(Claim("iat"))),
        (json!({ "iat": NOW - 600 }), None),
        (json!({ "iat": NOW - 601 }), Some(Stale { at: at(-601), now })),
        (json!({ "iat": NOW + 600 }), None),
        (json!({ "iat": NOW + 601 }), Some(Stale { at: at(601), now })),
        (json!({ "iat": i64::MIN }), Some(Stale { at: Timestamp(i64::MIN), now })),
        (json!({ "nbf": NOW + 60 }), None),
        (json!({ "nbf": NOW + 61 }), Some(NotYet { at: at(61), now })),
        (json!({ "nonce": "m" }), Some(Nonce)),
        (json!({ "nonce": null }), Some(Nonce)),
        (json!({ "nonce": ["n"] }), Some(Nonce)),
    ];
    let signer = Signer::p256("k");
    for (with, error) in cases {
        assert_eq!(checked(&signer, with.clone(), &expected()).err(), error, "{with}");
    }
}

#[test]
fn the_person_gets_the_best_available_name() {
    let signer = Signer::p256("k");
    let cases = [
        (json!({ "email": "a@b", "preferred_username": "c", "upn": "d" }), "a@b"),
        (json!({ "email": "", "preferred_username": "c", "upn": "d" }), "c"),
        (json!({ "email": 7, "upn": "d" }), "d"),
        (json!({}), "s-1"),
    ];
    for (with, name) in cases {
        assert_eq!(checked(&signer, with, &expected()).unwrap().name, name);
    }
}

#[test]
fn only_algorithms_that_aws_accepts_and_the_idp_announces_are_accepted() {
    let signer = Signer::p256("k");
    let under = |header: Value| {
        check(
            &Secret::new(signer.sign_under(&header, &claims(json!({})))),
            &keys(&[signer.jwk()]),
            &expected(),
        )
    };
    for alg in ["none", "HS256", "PS256", "EdDSA", "ES512", "es256", ""] {
        assert_eq!(under(json!({ "alg": alg, "kid": "k" })).err(), Some(TokenError::Algorithm(alg.into())));
    }
    assert_eq!(under(json!({ "kid": "k" })).err(), Some(TokenError::Malformed));
    assert_eq!(under(json!({ "alg": "ES256", "kid": "k", "crit": ["x"] })).err(), Some(TokenError::Critical));
    let announced = ["RS256".to_owned()];
    let narrow = Expected { algorithms: Some(&announced), ..expected() };
    assert_eq!(checked(&signer, json!({}), &narrow).err(), Some(TokenError::UnannouncedAlgorithm));
    let announced = ["RS256".to_owned(), "ES256".to_owned()];
    let wide = Expected { algorithms: Some(&announced), ..expected() };
    assert!(checked(&signer, json!({}), &wide).is_ok());
}

#[test]
fn the_token_selects_its_key() {
    let (one, two, large) = (Signer::p256("one"), Signer::p256("two"), Signer::p384("large"));
    let token = |header: Value| Secret::new(one.sign_under(&header, &claims(json!({}))));
    let named = token(json!({ "alg": "ES256", "kid": "one" }));
    let nameless = token(json!({ "alg": "ES256" }));
    let misnamed = token(json!({ "alg": "ES256", "kid": "two" }));
    let both = keys(&[one.jwk(), two.jwk()]);
    let with_large = keys(&[large.jwk(), one.jwk()]);
    let mut encryption = one.jwk();
    encryption["use"] = json!("enc");
    let mut other_algorithm = one.jwk();
    other_algorithm["alg"] = json!("ES384");
    let cases = [
        (&named, &both, None),
        (&misnamed, &both, Some(TokenError::Signature)),
        (&named, &keys(&[two.jwk()]), Some(TokenError::UnknownKey(Some("one".into())))),
        (&named, &keys(&[]), Some(TokenError::UnknownKey(Some("one".into())))),
        (&named, &keys(&[encryption]), Some(TokenError::UnknownKey(Some("one".into())))),
        (&named, &keys(&[other_algorithm]), Some(TokenError::UnknownKey(Some("one".into())))),
        (&named, &keys(&[json!("junk"), one.jwk()]), None),
        (&nameless, &both, Some(TokenError::AmbiguousKey)),
        (&nameless, &with_large, None),
        (&nameless, &keys(&[]), Some(TokenError::UnknownKey(None))),
    ];
    for (number, (token, keys, error)) in cases.into_iter().enumerate() {
        assert_eq!(check(token, keys, &expected()).err(), error, "case {number}");
    }
    let token = Secret::new(large.sign(&claims(json!({}))));
    assert!(check(&token, &with_large, &expected()).is_ok());
}

/// Keys and tokens made once with OpenSSL.
#[test]
fn rsa_keys_need_2048_bits() {
    let fixture: Value = serde_json::from_str(include_str!("rsa.json")).unwrap();
    let keys = keys(fixture["keys"].as_array().unwrap());
    let token = |name: &str| fixture["tokens"][name].as_str().unwrap().to_owned();
    for name in ["RS256", "RS384", "RS512"] {
        let identity = check(&Secret::new(token(name)), &keys, &expected()).unwrap();
        assert_eq!((identity.subject.as_str(), identity.name.as_str()), ("s-1", "alice@example.test"));
        let mut forged = token(name);
        let end = forged.len() - 10;
        let other = if forged.as_bytes()[end] == b'A' { "B" } else { "A" };
        forged.replace_range(end..=end, other);
        assert_eq!(check(&Secret::new(forged), &keys, &expected()).err(), Some(TokenError::Signature));
    }
    let weak = check(&Secret::new(token("1024 bits")), &keys, &expected());
    assert_eq!(weak.err(), Some(TokenError::WeakKey { bits: 1024 }));
}

#[test]
fn invalid_tokens_are_refused_without_a_panic() {
    let signer = Signer::p256("k");
    let good = signer.sign(&claims(json!({})));
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let other = URL_SAFE_NO_PAD.encode(claims(json!({ "sub": "s-2" })).to_string());
    let cases = [
        (String::new(), TokenError::Malformed),
        ("...".to_owned(), TokenError::Malformed),
        (format!("{header}.{payload}"), TokenError::Malformed),
        (format!("{good}.{signature}"), TokenError::Malformed),
        (format!("{header}.{payload}."), TokenError::Signature),
        (format!("{header}.{payload}.%"), TokenError::Malformed),
        (format!("{header}.{other}.{signature}"), TokenError::Signature),
        ("x".repeat(LONGEST + 1), TokenError::TooLong(LONGEST + 1)),
    ];
    for (token, error) in cases {
        let got = check(&Secret::new(token.clone()), &keys(&[signer.jwk()]), &expected()).err();
        assert_eq!(got, Some(error), "{token}");
    }
}

#[test]
fn at_hash_binds_the_access_token() {
    let signer = Signer::p256("k");
    // The example of OpenID Connect Core 1.0, appendix A.3.
    let access_token = Secret::from("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    let expected = Expected { access_token: Some(&access_token), ..expected() };
    assert!(checked(&signer, json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), &expected).is_ok());
    assert!(checked(&signer, json!({}), &expected).is_ok());
    for wrong in [json!("77QmUPtjPfzWtF2AnpK9RR"), json!(""), json!(1)] {
        let got = checked(&signer, json!({ "at_hash": wrong }), &expected);
        assert_eq!(got.err(), Some(TokenError::AccessToken));
    }
}

#[test]
fn a_forced_sign_in_is_a_recent_one() {
    let signer = Signer::p256("k");
    let expected = Expected { signed_in_within: Some(Duration::from_secs(100)), ..expected() };
    let cases = [
        (json!({}), None),
        (json!({ "auth_time": NOW }), None),
        (json!({ "auth_time": NOW - 160 }), None),
        (json!({ "auth_time": NOW - 161 }), Some(TokenError::OldSignIn)),
        (json!({ "auth_time": "x" }), Some(TokenError::Claim("auth_time"))),
        // Both times are the IdP's, so its clock may be wrong.
        (json!({ "auth_time": NOW - 500, "iat": NOW - 400 }), None),
    ];
    for (with, error) in cases {
        assert_eq!(checked(&signer, with.clone(), &expected).err(), error, "{with}");
    }
}

#[test]
fn a_refresh_keeps_person_and_audience() {
    let signer = Signer::p256("k");
    let before = claims(json!({ "aud": ["jit", "aws"], "azp": "jit" }));
    let before = Secret::new(signer.sign(&before));
    let expected = Expected { nonce: None, previous: Some(&before), ..expected() };
    let cases = [
        (json!({ "aud": ["aws", "jit"], "azp": "jit", "nonce": null }), None),
        (json!({ "aud": ["aws", "jit"], "azp": "jit", "sub": "s-2" }), Some(TokenError::Changed("sub"))),
        (json!({}), Some(TokenError::Changed("aud"))),
    ];
    for (with, error) in cases {
        assert_eq!(checked(&signer, with.clone(), &expected).err(), error, "{with}");
    }
}
