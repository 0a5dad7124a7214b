mod client_secret;
mod rotation;

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
