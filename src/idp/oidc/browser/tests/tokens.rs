//! Tokens that do not pass the checks, or cannot be checked yet.

use super::*;

#[test]
fn a_token_for_another_sign_in_is_refused() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({ "nonce": "other" })));
        let ran = run(&fake, vec![get("/callback?code=c&state=STATE"), get("/failed")], options()).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::Nonce))));
    });
}

/// Was a bug: the refresh token of a refused sign-in stayed valid at the IdP, and nobody was told.
#[test]
fn the_tokens_of_a_refused_sign_in_are_revoked() {
    for claims in [json!({ "nonce": "other" }), json!({ "aud": "other" }), json!({ "at_hash": "AAAA" })] {
        with_fake(async |fake| {
            let mut given = tokens(&fake, claims.clone());
            given["access_token"] = json!("a");
            fake.reply(200, given);
            fake.reply(200, json!(""));
            let kept = std::cell::RefCell::new(Vec::new());
            let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
            let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
            let ran = kept_by(&fake, requests, options(), Some(&keep)).await;
            assert!(matches!(ran.result, Err(OidcError::Token(_))), "{claims}: {:?}", ran.result.err());
            assert_eq!(fake.forms("/revoke").remove(0)[0].1, "r1", "{claims}");
            let kept = kept.borrow();
            assert!(kept.is_empty(), "{claims}: nothing of it is left");
        });
    }
}

/// If the keys cannot be fetched or the clock is wrong, nobody has to sign in again for that.
#[test]
fn a_sign_in_that_cannot_be_checked_yet_is_checked_later() {
    with_fake(async |fake| {
        let old = crate::idp::oidc::testing::Signer::p256("k0");
        fake.key_sets.borrow_mut().push_back(json!({ "keys": [old.jwk()] }));
        fake.reply(200, tokens(&fake, json!({})));
        let kept = std::cell::RefCell::new(Vec::new());
        let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
        let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
        let ran = kept_by(&fake, requests, options(), Some(&keep)).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::UnknownKey(_)))));
        assert!(fake.forms("/revoke").is_empty());
        let stored = kept.borrow().last().cloned().flatten().unwrap();
        assert!(stored.is_of_nobody() && stored.renews_itself());
        *fake.key_sets.borrow_mut() = [json!({ "keys": [fake.signer.jwk()] })].into();
        let settings = settings(&fake.issuer);
        let login = crate::idp::oidc::refresh(&settings, &world(), &stored, Some(&keep)).await.unwrap();
        assert_eq!(
            (login.identity.subject.as_str(), login.refresh_token.unwrap().expose().as_str()),
            ("s-1", "r1")
        );
        assert_eq!(fake.forms("/token").len(), 1);
    });
}
