use std::rc::Rc;

use serde_json::{Value, json};

use super::super::request;
use super::super::testing::{Fake, NOW, options, settings, with_fake, world};
use super::*;
use crate::idp::{Identity, IdpLogin};
use crate::plan::{Origin, Valued};
use jit_wire::explain::{Explain as _, Kind};
use jit_wire::secret::Secret;
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;

async fn login(fake: &Rc<Fake>) -> OidcLogin {
    let provider = discovery::fetch(&settings(&fake.issuer), &world()).await.unwrap();
    let id_token = fake.signer.sign(&fake.claims(json!({ "nonce": "old" })));
    OidcLogin {
        claims: None,
        provider,
        identity: Identity {
            issuer: fake.issuer.clone(),
            subject: "s-1".into(),
            name: "alice@example.test".into(),
            sign_in: Default::default(),
            proof_expires_at: Timestamp(NOW + 300),
        },
        id_token: Secret::new(id_token),
        access_token: None,
        refresh_token: Some(Secret::from("r1")),
        obtained_at: Timestamp(NOW - 100),
        unchecked: None,
        ended_because: None,
        client: None,
    }
}

#[test]
fn the_refresh_token_to_keep_is_the_newest() {
    for (given, kept) in [(json!("r2"), "r2"), (Value::Null, "r1"), (json!(""), "r1")] {
        with_fake(async |fake| {
            let before = login(&fake).await;
            let requests = fake.asked.borrow().len();
            fake.reply(
                200,
                json!({ "id_token": fake.claims(json!({ "exp": NOW + 900 })), "refresh_token": given }),
            );
            let after = refresh(&settings(&fake.issuer), &world(), &before, None).await.unwrap();
            assert_eq!(after.refresh_token.unwrap().expose(), kept);
            assert_eq!(after.identity.proof_expires_at, Timestamp(NOW + 900));
            assert_eq!(after.obtained_at, Timestamp(NOW));
            assert_eq!(fake.asked.borrow().len(), requests + 1, "a refresh is one request");
        });
    }
}

/// In their errors, some IdPs call a refresh a sign-in, and some do not mention it.
#[test]
fn a_refresh_does_not_make_a_sign_in_newer_or_stronger() {
    for (said, at, acr) in [
        (json!({ "auth_time": NOW, "acr": "low" }), Some(Timestamp(NOW - 5000)), "low"),
        (json!({}), Some(Timestamp(NOW - 5000)), "phr"),
        (json!({ "auth_time": NOW - 9000 }), Some(Timestamp(NOW - 9000)), "phr"),
    ] {
        with_fake(async |fake| {
            let mut before = login(&fake).await;
            before.identity.sign_in =
                SignIn::new(Some(Timestamp(NOW - 5000)), ["phr".into()], ["hwk".into()]);
            fake.reply(200, json!({ "id_token": fake.claims(said.clone()) }));
            let after = refresh(&settings(&fake.issuer), &world(), &before, None).await.unwrap();
            let expected = SignIn::new(at, [acr.into()], ["hwk".into()]);
            assert_eq!(after.identity.sign_in, expected, "{said}");
        });
    }
}

/// Entra refuses a refresh and says what the person must do. The next sign-in requests that, in any process.
#[test]
fn a_claims_challenge_goes_into_the_next_sign_in() {
    let challenge = r#"{"access_token":{"capolids":{"essential":true,"values":["1"]}}}"#;
    with_fake(async |fake| {
        let before = login(&fake).await;
        fake.reply(400, json!({ "error": "interaction_required", "claims": challenge }));
        let error = refresh(&settings(&fake.issuer), &world(), &before, None).await.unwrap_err();
        assert!(error.needs_new_login(), "{error}");
        let ended = IdpLogin::Oidc(Box::new(before)).ended(&error.into());
        let kept = IdpLogin::from_bytes(ended.to_bytes().expose()).unwrap();
        let IdpLogin::Oidc(kept) = kept else { panic!("{kept:?}") };
        let step_up = request::StepUp::of(&settings(&fake.issuer), &options(), Some(&kept));
        assert_eq!(step_up.claims.as_deref(), Some(challenge));
    });
}

#[test]
fn a_dead_token_differs_from_an_idp_in_trouble() {
    let cases = [
        (400, json!({ "error": "invalid_grant" }), true, true),
        (400, json!({ "error": "interaction_required", "error_description": "AADSTS50076" }), true, true),
        (200, json!({ "access_token": "a" }), true, false),
        (401, json!({ "error": "invalid_client" }), false, true),
        (400, json!({ "error": "invalid_request" }), true, true),
        (400, json!({ "error": "invalid_request", "error_description": "unknown token" }), true, true),
        (400, json!({ "error": "invalid_scope" }), true, true),
        (400, json!({ "error": "unsupported_grant_type" }), true, true),
        (400, json!({ "error": "a word of its own" }), true, true),
        (400, json!({}), true, true),
        (400, json!(""), true, true),
        (400, json!("<html>"), true, true),
        (401, json!(""), true, true),
        (401, json!({ "error": "invalid_token" }), true, true),
        (403, json!({ "message": "Forbidden" }), true, true),
        (404, json!("gone"), true, true),
        (410, json!(""), true, true),
        (400, json!({ "error": "temporarily_unavailable" }), false, false),
        (400, json!({ "error": "slow_down" }), false, false),
        (408, json!(""), false, false),
        (502, json!("<html>"), false, false),
        (504, json!(""), false, false),
        (302, json!("a network's own page"), false, false),
        (200, json!("<html>"), false, false),
        (503, json!({ "error": "temporarily_unavailable" }), false, false),
        (500, json!("oops"), false, false),
        (429, json!({}), false, false),
    ];
    for (status, body, needs_new_login, is_refusal) in cases {
        with_fake(async |fake| {
            let before = login(&fake).await;
            fake.reply(status, body.clone());
            let error = refresh(&settings(&fake.issuer), &world(), &before, None).await.unwrap_err();
            assert_eq!(
                (error.needs_new_login(), (error.kind() == Kind::Refused)),
                (needs_new_login, is_refusal),
                "{body}: {error}"
            );
        });
    }
}

#[test]
fn a_refresh_for_another_person_is_refused() {
    with_fake(async |fake| {
        let before = login(&fake).await;
        fake.reply(200, json!({ "id_token": fake.claims(json!({ "sub": "s-2" })) }));
        let error = refresh(&settings(&fake.issuer), &world(), &before, None).await.unwrap_err();
        assert!(matches!(error, OidcError::Token(super::super::TokenError::Changed("sub"))), "{error:?}");
        assert!(error.needs_new_login());
    });
}

#[test]
fn without_a_refresh_token_the_idp_is_not_called() {
    with_fake(async |fake| {
        let mut before = login(&fake).await;
        before.refresh_token = None;
        let requests = fake.asked.borrow().len();
        let settings = settings(&fake.issuer);
        let error = refresh(&settings, &world(), &before, None).await.unwrap_err();
        assert!(matches!(error, OidcError::NoRefreshToken) && error.needs_new_login());
        assert_eq!(revoke(&settings, &world(), &before).await.unwrap(), Revoked::NotOffered);
        assert_eq!(fake.asked.borrow().len(), requests);
    });
}

#[test]
fn a_new_key_is_asked_for_once() {
    for published_in_time in [true, false] {
        with_fake(async |fake| {
            let old = super::super::testing::Signer::p256("k0");
            fake.key_sets.borrow_mut().push_back(json!({ "keys": [old.jwk()] }));
            let before = login(&fake).await;
            if published_in_time {
                *fake.key_sets.borrow_mut() = [json!({ "keys": [old.jwk(), fake.signer.jwk()] })].into();
            }
            fake.reply(200, json!({ "id_token": fake.claims(json!({})) }));
            let result = refresh(&settings(&fake.issuer), &world(), &before, None).await;
            assert_eq!(result.is_ok(), published_in_time);
            assert_eq!(fake.forms("/keys").len(), 2);
            assert_eq!(fake.forms("/token").len(), 1, "the refresh token is never sent twice");
        });
    }
}

#[test]
fn revocation_sends_the_refresh_token_alone() {
    let cases = [
        (200, json!(""), Some(Revoked::Done)),
        (400, json!({ "error": "unsupported_token_type" }), Some(Revoked::NotOffered)),
        (400, json!({ "error": "invalid_client" }), None),
        (503, json!("later"), None),
    ];
    for (status, body, expected) in cases {
        with_fake(async |fake| {
            let login = login(&fake).await;
            fake.reply(status, body.clone());
            assert_eq!(revoke(&settings(&fake.issuer), &world(), &login).await.ok(), expected, "{body}");
            let form = fake.forms("/revoke").remove(0);
            let expected = [("token", "r1"), ("token_type_hint", "refresh_token"), ("client_id", "jit")];
            assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        });
    }
}

#[test]
fn the_logout_url_names_the_client_and_no_token() {
    with_fake(async |fake| {
        let mut login = login(&fake).await;
        let settings = settings(&fake.issuer);
        let expected = format!("{}/logout?x=y&client_id=jit", fake.issuer);
        assert_eq!(end_session_url(&settings, &login).map(String::from), Some(expected));
        login.provider.document.end_session_endpoint = None;
        assert_eq!(end_session_url(&settings, &login), None);
    });
}

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
            let old = super::super::testing::Signer::p256("k0");
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

/// The announced methods, the configured one, the answers to Basic and to the form, and what was tried.
#[test]
fn a_client_secret_is_sent_as_the_idp_accepts_it() {
    use crate::plan::ClientAuth::{Basic, Post};
    let ok = || (200, json!("TOKEN"));
    let no = |error: &str| (401, json!({ "error": error }));
    let words = |error: &str, words: &str| (400, json!({ "error": error, "error_description": words }));
    let both = json!(["client_secret_post", "client_secret_basic", "private_key_jwt"]);
    let cases = [
        (both.clone(), None, vec![ok()], "basic"),
        (both.clone(), None, vec![no("invalid_client"), ok()], "basic post"),
        (both.clone(), None, vec![(401, json!("")), ok()], "basic post"),
        (both.clone(), None, vec![(400, json!({ "error": "invalid_client" })), ok()], "basic post"),
        (both.clone(), None, vec![words("invalid_request", "client_id is missing"), ok()], "basic post"),
        (both.clone(), None, vec![no("invalid_client"), no("invalid_client")], "basic post"),
        // An error about the token is returned once.
        (both.clone(), None, vec![words("invalid_grant", "the client's token is dead")], "basic"),
        (both.clone(), None, vec![words("invalid_request", "no such token")], "basic"),
        (both.clone(), None, vec![(503, json!(""))], "basic"),
        (both.clone(), Some(Post), vec![ok()], "post"),
        (both, Some(Basic), vec![no("invalid_client")], "basic"),
        (json!(["client_secret_post"]), None, vec![ok()], "post"),
        (json!(["client_secret_post"]), Some(Basic), vec![ok()], "basic"),
        (json!(["client_secret_basic"]), None, vec![no("invalid_client")], "basic"),
        (json!(["private_key_jwt"]), None, vec![ok()], "basic"),
        (Value::Null, None, vec![ok()], "basic"),
        (Value::Null, None, vec![no("invalid_client"), ok()], "basic post"),
    ];
    for (methods, configured, answers, expected) in cases {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = json!({ "token_endpoint_auth_methods_supported": methods });
            let before = login(&fake).await;
            let good = json!({ "id_token": fake.claims(json!({})) });
            for (status, body) in &answers {
                fake.reply(*status, if body == "TOKEN" { good.clone() } else { body.clone() });
            }
            let mut settings = settings(&fake.issuer);
            settings.client_secret = Some(Valued::new(Secret::from("hu:sh"), Origin::Default));
            settings.client_auth = configured.map(|method| Valued::new(method, Origin::Default));
            let after = refresh(&settings, &world(), &before, None).await;
            let way = |form: &Vec<(String, String)>| {
                let own = |name: &str| form.iter().any(|(one, _)| one == name);
                assert_eq!(own("client_id"), own("client_secret"));
                if own("client_secret") { "post" } else { "basic" }
            };
            let tried: Vec<_> = fake.forms("/token").iter().map(way).collect();
            assert_eq!(tried.join(" "), expected, "{methods} {answers:?}");
            let headers = fake.authorizations.borrow().clone();
            assert!(headers.iter().all(|header| header == "Basic aml0Omh1JTNBc2g="), "{headers:?}");
            assert_eq!(headers.len(), usize::from(tried.contains(&"basic")));
            // The next attempt starts with what worked.
            if let Ok(after) = after {
                fake.reply(200, json!({ "id_token": fake.claims(json!({})) }));
                let again = OidcLogin { refresh_token: Some(Secret::from("r1")), ..after };
                refresh(&settings, &world(), &again, None).await.unwrap();
                let last = fake.forms("/token").last().map(way);
                assert_eq!(last, tried.last().copied(), "{methods}");
            }
        });
    }
}

#[test]
fn each_endpoint_gets_the_secret_in_its_own_way() {
    for (methods, in_form) in [
        (json!(["client_secret_post"]), true),
        (json!(["client_secret_basic", "client_secret_post"]), false),
        // If it announces nothing itself, the token endpoint's methods apply.
        (Value::Null, true),
    ] {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = json!({
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "revocation_endpoint_auth_methods_supported": methods,
            });
            let login = login(&fake).await;
            fake.reply(200, json!(""));
            let mut settings = settings(&fake.issuer);
            settings.client_secret = Some(Valued::new(Secret::from("hush"), Origin::Default));
            assert_eq!(revoke(&settings, &world(), &login).await.unwrap(), Revoked::Done);
            let sent = fake.forms("/revoke")[0].contains(&("client_secret".into(), "hush".into()));
            assert_eq!(sent, in_form, "{methods}");
        });
    }
}

#[test]
fn a_login_survives_the_store() {
    with_fake(async |fake| {
        let login = login(&fake).await;
        let back = serde_json::from_slice::<OidcLogin>(&serde_json::to_vec(&login).unwrap()).unwrap();
        assert_eq!((&back.provider, &back.identity), (&login.provider, &login.identity));
        assert_eq!((&back.id_token, &back.refresh_token), (&login.id_token, &login.refresh_token));
        assert_eq!(back.obtained_at, login.obtained_at);
        assert!(serde_json::from_slice::<OidcLogin>(b"{}").is_err());
    });
}
