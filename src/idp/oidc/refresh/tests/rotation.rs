//! Refresh tokens that the IdP replaces.

use super::*;

/// What the store was given, in order.
type Kept = std::cell::RefCell<Vec<Option<OidcLogin>>>;

fn token_of(kept: &Kept) -> Option<String> {
    let kept = kept.borrow();
    kept.last()?.as_ref()?.refresh_token.as_ref().map(|token| token.expose().clone())
}

/// Was a bug: any error after the answer lost the new refresh token, and the invalidated one was sent next.
#[test]
fn a_rotated_refresh_token_is_stored_before_anything_is_checked() {
    let cases: [(&str, Value); 11] = [
        ("signed by nobody", json!("e30.e30.e30")),
        ("no token at all", json!("x")),
        ("another algorithm", json!("eyJhbGciOiJIUzI1NiJ9.e30.e30")),
        ("another type", json!(["x"])),
        ("for another client", json!({ "aud": "other" })),
        ("by another issuer", json!({ "iss": "https://other.example" })),
        ("of another hash", json!({ "at_hash": "AAAA" })),
        ("a clock that is behind", json!({ "iat": NOW + 9_000, "exp": NOW + 10_000 })),
        ("a clock that is ahead", json!({ "iat": NOW - 9_000, "exp": NOW - 8_000 })),
        ("not valid yet", json!({ "nbf": NOW + 600 })),
        ("without an end", json!({ "exp": null })),
    ];
    for (what, id_token) in cases {
        with_fake(async |fake| {
            let before = login(&fake).await;
            let id_token = if id_token.is_object() { fake.claims(id_token) } else { id_token };
            fake.reply(200, json!({ "id_token": id_token, "access_token": "a", "refresh_token": "r2" }));
            let (settings, kept) = (settings(&fake.issuer), Kept::default());
            let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
            let error = refresh(&settings, &world(), &before, Some(&keep)).await.unwrap_err();
            assert!(!error.needs_new_login(), "{what}: {error}");
            assert_eq!(token_of(&kept).as_deref(), Some("r2"), "{what}");
            assert!(fake.forms("/revoke").is_empty(), "{what}");
            // The next call continues with what was kept, and never with the invalidated token.
            let stored = kept.borrow().last().cloned().flatten().unwrap();
            fake.reply(200, json!({ "id_token": fake.claims(json!({})), "refresh_token": "r3" }));
            let after = refresh(&settings, &world(), &stored, Some(&keep)).await.unwrap();
            assert_eq!(after.refresh_token.unwrap().expose(), "r3", "{what}");
            let sent: Vec<_> = fake.forms("/token").iter().map(|form| form[1].1.clone()).collect();
            assert_eq!(sent, ["r1", "r2"], "{what}");
        });
    }
}

#[test]
fn unchecked_tokens_are_checked_at_the_next_call() {
    for (late, comes) in [(60, true), (3_600, false)] {
        with_fake(async |fake| {
            let old = super::super::super::testing::Signer::p256("k0");
            fake.key_sets.borrow_mut().push_back(json!({ "keys": [old.jwk()] }));
            let before = login(&fake).await;
            fake.reply(
                200,
                json!({ "id_token": fake.claims(json!({ "exp": NOW + 9_000 })), "refresh_token": "r2" }),
            );
            let (settings, kept) = (settings(&fake.issuer), Kept::default());
            let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
            let error = refresh(&settings, &world(), &before, Some(&keep)).await.unwrap_err();
            assert!(error.is_unknown_key() && !error.needs_new_login(), "{error}");
            let stored = kept.borrow().last().cloned().flatten().unwrap();
            // After storing and reading it, later.
            let stored: OidcLogin = serde_json::from_slice(&serde_json::to_vec(&stored).unwrap()).unwrap();
            let world = crate::world::doubles::world(std::path::Path::new("/nowhere"), NOW + late);
            if comes {
                *fake.key_sets.borrow_mut() = [json!({ "keys": [fake.signer.jwk()] })].into();
            } else {
                let claims = json!({ "iat": NOW + late, "exp": NOW + late + 300 });
                fake.reply(200, json!({ "id_token": fake.claims(claims), "refresh_token": "r3" }));
            }
            let after = refresh(&settings, &world, &stored, Some(&keep)).await;
            let asked = fake.forms("/token").len();
            if comes {
                assert_eq!(after.unwrap().refresh_token.unwrap().expose(), "r2");
                assert_eq!(asked, 1, "the token that came is the one that is used");
            } else {
                // A key that is still missing after an hour will not appear: the next token is requested, and
                // stored as well.
                assert!(after.unwrap_err().is_unknown_key());
                assert_eq!((asked, token_of(&kept).as_deref()), (2, Some("r3")));
            }
        });
    }
}

#[test]
fn an_unused_token_is_revoked_or_reported() {
    for (offered, revoked) in [(true, true), (false, false)] {
        with_fake(async |fake| {
            if !offered {
                *fake.document.borrow_mut() = json!({ "revocation_endpoint": null });
            }
            let before = login(&fake).await;
            fake.reply(200, json!({ "access_token": "a", "refresh_token": "r2" }));
            fake.reply(200, json!(""));
            let (settings, world) = (settings(&fake.issuer), world());
            let keep = |_: Option<&OidcLogin>| {};
            let error = refresh(&settings, &world, &before, Some(&keep)).await.unwrap_err();
            assert!(matches!(error, OidcError::NoNewIdToken) && error.needs_new_login());
            let sent = fake.forms("/revoke");
            assert_eq!(sent.first().map(|form| form[0].1.as_str()), revoked.then_some("r2"));
            // A later message says what happened.
            let ended = crate::idp::IdpLogin::Oidc(Box::new(before)).ended(&error.into());
            let crate::idp::IdpLogin::Oidc(ended) = ended else { unreachable!() };
            let requests = fake.asked.borrow().len();
            let later = refresh(&settings, &world, &ended, Some(&keep)).await.unwrap_err();
            assert_eq!(later.to_string(), "this IdP returns no new ID token on refresh");
            assert!(later.needs_new_login() && fake.asked.borrow().len() == requests);
        });
    }
}
